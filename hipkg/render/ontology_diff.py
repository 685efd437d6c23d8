"""Write what changes from one ontology to another: as text, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hipkg.base.errors import HipkgError
from hipkg.base.vocabulary import curie, expand
from hipkg.defence.difference import InteractionChange, StatementChange
from hipkg.maintenance.diff.axioms import Assertion, AxiomChange, Kind
from hipkg.maintenance.diff.codes import CodeChange
from hipkg.maintenance.diff.compare import OntologyDiff, Reason, Redefined
from hipkg.maintenance.diff.hierarchy import ClassChange, Hierarchy
from hipkg.maintenance.diff.meaning import Relation
from hipkg.maintenance.diff.plans import AspectChange, PlanActionChange, PlanChange, Plans
from hipkg.maintenance.diff.statements import Pattern, SlotChange, StatementDifference, ValueChange
from hipkg.render.markdown import escape
from hipkg.render.plan_json import PARTS, PartWriter
from hipkg.render.words import clean, counted, describe_interaction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_JSON = PartWriter(
    {
        **PARTS,
        OntologyDiff: "old new old_version new_version level reasons codes hierarchy redefined asked problem? "
        "unclassified? "
        "old_statements new_statements statements plans axioms",
        Reason: "level text",
        HipkgError: "code message",
        AxiomChange: "@term=subject frame label removed added",
        Assertion: "kind=asserted.kind keyword=asserted.keyword text=asserted.text module line",
        CodeChange: "file added removed",
        Hierarchy: "new withdrawn changed",
        ClassChange: "@term=iri label under no_longer_under applies applies_no_more",
        Redefined: "@term=iri label relation",
        StatementDifference: "id @term=iri text patterns slots values",
        SlotChange: "slot relation removed added redefined",
        ValueChange: "field before after",
        Plans: "patients without_plan changed",
        PlanChange: "files patient actions statements interactions? asked? asked_no_more? conflicts? "
        "conflicts_no_more? problem_before? problem_after?",
        PlanActionChange: "@intervention label site aspects statements through?",
        AspectChange: "aspect before after",
        StatementChange: "id site before after",
        InteractionChange: "before? after?",
    }
)
_NAME = re.compile(r"(?<![\w:/])[a-z][a-z0-9]*:[A-Za-z](?:[\w-]*\w)?\b(?! \()")
SHOWN = 12
"""How many of those whose plans differ alike are told where not all are asked for."""
_STATES = 6
_ALWAYS = ("Plans", "Statements")
"""What the titles begin with of sections that are told even if nothing in them differs."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line at some depth; ``sign`` is that of a line of a diff, empty for any other."""

    depth: int
    text: str
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part; one that is ``folded`` is shut in Markdown until it is opened."""

    title: str
    lines: tuple[Line, ...]
    folded: bool = False

    def labelled(self, labels: Mapping[str, str]) -> Section:
        """Put the label behind each name of a term that stands without one."""

        def told(name: re.Match[str]) -> str:
            label = labels.get(expand(name[0]), "")
            return f"{name[0]} ({label})" if label else name[0]

        lines = (Line(one.depth, _NAME.sub(told, one.text), one.sign) for one in self.lines)
        return Section(self.title, self.lines if self.folded else tuple(lines), self.folded)


def render_ontology_diff(found: OntologyDiff, format: str, *, everything: bool = False) -> str:  # noqa: A002 - as everywhere
    """Write a comparison of ontologies as ``text``, ``markdown`` or ``json``; ``everything`` leaves out no patient."""
    if format == "json":
        return _JSON.text(found)
    sections = [
        one.labelled(found.labels)
        for one in _sections(found, everything=everything)
        if one.lines or one.title.startswith(_ALWAYS)
    ]
    return _markdown(found, sections) if format == "markdown" else _text(found, sections)


def told_of_statements(found: OntologyDiff) -> dict[str, list[str]]:
    """Tell in Markdown how each statement of both differs, by its id, as what stands below an entry of a list."""
    told = {}
    for one in found.statements:
        if {*one.patterns}.isdisjoint({Pattern.NEW, Pattern.WITHDRAWN, Pattern.TEXT_ONLY}):
            lines = Section("", tuple(_statements([one], found.plans.changed if found.plans else ())))
            first, *others = lines.labelled(found.labels).lines
            pattern = Line(1, first.text.removeprefix(f"{one.id}: "))
            plain = (it for it in others if not it.sign)
            told[one.id] = [*_listed((pattern, *(Line(2, it.text) for it in plain)))]
    return told


def told_of_plans(found: OntologyDiff) -> tuple[str, list[str]]:
    """Tell in Markdown whose plans differ, as the title and the list of a section."""
    plans = next(one for one in _sections(found, everything=False) if one.title.startswith("Plans"))
    return plans.title, [*_listed(plans.labelled(found.labels).lines)]


def _title(found: OntologyDiff) -> str:
    told = f"{found.old_version} to {found.new_version}" if found.old_version != found.new_version else ""
    return f"{found.old} → {found.new}" + (f" ({told})" if told else "")


def _text(found: OntologyDiff, sections: Sequence[Section]) -> str:
    lines = [f"Ontology diff: {clean(_title(found))}", f"Level: {found.level}"]
    lines += [f"  {one.level}: {clean(one.text)}" for one in found.reasons]
    for section in sections:
        lines += ["", section.title]
        lines += [
            f"{'  ' * (one.depth + 1)}{f'{one.sign} ' if one.sign else ''}{clean(one.text)}" for one in section.lines
        ]
    return "\n".join(lines) + "\n"


def _markdown(found: OntologyDiff, sections: Sequence[Section]) -> str:
    lines = [f"## Ontology diff: {_escaped(_title(found))}", "", f"**Level: {found.level}**", ""]
    lines += [f"- {one.level}: {_escaped(one.text)}" for one in found.reasons]
    for section in sections:
        if section.folded:
            lines += ["", f"<details><summary>{section.title}</summary>", ""]
        else:
            lines += ["", f"### {section.title}", *([""] if section.lines else [])]
        lines += _listed(section.lines)
        lines += ["", "</details>"] if section.folded else []
    return "\n".join(lines) + "\n"


def _listed(lines: Iterable[Line]) -> Iterator[str]:
    """Write lines as a list, and those with a sign as a block that pages colour."""
    inside = False
    for one in lines:
        if bool(one.sign) != inside:
            inside = not inside
            yield "```diff" if inside else "```"
        yield f"{one.sign} {clean(one.text)}" if inside else f"{'  ' * one.depth}- {_escaped(one.text)}"
    if inside:
        yield "```"


def _escaped(text: str) -> str:
    return escape(clean(text))


def _sections(found: OntologyDiff, *, everything: bool) -> Iterator[Section]:
    yield Section("Not told by a reasoner", tuple(_unanswered(found)))
    plans = found.plans
    title = "Plans: both make the same, for they differ at most in words"
    if plans:
        count = sum(len(one.files) for one in plans.changed)
        without = plans.patients + plans.without_plan - plans.compared
        title = f"Plans: {count} of {plans.compared} patients differ"
        title += f"; {counted(without, 'record')} more gave none" if without else ""
    changed = plans.changed if plans else ()
    yield Section(title, tuple(_plans(changed, found.statements, everything=everything)))
    same = found.new_statements - sum(one.patterns != (Pattern.WITHDRAWN,) for one in found.statements)
    counts = f"{found.old_statements} before, {found.new_statements} now, {same} unchanged"
    yield Section(f"Statements: {counts}", tuple(_statements(found.statements, changed)))
    yield Section("Classes that mean something else", tuple(_redefined(found)))
    yield Section("Inferred hierarchy", tuple(_hierarchy(found.hierarchy)))
    changes = found.axioms or ()
    if found.axioms is None:
        yield Section("Asserted axioms", (Line(0, "not compared, for a release file holds no modules"),))
    yield Section("Asserted axioms", tuple(_axioms(one.of(Kind.AXIOM) for one in changes)), folded=True)
    yield Section("Annotations", tuple(_axioms(one.of(Kind.ANNOTATION) for one in changes)), folded=True)
    codes = (Line(0, f"{one.file}: {one.added} rows added, {one.removed} removed") for one in found.codes)
    yield Section("Codes", tuple(codes))


def _unanswered(found: OntologyDiff) -> Iterator[Line]:
    if found.problem:
        yield Line(0, found.problem.message)
    if found.unclassified:
        count = f"so {len(found.unclassified)} of the classes are under what is written"
        yield Line(0, f"{count}, and under what the other side has where only axioms were added")
        yield Line(0, "hierarchy, plans and level rest on that; what only a reasoner finds may be missing")


def _plans(
    changed: Sequence[PlanChange], statements: Sequence[StatementDifference], *, everything: bool
) -> Iterator[Line]:
    alike: dict[tuple[object, ...], list[PlanChange]] = {}
    for one in changed:
        alike.setdefault(_what_differs(one), []).append(one)
    groups = sorted(alike.values(), key=_gravity)
    patterns = {one.id: one.patterns for one in statements}
    for some in groups if everything else groups[:SHOWN]:
        files = [file for one in some for file in one.files]
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        yield Line(0, f"{files[0]}{more}")
        yield from _plan(some[0], patterns)
    if not everything and len(groups) > SHOWN:
        rest = sum(len(one.files) for some in groups[SHOWN:] for one in some)
        yield Line(0, f"and {counted(rest, 'patient')} more, whom --all tells of")


def _gravity(some: Sequence[PlanChange]) -> tuple[bool, int]:
    """Order by whether a status or a state differs, and by how many patients it concerns."""
    one, count = some[0], sum(len(it.files) for it in some)
    stands = any(it.aspect == "status" for action in one.actions for it in action.aspects)
    return not (stands or one.statements or one.problem_before or one.problem_after), -count


def _what_differs(one: PlanChange) -> tuple[object, ...]:
    return (one._replace(files=(), patient="", statements=()), tuple(it._replace(place="") for it in one.statements))


def _plan(one: PlanChange, patterns: Mapping[str, tuple[Pattern, ...]]) -> Iterator[Line]:
    for side, problem in (("before", one.problem_before), ("now", one.problem_after)):
        if problem:
            yield Line(1, f"no plan {side}: {problem}")
    for action in one.actions:
        site = f" · {action.site}" if action.site else ""
        states = {it.id: it for it in one.statements if it.site in {"", action.site}}
        named = ", ".join(_by(it, patterns, states.get(it)) for it in action.statements or action.through)
        by = f"{'by' if action.statements else 'through'} {named}" if named else "by no statement of its place"
        yield Line(1, f"{action.label}{site}: {'; '.join(map(_aspect, _leading(action.aspects)))} ({by})")
    told = {id_ for action in one.actions for id_ in action.statements}
    others = [it for it in one.statements if it.id not in told]
    for it in others[:_STATES]:
        site = f" · {it.site}" if it.site else ""
        yield Line(1, f"{it.id}{site}: {_states(it)}")
    if len(others) > _STATES:
        yield Line(1, f"{len(others) - _STATES} more states of statements differ")
    for change in one.interactions:
        before, after = (describe_interaction(it) if it else "nothing" for it in (change.before, change.after))
        yield Line(1, f"interaction: {before} → {after}")
    for words, some in (
        ("asked now", one.asked),
        ("asked no more", one.asked_no_more),
        ("conflict", one.conflicts),
        ("conflict no more", one.conflicts_no_more),
    ):
        if some:
            yield Line(1, f"{words}: {'; '.join(some)}")


def _by(id_: str, patterns: Mapping[str, tuple[Pattern, ...]], state: StatementChange | None) -> str:
    """Name a statement, with its states where they differ, and how it differs itself."""
    told = f"{id_} {_states(state)}" if state else id_
    return f"{told}, {', '.join(patterns[id_])}" if id_ in patterns else told


def _states(one: StatementChange) -> str:
    return f"{one.before or 'not in context'} → {one.after or 'not in context'}"


def _leading(aspects: Sequence[AspectChange]) -> Sequence[AspectChange]:
    """Leave out what only follows where an action comes or goes."""
    status = [one for one in aspects if one.aspect == "status" and not (one.before and one.after)]
    return status or aspects


def _aspect(one: AspectChange) -> str:
    if one.aspect == "status" and not one.before:
        return f"new: {one.after}"
    if one.aspect == "status" and not one.after:
        return f"no longer: {one.before}"
    return f"{one.aspect} {one.before or 'nothing'} → {one.after or 'nothing'}"


def _statements(found: Sequence[StatementDifference], changed: Sequence[PlanChange]) -> Iterator[Line]:
    shown = {id_ for plan in changed for action in plan.actions for id_ in action.statements}
    shown |= {it.id for plan in changed for it in plan.statements}
    for one in found:
        unseen = one.id not in shown and not one.only_words
        note = " (no patient here shows it)" if unseen else ""
        yield Line(0, f"{one.id}: {', '.join(one.patterns)}{note}")
        if one.patterns in ((Pattern.NEW,), (Pattern.WITHDRAWN,)):
            yield Line(1, one.text)
        for slot in one.slots:
            yield Line(1, f"{slot.slot} {_slot(slot)}")
        for value in one.values:
            yield Line(1, f"{value.field}: {value.before or 'nothing'}", "-")
            yield Line(1, f"{value.field}: {value.after or 'nothing'}", "+")


def _slot(one: SlotChange) -> str:
    told = [f"no longer {', '.join(one.removed)}"] if one.removed else []
    told += [f"now {', '.join(one.added)}"] if one.added else []
    told += [f"{', '.join(one.redefined)} defined otherwise"] if one.redefined else []
    return f"{one.relation}: {'; '.join(told)}"


def _redefined(found: OntologyDiff) -> Iterator[Line]:
    for one in found.redefined:
        yield Line(0, f"{_named(one.iri, one.label)}: {one.relation}")
    if not found.problem and any(one.relation == Relation.NOT_ASKED for one in found.redefined):
        yield Line(0, "no reasoner was asked how: that needs Java and the modules of a side")


def _hierarchy(found: Hierarchy) -> Iterator[Line]:
    for words, some in (("new classes", found.new), ("withdrawn classes", found.withdrawn)):
        if some:
            yield Line(0, f"{words}: {', '.join(some)}")
    for one in found.changed:
        yield Line(0, _named(one.iri, one.label))
        for words, some in (
            ("now under", one.under),
            ("no longer under", one.no_longer_under),
            ("statements that apply now", one.applies),
            ("statements that apply no more", one.applies_no_more),
        ):
            if some:
                yield Line(1, f"{words}: {', '.join(some)}")


def _named(iri: str, label: str) -> str:
    return f"{curie(iri)} ({label})" if label else curie(iri)


def _axioms(changes: Iterable[AxiomChange]) -> Iterator[Line]:
    for one in changes:
        if not (one.removed or one.added):
            continue
        yield Line(0, f"{one.frame}: {_named(one.subject, one.label)}")
        for sign, some in (("-", one.removed), ("+", one.added)):
            for it in some:
                yield Line(1, f"{it.asserted.keyword}: {it.asserted.text}  [{it.module}:{it.line}]", sign)
