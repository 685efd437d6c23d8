"""Reading: what belongs to a patient, what stays the same however it is written, and what is refused."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from hipkg.base.errors import HipkgError, NoPatient, UnreadableInput, UsageError
from hipkg.base.paths import ROOT
from hipkg.base.vocabulary import HIP, OWL, RDF_TYPE, XSD
from hipkg.reading import blank_nodes
from support.doors import read

if TYPE_CHECKING:
    from hipkg.record.patient import Record

CASES = sorted((Path(__file__).parent / "cases" / "input").iterdir())
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
DAY = date(2026, 3, 10)
PREFIXES = f"PREFIX : <https://example.org/> PREFIX hip: <{HIP}>\n"
ANN = ":ann a hip:Patient ; hip:hasProblem :pain . :pain a hip:HipPain ; hip:hasSite :hip . :hip hip:hasSide hip:left ."


def turtle(text: str, as_of: date | None = DAY) -> tuple[Record, ...]:
    return read((PREFIXES + text).encode(), format="turtle", as_of=as_of)


def refusal(source: str | Path | bytes, **options: object) -> HipkgError:
    with pytest.raises(HipkgError) as caught:
        read(source, **options)
    assert caught.value.message
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_refuses_bad_input_with_place_and_remedy(case):
    expected = json.loads((case / "expected.json").read_text())
    error = refusal(case / expected["file"])
    assert (expected["error"], expected["exit"]) == (error.code, error.exit_code)
    for part in ("message", "place", "remedy"):
        assert expected[part] in getattr(error, part)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_reads_every_example_whole(file):
    (graph,) = read(file, as_of=DAY)
    assert graph.unused == 0
    assert str(file) == graph.source
    written = {quad.triple for quad in parse(path=file)}
    header = {one.subject for one in written if one.object.value == f"{OWL}Ontology"}
    assert len(header) == 1
    found = {one for one in graph.triples if one.predicate.value != f"{HIP}asOf"}
    assert {one for one in written if one.subject not in header} == found


def test_keeps_two_patients_apart_and_sorts_them():
    zoe = ":zoe a hip:Patient ; hip:hasProblem :ache ; hip:relativeOf :ann . :ache a hip:HipPain ; hip:hasSite :hip ."
    ann, zoe = turtle(f"{zoe} {ANN}")
    assert [ann.iri, zoe.iri] == ["https://example.org/ann", "https://example.org/zoe"]
    assert not any("zoe" in str(triple) or "ache" in str(triple) for triple in ann.triples)
    assert not any("<https://example.org/pain>" in str(triple) for triple in zoe.triples)
    assert all(any("hasSide" in str(triple) for triple in graph.triples) for graph in (ann, zoe))


def test_merges_named_graphs():
    head, tail = ANN.split(" . ", 1)
    trig = f"{PREFIXES} GRAPH :one {{ {head} }} GRAPH :two {{ {tail} }}"
    assert turtle(ANN)[0].triples == read(trig.encode(), format="trig", as_of=DAY)[0].triples


def test_follows_inverse_links_to_the_patient():
    (graph,) = turtle(":ann a hip:Patient . :pain a hip:HipPain ; hip:problemOf :ann .")
    assert graph.unused == 0


def test_counts_what_belongs_to_nobody():
    (graph,) = turtle(f"{ANN} :stray :is :unused . hip:left :says :more . :document :about :ann .")
    assert graph.unused == 3
    assert not any("stray" in str(triple) or "document" in str(triple) for triple in graph.triples)


def test_survives_cycles():
    (graph,) = turtle(f"{ANN} :hip hip:locationOf :pain .")
    assert graph.unused == 0


def test_resolves_relative_iris_against_a_fixed_base(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "patient.ttl").write_text(f"<ann> a <{HIP}Patient> .")
    first, second = (read(tmp_path / folder / "patient.ttl", as_of=DAY)[0] for folder in ("one", "two"))
    assert first.iri == "urn:hipkg:file/ann"
    assert first.triples == second.triples


class TestDate:
    recorded = f'{ANN} :ann hip:asOf "2025-12-31" .'

    @staticmethod
    def dates(graph):
        return [t.object for t in graph.triples if t.predicate == NamedNode(f"{HIP}asOf")]

    def test_is_today_by_default(self):
        (graph,) = turtle(ANN, as_of=None)
        assert abs(graph.as_of - date.today()).days <= 1  # noqa: DTZ011 - midnight may pass between the two
        assert [Literal(graph.as_of.isoformat(), datatype=NamedNode(f"{XSD}date"))] == self.dates(graph)

    def test_is_taken_from_the_file(self):
        (graph,) = turtle(self.recorded, as_of=None)
        assert date(2025, 12, 31) == graph.as_of
        assert [Literal("2025-12-31", datatype=NamedNode(f"{XSD}date"))] == self.dates(graph)

    def test_of_the_caller_replaces_that_of_the_file(self):
        (graph,) = turtle(self.recorded)
        assert graph.as_of == DAY
        assert [Literal("2026-03-10", datatype=NamedNode(f"{XSD}date"))] == self.dates(graph)

    def test_may_carry_a_time_zone(self):
        assert date(2025, 12, 31) == turtle(self.recorded.replace("-31", "-31+02:00"), as_of=None)[0].as_of


class TestSource:
    def test_may_be_bytes_or_standard_input(self, monkeypatch):
        content = (PREFIXES + ANN).encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        (piped,) = read("-", format="text/turtle; charset=utf-8", as_of=DAY)
        (given_bytes,) = read(content, format="TTL", as_of=DAY)
        assert (piped.source, given_bytes.source) == ("<stdin>", "<memory>")
        assert piped.triples == given_bytes.triples

    @pytest.mark.parametrize("source", ["-", b"<a:a> <a:b> <a:c> ."])
    def test_without_a_name_needs_a_format(self, source):
        error = refusal(source)
        assert isinstance(error, UsageError)
        assert "turtle, trig" in error.remedy

    def test_of_unknown_format_is_refused(self):
        assert isinstance(refusal("-", format="csv"), UsageError)

    def test_format_overrides_the_extension(self, tmp_path):
        file = tmp_path / "patient.txt"
        file.write_text(PREFIXES + ANN)
        assert turtle(ANN)[0].triples == read(file, format="turtle", as_of=DAY)[0].triples

    def test_may_start_with_a_byte_order_mark(self, tmp_path):
        file = tmp_path / "patient.ttl"
        file.write_text(PREFIXES + ANN, "utf-8-sig")
        assert turtle(ANN)[0].triples == read(file, as_of=DAY)[0].triples

    @pytest.mark.parametrize("name", ["", "missing.ttl", "a\0b.ttl", "x" * 5000, "missing/patient.ttl"])
    def test_that_is_no_file_is_refused(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert refusal(name).exit_code == 2

    def test_folder_without_resources_is_refused(self, tmp_path):
        assert "folder" in refusal(tmp_path).message

    def test_address_is_not_fetched(self):
        assert "nothing is fetched" in refusal("https://example.org/patient.ttl").message

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
    def test_without_permission_is_refused(self, tmp_path):
        file = tmp_path / "patient.ttl"
        file.write_text(ANN)
        file.chmod(0)
        assert "may not be read" in refusal(file).message

    def test_binary_file_is_refused(self, tmp_path):
        file = tmp_path / "patient.ttl"
        file.write_bytes(bytes(range(256)))
        assert "binary" in refusal(file).message

    def test_endless_device_is_refused(self):
        assert "larger than 1 MB" in refusal("/dev/zero", format="turtle", max_bytes=2**20).message

    def test_huge_file_is_refused(self, tmp_path):
        file = tmp_path / "patient.ttl"
        file.write_text(f'{PREFIXES}{ANN} :ann hip:note "{"x" * 100_000_000}" .')
        assert "larger than 64 MB" in refusal(file).message
        assert "longer than" in refusal(file, max_bytes=2**28).message

    def test_long_literal_is_refused_by_name(self):
        error = refusal(f'{PREFIXES}{ANN} :ann hip:note "{"x" * 2_000_000}" .'.encode(), format="turtle")
        assert "hipkg/note" in error.message
        assert "<https://example.org/ann>" in error.place


class TestBlankNodes:
    def test_leave_no_trace(self):
        (graph,) = turtle(
            "[] a hip:Patient ; hip:hasProblem [ a hip:HipPain ; hip:hasSite [ hip:hasSide hip:left ] ] ."
        )
        assert graph.iri.startswith("urn:hipkg:node:")
        assert not any(isinstance(node, BlankNode) for triple in graph.triples for node in triple)

    def test_alike_stay_two(self):
        (graph,) = turtle(":ann a hip:Patient ; hip:hasProblem [ a hip:HipPain ], [ a hip:HipPain ] .")
        assert sum("hasProblem" in str(triple) for triple in graph.triples) == 2

    def test_of_two_patients_never_meet(self):
        ann, bob = turtle("[] a hip:Patient ; hip:hasProblem [ a hip:HipPain ] . " * 2)
        assert not {str(t.subject) for t in ann.triples} & {str(t.subject) for t in bob.triples}

    def test_of_a_patient_do_not_depend_on_the_rest_of_the_file(self):
        blank = ":bob a hip:Patient ; hip:hasProblem [ a hip:HipPain ; hip:hasSite [] ] ."
        assert turtle(blank)[0].triples == turtle(f"{ANN} {blank}")[1].triples

    def test_in_great_number_take_little_time(self):
        problems = " , ".join("[ a hip:HipPain ; hip:hasSite [ a hip:HipJoint ] ]" for _ in range(50))
        (graph,) = turtle(f":ann a hip:Patient ; hip:hasProblem {problems} .")
        assert len(graph.triples) == 202

    def test_that_form_a_puzzle_are_refused(self, monkeypatch):
        monkeypatch.setattr(blank_nodes, "MAX_COMPARISONS", 100)
        problems = " , ".join("[ a hip:HipPain ]" for _ in range(50))
        with pytest.raises(UnreadableInput, match="alike"):
            turtle(f":ann a hip:Patient ; hip:hasProblem {problems} .")


def node(name: str) -> NamedNode | BlankNode:
    return BlankNode(name) if name.startswith("b") else NamedNode(f"https://example.org/{name}")


names = st.sampled_from(["p", "b0", "b1", "b2", "b3", "x", "y"])
properties = st.sampled_from([NamedNode(f"{HIP}{name}") for name in ("hasProblem", "hasSite", "hasCourse")])
literals = st.sampled_from([Literal("é\n"), Literal(28), Literal("hip", language="en")])
links = st.builds(Triple, names.map(node), properties, st.one_of(names.map(node), literals))
patients = st.sampled_from(["p", "b0"]).map(
    lambda name: Triple(node(name), NamedNode(RDF_TYPE), NamedNode(f"{HIP}Patient"))
)
graphs = st.builds(lambda patient, triples: [patient, *triples], patients, st.lists(links, max_size=14))
FORMATS = [
    RdfFormat.TURTLE,
    RdfFormat.TRIG,
    RdfFormat.N_TRIPLES,
    RdfFormat.N_QUADS,
    RdfFormat.RDF_XML,
    RdfFormat.JSON_LD,
]


def written(triples, rdf_format=RdfFormat.N_TRIPLES):
    return read(serialize(triples, format=rdf_format), format=rdf_format.media_type, as_of=DAY)


@given(graphs, st.randoms(use_true_random=False))
def test_order_and_blank_labels_do_not_matter(triples, random):
    labels = [f"l{number}" for number in range(4)]
    random.shuffle(labels)
    renamed = {BlankNode(f"b{number}"): BlankNode(label) for number, label in enumerate(labels)}
    shuffled = [
        Triple(renamed.get(t.subject, t.subject), t.predicate, renamed.get(t.object, t.object)) for t in triples
    ]
    random.shuffle(shuffled)
    assert written(triples) == written(shuffled)


@pytest.mark.parametrize("rdf_format", FORMATS, ids=lambda rdf_format: rdf_format.name)
@given(triples=graphs)
def test_every_format_gives_the_same_patient(rdf_format, triples):
    assert written(triples) == written(triples, rdf_format)


@given(graphs)
def test_reading_again_changes_nothing(triples):
    for graph in written(triples):
        again = written(graph.triples)
        assert graph.triples == next(g for g in again if g.iri == graph.iri).triples


@given(st.binary(max_size=200), st.sampled_from(FORMATS))
def test_no_bytes_bring_it_down(data, rdf_format):
    with pytest.raises(HipkgError):
        read(data, format=rdf_format.media_type)


@given(st.data(), st.sampled_from(FORMATS))
def test_no_damage_brings_it_down(data, rdf_format):
    text = bytearray(serialize([Quad(*t) for t in turtle(ANN)[0].triples], format=RdfFormat.N_QUADS))
    if rdf_format not in {RdfFormat.N_TRIPLES, RdfFormat.N_QUADS}:
        text = bytearray(serialize(turtle(ANN)[0].triples, format=rdf_format))
    text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    with suppress(HipkgError):
        read(bytes(text), format=rdf_format.media_type)


def test_message_for_a_patient_in_no_triples():
    with pytest.raises(NoPatient, match="no triples"):
        turtle("")


def test_imports_nothing_heavy():
    heavy = "{'rdflib', 'pyshacl', 'networkx', 'owlready2', 'rich', 'typer', 'hashlib'}"
    code = f"import sys, hipkg.reading.rdf, hipkg.record.normalise; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
