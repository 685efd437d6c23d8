"""Check the ontology as its maintainers want it, all at once, and tell the worst first.

What cannot be told while something more basic is wrong is left out, and named: with a module that cannot be parsed, all
that looks at the ontology as a whole; with errors that a reasoner would stumble on, the classification.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pyoxigraph as ox

from hipkg.base.errors import EngineUnavailable, HipkgError
from hipkg.base.own import own_folder
from hipkg.base.paths import ONTOLOGY, files_about_ontology
from hipkg.base.vocabulary import OWL, curie, expand, is_term, local_name
from hipkg.knowledge.codec import encode
from hipkg.knowledge.loading import RELEASE_FILE, release_file
from hipkg.maintenance.checks.catalogue import STATEMENT_SHAPES, SUFFIX, headers, query_files
from hipkg.maintenance.checks.copies import check_copies
from hipkg.maintenance.checks.hierarchy import check_definitions, check_hierarchy
from hipkg.maintenance.checks.issue import Finding, Issue, Severity
from hipkg.maintenance.checks.modules import catalog, declarations, foreign, imports, namespaces, vocabulary
from hipkg.maintenance.checks.profile import PROFILE, Accepted, Profile, read_profile
from hipkg.maintenance.checks.sections import check_sections
from hipkg.maintenance.checks.values import check_axioms, check_domains, check_restrictions, check_values
from hipkg.maintenance.checks.withdrawals import deprecated_use, published
from hipkg.maintenance.checks.workspace import Workspace, own_workspace, workspace
from hipkg.owl.normal_form import in_normal_form
from hipkg.validation.compiler import Background, check, compile_shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hipkg.knowledge.records import Knowledge
    from hipkg.owl.axioms import Axioms

_NAME = re.compile(r"\b[a-z][a-z0-9]*:(?!//)[\w./-]*\w")
_SURPRISES = (ArithmeticError, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
"""What a check may end in if the ontology is not as others want it; with a sound ontology it is a mistake here."""
_USUAL = Profile()
_NUMERAL = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Report:
    """What the checks found, the worst first.

    ``accepted`` are findings that the profile accepts, each with its reason; ``left_out`` says which checks were not
    made and why; ``unavailable`` is what ended the work, if something that a check needs is not installed.
    """

    findings: tuple[Finding, ...]
    accepted: tuple[tuple[Finding, str], ...] = ()
    left_out: tuple[str, ...] = ()
    unavailable: HipkgError | None = None

    def count(self, severity: Severity) -> int:
        """Count the findings of a severity."""
        return sum(one.severity is severity for one in self.findings)


def check_ontology(folder: Path | None = None, *, reasoner: bool = True, profile: Profile | None = None) -> Report:
    """Run all checks on the ontology of a folder, by default the shipped one, or one's own that is used on top of it.

    Of one's own what is wrong with it is told, and not what is noted of the shipped one.

    Parameters: ``reasoner`` also classifies the ontology, judges the statements and compares the release, which needs
    Java; ``profile`` says how much checks weigh and what is accepted.
    """
    space = workspace(folder) if folder else own_workspace() if own_folder() else workspace()
    issues: list[Issue] = [*space.broken]
    left_out: list[str] = []
    unavailable: HipkgError | None = None
    surprises: list[Exception] = []
    checks: list[Callable[[Workspace], Iterable[Issue]]] = [*_OF_MODULES, *(_OF_THE_WHOLE if not space.broken else ())]
    if space.broken:
        left_out.append("all that looks at the ontology as a whole: a module cannot be parsed")
    for one in checks:
        try:
            issues += one(space)
        except EngineUnavailable as problem:
            unavailable = unavailable or problem
        except _SURPRISES as surprise:
            surprises.append(surprise)
            left_out.append(f"the rest of {one.__name__}, which stumbles on what is wrong: {surprise!r}")
    if surprises and not issues:
        raise surprises[0]
    if reasoner and (stumbles := {one.check for one in issues} & _STUMBLING):
        left_out.append(f"the classification, and what rests on it: {', '.join(sorted(stumbles))} come first")
    elif reasoner and not unavailable:
        try:
            issues += classification(space)
        except EngineUnavailable as problem:
            unavailable = problem
    return report(space, issues, profile or _USUAL, tuple(left_out), unavailable)


# What is told


def report(
    space: Workspace,
    issues: Iterable[Issue],
    profile: Profile = _USUAL,
    left_out: tuple[str, ...] = (),
    unavailable: HipkgError | None = None,
) -> Report:
    """Locate and grade issues, and part off what is accepted."""
    found = [_finding(space, one, severity) for one in dict.fromkeys(issues) if (severity := _severity(one, profile))]
    if space.layered:
        shipped = read_profile(ONTOLOGY / PROFILE).accepted
        found = [one for one in found if _is_of(space.folder, one) or not _is_known(one, shipped)]
    reasons = {one: next((it.reason for it in profile.accepted if it.covers(one.issue)), "") for one in found}
    used = [it for it in profile.accepted if any(it.covers(one.issue) for one in found)]
    for it in profile.accepted if not left_out and not unavailable else ():
        if it not in used:
            issue = Issue("accepted-unused", it.entity, it.property, f"{it.check} does not find it any more")
            finding = _finding(space, issue, Severity.WARNING)
            reasons[finding] = ""
    order = {check: number for number, check in enumerate(_ORDER)}

    def place(one: Finding) -> tuple[object, ...]:
        return (one.severity.rank, order.get(one.issue.check, len(order)), one.path, one.line, one.issue.entity)

    kept = sorted((one for one, reason in reasons.items() if not reason), key=place)
    accepted = tuple((one, reasons[one]) for one in sorted((it for it in reasons if reasons[it]), key=place))
    return Report(tuple(kept), accepted, left_out, unavailable)


def _is_of(folder: Path, finding: Finding) -> bool:
    """Tell whether what is found stands in a file of a folder."""
    return Path(finding.path).resolve().is_relative_to(folder)


def _is_known(finding: Finding, accepted: Iterable[Accepted]) -> bool:
    """Tell whether something is noted of the shipped ontology, or accepted there."""
    return finding.severity is Severity.NOTE or any(one.covers(finding.issue) for one in accepted)


def _severity(issue: Issue, profile: Profile) -> Severity | None:
    header = headers().get(issue.check)
    usual = Severity.NOTE if issue.note else header.severity if header else Severity.ERROR
    return profile.severities.get(issue.check, usual)


def _finding(space: Workspace, issue: Issue, severity: Severity) -> Finding:
    path, line = _place(space, issue)
    header = headers().get(issue.check)
    label = space.labels.get(expand(issue.entity), "")
    rule, remedy = (header.rule, header.remedy) if header else ("", "")
    return Finding(issue, severity, path, line, label, rule, remedy)


def _place(space: Workspace, issue: Issue) -> tuple[str, int]:
    name, _, line = issue.entity.rpartition(":")
    if line.isdigit() and "." in name:
        return _file(space, name), int(line)
    if issue.entity.endswith((".ttl", ".xml", ".tsv", ".json")):
        return _file(space, issue.entity), 0
    entity = issue.entity.strip("<>") if issue.entity.startswith("<") else expand(issue.entity)
    named = [expand(one) for one in _NAME.findall(issue.value)]
    numbers = [form for one in _NUMERAL.findall(issue.value) for form in (one, f"{one}.0")]
    wanted = (expand(issue.value), issue.value, *named, *_QUOTED.findall(issue.value), *numbers)
    return space.locate(entity, expand(issue.property), wanted)


def _file(space: Workspace, name: str) -> str:
    known = (*sorted(space.folder.rglob(name)), *files_about_ontology())
    return next((space.name(path) for path in known if path.name == name), name)


# Checks of modules


def normal_form(space: Workspace) -> Iterator[Issue]:
    """Find modules that differ from their normal form."""
    if space.layered and not space.own:  # whose prefix the normal form has
        return
    for one in space.checked:
        if one.text != in_normal_form(ox.Quad(*it) for it in one.triples):
            yield Issue("normal-form", one.path.name, "", "differs from its normal form; run: hipkg ontology format")


# Checks of the whole


def fragment(space: Workspace) -> Iterator[Issue]:
    """Find the axioms outside the fragment."""
    for problem in space.outside:
        node = problem.place.removeprefix("_:").partition(" ")[0]
        place = curie(space.owners[node]) if node in space.owners else problem.place
        yield Issue("fragment", place, "", f"{problem.message} {problem.remedy}".strip())


def hierarchy(space: Workspace) -> Iterator[Issue]:
    """Find circles, kinds that exclude each other, and definitions and numbers that do not agree."""
    yield from check_hierarchy(space)
    if space.axioms:
        yield from check_definitions(space.axioms, space.generated)
        yield from check_copies(space, space.axioms)


def quality(space: Workspace) -> Iterator[Issue]:
    """Run the queries of ``queries/quality``; each row that one returns is an issue."""
    for path in query_files():
        name = path.stem.removesuffix(SUFFIX)
        for row in cast("ox.QuerySolutions", space.store.query(path.read_text(encoding="utf-8"))):
            entity, prop, value = (_text(space, row[key]) for key in ("entity", "property", "value"))
            yield Issue(name, entity, prop, value)


def _text(space: Workspace, term: object) -> str:
    if isinstance(term, ox.BlankNode):
        return curie(space.owner(term))
    if isinstance(term, ox.NamedNode):
        return curie(term.value)
    return term.value if isinstance(term, ox.Literal) else ""


def shapes(space: Workspace) -> Iterator[Issue]:
    """Hold statements, bounds and references to the shapes of ``shapes/statement.ttl``."""
    background = Background(superclasses=space.told_superclasses)
    for one in check(space.triples, compile_shapes(STATEMENT_SHAPES), background):
        value = _text(space, one.value) if one.value is not None else "missing or several"
        yield Issue(local_name(one.shape.iri), curie(space.owner(one.node)), curie(one.path), value)


def mappings(space: Workspace) -> Iterator[Issue]:
    """Find mappings of codes that lead nowhere, contradict one another or are in the wrong form."""
    from hipkg.maintenance.checks.mappings import check_mappings

    folder = space.folder / "mappings"
    return check_mappings(folder, space.triples, space.axioms) if folder.is_dir() and space.axioms else iter(())


def profile(space: Workspace) -> Iterator[Issue]:
    """Find what puts the ontology outside OWL 2 DL.

    Raises `EngineUnavailable` if pyowl2-profiles is not installed.
    """
    try:
        from pyowl2_profiles import detect_profiles
    except ImportError as missing:
        raise EngineUnavailable(
            "The profile checker is not installed.", remedy="Install it with: pip install 'hipkg[check]'."
        ) from missing
    for violation in detect_profiles(space.store, None)["dl"]["sample_violations"]:
        subject = str(violation.get("subject", ""))
        yield Issue("owl2-dl", curie(subject.strip("<>")) if subject else "", "", str(violation.get("axiom_type", "")))


# By a reasoner


def classification(space: Workspace) -> Iterator[Issue]:
    """Classify the ontology anew, judge its statements and contexts by that, and compare the release with it."""
    from hipkg.maintenance.checks import contexts as subsumption
    from hipkg.maintenance.checks import statements as rulecheck
    from hipkg.maintenance.release import classified, compile_knowledge
    from hipkg.maintenance.sources import sources_of

    try:
        paths = tuple(one.path for one in space.modules)
        sources = sources_of(paths, space.triples, space.own)
        every = rulecheck.read_rules(sources.triples, sources.axioms)
        rules = [one for one in every if not space.own or one.statement.startswith(space.own.namespace)]
        entailments = classified(sources, rulecheck.probes(rules))
        built = compile_knowledge(sources, entailments)
    except EngineUnavailable:
        raise
    except HipkgError as problem:
        yield Issue("classification", problem.place, "", problem.message)
        return
    answers = rulecheck.Answers(entailments)
    yield from rulecheck.check_statements(rules, answers)
    yield from subsumption.check_contexts(every, answers, sources)
    yield from rulecheck.subsumed_statements(rules, answers, built)
    yield from same_classes(space, sources.axioms, entailments.subclasses)
    if space.own or space.folder == ONTOLOGY:
        yield from release(built)


def same_classes(space: Workspace, axioms: Axioms, subclasses: Iterable[tuple[str, str]]) -> Iterator[Issue]:
    """Find classes that a reasoner finds to have the same members, and whose definitions are not the same."""
    from hipkg.maintenance.checks.hierarchy import circles, plain

    steps: dict[str, list[str]] = {}
    for one, other in subclasses:
        if one != other and not {one, other} & space.generated and is_term(one) and is_term(other):
            steps.setdefault(one, []).append(other)
    told = {
        frozenset(pair) for iri in axioms.definitions for pair in [(iri, *space.named(iri, OWL + "equivalentClass"))]
    }
    for circle in circles(steps):
        first, *others = sorted(circle)
        for other in others:
            forms = {plain(axioms.definitions[one]) for one in (first, other) if one in axioms.definitions}
            if len(forms) > 1 and frozenset({first, other}) not in told:
                yield Issue("same-class", curie(other), "owl:equivalentClass", f"has the members of {curie(first)}")


def release(built: Knowledge) -> Iterator[Issue]:
    """Compare the shipped release with the one that the sources give."""
    file = release_file() if built.base else RELEASE_FILE
    shipped = json.loads(file.read_bytes()) if file.is_file() else {}
    for name, data in sorted(encode(built).items()):
        if data != shipped.get(name):
            yield Issue("release", RELEASE_FILE.name, name, "is not what the sources give; run: hipkg ontology release")


_OF_MODULES = (normal_form, catalog)
"""The checks that look at one module at a time."""
_OF_THE_WHOLE = (
    vocabulary, foreign, imports, namespaces, declarations, fragment, check_axioms, check_values, check_restrictions,
    check_domains, check_sections, hierarchy, quality, shapes, mappings, deprecated_use, published, profile,
)  # fmt: skip
"""The checks that look at all modules together and need no reasoner."""
_STUMBLING = frozenset(
    {"syntax", "header", "vocabulary", "foreign-name", "fragment", "restriction", "facet-datatype", "value-kind"}
    | {"axiom-term", "value-range", "kind-cycle", "definition-cycle", "literal-form", "statement-effect"}
    | {"statement-context", "follows-cycle", "slot-world", "statement-modality", "statement-provenance"}
)
"""The checks that find what a reasoner, or the compiler of the release, would stumble on."""
_ORDER = (
    "syntax", "header", "vocabulary", "foreign-name", "imports", "fragment", "axiom-term", "value-kind", "restriction",
)  # fmt: skip
"""The checks whose findings explain others."""
