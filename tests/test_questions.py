"""Questions of users: those of the page are answered as it shows, and what cannot be meant is refused by name.

Set HIPKG_UPDATE_DOCS=1 to write the answers anew, and review the difference.
"""

from __future__ import annotations

import json
import os
import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

import hipkg
from hipkg.api import query as api
from hipkg.api.dataset import Graph, dataset
from hipkg.base import hip
from hipkg.base.errors import EngineUnavailable, SetAside, UsageError
from hipkg.base.paths import EXAMPLES, ROOT
from hipkg.base.vocabulary import HIP
from hipkg.knowledge.frame.claims import Fulfilment
from hipkg.knowledge.loading import load
from hipkg.knowledge.modality import Modality
from hipkg.pipeline.request import Request
from hipkg.querying.catalogue import inline_query
from hipkg.querying.vocabulary import _listed_in_shapes
from hipkg.render.answers import answer_to_text
from support.doors import listed

if TYPE_CHECKING:
    from pathlib import Path

    from hipkg.api.query import Prepared
    from hipkg.querying.results import QueryResult

pytestmark = [pytest.mark.every_source, pytest.mark.xdist_group("queries")]
PAGE = ROOT / "docs" / "queries.md"
BLOCK = re.compile(r"```sparql\n# over (.*)\n((?:.*\n)*?)```\n\n```text\n((?:.*\n)*?)```\n")
DAY = date(2026, 11, 23)
CLINIC = tuple(sorted((EXAMPLES / "clinic").glob("*.ttl")))
SOURCES = {
    "the guideline": (),
    "one patient": (EXAMPLES / "d0-painful-degenerative-hip.ttl",),
    "several patients": CLINIC,
}
UPDATE = bool(os.environ.get("HIPKG_UPDATE_DOCS"))


@cache
def filled(whom: str) -> ox.Store:
    (store,) = dataset(SOURCES[whom], Request(as_of=DAY), load()).results
    return store


def prepared(
    text: str, whom: str = "several patients", *, lenient: bool = False, **params: str | list[str]
) -> Prepared:
    return api.over(filled(whom), inline_query(text), listed(params), knowledge=load(), lenient=lenient)


def ask(text: str, whom: str = "several patients", **params: str | list[str]) -> QueryResult:
    return prepared(text, whom, **params).ask()


@pytest.mark.parametrize(
    ("whom", "text", "shown"), BLOCK.findall(PAGE.read_text("utf-8")), ids=lambda value: " ".join(value.split())[:40]
)
def test_the_page_shows_what_is_answered(whom: str, text: str, shown: str) -> None:
    answer = answer_to_text(ask(text, whom), load(), full=False, to_terminal=False)
    assert answer != "No answers.\n"
    if UPDATE:
        block = f"{text}```\n\n```text\n"
        PAGE.write_text(PAGE.read_text("utf-8").replace(f"{block}{shown}```", f"{block}{answer}```"), encoding="utf-8")
    else:
        assert answer == shown


def test_every_answer_of_the_page_is_held() -> None:
    assert len(BLOCK.findall(PAGE.read_text("utf-8"))) == PAGE.read_text("utf-8").count("```sparql")


def test_a_statement_is_found_by_every_class_that_it_is_in() -> None:
    """A question about all statements is not answered by none because each is written as one of their kinds."""
    kinds = ask("SELECT DISTINCT ?kind { hip:D0-41 a ?kind }", "the guideline").rows
    assert {(ox.NamedNode(hip.Statement),), (ox.NamedNode(hip.Prohibition),)} <= set(kinds)


@pytest.mark.parametrize(
    ("text", "message", "place", "remedy"),
    [
        (
            "ASK { ?a hip:ofIntervention hip:IaHyaluronicAcidInjectoin }",
            "no term hip:IaHyal",
            ":1:29",
            "cAcidInjection",
        ),
        ("ASK { ?a hip:hasStatuss ?x }", "no term hip:hasStatuss", ":1:10", "Did you mean hip:hasStatus"),
        ("PREFIX x: <https://w3id.org/hipkg/> ASK { ?a x:Patience ?y }", "no term hip:Patience", "", "hip:Patient"),
        ("PREFIX hip: <http://w3id.org/hipkg/> ASK { ?a a hip:Patient }", "no term <http:", ":1:49", "hip:Patient"),
        (
            "PREFIX hip: <https://w3id.org/hipkg> ASK { ?a a hip:Patient }",
            "no term <https:",
            ":1:49",
            "is https://w3id",
        ),
        ("ASK { ?a a <https://w3id.org/hipkg#Patient> }", "no term <https://w3id.org/hipkg#P", "", "hip:Patient"),
        ("ASK { GRAPH graph:plans { ?a a ?b } }", "no term graph:plans", "", "graph:plan"),
        ("SELECT ?a FROM graph:recorded { ?a a ?b }", "no term graph:recorded", "", "graph:record"),
        ("ASK { GRAPH <urn:plan> { ?a a ?b } }", "There is no graph <urn:plan>", ":1:13", "graph:plan"),
        ("ASK FROM NAMED <urn:a> { GRAPH ?g { ?a a ?b } }", "There is no graph <urn:a>", ":1:16", "graph:codes"),
        ("ASK { ?a hip:runs ?b }", "No graph has hip:runs", ":1:10", "--lenient"),
        ("ASK { ?a a hip:WatchList }", "hip:WatchList, which is for results", ":1:12", "--lenient"),
        ("ASK { ?a skos:preflabel ?b }", "no term skos:preflabel", ":1:10", "Did you mean skos:prefLabel"),
        ("ASK { ?a rdfs:lable ?b ; prov:used ?c }", "no term rdfs:lable", ":1:10", "Did you mean rdfs:label?"),
        ("ASK { ?a prov:wasDerivedfrom ?b }", "no term prov:wasDerivedfrom", "", "prov:wasDerivedFrom"),
        (
            "ASK { ?a sh:resultMesage ?b ; owl:onclass ?c }",
            "Also: There is no term owl:onclass",
            "",
            "sh:resultMessage",
        ),
        ("ASK { ?a <http://purl.org/dc/terms/titel> ?b }", "no term dcterms:titel", ":1:10", "dcterms:title"),
        ('ASK { ?a ?b "1"^^xsd:integr }', "no term xsd:integr", ":1:18", "xsd:integer"),
        (
            "PREFIX skos: <http://www.w3.org/2004/02/skos/core/> ASK { ?a skos:notation ?b }",
            "no term",
            "",
            "skos:notation",
        ),
        (
            "ASK { ?a <https://www.w3.org/2000/01/rdf-schema#label> ?b }",
            "no term <https:",
            "",
            "Did you mean rdfs:label",
        ),
        ('ASK { ?a hip:status "contraindicted" }', "hip:status never has", ":1:21", "'contraindicated'"),
        ('ASK { ?a hip:status ?s FILTER(?s != "Indicated") }', "never has the value 'Indicated'", "", "'indicated'"),
        ('ASK { ?a hip:status "indicated" ; hip:fulfilment "indicated" }', "hip:fulfilment never has", "", "'ordered'"),
        ('ASK { ?a hip:status ?s FILTER("done" = STR(?s)) }', "never has the value 'done'", "", "--lenient"),
        ('ASK { ?a hip:state ?s FILTER(?s IN ("now", "latr-if")) }', "'latr-if'", ":1:44", "'later-if'"),
        ('ASK { VALUES ?m { "d0" } ?a hip:modality ?m }', "hip:modality never has", "", "'do'"),
        ('ASK { ?a hip:basedOn/hip:state "nw" }', "hip:state never has", "", "'now'"),
        ('ASK { ?a hip:bestStrength "strongest" }', "hip:bestStrength never has", "", "'strong'"),
        ('ASK { ?s skos:notation "D0-411" }', "skos:notation never has", "", "'D0-41'"),
        ('ASK { ?s skos:notation ?n FILTER(?n = "M16.999") }', "never has the value 'M16.999'", "", "--lenient"),
        (
            'ASK { ?s hip:hasStrength "strong" }',
            "leads to nodes, not to a text such as 'strong'",
            "",
            "hip:strongRecommendation",
        ),
        ("PREFIX hip: <urn:x#> ASK { ?p a hip:Patient }", "hip: is declared for <urn:x#>", ":1:13", "another prefix"),
        ("ASK { ?p hip:Patient ?x }", "hip:Patient is a class, and no property", ":1:10", "`a hip:Patient`"),
        ("ASK { ?p hip:hasStatus/hip:ongoing ?x }", "hip:ongoing is no property", ":1:24", "--lenient"),
        ("ASK { ?x a hip:hasSide }", "hip:hasSide is a property, and no class", ":1:12", "--lenient"),
        ("ASK { ?x rdf:type ?t FILTER(?t = hip:ongoing) }", "hip:ongoing is no class", ":1:34", "--lenient"),
        ("ASK { ?x hip:hasStatus hip:running }", "hip:hasStatus never leads to hip:running", ":1:24", "hip:ongoing"),
        ("ASK { VALUES ?s { hip:left } ?x hip:hasStatus ?s }", "never leads to hip:left", ":1:19", "hip:completed"),
        ("ASK { ?x hip:ofIntervention hip:Disability }", "never leads to hip:Disability", ":1:29", "--lenient"),
        ("ASK { ?p hip:hasProblem hip:HipOsteoarthritis }", "leads to what is in hip:Hip", ":1:25", "[ a hip:Hip"),
        ('ASK { ?p hip:age ?n FILTER(?n > "60") }', "values of xsd:integer, and none", ":1:33", "without quotes"),
        ("ASK { ?p hip:resultValue 27 }", "only a number that is written alike", ":1:26", "FILTER(?number = 27)"),
        ('ASK { ?a hip:earliest ?d FILTER("2026-12-01" < ?d) }', "values of xsd:date", ":1:33", "^^xsd:date"),
        ('ASK { ?a hip:running "true" }', "values of xsd:boolean", ":1:22", "true or false"),
        ('ASK { ?a hip:status "indicated"@en }', "before or after a text with a language", ":1:21", '"indicated"'),
        ('ASK { ?t skos:definition "cane" }', "values of rdf:langString", ":1:26", 'STR(?text) = "cane"'),
        (
            "ASK { ?e a hip:Evaluation ; hip:status ?s }",
            "Nothing can be ?e: it is in hip:Evaluation",
            ":1:29",
            "hip:state",
        ),
        ("ASK { ?a hip:hasOpenCheck ?c FILTER NOT EXISTS { ?a hip:unmet ?g } }", "Nothing can be ?a", ":1:53", "told"),
        (
            "ASK { ?a hip:basedOn ?e OPTIONAL { ?e hip:status ?s } }",
            "hip:basedOn leads to hip:Eval",
            ":1:39",
            "hip:sta",
        ),
        ("ASK { ?p hip:ofPatient ?a . ?a hip:status ?s }", "hip:ofPatient leads to hip:Patient", ":1:", "--lenient"),
        ("ASK { ?c a hip:Plan . ?c ^hip:hasProblem ?p }", "hip:hasProblem leads to hip:Problem", ":1:", "--lenient"),
        ("ASK { GRAPH graph:record { ?a hip:status ?s } }", "graph:record has no hip:status", ":1:31", "--lenient"),
        ("ASK { ?i a hip:Medication }", "The kinds of hip:Medication are below it", ":1:12", "rdfs:subClassOf*"),
        ("ASK { ?a hip:status ?s FILTER(?t = 1) }", "Nothing in the query binds ?t", ":1:31", "--lenient"),
        ("SELECT ?stat { ?a hip:status ?state }", "Nothing in the query binds ?stat", ":1:8", "?state"),
        ('ASK { ?s skos:notation "d0-41" }', "never has the value 'd0-41'", ":1:24", "Did you mean 'D0-41'?"),
        ('ASK { ?s skos:notation "M16.11" }', "never has the value 'M16.11'", ":1:24", "`hipkg codes M16.11`"),
        ('ASK { ?i rdfs:label "Oral NSAID"@en }', 'No rdfs:label is "Oral NSAID"@en', ":1:21", "oral NSAID"),
        ('ASK { ?i rdfs:label "Knee" }', 'No rdfs:label is "Knee"', ":1:21", '"knee"@en'),
        ('ASK { ?i rdfs:label ?l FILTER(STR(?l) = "NSAIDs") }', "No rdfs:label is 'NSAIDs'", ":1:41", "oral NSAID"),
        ('ASK { ?i rdfs:label "hip replacement"@en }', "No rdfs:label is", ":1:21", "skos:altLabel"),
        ('ASK { ?s skos:definition ?l FILTER(CONTAINS(?l, "WALKING cane")) }', "LCASE", ":1:49", "Did you mean"),
        ('ASK { ?i rdfs:label ?l FILTER(LCASE(?l) = "NSAID") }', "LCASE makes", ":1:43", "'nsaid'"),
        (
            "ASK { ?s hip:hasStrength ?x ; hip:modality ?m }",
            "hip:modality is told of hip:Action",
            ":1:31",
            "hasModality",
        ),
        ("ASK { ?q a hip:Question ; hip:earliest ?d }", "hip:earliest is told of hip:Action or", ":1:27", "--lenient"),
        ("ASK { ?e hip:ofStatement/hip:status ?s }", "in the middle of the path: hip:ofS", ":1:26", "--lenient"),
        ("ASK FROM NAMED graph:plan { ?a hip:status ?s }", "there is FROM NAMED alone", ":1:5", "Write FROM"),
        ("ASK FROM graph:plan { GRAPH ?g { ?a hip:status ?s } }", "GRAPH reaches only", ":1:5", "FROM NAMED"),
        ("ASK FROM graph:record { ?a hip:status ?s }", "graph:record has no hip:status", ":1:28", "--lenient"),
        (
            "ASK FROM NAMED graph:record { GRAPH ?g { ?a hip:status ?s } }",
            "graph:record has no hip:status",
            ":1:45",
            "--lenient",
        ),
        (
            "ASK FROM graph:plan { ?a hip:ofIntervention/rdfs:label ?l }",
            "In graph:plan nothing fits both hip:ofIntervention and rdfs:label",
            ":1:45",
            "leave GRAPH and FROM out",
        ),
        (
            "ASK { GRAPH ?g { ?a hip:status ?s ; hip:ofIntervention/rdfs:label ?l } }",
            "In no graph by itself something fits both",
            ":1:56",
            "its own graph",
        ),
        (
            'ASK { ?a hip:status ?s { ?b hip:phase ?p FILTER(?s = "indicated") } }',
            "?s is asked for in a group that does not bind it",
            ":1:21",
            "Move the expression out",
        ),
        ("ASK { ?a hip:status ?s { BIND(STR(?s) AS ?t) } }", "?s is asked for in a group", ":1:21", "--lenient"),
        ("SELECT ?b { ?a hip:status ?s { SELECT ?p { ?b hip:phase ?p } } }", "?b is asked for", ":1:8", "subquery"),
        ("ASK { ?a hip:status ?s MINUS { ?a hip:phase ?p FILTER(?s != ?p) } }", "?s is asked for", ":1:21", "Move"),
        ("ASK { SERVICE <http://x.invalid/> { ?s ?p ?o } }", "asks another service", ":1:7", "from a file"),
        ("DELETE WHERE { ?s ?p ?o }", "DELETE changes data", ":1:1", "SELECT, ASK"),
    ],
)
def test_a_wrong_name_is_never_a_no(text: str, message: str, place: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask(text)
    assert message in caught.value.message
    assert place in caught.value.place
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        'ASK { ?s skos:notation "D0-41" . ?c skos:notation "M16.0" }',
        'ASK { ?a hip:status ?s FILTER(?s = "indicated") ?e hip:state ?t FILTER(?t IN ("now", "must-not")) }',
        'ASK { ?a hip:status|rdfs:label "ibuprofen"@en }',
        'ASK { ?s rdfs:label ?l FILTER(CONTAINS(LCASE(?l), "nsaid") || CONTAINS(?l, "NSAID")) }',
        "SELECT * { ?a hip:status ?s OPTIONAL { ?a hip:phase ?p FILTER(?s = 'avoid') } }",
        "SELECT ?a { ?a hip:status ?s FILTER NOT EXISTS { { ?a hip:phase ?p FILTER(?s = 'avoid') } } }",
        "SELECT ?s (MAX(?p) AS ?last) { ?a hip:status ?s { SELECT ?a ?p { ?a hip:phase ?p } } } GROUP BY ?s",
        "ASK FROM graph:plan FROM NAMED graph:record { ?a hip:status ?s GRAPH ?g { ?p hip:hasProblem ?q } }",
        "ASK FROM graph:plan FROM graph:guideline { ?a hip:ofIntervention/rdfs:label ?l }",
        "ASK { ?e a hip:Evaluation ; hip:earliest ?d }",
        'SELECT ?o { ?s ?p ?o FILTER(?o = "anything") }',
        "ASK { { ?x a hip:Action } UNION { ?x a hip:Evaluation } ?x rdfs:label ?l }",
        "SELECT (COUNT(?a) AS ?n) ?s { ?a hip:status ?s } GROUP BY ?s HAVING(COUNT(?a) > 1) ORDER BY ?n",
        "ASK { { SELECT ?a (MAX(?d) AS ?last) { ?a hip:earliest ?d } GROUP BY ?a } FILTER(BOUND(?last)) }",
        "ASK { GRAPH graph:entailed { ?p hip:hasProblem ?q } }",
        "ASK { GRAPH ?g { ?a hip:status ?s } GRAPH graph:record { ?p hip:hasProblem ?q } MINUS { ?a hip:state ?t } }",
        "ASK { ?a skos:hiddenLabel|rdfs:seeAlso|prov:hadPlan|dcterms:abstract|vann:changes ?b }",
        "ASK { ?a sh:in/rdf:rest*/rdf:first|rdf:_12 ?b ; sh:and ?c ; owl:sameAs ?d ; a sh:AndConstraintComponent }",
        "ASK { ?a ?b ?c FILTER(DATATYPE(?c) IN (xsd:dateTimeStamp, rdf:langString, rdf:HTML, xsd:anyAtomicType)) }",
        "PREFIX s: <http://www.w3.org/2008/05/skos-xl#> ASK { ?a s:prefLabell ?b ; <urn:skos/preflabel> ?c }",
        'ASK { ?s rdfs:label "my own patient" ; hip:have "completed" }',
        "PREFIX mine: <https://example.org/hip/> ASK { ?a mine:Patience mine:service }",
        "PREFIX myservice: <https://w3id.org/hipkg/> ASK { ?a a myservice:Patient }",
        'ASK { ?a hip:modality "" . ?b rdfs:comment "hip:Patience" } # hip:Patience',
        "ASK { <https://w3id.org/hipkg/ontology/2020-01-01> ?p ?o }",
        'ASK { ?a hip:ofIntervention ?i FILTER(STR(?i) = "https://w3id.org/hipkg/Opioid") }',
    ],
)
def test_what_can_be_meant_is_asked(text: str) -> None:
    assert ask(text) is not None


def test_lenient_questions_are_asked_and_tell_their_doubts() -> None:
    asked = prepared('ASK { ?a hip:statuss "x" ; hip:status "y" }', lenient=True)
    assert asked.ask().boolean is False
    assert ["hip:statuss" in one.message for one in asked.doubts] == [True, False]
    with pytest.warns(SetAside, match="hip:statuss"):
        assert not api.query(None, "ASK { ?a hip:statuss 1 }", lenient=True)


def test_what_is_beyond_sparql_1_1_is_asked_only_leniently() -> None:
    text = "SELECT ?s { LATERAL { SELECT ?s { ?a hip:status ?s } LIMIT 1 } }"
    with pytest.raises(UsageError, match="not valid SPARQL"):
        ask(text)
    asked = prepared(text, lenient=True)
    assert asked.ask().rows
    assert ["SPARQL 1.1" in one.message for one in asked.doubts] == [True]


def test_a_parameter_is_held_to_the_vocabulary_too() -> None:
    with pytest.raises(UsageError, match="leads to nodes, not to a text such as 'Tramadol'") as caught:
        ask("SELECT ?c { ?c hip:ofIntervention ?i }", i="Tramadol")
    assert "hip:Tramadol" in caught.value.remedy
    assert caught.value.place == "--param"
    with pytest.raises(UsageError, match="no term hip:Tramadool") as caught:
        ask(
            "SELECT ?c { ?c hip:ofIntervention ?i ; a hip:Tramadool } LIMIT ?number", i="hip:Tramadol", number="1000000"
        )
    assert caught.value.place.endswith(":1:42")
    with pytest.raises(UsageError, match="never has the value 'indicted'"):
        ask("SELECT ?a { ?a hip:status ?s }", s=["indicated", "indicted"])
    assert ask("SELECT ?c { ?c hip:ofIntervention ?i }", i="hip:Tramadol").rows


def test_the_named_graphs_part_what_the_default_graph_joins() -> None:
    counts = {
        row[0].value: int(row[1].value)
        for row in ask("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g").rows
    }
    assert set(counts) == {*Graph}
    ((union,),) = ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").rows
    assert max(counts.values()) < int(union.value) <= sum(counts.values())
    twice = "SELECT ?s { GRAPH graph:record { ?s ?p ?o } GRAPH graph:entailed { ?s ?p ?o } }"
    assert not ask(twice).rows
    assert len(ask("SELECT ?p { ?p a hip:Patient }").rows) == len(CLINIC)
    assert len(prepared("SELECT ?s FROM graph:record { ?s a hip:Action }", lenient=True).ask().rows) == 0
    assert len(ask("SELECT ?s FROM graph:plan { ?s a hip:Action }").rows) > 9
    assert ask("ASK FROM NAMED graph:plan { GRAPH ?g { ?a hip:status ?s } }").boolean
    asked = prepared("ASK FROM NAMED graph:record { GRAPH ?g { ?a hip:status ?s } }", lenient=True)
    assert not asked.ask().boolean


def test_no_graph_has_what_only_the_derivation_uses() -> None:
    assert ask("ASK { ?p hip:internal true }").boolean
    assert not ask("SELECT ?p { ?p hip:internal true . ?s ?p ?o }").rows


def test_the_plan_is_asked_with_all_that_its_turtle_has() -> None:
    (plan,) = hipkg.plans(CLINIC[0], as_of=DAY)
    told = {one.triple for one in ox.parse(plan.to_graph().serialize(format="nt"), format=ox.RdfFormat.N_TRIPLES)}
    asked = {
        one.triple for one in filled("several patients").quads_for_pattern(None, None, None, ox.NamedNode(Graph.PLAN))
    }
    assert told <= asked
    assert ask("ASK { ?g hip:have ?n ; hip:needAtLeast ?m FILTER(?n < ?m) }").boolean


def test_the_shapes_list_the_values_of_the_records() -> None:
    listed = _listed_in_shapes()
    assert listed[f"{HIP}modality"] == {*Modality}
    assert listed[f"{HIP}fulfilment"] == {*Fulfilment} - {""}


def test_codes_of_the_users_tables_are_asked_as_well(tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("system,code,display,term\nurn:own,IBU 4,our ibuprofen,hip:Ibuprofen\n", encoding="utf-8")
    asked = "SELECT ?c ?s { hip:Ibuprofen skos:narrowMatch ?c . ?c skos:notation 'IBU 4' ; skos:inScheme ?s }"
    ((code, system),) = api.query(None, asked, codes=[str(table)]).rows
    assert (code.value, system.value) == ("urn:own/IBU%204", "urn:own")
    with pytest.raises(UsageError, match="never has the value 'IBU 4'"):
        api.query(None, asked)


def test_a_code_tells_its_site_and_side() -> None:
    asked = "SELECT ?site ?side { ?c skos:notation ?n ; hip:namesSide ?side OPTIONAL { ?c hip:namesSite ?site } }"
    assert [[term.value for term in row] for row in ask(asked, n='"0SR9"').rows] == [[f"{HIP}HipJoint", f"{HIP}right"]]
    assert not ask(asked, n='"27130"').rows


def test_answers_are_cut_where_that_is_asked_for() -> None:
    asked = prepared("SELECT ?s ?o { ?s rdfs:label ?o } ORDER BY ?s")
    assert (len(asked.ask(limit=2).rows), asked.ask(limit=2).cut) == (2, True)
    assert asked.ask(limit=2).rows == asked.ask().rows[:2]
    assert [len(asked.ask(limit=2).serialize(form).splitlines()) for form in ("csv", "tsv", "jsonl")] == [3, 3, 2]
    one = prepared("CONSTRUCT { ?s a ?o } { ?s rdfs:label ?o }")
    assert (len(one.ask(limit=1).triples or ()), one.ask(limit=1).cut) == (1, True)
    assert not prepared("SELECT ?s { ?s a hip:Patient }").ask(limit=len(CLINIC)).cut


def test_answers_are_written_as_they_are_found() -> None:
    endless = prepared("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }")
    parts = endless.stream("csv").parts
    assert b"".join(next(parts) for _ in range(9)).startswith(b"a,b,c,d,e,f,g,h,i\r\n")
    parts.close()
    with pytest.raises(EngineUnavailable):
        prepared("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }").ask(seconds=1)
    small = prepared("SELECT ?s { ?s a hip:Patient } ORDER BY ?s")
    for form in ("csv", "tsv", "json", "xml", "jsonl"):
        assert b"".join(small.stream(form).parts) == small.ask().serialize(form)
    assert prepared("ASK { ?s a hip:Patient }").stream("json").boolean is True


def test_python_gives_an_answer_that_writes_itself() -> None:
    answer = api.query(
        CLINIC[0], "SELECT ?d { ?c hip:ofIntervention ?i ; hip:dailyDose ?d }", params={"i": "hip:Ibuprofen"}
    )
    assert (repr(answer), bool(answer)) == ("<Answer: 1 rows of d>", True)
    assert answer.to_dict() == json.loads(answer.to_json())
    graph = api.query(None, "CONSTRUCT { ?s a ?o } { ?s hip:indicates ?o }", params={"o": ["hip:OralNsaid"]}, limit=2)
    assert (len(graph.to_graph()), graph.cut) == (2, True)
    assert api.query(None, "disagreements", params={"intervention": "hip:Opioid"}, timeout=20).columns
    assert len(answer.to_graph()) == 7, "a result set of one row"
