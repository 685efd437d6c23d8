"""Tell what safety modules hold against an action, with what is on record of it, and what is not excluded yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.numbers import read, within
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.frame.strata import KEEPING_OUT
from hipkg.knowledge.memo import kept
from hipkg.knowledge.selection import URGENT
from hipkg.owl.expression import Facet, leaves, named_classes, walk
from hipkg.planning.expected import unexpected_of
from hipkg.planning.gaps import disjuncts_of
from hipkg.planning.records import Danger, Found, OpenCheck
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.knowledge.selection import Selection

_TELLING = frozenset({ClaimKind.REFUSED, ClaimKind.HELD_BACK, ClaimKind.INDICATED})
_CARRIED_ON = frozenset({Status.INDICATED, Status.CAUTION, Status.CONFLICT})


class Dangers:
    """Find the dangers of the actions of one patient.

    Parameters: ``selection`` is that of the derivation: a danger is open only if a statement that counts speaks against
    its action.
    """

    def __init__(self, derivation: Derivation, knowledge: Knowledge, patient: str, selection: Selection) -> None:
        self._facts = derivation.facts
        self._running = frozenset(kind for kinds in derivation.running.values() for kind in kinds)
        self._planned = frozenset(kind for kinds in derivation.planned.values() for kind in kinds)
        self._evaluations = {one.iri: one for one in derivation.evaluations}
        self._refused = {one.intervention for one in derivation.actions if one.status == Status.CONTRAINDICATED}
        self._knowledge = knowledge
        self._patient = patient
        self._left_out = selection.left_out(knowledge)
        self._unexpected = unexpected_of(patient, derivation.facts, knowledge)

    def of(self, action: DerivedAction) -> tuple[Danger, ...]:
        """List what safety modules refuse or hold back of an action, or call for it because of, by their statements."""
        found = set()
        for iri in action.among(_TELLING):
            info = self._knowledge.statements[self._evaluations[iri].statement]
            calls = info.kind in URGENT and info.requires
            if self._knowledge.documents[info.document].safety and (calls or info.effect != hip.indicates):
                found.add(Danger(info.id, tuple(self._on_record(info.requires[0] if calls else info.applies_to[0]))))
        return tuple(sorted(found))

    def unexcluded(self, action: DerivedAction, evaluations: Sequence[Evaluation]) -> tuple[OpenCheck, ...]:
        """List the dangers of what is, or is to be, given that nothing on record shows or excludes, by their weight.

        Those of a kind of it count too where that is taken or ordered; what is refused is not to be given.
        """
        if not self._is_given(action):
            return ()
        nodes = {self._patient, *(node for one in evaluations for node in one.subjects)}
        given, is_a = self._running | self._planned, self._knowledge.is_a
        there = {one for one in given if is_a(one, action.intervention)} - {action.intervention}
        narrowest = [*self._knowledge.narrowest(there)]
        if there and all(any(is_a(one, it) for it in self._refused) for one in narrowest):
            return ()
        kinds = sorted(there)
        found: dict[str, OpenCheck] = {}
        for kind in dict.fromkeys((action.intervention, *kinds)):
            for one in self.unexcluded_of(kind, nodes):
                found.setdefault(one.requirement, one)
        return tuple(found.values())

    def unexcluded_of(self, intervention: str, nodes: Collection[str]) -> tuple[OpenCheck, ...]:
        """List the dangers of an intervention that nothing on record of some nodes shows or excludes, in order."""
        denied_by, is_a = self._knowledge.denied_by, self._facts.any_is_a
        found: dict[str, OpenCheck] = {}
        for asked in self._knowledge.interventions[intervention].exclude_first:
            for one in dangers_of(asked, self._knowledge):
                known = is_a(nodes, one) or is_a(nodes, denied_by.get(one, ""))
                if not known and not refusing_in(one, intervention, self._knowledge) <= self._left_out:
                    found.setdefault(one, OpenCheck(one, self._knowledge.brief(one), asked, one in self._unexpected))
        return tuple(found.values())

    def brought_in_by(self, kinds: Collection[str]) -> tuple[str, ...]:
        """List the statements of safety modules whose contexts hold and name a class of some interventions."""
        knowledge = self._knowledge
        infos = {one.statement: knowledge.statements[one.statement] for one in self._evaluations.values()}
        safety = (one for one in infos.values() if knowledge.documents[one.document].safety)
        return tuple(
            sorted(
                info.id
                for info in safety
                if any(knowledge.is_a(kind, one) for kind in kinds for one in kinds_of(info.applies_to[0], knowledge))
            )
        )

    def behind(self, info: StatementInfo) -> tuple[Found, ...]:
        """List the numbers, problems and drugs on record by which a statement holds."""
        return tuple(dict.fromkeys(self._on_record(info.applies_to[0])))

    def _is_given(self, action: DerivedAction) -> bool:
        """Tell whether an action is advised as things stand, or is taken, and not refused or settled otherwise."""
        there = action.intervention in self._running or action.intervention in self._planned
        if action.status == Status.CONTRAINDICATED:
            return False
        held = action.status == Status.CONDITIONAL and bool(self.of(action))
        return there or ((action.status in _CARRIED_ON or held) and ClaimKind.INDICATED in action.claimed)

    def _on_record(self, context: str) -> Iterator[Found]:
        """Tell the numbers, problems and drugs on record by which a patient or a problem is in a context."""
        knowledge = self._knowledge
        for prop in numbers_of(context, knowledge):
            for value in sorted(map(text_of, self._facts.values(self._patient, prop))):
                number = read(value)
                limits = (one.bounds for one in _facets_of(context, knowledge) if one.prop == prop)
                if number is not None and any(within(number, some) for some in limits):
                    yield Found(knowledge.label(prop), value, knowledge.units.get(prop, ""), self._day(prop, value))
        for cls in kinds_of(context, knowledge):
            yield from (Found(knowledge.label(one)) for one in self._narrowest(cls))

    def _narrowest(self, cls: str) -> list[str]:
        """List what is on record of a kind of problem or of intervention, as narrowly as it is recorded."""
        is_a = self._knowledge.is_a
        found = {one for one in self._running | self._planned if is_a(one, cls)}
        for node in self._facts.members.get(cls, ()):
            kinds = {one for one in self._facts.classes(node) if one not in self._knowledge.definitions}
            found |= {one for one in kinds if is_a(one, cls)}
        narrow = {*self._knowledge.narrowest(found)}
        return sorted(narrow - self._knowledge.auxiliary, key=self._knowledge.label)

    def _day(self, prop: str, value: str) -> str:
        """Find the day of the activity that found a number; empty where none is on record."""
        finding, facts = self._knowledge.found_by.get(prop, ""), self._facts
        days = [
            text_of(day)
            for one in facts.members.get(hip.PerformedActivity, ())
            if finding
            if any(self._knowledge.is_a(kind, finding) for kind in facts.nodes(one, hip.ofIntervention))
            if value in map(text_of, facts.values(one, hip.resultValue))
            for day in facts.values(one, hip.startDate)
        ]
        return max(days, default="")


@kept
def _refusing(knowledge: Knowledge) -> tuple[StatementInfo, ...]:
    """List the statements of safety modules that refuse something, or hold it back."""
    refusing = (one for one in knowledge.statements.values() if one.effect in KEEPING_OUT)
    return tuple(one for one in refusing if knowledge.documents[one.document].safety)


@kept
def refusing_in(danger: str, intervention: str, knowledge: Knowledge) -> frozenset[str]:
    """List the statements of safety modules that refuse, or hold back, an intervention or a kind of it in a danger."""
    is_a = knowledge.is_a
    return frozenset(
        info.iri
        for info in _refusing(knowledge)
        if is_a(intervention, info.intervention) or is_a(info.intervention, intervention)
        if any(is_a(context, danger) or is_a(danger, context) for context in info.applies_to)
    )


@kept
def dangers_of(cls: str, knowledge: Knowledge) -> tuple[str, ...]:
    """List the classes that a class of dangers is made of, in the order of their weight; itself if of no others."""
    found = [one for way in disjuncts_of(cls, knowledge) for one in sorted(named_classes(way))]
    named = dict.fromkeys(one for one in found if one not in {hip.Patient, hip.Problem})
    whole = all(one in knowledge.definitions for one in named)
    ranks = knowledge.danger_ranks
    return tuple(sorted(named, key=lambda one: (one not in ranks, ranks.get(one, 0)))) if named and whole else (cls,)


@kept
def numbers_of(context: str, knowledge: Knowledge) -> tuple[str, ...]:
    """List the properties whose numbers a definition limits."""
    return tuple(dict.fromkeys(one.prop for one in _facets_of(context, knowledge)))


@kept
def _facets_of(context: str, knowledge: Knowledge) -> tuple[Facet, ...]:
    """List the limits in a definition and in those that it is made of."""
    definition = knowledge.definition(context)
    parts = [*walk(definition)] if definition else []
    inner = sorted({name for one in parts for name in named_classes(one)} - {context})
    own = tuple(one for one in parts if isinstance(one, Facet))
    return own + tuple(facet for one in inner for facet in _facets_of(one, knowledge))


@kept
def kinds_of(context: str, knowledge: Knowledge) -> tuple[str, ...]:
    """List the kinds of problems and of interventions that a definition is made of and that are recorded."""
    general = {hip.Problem, hip.Intervention, hip.Condition, hip.Finding}
    found = leaves(context, knowledge.definitions) - general
    wanted = (one for one in found if knowledge.is_a(one, hip.Problem) or one in knowledge.interventions)
    return tuple(sorted(wanted, key=knowledge.label))
