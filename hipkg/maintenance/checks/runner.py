"""Check the ontology as its maintainers want it.

The checks are of syntax, form, names, fragment, mappings, profile, quality queries, consistency, statements, contexts
and release; what rests on others runs only if those find nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pyoxigraph as ox

from hipkg.base.errors import EngineUnavailable, HipkgError, OntologyError
from hipkg.base.paths import ONTOLOGY, QUERIES, ontology_files
from hipkg.base.vocabulary import PREFIXES, curie
from hipkg.knowledge.codec import encode
from hipkg.knowledge.loading import RELEASE_FILE
from hipkg.maintenance.checks.issue import Issue
from hipkg.maintenance.checks.vocabulary import imports, vocabulary
from hipkg.owl.axioms import read_axioms
from hipkg.owl.normal_form import in_normal_form
from hipkg.owl.sources import load_sources, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from hipkg.knowledge.records import Knowledge


def check_ontology(*, reasoner: bool = True) -> tuple[Issue, ...]:
    """Run all checks on the ontology sources.

    Parameters: ``reasoner`` also classifies the ontology, judges the statements and compares the release, which needs
    Java. Raises `EngineUnavailable` if a checker is not installed.
    """
    for stage in (*_STAGES, *([(classification,)] if reasoner else [])):
        issues = tuple(issue for check in stage for issue in check())
        if issues:
            return issues
    return ()


def syntax() -> Iterable[Issue]:
    """Find modules that are no Turtle."""
    for path in ontology_files():
        try:
            load_sources([path])
        except OntologyError as problem:
            yield Issue("syntax", problem.place, "", problem.message)


def normal_form(files: Iterable[Path] | None = None) -> Iterable[Issue]:
    """Find modules that differ from their normal form."""
    for path in files or ontology_files():
        if path.read_text(encoding="utf-8") != in_normal_form(parsed(path)):
            yield Issue("normal-form", path.name, "", "differs from its normal form; run: hipkg ontology format")


def catalog() -> Iterable[Issue]:
    """Find modules that the catalog of Protégé does not lead to, and entries that lead nowhere."""
    from xml.etree import ElementTree as ET

    listed = {
        (ONTOLOGY / entry.attrib["uri"]).resolve(): entry.attrib["name"]
        for entry in ET.parse(ONTOLOGY / "catalog-v001.xml").getroot()  # noqa: S314 - a file of the project
    }
    for path in ontology_files():
        headers = (quad for quad in parsed(path) if quad.object == ox.NamedNode(PREFIXES["owl"] + "Ontology"))
        if listed.get(path.resolve()) not in {str(quad.subject).strip("<>") for quad in headers}:
            yield Issue("catalog", path.name, "", "is not listed under its ontology IRI")
    for path, name in listed.items():
        if not path.is_file():
            yield Issue("catalog", name, "", f"leads to {path.name}, which does not exist")


def fragment() -> Iterable[Issue]:
    """Find the first axiom outside the fragment."""
    try:
        read_axioms(load_sources())
    except HipkgError as problem:
        yield Issue("fragment", problem.place, "", f"{problem.message} {problem.remedy}")


def quality(store: ox.Store | None = None) -> Iterable[Issue]:
    """Run the queries of ``queries/quality``; each row that one returns is an issue."""
    where = store or ontology_store()
    for path in sorted((QUERIES / "quality").glob("*-violation.rq")):
        name = path.stem.removesuffix("-violation")
        for row in cast("ox.QuerySolutions", where.query(path.read_text(encoding="utf-8"))):
            entity, prop, value = (_text(row[key]) for key in ("entity", "property", "value"))
            yield Issue(name, entity, prop, value)


def _text(term: object) -> str:
    if isinstance(term, ox.NamedNode):
        return curie(term.value)
    return term.value if isinstance(term, ox.Literal) else ""


def ontology_store() -> ox.Store:
    """Load all modules of the ontology into one store."""
    store = ox.Store()
    for path in ontology_files():
        store.bulk_load(path=path, format=ox.RdfFormat.TURTLE)
    return store


def mappings() -> Iterable[Issue]:
    """Find mappings of codes that lead nowhere, contradict one another or are in the wrong form."""
    from hipkg.maintenance.checks.mappings import check_mappings

    return check_mappings()


def profile() -> Iterable[Issue]:
    """Find what puts the ontology outside OWL 2 DL.

    Raises `EngineUnavailable` if pyowl2-profiles is not installed.
    """
    try:
        from pyowl2_profiles import detect_profiles
    except ImportError as missing:
        raise EngineUnavailable(
            "The profile checker is not installed.", remedy="Install it with: pip install 'hipkg[check]'."
        ) from missing
    for violation in detect_profiles(ontology_store(), None)["dl"]["sample_violations"]:
        yield Issue("owl2-dl", str(violation.get("subject", "")), "", str(violation.get("axiom_type", "")))


def classification(files: Iterable[Path] | None = None) -> Iterable[Issue]:
    """Classify the ontology anew, judge its statements and contexts by that, and compare the release with it.

    Parameters: ``files`` are the modules of the ontology, by default all.
    """
    from hipkg.maintenance.checks import contexts as subsumption
    from hipkg.maintenance.checks import statements as rulecheck
    from hipkg.maintenance.release import compile_knowledge, read
    from hipkg.owl import reasoners as java

    try:
        sources = read(files)
        rules = rulecheck.read_rules(sources.triples, sources.axioms)
        entailments = java.entail("hermit", [*sources.triples, *rulecheck.probes(rules)])
        built = compile_knowledge(sources, entailments)
    except EngineUnavailable:
        raise
    except HipkgError as problem:
        yield Issue("classification", problem.place, "", problem.message)
        return
    answers = rulecheck.Answers(entailments)
    yield from rulecheck.check_statements(rules, answers)
    yield from subsumption.check_contexts(rules, answers, sources)
    yield from rulecheck.subsumed_statements(rules, answers, built)
    yield from release(built)


def release(built: Knowledge) -> Iterable[Issue]:
    """Compare the shipped release with the one that the sources give."""
    shipped = json.loads(RELEASE_FILE.read_bytes()) if RELEASE_FILE.is_file() else {}
    for name, data in sorted(encode(built).items()):
        if data != shipped.get(name):
            yield Issue("release", RELEASE_FILE.name, name, "is not what the sources give; run: hipkg ontology release")


_STAGES: tuple[tuple[Callable[[], Iterable[Issue]], ...], ...] = (
    (syntax,),
    (normal_form, catalog, imports, vocabulary, fragment),
    (quality, mappings, profile),
)
"""The checks that need no reasoner; a stage is run if those before it find nothing."""
