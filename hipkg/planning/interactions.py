"""Find how treatments bear on each other that a patient has, has ordered, or is advised.

Nothing is known here of any drug: a repetition follows from the classes of which statements advise one, the rest from
statements whose context rests on a treatment, and from what they say is weakened. Advice that is opposed, and what is
advised and incompatible, are conflicts of a plan.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.vocabulary import OBJECTING
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.memo import kept
from hipkg.knowledge.studies import is_study
from hipkg.planning.dangers import kinds_of
from hipkg.planning.records import Interaction, InteractionKind, Standing, Treatment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.records import Action, StatementState
    from hipkg.record.facts import Facts

_HOLDING = frozenset({State.NOW, State.MUST_NOT, State.SATISFIED})
_ORDER = {one: rank for rank, one in enumerate(Standing)}
_STANDINGS = {hip.CurrentActivity: Standing.RUNNING, hip.PlannedActivity: Standing.ORDERED}


class Given(NamedTuple):
    """An activity that runs or is ordered: what it is of, and the places that it reaches, none if it names none."""

    node: str
    intervention: str
    standing: Standing
    places: frozenset[str]

    def meets(self, place: str) -> bool:
        """Tell whether it is given at a place, or to the patient as a whole."""
        return not place or not self.places or place in self.places


def given(facts: Facts, knowledge: Knowledge) -> tuple[Given, ...]:
    """List what runs and what is ordered, once for each kind that an activity is of, as narrowly as it is recorded."""
    found: dict[tuple[str, str], Given] = {}
    for cls, standing in _STANDINGS.items():
        for node in facts.members.get(cls, ()):
            places = frozenset(facts.reach(sorted(facts.nodes(node, hip.targets)), hip.partOf))
            for kind in kinds_given(node, facts, knowledge):
                found.setdefault((node, kind), Given(node, kind, standing, places))
    return tuple(found[key] for key in sorted(found))


def kinds_given(node: str, facts: Facts, knowledge: Knowledge) -> tuple[str, ...]:
    """List what an activity is of, as narrowly as it is recorded."""
    of = facts.nodes(node, hip.ofIntervention)
    return knowledge.narrowest(one for it in of for one in (it, *facts.classes(it)) if one in knowledge.interventions)


def repeats(one: str, other: str, knowledge: Knowledge) -> str:
    """Return the class of which two interventions repeat each other, or an empty string if they do not.

    They do if one is a kind of the other, or if both are drugs of a class of which a statement advises one.
    """
    if knowledge.is_a(one, other):
        return other
    if knowledge.is_a(other, one):
        return one
    return next((it for it in _enough(knowledge) if knowledge.is_a(one, it) and knowledge.is_a(other, it)), "")


class Interactions:
    """Find the interactions of the treatments of one patient."""

    def __init__(self, derivation: Derivation, knowledge: Knowledge) -> None:
        self._facts = derivation.facts
        self._knowledge = knowledge

    def find(self, states: Collection[StatementState], actions: Sequence[Action]) -> tuple[Interaction, ...]:
        """List the interactions, by kind, by what they are of and by place."""
        there = given(self._facts, self._knowledge)
        if not there:
            return ()
        found = [
            *self._repetitions(there, states),
            *self._advised_besides(there, states, actions),
            *self._combinations(there, states, actions),
        ]
        kinds = [*InteractionKind]
        return tuple(sorted(found, key=lambda one: (kinds.index(one.kind), one.label, one.site, one.place, one[5:])))

    def _repetitions(self, there: Sequence[Given], states: Iterable[StatementState]) -> Iterator[Interaction]:
        """Gather what is given of which one would be enough, by the narrowest class that it has in common.

        What is no drug is repeated only where the same is ordered twice: it may well go on in several courses. A drug
        that is taken, and one of its class that is not named, may be one.
        """
        classes: dict[str, dict[Given, None]] = {}
        for one, other in combinations(there, 2):
            apart = one.node == other.node or (one.places and other.places and one.places.isdisjoint(other.places))
            if not apart and self._may_repeat(one, other):
                shared = repeats(one.intervention, other.intervention, self._knowledge)
                classes.setdefault(shared, {}).update({one: None, other: None})
        classes.pop("", None)
        for shared, some in classes.items():
            yield self._repetition(shared, self._treatments(some), states)

    def _may_repeat(self, one: Given, other: Given) -> bool:
        known, alike = self._knowledge.interventions, one.intervention == other.intervention
        ordered = Standing.ORDERED in {one.standing, other.standing}
        if not all(known[it.intervention].is_drug for it in (one, other)):
            return alike and one.standing == other.standing == Standing.ORDERED
        shared = repeats(one.intervention, other.intervention, self._knowledge)
        return alike or ordered or shared not in {one.intervention, other.intervention}

    def _advised_besides(
        self, there: Iterable[Given], states: Collection[StatementState], actions: Iterable[Action]
    ) -> Iterator[Interaction]:
        """Pair a drug that is advised with another one of its class that is given already."""
        known, is_a = self._knowledge.interventions, self._knowledge.is_a
        for action in actions:
            if action.status != Status.INDICATED or not known[action.intervention].is_drug:
                continue
            classes: dict[str, list[Given]] = {}
            for one in there:
                related = is_a(one.intervention, action.intervention) or is_a(action.intervention, one.intervention)
                shared = "" if related else repeats(one.intervention, action.intervention, self._knowledge)
                if shared and one.meets(action.place):
                    classes.setdefault(shared, []).append(one)
            for shared, some in classes.items():
                treatments = (self._advised(action), *self._treatments(some))
                yield self._repetition(shared, treatments, states)._replace(site=action.site, place=action.place)

    def _repetition(
        self, shared: str, treatments: tuple[Treatment, ...], states: Iterable[StatementState]
    ) -> Interaction:
        saying = {one.id for one in states if one.state in _HOLDING and self._advises(one.id, shared)}
        label = self._knowledge.label(shared)
        return Interaction(InteractionKind.REPETITION, shared, label, "", "", treatments, (), tuple(sorted(saying)))

    def _advises(self, statement: str, intervention: str) -> bool:
        info = self._knowledge.by_id[statement]
        return info.effect == hip.indicates and self._knowledge.is_a(intervention, info.intervention)

    def _combinations(
        self, there: Sequence[Given], states: Iterable[StatementState], actions: Sequence[Action]
    ) -> Iterator[Interaction]:
        """Find the statements that hold because of what else is given, and what of it they are about is given."""
        speaking = _speaking(self._knowledge)
        found: dict[Interaction, tuple[set[str], list[bool]]] = {}
        for state in states:
            if state.id not in speaking or state.state not in _HOLDING:
                continue
            subjects, partners = speaking[state.id]
            beside = self._treatments(
                one for one in there if any(self._knowledge.is_a(one.intervention, it) for it in partners)
            )
            for subject in subjects if beside else ():
                treatments = self._given_of(subject, state.place, there, actions)
                if treatments:
                    kind = self._kind(self._knowledge.by_id[state.id], beside)
                    label = self._knowledge.label(subject)
                    one = Interaction(kind, subject, label, state.site, state.place, treatments, beside, ())
                    ids, settled = found.setdefault(one, (set(), []))
                    ids.add(state.id)
                    settled.append(state.state == State.SATISFIED)
        for one, (ids, settled) in found.items():
            yield one._replace(statements=tuple(sorted(ids)), settled=all(settled))

    def _kind(self, info: StatementInfo, beside: Iterable[Treatment]) -> InteractionKind:
        is_a = self._knowledge.is_a
        weakened = any(is_a(one.intervention, it) for one in beside for it in info.counteracts)
        return InteractionKind.UNDOING if weakened else InteractionKind.COMBINATION

    def _given_of(
        self, subject: str, place: str, there: Iterable[Given], actions: Iterable[Action]
    ) -> tuple[Treatment, ...]:
        """List what is given of an intervention at a place, or else what is advised of it, as widely as it is."""
        is_a = self._knowledge.is_a
        own = [one for one in there if is_a(one.intervention, subject) and one.meets(place)]
        if own:
            return self._treatments(own)
        advised = {
            one.intervention: one
            for one in actions
            if is_a(one.intervention, subject) and one.place in {"", place} and ClaimKind.INDICATED in one.claimed
            if one.status != Status.SATISFIED
        }
        above = self._knowledge.superclasses
        widest = [one for iri, one in advised.items() if advised.keys().isdisjoint({*above.get(iri, ())} - {iri})]
        return tuple(sorted(map(self._advised, widest)))

    def _treatments(self, some: Iterable[Given]) -> tuple[Treatment, ...]:
        """Name what is given, each kind once with its activities."""
        found: dict[tuple[str, Standing], set[str]] = {}
        for one in some:
            found.setdefault((one.intervention, one.standing), set()).add(one.node)
        label = self._knowledge.label
        made = (Treatment(iri, label(iri), standing, tuple(sorted(nodes))) for (iri, standing), nodes in found.items())
        return tuple(sorted(made, key=lambda one: (_ORDER[one.standing], one.label)))

    def _advised(self, action: Action) -> Treatment:
        return Treatment(action.intervention, action.label, Standing.ADVISED)


@kept
def _enough(knowledge: Knowledge) -> tuple[str, ...]:
    """List the classes of drugs that statements advise, which means one of their kinds, the narrowest first."""
    known = knowledge.interventions
    advised = {one.intervention for one in knowledge.statements.values() if one.effect == hip.indicates}
    drugs = [one for one in advised if known[one].is_drug]
    return tuple(sorted(drugs, key=lambda one: (-len(known[one].superclasses), one)))


@kept
def _speaking(knowledge: Knowledge) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Map the statements whose context rests on treatments to the interventions that they are about, and to those.

    Of the guideline documents only what speaks against something, or asks for a check, is about an interaction.
    """
    found = {}
    for info in knowledge.statements.values():
        objects = info.effect in OBJECTING or info.effect == hip.discourages
        subjects = (info.intervention,) if objects else info.accompanies
        cautions = objects or info.effect == hip.safeguardsWith or knowledge.documents[info.document].safety
        named = [it for one in info.applies_to for it in kinds_of(one, knowledge)]
        partners = tuple(
            one
            for one in dict.fromkeys(named)
            if one in knowledge.interventions and not is_study(one, knowledge)
            if not any(knowledge.is_a(one, it) or knowledge.is_a(it, one) for it in subjects)
        )
        if subjects and partners and cautions:
            found[info.id] = (subjects, partners)
    return found
