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
from hipkg.derivation.native import derive_natively
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.memo import kept
from hipkg.knowledge.studies import is_study
from hipkg.planning.dangers import kinds_of
from hipkg.planning.records import Interaction, InteractionKind, Standing, Treatment
from hipkg.planning.supposing import as_given

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.knowledge.selection import Selection
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
    """Find the interactions of the treatments of one patient.

    Parameters: ``selection`` is that of the derivation: no other statement speaks of what is advised together.
    """

    def __init__(self, derivation: Derivation, knowledge: Knowledge, patient: str, selection: Selection) -> None:
        self._facts = derivation.facts
        self._knowledge = knowledge
        self._patient = patient
        self._selection = selection

    def find(self, states: Collection[StatementState], actions: Sequence[Action]) -> tuple[Interaction, ...]:
        """List the interactions, by kind, by what they are of and by place."""
        there = given(self._facts, self._knowledge)
        found = [
            *self._repetitions(there, states),
            *self._advised_besides(there, states, actions),
            *self._advised_twice(states, actions),
            *self._combinations(there, states, actions),
            *self._combinations_to_be(there, states, actions),
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

    def _advised_twice(self, states: Collection[StatementState], actions: Iterable[Action]) -> Iterator[Interaction]:
        """Pair drugs that are advised, of which one would be enough, unless a choice between them is told already."""
        drugs = [
            one for one in actions if self._is_advised(one) and self._knowledge.interventions[one.intervention].is_drug
        ]
        for one, other in combinations(drugs, 2):
            chosen = one.choice and one.choice == other.choice
            if chosen or self._related(one.intervention, other.intervention) or not _meet(one, other):
                continue
            if shared := repeats(one.intervention, other.intervention, self._knowledge):
                at = one if one.place else other
                treatments = tuple(sorted(map(self._advised, (one, other))))
                yield self._repetition(shared, treatments, states)._replace(site=at.site, place=at.place)

    def _related(self, one: str, other: str) -> bool:
        return self._knowledge.is_a(one, other) or self._knowledge.is_a(other, one)

    def _combinations(
        self, there: Sequence[Given], states: Iterable[StatementState], actions: Sequence[Action]
    ) -> Iterator[Interaction]:
        """Find the statements that hold because of what else is given, and what of it they are about is given."""
        speaking = _speaking(self._knowledge)
        holding = (one for one in states if one.id in speaking and one.state in _HOLDING)
        told = ((one.id, one.state, one.site, one.place) for one in holding)
        return self._gathered(told, there, actions, advised=())

    def _combinations_to_be(
        self, there: Sequence[Given], states: Collection[StatementState], actions: Sequence[Action]
    ) -> Iterator[Interaction]:
        """Find the statements that would hold because of what is advised, if that were given."""
        knowledge = self._knowledge
        advised = [one for one in actions if self._is_advised(one)]
        if _partners(knowledge).isdisjoint(one.intervention for one in advised):
            return
        together = {id_: self._meeting(id_, advised, there) for id_ in _speaking(knowledge)}
        wanted = frozenset(knowledge.by_id[id_].iri for id_, some in together.items() if some)
        if wanted := wanted - self._selection.left_out(knowledge):
            treatments = sorted(set().union(*together.values()))
            facts = as_given(treatments, self._patient, self._facts, knowledge)
            known = {(one.id, one.place) for one in states if one.state in _HOLDING}
            sites = {one.place: one.site for one in states}
            told = []
            for one in derive_natively(facts, knowledge, only=wanted).evaluations:
                id_ = knowledge.statements[one.statement].id
                if one.state in _HOLDING and (id_, one.site) not in known:
                    told.append((id_, one.state, sites.get(one.site, ""), one.site))
            yield from self._gathered(told, there, actions, advised)

    def _meeting(self, statement: str, advised: Sequence[Action], there: Iterable[Given]) -> set[tuple[str, str]]:
        """List what is advised, with its place, that a statement is about, and because of which it would hold.

        Nothing is listed where there is only one of both.
        """
        is_a = self._knowledge.is_a
        subjects, partners = _speaking(self._knowledge)[statement]
        beside = {
            (one.intervention, one.place) for one in advised if any(is_a(one.intervention, it) for it in partners)
        }
        about = {(one.intervention, one.place) for one in advised if any(is_a(one.intervention, it) for it in subjects)}
        is_given = any(is_a(one.intervention, it) for one in there for it in subjects)
        return about | beside if beside and (about or is_given) else set()

    def _gathered(
        self,
        told: Iterable[tuple[str, State, str, str]],
        there: Sequence[Given],
        actions: Sequence[Action],
        advised: Iterable[Action],
    ) -> Iterator[Interaction]:
        """Gather statements, each with its state, site and place, by the treatments that they are about."""
        is_a, found = self._knowledge.is_a, dict[Interaction, tuple[set[str], list[bool]]]()
        for id_, state, site, place in told:
            subjects, partners = _speaking(self._knowledge)[id_]
            given_beside = self._treatments(one for one in there if any(is_a(one.intervention, it) for it in partners))
            to_be = [one for one in advised if one.place in {"", place} or not place]
            named = {self._advised(one) for one in to_be if any(is_a(one.intervention, it) for it in partners)}
            beside = (*given_beside, *sorted(named))
            for subject in subjects if beside else ():
                treatments = self._given_of(subject, place, there, actions)
                if treatments:
                    kind = self._kind(self._knowledge.by_id[id_], beside)
                    label = self._knowledge.label(subject)
                    one = Interaction(kind, subject, label, site, place, treatments, beside, ())
                    ids, settled = found.setdefault(one, (set(), []))
                    ids.add(id_)
                    settled.append(state == State.SATISFIED)
        for one, (ids, settled) in found.items():
            yield one._replace(statements=tuple(sorted(ids)), settled=all(settled))

    @staticmethod
    def _is_advised(action: Action) -> bool:
        return action.status == Status.INDICATED and ClaimKind.INDICATED in action.claimed

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


def _meet(one: Action, other: Action) -> bool:
    return one.place == other.place or "" in {one.place, other.place}


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
        if not (subjects and cautions):
            continue
        named = [it for one in info.applies_to for it in kinds_of(one, knowledge)]
        partners = tuple(
            one
            for one in dict.fromkeys(named)
            if one in knowledge.interventions and not is_study(one, knowledge)
            if not any(knowledge.is_a(one, it) or knowledge.is_a(it, one) for it in subjects)
        )
        if partners:
            found[info.id] = (subjects, partners)
    return found


@kept
def _partners(knowledge: Knowledge) -> frozenset[str]:
    """List the interventions, with their kinds, because of which a statement about another one can hold."""
    partners = {one for _, some in _speaking(knowledge).values() for one in some}
    wider = knowledge.superclasses
    return frozenset(one for one in knowledge.interventions if not partners.isdisjoint((one, *wider.get(one, ()))))
