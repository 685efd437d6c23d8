"""Derive statement states and action statuses in the closed world, natively: fast where the queries are portable.

The steps are those of ``queries/derive/*.rq``, whose headers say what each is for, taken over the indexed graph of one
patient and the records of the knowledge. What an evaluation, an action or a conflict has is collected in a record of
its own; a test holds every triple that follows from the records to what the queries construct.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from itertools import chain, product
from operator import attrgetter
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import local_name
from hipkg.derivation.records import Derivation, DerivedAction, DerivedConflict, Evaluation
from hipkg.derivation.triples import told
from hipkg.derivation.working import Disputed, Judged, Subject, Weighed, World
from hipkg.knowledge.frame.answers import STATE_OF, State
from hipkg.knowledge.frame.choices import shared_choices
from hipkg.knowledge.frame.claims import (
    CLAIMS,
    FULFILLING,
    NEEDS,
    OBJECTIONS,
    REACHING,
    RUNNING,
    STATUS_OF,
    TAKEN,
    ClaimKind,
    Fulfilment,
    Status,
)
from hipkg.knowledge.frame.gathering import SETTLED_BY, weigh
from hipkg.knowledge.frame.speaking import FIRMNESS, speaking
from hipkg.knowledge.frame.strata import KEEPING_OUT, OFFERING
from hipkg.record.facts import NOTHING, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Set

    from hipkg.knowledge.modality import Modality
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.knowledge.selection import Selection
    from hipkg.record.facts import Facts

_READ = (
    hip.Patient, hip.hasProblem, hip.locatedIn, hip.partOf, hip.hasActivity, hip.targets, hip.ofIntervention,
    hip.CurrentActivity, hip.PlannedActivity, hip.PerformedActivity,
)  # fmt: skip
_NOW, _MUST_NOT, _RULED_OUT, _MAY_APPLY = State.NOW, State.MUST_NOT, State.RULED_OUT, State.MAY_APPLY
_DONE = State.SATISFIED
_OVER = (hip.completed, hip.stopped, hip.notDone)
_ADVISED = (ClaimKind.INDICATED, ClaimKind.FULFILLED)
_INDICATED, _UNGUARDED, _DISPUTED, _HELD_BACK = (
    ClaimKind.INDICATED,
    ClaimKind.UNGUARDED,
    ClaimKind.DISPUTED,
    ClaimKind.HELD_BACK,
)
_CARRIED_OUT, _ORDERED, _ORDER_UNGUARDED, _CHOSEN_OTHERWISE = (
    ClaimKind.CARRIED_OUT,
    ClaimKind.ORDERED,
    ClaimKind.ORDER_UNGUARDED,
    ClaimKind.CHOSEN_OTHERWISE,
)
_ASKING = (ClaimKind.INDICATED, ClaimKind.FULFILLED, ClaimKind.AWAITED)
_OPEN = frozenset({ClaimKind.INDICATED, ClaimKind.AWAITED})
_FULFILLING = frozenset(FULFILLING)
_SATISFIED, _UNFULFILLED = Status.SATISFIED, Fulfilment.NONE
_UNGATHERED = (_RULED_OUT, _MAY_APPLY)
_STATES = {state.value: state for state in State}
_IRI = attrgetter("iri")


def derive_natively(
    facts: Facts, knowledge: Knowledge, selection: Selection | None = None, only: frozenset[str] | None = None
) -> Derivation:
    """Derive states and statuses for one patient.

    Parameters: ``facts`` is that of `hipkg.reasoning.native.entailed_graph`; ``selection`` says which statements count,
    all by default; ``only`` names those that are looked at, where what follows for any other does not matter.
    """
    world = world_of(facts, knowledge, selection, only)
    return Derivation(
        tuple(map(evaluation_of, sorted(world.evaluations, key=attrgetter("info.iri", "iri")))),
        tuple(action_of(one, one.decisive) for one in sorted(world.actions, key=_IRI) if one.decisive),
        tuple(sorted(map(_conflict, world.conflicts))),
        facts,
        world.now,
        world.planned,
        partial(told, world),
        knowledge.terms,
    )


def world_of(
    facts: Facts, knowledge: Knowledge, selection: Selection | None = None, only: frozenset[str] | None = None
) -> ClosedWorld:
    """Work out what `derive_natively` writes down."""
    counting = knowledge.statements.keys() if only is None else only
    world = ClosedWorld(facts, knowledge, counting - selection.left_out(knowledge) if selection else counting)
    world.judge()
    world.weigh()
    return world


def goals_of(statements: Collection[str], knowledge: Knowledge) -> frozenset[str]:
    """List what has to be entailed before some statements can be judged: what they name, and what is read of anyone."""
    return named_by(statements, knowledge).union(statements, _READ)


def named_by(statements: Collection[str], knowledge: Knowledge) -> frozenset[str]:
    """List the classes that decide what the slots of some statements answer, and whether they may apply."""
    infos = [knowledge.statements[one] for one in statements]
    slots = {cls for info in infos for cls in info.slots}
    contexts = {context for info in infos for context in info.applies_to}
    possible = {cls for context in contexts for cls in knowledge.possible_as.get(context, ())}
    refuting = {other for cls in slots | possible for other in knowledge.refuting(cls)}
    defeating = {knowledge.defeated_by[cls] for cls in slots & knowledge.defeated_by.keys()}
    return frozenset({*slots, *refuting, *defeating, *possible})


class ClosedWorld(World):
    """Work out what follows for one patient; ``counting`` names the statements that are looked at."""

    def __init__(self, facts: Facts, knowledge: Knowledge, counting: Set[str]) -> None:
        super().__init__(facts, knowledge)
        self.counting = counting
        self._held: dict[frozenset[str], frozenset[str]] = {}
        members = facts.members
        self._defeasible = {cls for cls, other in knowledge.defeated_by.items() if cls in members and other in members}
        self._denied_by = {cls: denial for cls, denial in knowledge.denied_by.items() if denial in members}

    def judge(self) -> None:
        """Give each statement whose context holds a state at each place."""
        self.find_places()
        self.open()
        self._find_compared()
        self.decide()

    def open(self) -> None:
        """Open an evaluation for each statement at each place where its context holds, or may, and answer its slots."""
        self.subjects = sorted((*self._problems(), *self._patients()), key=attrgetter("node"))
        self._open_evaluations()
        self._open_possible()
        for one in self.evaluations:
            self._answer_slots(one)
            one.state = one.state or settled(one)

    def decide(self) -> None:
        """Give a state to each evaluation that its slots have not settled."""
        self._list_running()
        self._give_states()

    def weigh(self, only: Set[str] | None = None) -> None:
        """Gather what is said of the same intervention at the same place, and give it a status.

        Parameters: ``only`` names the interventions that are looked at, all by default.
        """
        self._gather_actions(self.knowledge.named.keys() if only is None else only)
        self._find_done()
        self._find_past()
        self._reach_kinds()
        for action in self.actions:
            if not OBJECTIONS.isdisjoint(action.claims):
                self._dispute(action)
            self._carry_out(action)
        self._choose()
        for action in self.actions:
            action.decisive = _strongest(action)
            if action.decisive:
                action.modality = _modality(action, action.decisive)
                action.fulfilment = self._fulfilment(action, action.decisive)

    def find_places(self) -> None:
        """Find the place of each problem, the whole body site that it lies in, and the places of its patient."""
        for patient, problem in self._recorded_problems():
            located = self.facts.nodes(problem, hip.locatedIn)
            sites = {one for one in located if not self.facts.values(one, hip.partOf)}
            if sites:
                self.sites.setdefault(problem, set()).update(sites)
                self.places.setdefault(patient, set()).update(sites)

    def _recorded_problems(self) -> Iterator[tuple[str, str]]:
        for patient in self.facts.objects.get(hip.hasProblem, {}):
            yield from ((patient, problem) for problem in self.facts.nodes(patient, hip.hasProblem))

    def _problems(self) -> Iterator[Subject]:
        """Judge a problem for its place, or without one as its patient is judged."""
        for patient, problem in self._recorded_problems():
            sites = self.sites.get(problem)
            whole = "" if sites else patient
            yield Subject(problem, patient, frozenset(sites or self._everywhere(patient)), whole)

    def _patients(self) -> Iterator[Subject]:
        """Judge a patient for every place and as a whole."""
        for patient in self.facts.members.get(hip.Patient, ()):
            yield Subject(patient, patient, frozenset(self._everywhere(patient)), patient)

    def _everywhere(self, patient: str) -> set[str]:
        return {patient, *self.places.get(patient, ())}

    def _open_evaluations(self) -> None:
        """Open one evaluation for each statement whose context holds; subjects at the same place share it."""
        found: dict[str, dict[str, Judged]] = defaultdict(dict)
        for subject in self.subjects:
            infos = [self.knowledge.statements[one] for one in self._applicable(subject.node)]
            for key, places in _judged_at(subject):
                known = found[key]
                for info in infos:
                    one = known.get(info.iri)
                    if one is None:
                        one = known[info.iri] = _opened(info, subject, key, places)
                    one.subjects[subject.node] = None
        self.evaluations = [one for known in found.values() for one in known.values()]

    def _open_possible(self) -> None:
        """Open an evaluation for each statement whose context lacks one fact, where it is not evaluated already."""
        near = [one for one in self.knowledge.possible if self.facts.members.get(one)]
        if not near:
            return
        known = {one.iri for one in self.evaluations}
        opened: dict[str, Judged] = {}
        denied_by = self.knowledge.denied_by
        for cls, subject in product(near, self.subjects):
            if self.facts.is_a(subject.node, cls) and not self.facts.is_a(subject.node, denied_by.get(cls, "")):
                context, lacks = self.knowledge.possible[cls]
                held = self._held_by(frozenset((subject.node,)))
                infos = [one for one in self.knowledge.of_context[context] if one.iri in self.counting]
                infos = [one for one in infos if not self._is_lifted(one, held)]
                for info, (key, places) in product(infos, _judged_at(subject)):
                    iri = _name(info, key)
                    if iri not in known:
                        one = opened.setdefault(iri, _opened(info, subject, key, places))
                        one.subjects[subject.node] = None
                        one.lacking_facts |= {lacks}
                        one.state = _MAY_APPLY
        self.evaluations += opened.values()

    def _is_lifted(self, info: StatementInfo, held: Set[str]) -> bool:
        """Tell whether an exception of a statement holds, or what it is about has ended."""
        lifting = {*info.except_for, *info.ended_by} & held
        return any(self.knowledge.defeated_by.get(one) not in held for one in lifting)

    def _applicable(self, node: str) -> Iterator[str]:
        return (one for one in self.facts.nodes(node, hip.applicableStatement) if one in self.counting)

    def _answer_slots(self, one: Judged) -> None:
        """Tell which classes that the slots name hold, are refuted, or are still waited for."""
        info = one.info
        slots = info.slots
        if not slots:
            return
        held = self._held_by(frozenset((*one.subjects, one.patient)))
        one.meets = held & slots or NOTHING
        if not one.meets.isdisjoint(self._defeasible):
            one.meets = frozenset([cls for cls in one.meets if self.knowledge.defeated_by.get(cls) not in held])
        if info.requires:
            refuters = self.knowledge.refuters
            refutable = [cls for cls in info.requires if cls in refuters]
            one.refutes = frozenset([cls for cls in refutable if not held.isdisjoint(refuters[cls])]) or NOTHING
            if self._denied_by and not info.vigilant:
                one.refutes |= self._denied(info.requires, held)
            one.awaits = frozenset(info.requires).difference(one.meets, one.refutes) or NOTHING
        if info.except_for:
            one.liftable = frozenset(info.except_for).difference(one.meets, one.refutes) or NOTHING
            if self._denied_by:
                one.liftable -= self._denied(info.except_for, held)

    def _denied(self, classes: Iterable[str], held: Set[str]) -> frozenset[str]:
        """Pick the classes that what is recorded denies; what is recorded as present counts all the same."""
        return frozenset([cls for cls in classes if cls not in held and self._denied_by.get(cls) in held])

    def _held_by(self, nodes: frozenset[str]) -> frozenset[str]:
        """Collect the classes that any of some nodes is in."""
        if nodes not in self._held:
            self._held[nodes] = frozenset(
                [cls for cls, some in self.facts.members.items() if not some.isdisjoint(nodes)]
            )
        return self._held[nodes]

    def _list_running(self) -> None:
        """List what a patient has now or has planned, as interventions, as their kinds, and as what these compose."""
        running = (hip.CurrentActivity, self.now, self.runs)
        for cls, there, itself in (running, (hip.PlannedActivity, self.planned, self.orders)):
            for activity in self.facts.members.get(cls, ()):
                for intervention in self.facts.nodes(activity, hip.ofIntervention):
                    kinds = self.kinds(intervention)
                    for place in self._reached(activity) if kinds else ():
                        there[place].update(kinds)
                        self.offered[place].update(kinds)
                        itself[place].add(intervention)
            for (whole, parts), place in product(self.knowledge.composed.items(), [*there]):
                if parts <= there[place]:
                    there[place].add(whole)
                    self.offered[place].add(whole)

    def _reached(self, activity: str) -> set[str]:
        """Collect the sites that an activity counts for, or without a target the patient with every place."""
        targets = self.facts.values(activity, hip.targets)
        if targets:
            return self.facts.reach((one for one in targets if isinstance(one, str)), hip.partOf)
        patients = self.facts.subjects.get(hip.hasActivity, {}).get(activity, ())
        return set().union(*map(self._everywhere, patients))

    def _find_compared(self) -> None:
        """Find the activities with which the bounds of a statement are compared."""
        activities = self.facts.objects.get(hip.ofIntervention, {})
        if not activities:
            return
        bounded = [(one, measured) for one in self.evaluations if one.info.bounds and (measured := one.info.measured)]
        for activity, interventions in activities.items():
            kinds = {kind for one in interventions if isinstance(one, str) for kind in self.kinds(one)}
            reached = self._reached(activity)
            for one, measured in bounded:
                if not measured.isdisjoint(kinds) and not reached.isdisjoint(one.places):
                    one.compares |= {activity}

    def _give_states(self) -> None:
        """Give evaluations their state, those of statements with a companion one stratum after the other."""
        companions = {companion for one in self.evaluations for companion in one.info.accompanies}
        strata: dict[int, list[Judged]] = defaultdict(list)
        for one in self.evaluations:
            strata[one.info.stratum].append(one)
        for _, layer in sorted(strata.items()):
            for one in layer:
                if not one.state:
                    self._give_state(one)
            for one in layer:
                if one.state == _MUST_NOT and one.info.effect in KEEPING_OUT:
                    for place in one.places:
                        self.kept_out[place].add(one.info.intervention)
            for one in layer:
                if one.state == _NOW and one.info.effect in OFFERING:
                    self._offer(one, companions)

    def _give_state(self, one: Judged) -> None:
        """Let a statement wait whose requirements do not hold or whose companion is not offered; any other holds."""
        if one.info.accompanies:
            given = [self.offered[place] for place in one.places if place in self.offered]
            one.lacks = frozenset([it for it in one.info.accompanies if not any(it in some for some in given)])
        waits = STATE_OF[False, False, False, bool(one.awaits), bool(one.lacks)]
        one.state = waits or _STATES[self.knowledge.holding[one.info.effect]]

    def _offer(self, one: Judged, companions: set[str]) -> None:
        """Put a companion into the plan where a kind of it is indicated, unless that is kept out."""
        kinds = self.knowledge.named[one.info.intervention]
        offered = kinds & companions
        for place in one.places if offered else ():
            if kinds.isdisjoint(self.kept_out.get(place, ())):
                self.offered[place] |= offered

    def _gather_actions(self, only: Set[str]) -> None:
        """Gather the evaluations that are about the same intervention at the same place into one action.

        What specifies a treatment that runs already is gathered there, whether or not a statement advises it. What runs
        or is ordered has an action of its own, so that what speaks against a class of it reaches it at its place.
        """
        found: dict[tuple[str, str], Weighed] = {}
        for one in self.evaluations:
            effect, state = one.info.effect, one.state
            claims = CLAIMS.get(effect)
            if claims is not None:
                if state and state not in _UNGATHERED and one.info.intervention in only:
                    _gather(found, one, one.info.intervention, claims.get(state))
            elif effect in RUNNING and state == _NOW:
                for intervention in self._specified(one) & only:
                    _gather(found, one, intervention, RUNNING[effect])
        for place in {site for sites in self.places.values() for site in sites}:
            for intervention in self.runs.get(place, NOTHING) | self.orders.get(place, NOTHING):
                if intervention in only and intervention in self.knowledge.named[intervention]:
                    found.setdefault((place, intervention), _weighed(place, intervention, place, frozenset({place})))
        self.actions = list(found.values())

    def _specified(self, one: Judged) -> set[str]:
        """Find the running interventions that a statement with companions specifies."""
        companions, named = frozenset(one.info.accompanies), self.knowledge.named
        running = {it for place in one.places for it in self.runs.get(place, ())} if companions else ()
        return {it for it in running if it in named and not companions.isdisjoint(named[it])}

    def _find_done(self) -> None:
        """Find the activities by which what needs no repetition was done, and tell those that count from the others."""
        done: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
        for activity, kinds in self._settling():
            places = self._reached(activity)
            for kind in kinds:
                counts = self._is_placed(activity, kind) and self._is_recent(activity, kind)
                for place in places:
                    done[place, kind][activity] = counts
        for action in self.actions if done else ():
            found = {
                one: it for place in action.places for one, it in done.get((place, action.intervention), {}).items()
            }
            action.done_by = frozenset(one for one, counts in found.items() if counts)
            action.done_before = frozenset(found) - action.done_by

    def _find_past(self) -> None:
        """Find the courses of an action's own kind that are over, and by which of them it is fulfilled."""
        over = {one for status in _OVER for one in self.facts.subjects.get(hip.hasStatus, {}).get(status, ())}
        past: dict[tuple[str, str], set[str]] = defaultdict(set)
        for activity in over:
            kinds = {kind for one in self.facts.nodes(activity, hip.ofIntervention) for kind in self.kinds(one)}
            for key in product(self._reached(activity), kinds):
                past[key].add(activity)
        performed = self.facts.members.get(hip.PerformedActivity, NOTHING)
        for action in self.actions if past else ():
            action.past = _of_kind(action.intervention, action, past)
            if any(kind in action.claims for kind in FULFILLING):
                parts = [_of_kind(one, action, past) for one in self.knowledge.composed.get(action.intervention, ())]
                done = [one & performed for one in parts]
                action.fulfilled_by = (action.past & performed).union(*done if all(done) else ())

    def _settling(self) -> Iterator[tuple[str, Set[str]]]:
        """List the activities that were carried out, each with the interventions that it settles."""
        settled = self.knowledge.settled_for_years
        for activity in self.facts.members.get(hip.PerformedActivity, ()):
            for intervention in self.facts.nodes(activity, hip.ofIntervention):
                if kinds := settled.keys() & self.kinds(intervention):
                    yield activity, kinds

    def _is_placed(self, activity: str, kind: str) -> bool:
        """Tell whether it is known for which sites an activity was carried out."""
        if self.facts.values(activity, hip.targets) or kind in self.knowledge.concerning_patient:
            return True
        return len({*chain.from_iterable(self.places.values())}) <= 1

    def _is_recent(self, activity: str, kind: str) -> bool:
        """Tell whether an activity is not too old to settle an intervention; of a partial date the first day stands."""
        days = (self._day(activity, prop) for prop in (hip.endDate, hip.startDate, hip.requestedOn))
        day = next(filter(None, days), "")
        today = max((self._day(one, hip.asOf) for one in self.facts.members.get(hip.Patient, ())), default="")
        if not day or not today:
            return False
        earliest = f"{int(today[:4]) - self.knowledge.settled_for_years[kind]}{today[4:]}"
        return earliest <= day + "-01-01"[len(day) - 4 :] <= today

    def _day(self, node: str, prop: str) -> str:
        return max((text_of(one)[:10] for one in self.facts.values(node, prop)), default="")

    def _reach_kinds(self) -> None:
        """Let what speaks against a class of interventions, or guards it, reach its kinds and what they are part of."""
        kinds = self._actions_by_kind()
        for one in self.evaluations:
            reach = REACHING.get(one.info.effect)
            if reach is not None and one.state == reach.state:
                reached = one.info.accompanies if reach.companions else (one.info.intervention,)
                for key in product(one.places, reached):
                    for action in kinds.get(key, ()):
                        if reach.kind != _HELD_BACK or not self._is_over(action):
                            action.claims.setdefault(reach.kind, set()).add(one)

    def _is_over(self, action: Weighed) -> bool:
        """Tell whether what asked for an action is fulfilled, so that there is nothing left to be held back."""
        if _FULFILLING.isdisjoint(action.claims) or not _OPEN.isdisjoint(action.claims):
            return False
        return not (_is_there(action, self.now) or _is_there(action, self.planned))

    def _actions_by_kind(self) -> dict[tuple[str, str], list[Weighed]]:
        """Index the actions by place and by each intervention that theirs, or a part of it, is a kind of."""
        found: dict[tuple[str, str], list[Weighed]] = defaultdict(list)
        named, composed = self.knowledge.named, self.knowledge.composed
        for action in self.actions:
            kinds, parts = named[action.intervention], composed.get(action.intervention)
            if parts:
                kinds = kinds.union(*(named.get(part, NOTHING) for part in parts))
            for key in product(action.places, kinds):
                found[key].append(action)
        return found

    def _dispute(self, action: Weighed) -> None:
        """Pair each statement that advises an action with each that speaks against it, and decide between them."""
        advising = [one for kind in _ADVISED for one in action.claims.get(kind, ())]
        found: dict[str, Disputed] = {}
        for kind in OBJECTIONS.intersection(action.claims) if advising else ():
            for advice, objection in product(advising, action.claims[kind]):
                iri = f"{advice.iri}&against={objection.iri.partition('statement=')[2]}"
                conflict = found.get(iri)
                if conflict is None:
                    settled = SETTLED_BY.get(kind)
                    verdict = settled or weigh(advice.info, objection.info, self.knowledge)
                    conflict = found[iri] = Disputed(iri, action, advice, verdict, settled is None)
                conflict.objections.add(objection)
        for conflict in found.values():
            if conflict.verdict.for_advice:
                action.overruled |= conflict.objections
            elif conflict.verdict.for_advice is None:
                action.claim(_DISPUTED, conflict.advice, *conflict.objections)
        self.conflicts += found.values()

    def _carry_out(self, action: Weighed) -> None:
        """Claim that what is advised is running or done already, or is ordered, and which checks an order lacks.

        What runs is carried out, and what is ordered lacks its checks, whether or not the advice holds yet.
        """
        claims = action.claims
        advised = claims.get(_INDICATED, NOTHING)
        asking = [one for kind in _ASKING for one in claims.get(kind, ())]
        if not asking:
            return
        if _is_there(action, self.now):
            action.claim(_CARRIED_OUT, *asking)
        ordered = _is_there(action, self.planned)
        if ordered and _UNGUARDED in claims:
            action.claim(_ORDER_UNGUARDED, *claims[_UNGUARDED])
        if advised and action.done_by:
            action.claim(_CARRIED_OUT, *advised)
        if ordered and (settled := [*advised, *claims.get(ClaimKind.FULFILLED, ())]):
            action.claim(_ORDERED, *settled)

    def _choose(self) -> None:
        """Claim that what only the statements of a choice advise is not needed where another member is taken.

        Where a statement says what satisfies it, its member is taken only as far as that does.
        """
        taken = {
            (place, choice)
            for action in self.actions
            for kind in TAKEN
            for one in action.claims.get(kind, ())
            if one.state == _DONE or not one.info.satisfied_by
            for choice in one.info.choices
            for place in action.places
        }
        if not taken:
            return
        for action in self.actions:
            advised = action.claims.get(_INDICATED)
            if advised and not any(kind in action.claims for kind in TAKEN):
                shared = shared_choices(one.info for one in advised)
                if not taken.isdisjoint(product(action.places, shared)):
                    action.claim(_CHOSEN_OTHERWISE, *advised)

    def _fulfilment(self, action: Weighed, decisive: ClaimKind) -> Fulfilment:
        """Tell by what a satisfied action asks for nothing more: its own acts on record, or those of another."""
        if STATUS_OF[decisive] != _SATISFIED:
            return _UNFULFILLED
        if _is_there(action, self.now):
            return Fulfilment.RUNNING
        if action.done_by or (action.fulfilled_by and decisive != _CHOSEN_OTHERWISE):
            return Fulfilment.DONE
        if _is_there(action, self.planned):
            return Fulfilment.ORDERED
        return Fulfilment.NOT_NEEDED


def _strongest(action: Weighed) -> ClaimKind | None:
    """Find the strongest claim for an action that counts: not overruled, and beside the claim that it needs."""
    claims = action.claims
    if not action.overruled and NEEDS.keys().isdisjoint(claims):
        return min(claims, default=None)
    counting = (
        kind
        for kind, evaluations in claims.items()
        if (kind not in NEEDS or NEEDS[kind] in claims)
        and not (action.overruled and kind in OBJECTIONS and evaluations <= action.overruled)
    )
    return min(counting, default=None)


def _of_kind(intervention: str, action: Weighed, past: Mapping[tuple[str, str], Set[str]]) -> frozenset[str]:
    """Pick the courses of an intervention at the places of an action."""
    return frozenset(one for place in action.places for one in past.get((place, intervention), ()))


def _is_there(action: Weighed, known: Mapping[str, Set[str]]) -> bool:
    """Tell whether a patient has the intervention of an action, or a kind of it, at a place of the action."""
    return any(action.intervention in known.get(place, ()) for place in action.places)


def _modality(action: Weighed, decisive: ClaimKind) -> Modality:
    """Take the firmest modality of the statements that speak for an action."""
    claims = action.claims
    return min(
        [one.info.modality for kind in speaking(claims, decisive) for one in claims[kind]], key=FIRMNESS.__getitem__
    )


def _judged_at(subject: Subject) -> Iterator[tuple[str, frozenset[str]]]:
    """List what a subject is judged at, each with its places: itself if it is judged as a whole, or each place."""
    if subject.whole:
        yield subject.node, subject.places
    else:
        yield from ((place, frozenset({place})) for place in subject.places)


def _opened(info: StatementInfo, subject: Subject, key: str, places: frozenset[str]) -> Judged:
    """Open the evaluation of a statement for a place, or for a subject that is judged as a whole."""
    site = "" if subject.whole else key
    return Judged(_name(info, key), info, site, subject.whole, subject.patient, places)


def _name(info: StatementInfo, key: str) -> str:
    """Name the evaluation of a statement for a place, or for a subject that is judged as a whole."""
    return f"{key}?statement={local_name(info.iri)}"


def _weighed(place: str, intervention: str, site: str, places: frozenset[str]) -> Weighed:
    return Weighed(f"{place}?action={local_name(intervention)}", intervention, site, places)


def _gather(found: dict[tuple[str, str], Weighed], one: Judged, intervention: str, kind: ClaimKind | None) -> None:
    """Put an evaluation under the action of an intervention at its place, with the claim that it makes, if any."""
    place = one.site or one.whole
    action = found.get((place, intervention))
    if action is None:
        action = found[place, intervention] = _weighed(place, intervention, one.site, one.places)
    action.based_on.add(one)
    if kind is not None:
        action.claims.setdefault(kind, set()).add(one)


def settled(one: Judged) -> State | None:
    """Settle what a refuted requirement, an exception or an act already done decides."""
    if not (one.meets or one.refutes):
        return None
    info = one.info
    excepted = not one.meets.isdisjoint(info.except_for) or not one.meets.isdisjoint(info.ended_by)
    satisfied = not one.meets.isdisjoint(info.satisfied_by)
    return STATE_OF[bool(one.refutes), excepted, satisfied, False, False]


def evaluation_of(one: Judged) -> Evaluation:
    """Write down what holds of a statement at a place."""
    return Evaluation(
        one.iri,
        one.info.iri,
        one.state,  # type: ignore[arg-type]  # every evaluation has its state by now
        tuple(one.subjects),
        one.site,
        _ordered(one.meets) if one.meets else (),
        _ordered(one.refutes) if one.refutes else (),
        _ordered(one.awaits) if one.awaits else (),
        _ordered(one.liftable) if one.liftable else (),
        _ordered(one.lacks) if one.lacks else (),
        _ordered(one.compares) if one.compares else (),
        _ordered(one.lacking_facts) if one.lacking_facts else (),
    )


def action_of(one: Weighed, decisive: ClaimKind) -> DerivedAction:
    """Write down what is derived of an action, to which a kind of claim gives its status."""
    based_on = _iris(one.based_on)
    return DerivedAction(
        one.iri,
        one.intervention,
        one.site,
        STATUS_OF[decisive],
        one.modality,
        one.fulfilment,
        based_on,
        {kind: based_on if some == one.based_on else _iris(some) for kind, some in sorted(one.claims.items())},
        decisive,
        frozenset(_iris(one.overruled)) if one.overruled else NOTHING,
        _ordered(one.done_by) if one.done_by else (),
        _ordered(one.done_before) if one.done_before else (),
        _ordered(one.fulfilled_by) if one.fulfilled_by else (),
        _ordered(one.past) if one.past else (),
    )


def _conflict(one: Disputed) -> DerivedConflict:
    """Write a conflict; of several evaluations of the statement that objects the first in order stands."""
    objection, (rule, for_advice) = min(_iris(one.objections)), one.verdict
    winner = "" if for_advice is None else one.advice.iri if for_advice else objection
    return DerivedConflict(one.action.iri, one.advice.iri, objection, rule, winner)


def _iris(evaluations: Iterable[Judged]) -> tuple[str, ...]:
    return _ordered([one.iri for one in evaluations])


def _ordered(texts: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))
