"""What was withdrawn: applied by no engine, named with what takes its place, and an error where it is still used."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

import hipkg
from hipkg.base.errors import SetAside, UsageError
from hipkg.base.paths import ONTOLOGY
from hipkg.base.vocabulary import DCTERMS, HIP, OWL, RDFS, SKOS, XSD
from hipkg.compilation.migration import migrated, migration
from hipkg.compilation.standalone import compile_sparql
from hipkg.compilation.whole import compile_all
from hipkg.defence.targets import find_target
from hipkg.derivation.native import derive_natively
from hipkg.derivation.queries import derive
from hipkg.knowledge.codec import decode_lazily, write
from hipkg.knowledge.loading import load
from hipkg.knowledge.records import Knowledge, Withdrawal
from hipkg.knowledge.terms import Kind, find_terms
from hipkg.knowledge.withdrawn import refuse_withdrawn
from hipkg.maintenance import release, sources
from hipkg.maintenance.checks import runner
from hipkg.maintenance.checks.withdrawals import deprecated_use
from hipkg.maintenance.checks.workspace import module_files, of_texts
from hipkg.owl.in_force import in_force
from hipkg.owl.reasoners import Entailments
from hipkg.reasoning.native import entail, entailed_graph
from hipkg.render.guideline import guideline_pages
from hipkg.render.terms import terms_to_json, terms_to_text
from hipkg.validation.findings import rules_of, validate_triples
from support.garden import CLASSIFICATION, SOURCES

if TYPE_CHECKING:
    from hipkg.maintenance.checks.issue import Issue

PREFIXES = {"dcterms": DCTERMS, "hip": HIP, "owl": OWL, "rdfs": RDFS, "skos": SKOS, "xsd": XSD}
HEAD = "".join(f"PREFIX {prefix}: <{space}> " for prefix, space in PREFIXES.items())
PLOT = """
<https://example.org/garden/g> a hip:Patient ; hip:hasProblem [ a hip:SignOf-X-03 ; hip:hasSite <urn:p> ] ,
  [ a hip:SignOf-X-02 ; hip:hasSite <urn:p> ] , [ a hip:SignOf-X-04 ; hip:hasSite <urn:p> ] .
<urn:p> a hip:Plot .
"""


def withdrawing(name: str, *successors: str) -> str:
    """Write that something is withdrawn."""
    places = "".join(f" dcterms:isReplacedBy {one} ;" for one in successors)
    day = 'hip:withdrawnOn "2026-03-01"^^xsd:date'
    return f'{name} owl:deprecated true ; {day} ;{places} hip:withdrawnBecause "It does harm."@en .\n'


def parsed(text: str) -> list[ox.Triple]:
    return [one.triple for one in ox.parse((HEAD + text).encode(), format=ox.RdfFormat.TURTLE)]


def built(*withdrawn: str) -> Knowledge:
    """Build the knowledge of the garden with some of it withdrawn."""
    written = [*release.load_sources(SOURCES), *parsed("".join(withdrawn))]
    subclasses = frozenset((one, other) for one, other in json.loads(CLASSIFICATION.read_text("utf-8")))
    nothing: frozenset[str] = frozenset()
    return release.compile_knowledge(
        sources.sources_of(SOURCES, written), Entailments(subclasses, nothing, nothing, nothing)
    )


@cache
def reduced() -> Knowledge:
    return built(withdrawing("hip:X-02", "hip:X-04"))


def derived(knowledge: Knowledge, way: str) -> tuple[set[str], set[str]]:
    """Derive the plot: the statements that hold there, and the statuses of its actions."""
    facts = parsed(PLOT)
    if way == "natively":
        derivation = derive_natively(entailed_graph(facts, knowledge), knowledge)
    else:
        derivation = derive(entail(facts, knowledge), knowledge)
    ids = {knowledge.statements[one.statement].id for one in derivation.evaluations}
    return ids, {str(one.status) for one in derivation.actions}


@pytest.mark.parametrize("way", ["natively", "by queries"])
def test_a_withdrawn_statement_is_not_applied(way: str) -> None:
    assert derived(built(), way) == ({"X-02", "X-03", "X-04"}, {"conflict"})
    assert derived(reduced(), way) == ({"X-03", "X-04"}, {"conflict"})
    assert derived(built(withdrawing("hip:X-02"), withdrawing("hip:X-04")), way) == ({"X-03"}, {"indicated"})


def test_no_text_for_other_stores_names_it() -> None:
    assert " hip:X-02 " in compile_all(built())
    assert " hip:X-02 " not in compile_all(reduced())


def test_of_what_a_reasoner_is_given_nothing_leads_to_it() -> None:
    """Its restriction, its bounds and a tension are left out, however they are written; the rest of it tells why."""
    beside = """
        hip:X-02 hip:hasBound [ a hip:Bound ; hip:upperBound 3.0 ] ; skos:definition "Leave it."@en .
        hip:t a owl:NamedIndividual , hip:Tension ; hip:betweenStatement hip:X-02 , hip:X-03 .
    """
    written = [*release.load_sources(SOURCES), *parsed(beside + withdrawing("hip:X-02", "hip:X-04"))]
    kept = in_force(written)
    gone = ox.NamedNode(HIP + "X-02")
    assert {one.predicate.value.rpartition("/")[2].rpartition("#")[2] for one in kept if one.subject == gone} == {
        *("type", "notation", "definition", "deprecated", "isReplacedBy", "withdrawnOn", "withdrawnBecause")
    }
    assert [one for one in kept if one.object == gone] == []
    nodes = {one.subject for one in kept}
    assert [one for one in kept if isinstance(one.object, ox.BlankNode) and one.object not in nodes] == []
    inner = {one.object for one in kept}
    assert [one for one in kept if isinstance(one.subject, ox.BlankNode) and one.subject not in inner] == []
    whole = parsed(beside)
    assert in_force(whole) == whole


def test_a_deprecated_term_keeps_its_meaning() -> None:
    """Records that were written with it are still understood, while it is to be written no more."""
    knowledge = built(withdrawing("hip:SignOf-X-02", "hip:SignOf-X-04"))
    assert derived(knowledge, "natively") == derived(built(), "natively")
    patient = "https://example.org/garden/g"
    found = [one for one in validate_triples(parsed(PLOT), patient, rules_of(knowledge)) if "V04" in one.shape]
    (only,) = found
    assert (only.severity, only.value, only.fix) == (
        "warning",
        HIP + "SignOf-X-02",
        "Use hip:SignOf-X-04 instead.",
    )
    said = "hip:SignOf-X-02 was withdrawn on 2026-03-01, replaced by hip:SignOf-X-04: It does harm. Use hip:SignOf-X-04"
    assert said in only.message
    assert not any("V04" in one.shape for one in validate_triples(parsed(PLOT), patient, rules_of(built())))


# What is said of it


@pytest.mark.parametrize(
    "asked",
    [
        lambda name: find_target(name, reduced()),
        lambda name: compile_sparql(name, reduced()),
        lambda name: refuse_withdrawn(name, reduced()),
    ],
    ids=["explain", "compile", "coverage"],
)
@pytest.mark.parametrize("name", ["X-02", "hip:X-02", "x-02", f"<{HIP}X-02>"])
def test_who_asks_for_it_is_told_what_takes_its_place(asked: object, name: str) -> None:
    with pytest.raises(UsageError) as raised:
        asked(name)  # type: ignore[operator]
    assert raised.value.message == "X-02 was withdrawn on 2026-03-01, replaced by X-04: It does harm."
    assert raised.value.remedy == "Use X-04 instead."


def test_another_unknown_statement_is_no_withdrawn_one() -> None:
    with pytest.raises(UsageError, match="There is no statement"):
        find_target("X-99", reduced())
    refuse_withdrawn("X-03", reduced())


def shipped_without(statement: str, *others: str) -> Knowledge:
    """Withdraw a statement of the shipped release."""
    whole: Knowledge = decode_lazily(Knowledge, write(load()))
    info = whole.by_id[statement]
    successors = tuple(HIP + it for it in others)
    one = Withdrawal(info.iri, info.id, "", info.text, info.document, successors, "Why.", "2026-03-01", True)
    statements = {iri: it for iri, it in whole.statements.items() if iri != info.iri}
    return replace(whole, statements=statements, tensions=(), withdrawn={one.iri: one})


def test_terms_and_pages_of_the_guideline_tell_of_it() -> None:
    knowledge = shipped_without("D0-27", "D0-28")
    (term,) = find_terms("hip:D0-27", knowledge)
    assert (term.kind, term.label) == (Kind.STATEMENT, load().label(HIP + "D0-27"))
    assert "D0-27 was withdrawn on 2026-03-01, replaced by D0-28: Why" in terms_to_text([term], knowledge)
    (data,) = json.loads(terms_to_json([term]))
    assert data["withdrawn"] == {"on": "2026-03-01", "because": "Why.", "replacedBy": ["hip:D0-28"]}
    (other,) = json.loads(terms_to_json(find_terms("hip:D0-28", knowledge)))
    assert other["withdrawn"] is None
    pages = guideline_pages(knowledge, ())
    section = pages["d0.md"].partition("## Withdrawn")[2]
    assert "### D0-27" in section
    assert "- **Replaced by** [D0-28](d0.md#d0-28)" in section
    assert [name for name, page in pages.items() if "Withdrawn" in page] == ["d0.md"]


# Records


def test_records_are_rewritten_in_what_takes_the_place_of_terms() -> None:
    """As the type of a node, as a value and as a property, in the default graph and in named ones; the rest is told."""
    knowledge = built(
        withdrawing("hip:SignOf-X-02", "hip:SignOf-X-04"),
        withdrawing("hip:SignOf-X-03", "hip:SignOf-Y-02", "hip:SignOf-Y-03"),
        withdrawing("hip:hasSite", "hip:locatedIn"),
        withdrawing("hip:X-04", "hip:X-05"),
    )
    rewritten, left = migrated(parsed(PLOT + "<urn:s> hip:note hip:X-04 ."), knowledge)
    told = {one.object.value for one in rewritten if one.object.value.startswith(HIP + "SignOf")}  # type: ignore[union-attr]
    assert told == {HIP + "SignOf-X-04", HIP + "SignOf-X-03"}
    assert {one.predicate.value for one in rewritten} >= {HIP + "locatedIn"}
    assert HIP + "hasSite" not in {one.predicate.value for one in rewritten}
    assert [one.name for one in left] == ["hip:SignOf-X-03", "X-04"]
    text = migration(knowledge)
    assert "# By hand: hip:SignOf-X-03 was withdrawn on 2026-03-01, replaced by hip:SignOf-Y-02" in text
    store, graph = ox.Store(), ox.NamedNode("urn:graph")
    store.extend(ox.Quad(*one, graph) for one in parsed(PLOT))
    store.update(text)
    assert {one.predicate.value for one in store.quads_for_pattern(None, None, None, graph)} == {
        one.predicate.value for one in rewritten if one.subject != ox.NamedNode("urn:s")
    }


def test_in_python_records_are_rewritten_if_that_is_asked_for_and_what_is_left_is_warned_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    knowledge = built(withdrawing("hip:SignOf-X-02", "hip:SignOf-X-04"), withdrawing("hip:SignOf-X-03"))
    monkeypatch.setattr("hipkg.api.arguments.knowing", lambda _: knowledge)
    text = HEAD + PLOT
    assert any(one.object == ox.NamedNode(HIP + "SignOf-X-02") for one in hipkg.convert(text))
    with pytest.warns(SetAside, match="left as it is: hip:SignOf-X-03 was withdrawn .* Nothing takes its place"):
        rewritten = hipkg.convert(text, replace_withdrawn=True)
    names = [one.object.value for one in rewritten if isinstance(one.object, ox.NamedNode)]
    assert (names.count(HIP + "SignOf-X-02"), names.count(HIP + "SignOf-X-04")) == (0, 2)


def test_where_nothing_was_withdrawn_nothing_is_rewritten() -> None:
    facts = parsed(PLOT)
    rewritten, left = migrated(facts, load())
    assert ({*rewritten}, left) == ({*facts}, ())
    assert "There is nothing to rewrite" in migration(load())


# What the checks find

STANDS = """
hip:t a hip:Tension ; hip:betweenStatement hip:X-02 .
hip:c owl:equivalentClass [ owl:intersectionOf (
  hip:BareBed [ owl:onProperty hip:hasActivity ; owl:someValuesFrom hip:Sowing ]
) ] .
hip:X-03 hip:exceptFor hip:WetBed ; hip:accompanies hip:Rolling ; hip:hasBound [ hip:measuredOn hip:Lawn ] .
hip:d hip:oldProperty hip:e .
hip:k owl:disjointWith hip:Unlike .
hip:f dcterms:isReplacedBy hip:gone ; owl:deprecated true .
"""


def used(withdrawn: str, stands: str = STANDS) -> list[Issue]:
    text = HEAD + stands + withdrawing(withdrawn, "hip:new")
    folder = ONTOLOGY.parent / "elsewhere"
    return [*deprecated_use(of_texts(folder, {folder / "one.ttl": text.encode()}))]


@pytest.mark.parametrize(
    ("withdrawn", "user", "prop"),
    [
        ("hip:X-02", "hip:t", "hip:betweenStatement"),
        ("hip:BareBed", "hip:c", ""),
        ("hip:Sowing", "hip:c", ""),
        ("hip:WetBed", "hip:X-03", "hip:exceptFor"),
        ("hip:Rolling", "hip:X-03", "hip:accompanies"),
        ("hip:Lawn", "hip:X-03", ""),
        ("hip:oldProperty", "hip:d", "hip:oldProperty"),
    ],
)
def test_a_live_reference_to_it_is_found_with_what_takes_its_place(withdrawn: str, user: str, prop: str) -> None:
    (issue,) = used(withdrawn)
    assert (issue.check, issue.entity, issue.property) == ("deprecated-use", user, prop)
    assert issue.value == f"{withdrawn} is withdrawn, replaced by hip:new"


@pytest.mark.parametrize("withdrawn", ["hip:Unlike", "hip:gone", "hip:nobody"])
def test_an_opposite_and_what_is_withdrawn_itself_may_name_it(withdrawn: str) -> None:
    assert used(withdrawn) == []


def test_statements_mappings_and_definitions_that_still_use_it_are_named_with_their_lines() -> None:
    withdrawn = HEAD + withdrawing("hip:Ibuprofen", "hip:Naproxen") + withdrawing("hip:D0-27", "hip:D0-28")
    texts = {path: path.read_bytes() for path in module_files(ONTOLOGY)}
    texts[ONTOLOGY / "core.ttl"] += withdrawn.encode()
    space = of_texts(ONTOLOGY, texts)
    places: dict[str, set[str]] = {}
    for one in runner.report(space, deprecated_use(space)).findings:
        assert one.line, one
        assert "replaced by" in one.message
        places.setdefault(one.issue.value.partition(" ")[0], set()).add(one.path)
    assert "ontology/mappings/rxnorm.sssom.tsv" in places["hip:Ibuprofen"]
    # The restriction of its context, and a tension that it has a part in.
    assert places["hip:D0-27"] == {
        "ontology/guidelines/d0-painful-degenerative-hip.ttl",
        "ontology/tensions.ttl",
    }


DECLARED = """
hip:Recommendation rdfs:subClassOf hip:Statement .
hip:S-1 a owl:NamedIndividual , hip:Recommendation . hip:S-2 a owl:NamedIndividual , hip:Recommendation .
hip:left a owl:NamedIndividual . hip:Cane a owl:Class . hip:Crutches a owl:Class .
"""


def incomplete(text: str) -> list[str]:
    folder = ONTOLOGY.parent / "elsewhere"
    space = of_texts(folder, {folder / "one.ttl": (HEAD + DECLARED + text).encode()})
    return [f"{one.entity} {one.property} {one.value}" for one in runner.quality(space) if one.check == "withdrawal"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hip:Cane owl:deprecated true .", "hip:Cane hip:withdrawnOn missing"),
        ('hip:Cane hip:withdrawnOn "2026-03-01"^^xsd:date .', "hip:Cane hip:withdrawnOn 2026-03-01"),
        (withdrawing("hip:Cane", "hip:S-1"), "hip:Cane dcterms:isReplacedBy hip:S-1"),
        (withdrawing("hip:S-1", "hip:left"), "hip:S-1 dcterms:isReplacedBy hip:left"),
        (
            withdrawing("hip:Cane", "hip:Crutches") + withdrawing("hip:Crutches"),
            "hip:Cane dcterms:isReplacedBy hip:Crutches",
        ),
        (withdrawing("hip:Cane").replace("@en", ""), "hip:Cane hip:withdrawnBecause It does harm."),
        (withdrawing("hip:Cane").replace("^^xsd:date", ""), "hip:Cane hip:withdrawnOn 2026-03-01"),
    ],
)
def test_what_a_withdrawal_lacks_or_leads_to_wrongly_is_found(text: str, said: str) -> None:
    assert said in incomplete(text)


def test_a_whole_withdrawal_is_sound() -> None:
    texts = (withdrawing("hip:Cane", "hip:Crutches"), withdrawing("hip:S-1", "hip:S-2"), withdrawing("hip:left"))
    assert incomplete("".join(texts)) == []
