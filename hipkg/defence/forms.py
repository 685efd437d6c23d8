"""Turn a question into a form: fields for the facts that answer it, each with what can be put into it.

A form is made of the changes that would answer the question, never written by hand. What was tried is one form for any
number of courses: each is filled into the same fields, and becomes one course of the record.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.dates import length_in_words
from hipkg.base.groups import Groups
from hipkg.base.vocabulary import RDF_TYPE, namespace_of
from hipkg.knowledge.memo import kept
from hipkg.knowledge.trials import asked_for, is_placed, started, told_of_courses, treatments, trials
from hipkg.knowledge.wording import LIMITS, quantity
from hipkg.owl.expression import Facet, walk
from hipkg.record.change import NO_CHANGE, OWNS, Change, Fact
from hipkg.record.facts import BLANK, NOTHING, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
    from decimal import Decimal

    from hipkg.base.numbers import Limit
    from hipkg.defence.wording import Describer
    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.trials import Trial
    from hipkg.record.facts import Facts
    from hipkg.record.patient import Record

MOST_OPTIONS = 6
"""How many things that would answer a question alike are offered, the simplest first."""
_TREATMENT, _LENGTH, _ANY, _WHERE = "treatment", "how long", "any of these", "where"
_DAYS = "d"
BEGINNINGS = (hip.minimumDays, hip.duration, hip.startDate)
"""The properties each of which tells how long a course has lasted."""
_UNSAID = {hip.hasStatus, hip.shownBy}
_WORD = re.compile(r"[^a-z0-9]+")


class FieldKind(StrEnum):
    """What can be put into a field."""

    CHOICE = "choice"
    DURATION = "duration"
    NUMBER = "number"
    YES_NO = "yes-no"


class Threshold(NamedTuple):
    """A number on which an answer turns, as a limit of what is asked and in words."""

    symbol: str
    number: Decimal
    words: str


@shown_by("label")
class Option(NamedTuple):
    """One of the things that a field offers: the term or the node that it stands for, and what records it.

    Of a course, ``node`` is the node that the rest of the form describes, and ``lacks`` are the properties that its
    record does not have yet; ``of`` is the intervention of one that is on record, ``known`` says what is told of it.
    """

    value: str
    label: str
    change: Change
    node: str = ""
    lacks: tuple[str, ...] = ()
    of: str = ""
    known: str = ""


@shown_by("name", "kind", "unit")
class Field(NamedTuple):
    """One field of a form.

    ``prop`` is the property that records what is put in, empty where the options do so by themselves; ``limits`` are
    the numbers on which the answer turns, in ``unit``; ``several`` tells that more than one option may be chosen;
    ``denial`` records that there is none of what is asked, where the record can tell that, or no ``other`` than what is
    on record; ``assent`` is the option that a mere "yes" means, where it means one of several.
    """

    name: str
    kind: FieldKind
    prop: str = ""
    options: tuple[Option, ...] = ()
    unit: str = ""
    limits: tuple[Threshold, ...] = ()
    several: bool = False
    denial: Change | None = None
    assent: Change | None = None
    other: bool = False

    @property
    def deniable(self) -> bool:
        """Whether "no" can be recorded."""
        return self.denial is not None


@shown_by("fields")
class Form(NamedTuple):
    """The fields of a question; a form that ``repeats`` can be filled several times, each time about another course."""

    fields: tuple[Field, ...]
    repeats: bool = False


class Former:
    """Make the forms of the questions about one patient.

    Parameters: ``facts`` holds what is recorded and entailed.
    """

    def __init__(self, record: Record, facts: Facts, describer: Describer, knowledge: Knowledge) -> None:
        self._record = record
        self._facts = facts
        self._describer = describer
        self._knowledge = knowledge

    # What was tried

    def tried(self, requirements: Sequence[str], place: str) -> Form:
        """Make the form that asks what was tried.

        Parameters: ``requirements`` are the classes that are asked about, ``place`` the body site or empty.
        """
        asked = [one for requirement in requirements for one in trials(requirement, self._knowledge)]
        lengths = sorted({one for trial in asked for one in trial.lengths})
        coded = {prop for trial in asked for prop, _ in trial.values if prop != hip.hasStatus}
        coded_so = (value for trial in asked for prop, value in trial.values if prop == hip.hasStatus)
        statuses = dict.fromkeys((*started(self._knowledge), *coded_so))
        length = self._length(lengths)
        fields = [self._coded(prop, self._values(prop)) for prop in sorted(coded | {hip.hasOutcome})]
        fields = [length, *fields, self._coded(hip.hasStatus, statuses)]
        named = [one for trial in asked for one in trial.interventions]
        of = Counter(named or sorted(asked_for(self._knowledge)))
        needed = [one for one in fields if one.prop in coded or (one == length and lengths)]
        offered = (*self._recorded(of, place, needed), *self._new(of, place))
        first = Field(
            _TREATMENT,
            FieldKind.CHOICE,
            hip.ofIntervention,
            offered,
            several=True,
            denial=self._untried(asked, place),
            other=not self._of(self._begun(place)).isdisjoint(treatments(self._knowledge)),
        )
        return Form((first, *fields), repeats=True)

    def _untried(self, asked: Iterable[Trial], place: str) -> Change:
        """Record that nothing else was tried: the absence of what is asked for and is not on record in any way."""
        courses = self._facts.members.get(hip.TreatmentCourse, NOTHING)
        absent: dict[str, set[str]] = {}
        for trial in asked:
            where = place if trial.placed else ""
            there = self._of(self._at(courses, where))
            kinds = absent.setdefault(where or self._record.iri, set())
            kinds.update(one for one in trial.interventions if not self._may_be_there(one, there))
        above = self._knowledge.superclasses
        return Change(
            frozenset(
                (where, hip.isWithout, one)
                for where, kinds in absent.items()
                for one in kinds
                if kinds.isdisjoint(above.get(one, ()))
            )
        )

    def _of(self, courses: Iterable[str]) -> set[str]:
        """Collect what some courses are of."""
        return {text_of(of) for node in courses for of in self._facts.nodes(node, hip.ofIntervention)}

    def _may_be_there(self, kind: str, there: Collection[str]) -> bool:
        """Tell whether something on record may be of a kind of intervention; a whole is there with all its parts."""
        if parts := self._knowledge.composed.get(kind):
            return all(self._may_be_there(one, there) for one in parts)
        return any(self._may_be(one, kind) for one in there)

    def _may_be(self, recorded: str, kind: str) -> bool:
        """Tell whether an intervention on record may be of a kind, or part of a programme of that kind.

        What is wider may be, and what differs only in that its route is not told.
        """
        infos = self._knowledge.interventions
        if recorded not in infos or kind not in infos:
            return False
        is_of, is_kind = ({one, *infos[one].superclasses} for one in (recorded, kind))
        if kind in is_of or recorded in is_kind:
            return True
        if not is_of.isdisjoint(infos[kind].programme_of) or not is_kind.isdisjoint(infos[recorded].programme_of):
            return True
        route = infos[kind].route
        anyhow = {one for one in infos[kind].superclasses if one not in infos or infos[one].route != route}
        return bool(route) and not infos[recorded].route and is_of >= anyhow

    @staticmethod
    def _length(lengths: Iterable[Decimal]) -> Field:
        limits = tuple(Threshold(">=", one, length_in_words(int(one))) for one in lengths)
        return Field(_LENGTH, FieldKind.DURATION, hip.duration, unit=_DAYS, limits=limits)

    def _coded(self, prop: str, values: Iterable[str]) -> Field:
        label = self._knowledge.label
        options = tuple(Option(one, label(one), NO_CHANGE) for one in values)
        return Field(label(prop).removeprefix("has "), FieldKind.CHOICE, prop, options)

    def _values(self, prop: str) -> list[str]:
        """List the coded values that a property can have."""
        kind = self._knowledge.value_kinds.get(prop, "")
        return sorted(one for one, kinds in self._knowledge.individual_types.items() if kind in kinds)

    def _new(self, named: Counter[str], place: str) -> Iterator[Option]:
        """Offer new courses of what is asked for, what most ask for first, and last what says least of what was done.

        Parts are offered in place of their whole, and kinds in place of what only sums them up.
        """
        knowledge = self._knowledge
        offered = Counter[str]()
        for one, times in named.items():
            for part in knowledge.composed.get(one, (one,)):
                offered[part] += times
        for one in [*offered]:
            if any(one in knowledge.interventions[other].superclasses for other in offered):
                del offered[one]
        depth = {one: len(knowledge.interventions[one].superclasses) for one in offered}
        least = min(depth.values(), default=0)
        there = {it for of in self._of(self._begun(place)) for it in (of, *self._kinds(of))}
        for one in sorted(
            offered.keys() - there, key=lambda one: (depth[one] == least, -offered[one], knowledge.label(one))
        ):
            yield new_course(one, place, self._record, knowledge)

    def _recorded(self, named: Iterable[str], place: str, fields: Iterable[Field]) -> Iterator[Option]:
        """Offer the courses on record that are of what is asked for, at the place, and lack what is asked of them."""
        facts, asked = self._facts, {*named}
        for node in self._begun(place):
            named = {*facts.nodes(node, hip.ofIntervention)}
            of = {kind for one in named for kind in (one, *self._kinds(one))}
            lacks = tuple(one.prop for one in fields if not self._has(node, one))
            if lacks and not asked.isdisjoint(of):
                told = next(iter(sorted(named & self._knowledge.interventions.keys())), "")
                known = ", ".join(self._on_record(node))
                yield Option(node, self._describer.name(node), NO_CHANGE, node, lacks, told, known)

    def _on_record(self, node: str) -> Iterator[str]:
        """Say what is on record of how a course went."""
        for prop in sorted(told_of_courses(self._knowledge) & self._knowledge.single_valued):
            for value in self._facts.nodes(node, prop):
                yield f"{self._knowledge.label(prop).removeprefix('has ')} on record {self._knowledge.label(value)}"

    def _begun(self, place: str) -> list[str]:
        """List the courses on record that were begun, at a place or, where none is told, of the patient."""
        members = self._facts.members
        return self._at(members.get(hip.TreatmentCourse, NOTHING) & members.get(hip.StartedActivity, NOTHING), place)

    def _at(self, courses: Set[str], place: str) -> list[str]:
        """List those of some courses that are at a place or at none that is told."""
        targets = {node: self._facts.values(node, hip.targets) for node in sorted(courses - self._knowledge.terms)}
        return [node for node, sites in targets.items() if not sites or not place or place in sites]

    def _kinds(self, intervention: str) -> frozenset[str]:
        info = self._knowledge.interventions.get(intervention)
        return info.superclasses if info else frozenset()

    def _has(self, node: str, field: Field) -> bool:
        props = BEGINNINGS if field.kind == FieldKind.DURATION else (field.prop,)
        return any(self._facts.values(node, prop) for prop in props)

    # Anything else

    def plain(self, requirements: Sequence[str], ways: Iterable[Change], denials: Sequence[Change], site: str) -> Form:
        """Make the form of any other question.

        Parameters: ``requirements`` are the classes that are asked about, ``ways`` the changes after which they hold,
        ``denials`` those after which they do not; ``site`` names the body site that the question is about.
        """
        possible = [*ways]
        added = [one for one in possible if not one.removed] or possible  # what is on record is not asked for
        parts = [_components(way, self._record.iri) for way in added]
        # How a course went is asked where all is asked that was tried.
        parts = [way for way in parts if not any(map(self._is_trial, way))] or parts
        single = [one for way in parts for one in way]
        numbers = dict.fromkeys(prop for one in single if (prop := self._number(one)))
        coded = dict.fromkeys(found for one in single if (found := self._code(one)))
        # A node that lacks a value is not made up anew with it.
        given = {prop for _, prop in coded}
        rest = [tuple(one for one in way if not self._number(one) and not self._code(one)) for way in parts]
        new = [way for way in rest if not any(prop in given for one in way for _, prop, _ in one.added)]
        fields = [self._numeric(prop, requirements) for prop in numbers]
        fields += self._things([*dict.fromkeys(filter(None, new))], denials, site, requirements)
        fields += [self._given(node, prop, self._describer.name(node)) for node, prop in coded]
        return Form(tuple(fields))

    def missing(self, node: str, prop: str) -> Form:
        """Make the form that asks for the value of a property that a node of the record lacks."""
        return Form((self._given(node, prop),))

    def _number(self, change: Change) -> str:
        """Return the property of the patient of which a change gives nothing but a number; empty if it does not."""
        facts = [*change.added]
        return facts[0][1] if len(facts) == 1 and facts[0][0] == self._record.iri and not _is_node(facts[0][2]) else ""

    def _code(self, change: Change) -> tuple[str, str] | None:
        """Return the recorded node, and its property, to which a change gives nothing but a coded value."""
        if len(change.added) != 1:
            return None
        ((node, prop, _),) = change.added
        return (node, prop) if prop in self._knowledge.single_valued else None

    def _is_trial(self, change: Change) -> bool:
        """Tell whether a change says how a course of treatment went."""
        told = told_of_courses(self._knowledge)
        return any(prop in told for _, prop, _ in change.added)

    def _numeric(self, prop: str, requirements: Sequence[str]) -> Field:
        unit = self._knowledge.units.get(prop, "")
        limits = tuple(
            Threshold(one.symbol, one.number, f"{LIMITS[one.symbol]} {quantity(one.number, unit)}")
            for one in limits_of(prop, requirements, self._knowledge)
        )
        return Field(self._knowledge.label(prop), FieldKind.NUMBER, prop, unit=unit, limits=limits)

    def _given(self, node: str, prop: str, of: str = "") -> Field:
        """Ask for the coded value of a node of the record, by its name where one is given."""
        label = self._knowledge.label
        options = tuple(
            Option(value, label(value), Change(frozenset({(node, prop, value)}), self._replaced(node, prop)))
            for value in self._values(prop)
        )
        name = label(prop).removeprefix("has ")
        return Field(f"{name} of {of}" if of else name, FieldKind.CHOICE, prop, options)

    def _replaced(self, node: str, prop: str) -> frozenset[Fact]:
        return frozenset((node, prop, one) for one in self._facts.values(node, prop))

    def _things(
        self, ways: Sequence[tuple[Change, ...]], denials: Sequence[Change], site: str, requirements: Sequence[str]
    ) -> Iterator[Field]:
        """Ask what there is: each thing by yes or no where all are needed, and which of them where each is enough."""
        enough = [way[0] for way in ways if len(way) == 1]
        parts = [one for way in ways for one in way if len(way) > 1 and not any(_akin(one, it) for it in enough)]
        least = [one for one in enough if not any(other.added < one.added for other in enough)]
        # Of several that read alike the first stays.
        named = {"; ".join(self.said(one, site)): one for one in reversed([*least, *parts])}
        options = tuple(Option(self._term(one), label, one) for label, one in reversed(named.items()))
        nothing = next((absent for one in denials if (absent := _absences(one))), None)
        if len(options) == 1:
            yield Field(options[0].label, FieldKind.YES_NO, options=options, denial=nothing)
        elif len(ways) == 1:
            for one in options:
                denial = self._denial(one.change, denials)
                yield Field(one.label, FieldKind.YES_NO, options=(one,), denial=denial)
        elif options:
            offered = options[:MOST_OPTIONS]
            assent = self._assent(offered, requirements)
            yield Field(_ANY, FieldKind.CHOICE, options=offered, several=True, denial=nothing, assent=assent)

    def _assent(self, options: Iterable[Option], requirements: Iterable[str]) -> Change | None:
        """Find the option that goes by the name of what is asked for."""
        briefs, label = self._knowledge.briefs, self._knowledge.label
        names = {name for one in requirements for name in (label(one), briefs.get(one, ""))}
        return next((one.change for one in options if one.label in names), None)

    def _term(self, change: Change) -> str:
        """Return the kind of problem, or else of intervention, that a change is about."""
        studies = {text_of(node) for _, prop, node in change.added if prop == hip.hasStudy}
        of = sorted(text_of(kind) for node, prop, kind in change.added if prop == RDF_TYPE and node not in studies)
        problems = [one for one in of if self._knowledge.is_a(one, hip.Problem)]
        return next(iter([*problems, *sorted(text_of(it) for _, p, it in change.added if p == hip.ofIntervention)]), "")

    def said(self, change: Change, site: str) -> tuple[str, ...]:
        """Say what a change records, for a question about a site, which is left out.

        The study that shows a problem, and whether a course runs or is over, are left out as well.
        """
        left = frozenset(one for one in change.added if one[1] not in _UNSAID)
        told = Change(left or change.added, change.removed)
        studied = {text_of(node) for _, prop, node in told.added if prop == hip.hasStudy}
        study = Change(frozenset(one for one in told.added if one[0] in studied))
        beside = self._describer.facts(study) if studied else ()
        facts = self._describer.facts(told)
        shown = [one for one in facts if one not in beside] or facts
        return tuple(dict.fromkeys(one.replace(f" at the {site}", "") if site else one for one in shown))

    def _denial(self, thing: Change, denials: Iterable[Change]) -> Change | None:
        """Find the absence of one thing among what denies several."""
        told = {RDF_TYPE, hip.ofIntervention}
        kinds = {text_of(value) for _, prop, value in thing.added if prop in told}
        absent = {fact for one in denials for fact in one.added if fact[1] == hip.isWithout and fact[2] in kinds}
        return Change(frozenset(absent)) if absent else None


def new_course(intervention: str, place: str, record: Record, knowledge: Knowledge) -> Option:
    """Offer to record a new course of an intervention, at a body site or, where that is empty, at none."""
    node = _fresh(knowledge.label(intervention), record)
    added: set[Fact] = {
        (record.iri, hip.hasCourse, node),
        (node, RDF_TYPE, hip.TreatmentCourse),
        (node, hip.ofIntervention, intervention),
    }
    if place:
        added.add((node, hip.targets, place))
    return Option(intervention, knowledge.label(intervention), Change(frozenset(added)), node)


def where(option: Option, sites: Mapping[str, str], knowledge: Knowledge) -> Field | None:
    """Ask where a new course is that belongs to a body site and has none; None where that is told or goes for no site.

    Parameters: ``sites`` maps the body sites of the patient to their names.
    """
    told = not option.change.added or any(prop == hip.targets for _, prop, _ in option.change.added)
    if told or not sites or not is_placed(option.value, knowledge):
        return None
    options = tuple(Option(site, name, NO_CHANGE) for site, name in sites.items())
    return Field(_WHERE, FieldKind.CHOICE, hip.targets, options, several=True)


@kept
def _facets(requirement: str, knowledge: Knowledge) -> tuple[Facet, ...]:
    """List the numeric restrictions in the definition of a class and in those that it is made of."""
    definition = knowledge.definition(requirement)
    parts = [*walk(definition)] if definition else []
    inner = {text for one in parts if (text := getattr(one, "iri", "")) and text != requirement}
    nested = (facet for one in sorted(inner) for facet in _facets(one, knowledge))
    return (*(one for one in parts if isinstance(one, Facet)), *nested)


def limits_of(prop: str, requirements: Iterable[str], knowledge: Knowledge) -> tuple[Limit, ...]:
    """List the limits that some classes set to the numbers of a property."""
    facets = (facet for one in requirements for facet in _facets(one, knowledge))
    return tuple(dict.fromkeys(limit for one in facets if one.prop == prop for limit in one.bounds))


def _akin(one: Change, other: Change) -> bool:
    """Tell whether one change records all that another does."""
    return one.added <= other.added or other.added <= one.added


def _is_node(value: object) -> bool:
    return isinstance(value, str)


def _absences(change: Change) -> Change | None:
    """Keep what a change records as absent: a number that would do as well is asked for in a field of its own."""
    absent = frozenset(fact for fact in change.added if not (fact[1] != hip.isWithout and not _is_node(fact[2])))
    return Change(absent, change.removed) if absent else None


def _components(change: Change, patient: str) -> tuple[Change, ...]:
    """Take a change apart into what has nothing to do with each other: no node that it changes joins two parts."""

    def node_of(fact: Fact) -> str:
        subject, prop, value = fact
        if prop in OWNS:
            return text_of(value)
        return f"{subject} {prop}" if subject == patient else subject

    groups, changed = Groups(), change.nodes - {patient}
    for fact in change.added:
        if isinstance(fact[2], str) and fact[2] in changed and fact[0] != patient:
            groups.tie(fact[0], fact[2])
    parts: dict[str, set[Fact]] = {}
    for fact in sorted(change.added, key=str):
        parts.setdefault(groups.find(node_of(fact)), set()).add(fact)
    removed = {key: frozenset(one for one in change.removed if groups.find(node_of(one)) == key) for key in parts}
    return tuple(Change(frozenset(facts), removed[key]) for key, facts in parts.items())


def _fresh(label: str, record: Record) -> str:
    """Name a new node after what it is, beside the names of the record."""
    stem = "urn:hipkg:new/" if record.iri.startswith(BLANK) else namespace_of(record.iri)
    name = f"{stem}{_WORD.sub('-', label.casefold()).strip('-')}"
    taken = {str(term) for one in record.triples for term in (one.subject, one.object)}
    number = 1
    while f"<{name if number == 1 else f'{name}-{number}'}>" in taken:
        number += 1
    return name if number == 1 else f"{name}-{number}"
