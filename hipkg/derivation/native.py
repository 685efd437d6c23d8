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

from hipkg.base.vocabulary import CONTRAINDICATES, DISCOURAGES, HIP, HOLDS_BACK, INDICATES, SAFEGUARDS, SPECIFIES
from hipkg.derivation.records import Derivation, DerivedAction, DerivedConflict, Evaluation
from hipkg.record.facts import NOTHING, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Set

    import pyoxigraph as ox

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.knowledge.selection import Selection
    from hipkg.record.facts import Facts
from hipkg.derivation.working import Disputed, Judged, Subject, Weighed

_PATIENT = HIP + "Patient"
_HAS_PROBLEM, _LOCATED_IN, _PART_OF = HIP + "hasProblem", HIP + "locatedIn", HIP + "partOf"
_HAS_ACTIVITY, _TARGETS, _OF_INTERVENTION = HIP + "hasActivity", HIP + "targets", HIP + "ofIntervention"
_APPLICABLE = HIP + "applicableStatement"
_CURRENT, _PLANNED, _PERFORMED = (HIP + name + "Activity" for name in ("Current", "Planned", "Performed"))
_END, _START, _REQUESTED, _AS_OF = (HIP + name for name in ("endDate", "startDate", "requestedOn", "asOf"))
_READ = (
    _PATIENT, _HAS_PROBLEM, _LOCATED_IN, _PART_OF, _HAS_ACTIVITY, _TARGETS, _OF_INTERVENTION, _CURRENT, _PLANNED,
    _PERFORMED,
)  # fmt: skip
_NOW, _LATER, _MUST_NOT, _RULED_OUT, _SATISFIED = "now", "later-if", "must-not", "ruled-out", "satisfied"
_UNDECIDED = "undecided"
# The claim that an evaluation makes on the status of an action, by the effect of its statement and its state.
_CLAIMS = {
    INDICATES: {_NOW: 7, _SATISFIED: 8, _LATER: 10},
    SAFEGUARDS: {_NOW: 9, _SATISFIED: 8, _LATER: 11},
    CONTRAINDICATES: {_LATER: 11},
    DISCOURAGES: {_LATER: 11},
    HOLDS_BACK: {_LATER: 11},
}
_ADVISED, _IN_CONFLICT, _DONE, _UNGUARDED, _UNDER_WAY = 7, 2, 5, 6, 8
_STATUSES = {
    1: "contraindicated", 2: "conflict", 3: "avoid", 4: "conditional", 5: "satisfied", 6: "caution",
    7: "indicated", 8: "satisfied", 9: "caution", 10: "conditional", 11: "caution",
}  # fmt: skip
_REFUSED_BY, _HELD_BACK_BY, _DISCOURAGED_BY = "refusedBy", "heldBackBy", "discouragedBy"
_OBJECTIONS = {
    CONTRAINDICATES: _REFUSED_BY,
    HOLDS_BACK: _HELD_BACK_BY,
    DISCOURAGES: _DISCOURAGED_BY,
}
_CLAIMS_AGAINST = {_REFUSED_BY: 1, _DISCOURAGED_BY: 3, _HELD_BACK_BY: 4}
# What settles a conflict at once, by how the one side objects; any other conflict is open.
_SETTLED_BY = {_REFUSED_BY: "contraindication", _HELD_BACK_BY: "gate"}
_KEEPS_OUT = {CONTRAINDICATES, HOLDS_BACK}


def derive_natively(
    facts: Facts, knowledge: Knowledge, selection: Selection | None = None, only: frozenset[str] | None = None
) -> Derivation:
    """Derive states and statuses for one patient.

    Parameters: ``facts`` is that of `hipkg.reasoning.native.entailed_graph`; ``selection`` says which statements count,
    all by default; ``only`` names those that are looked at, where what follows for any other does not matter.
    """
    counting = knowledge.statements.keys() if only is None else only
    world = ClosedWorld(facts, knowledge, counting - selection.left_out(knowledge) if selection else counting)
    world.judge()
    world.weigh()
    return Derivation(
        tuple(map(_evaluation, sorted(world.evaluations, key=attrgetter("info.iri", "iri")))),
        tuple(_action(one) for one in sorted(world.actions, key=attrgetter("iri")) if one.status),
        tuple(sorted(map(_conflict, world.conflicts), key=attrgetter("action", "advice", "objection"))),
        facts,
        world.now,
        partial(_told, world),
        knowledge.terms,
    )


def goals_of(statements: Collection[str], knowledge: Knowledge) -> frozenset[str]:
    """List what has to be entailed before some statements can be judged: what they name, and what is read of anyone."""
    infos = [knowledge.statements[one] for one in statements]
    slots = {cls for info in infos for cls in (*info.requires, *info.except_for, *info.satisfied_by)}
    refuting = {other for cls in slots for other in knowledge.refuters.get(cls, ())}
    return frozenset({*statements, *slots, *refuting, *_READ})


def _told(world: ClosedWorld) -> Iterable[ox.Triple]:
    """Write what was derived as triples."""
    from hipkg.derivation.triples import told

    return told(world)


class ClosedWorld:
    """What follows for one patient where only what is recorded or entailed holds.

    ``sites`` are the places of problems, ``places`` those of patients; ``now`` and ``planned`` map a place to the
    interventions and their kinds that the patient has or has planned there, ``runs`` to those that activities name;
    ``offered`` is what a plan has there, and ``kept_out`` what it has not, whatever advises it.
    """

    def __init__(self, facts: Facts, knowledge: Knowledge, counting: Set[str]) -> None:
        self.graph = facts
        self.sites: dict[str, set[str]] = {}
        self.places: dict[str, set[str]] = {}
        self.subjects: list[Subject] = []
        self.evaluations: list[Judged] = []
        self.actions: list[Weighed] = []
        self.conflicts: list[Disputed] = []
        self.now: dict[str, set[str]] = defaultdict(set)
        self.planned: dict[str, set[str]] = defaultdict(set)
        self.runs: dict[str, set[str]] = defaultdict(set)
        self.offered: dict[str, set[str]] = defaultdict(set)
        self.kept_out: dict[str, set[str]] = defaultdict(set)
        self._held: dict[frozenset[str], frozenset[str]] = {}
        self._knowledge = knowledge
        self._counting = counting

    def judge(self) -> None:
        """Give each statement whose context holds a state at each place."""
        self._find_places()
        self.subjects = sorted((*self._problems(), *self._patients()), key=attrgetter("node"))
        self._open_evaluations()
        for one in self.evaluations:
            self._answer_slots(one)
            one.state = _settled(one)
        self._list_running()
        self._find_compared()
        self._give_states()

    def weigh(self) -> None:
        """Gather what is said of the same intervention at the same place, and give it a status."""
        self._gather_actions()
        self._find_done()
        self._object()
        self.conflicts = [one for action in self.actions for one in _conflicts(action)]
        for one in self.conflicts:
            if one.open:
                self._decide(one)
        self._give_statuses()

    def kinds(self, intervention: str) -> Collection[str]:
        """Return the classes of an intervention that an activity is of."""
        if intervention in self._knowledge.terms:
            return self._knowledge.individual_types.get(intervention, ())
        return self.graph.classes(intervention)

    def _find_places(self) -> None:
        """Find the place of each problem, the whole body site that it lies in, and the places of its patient."""
        for patient, problem in self._recorded_problems():
            located = self.graph.nodes(problem, _LOCATED_IN)
            sites = {one for one in located if not self.graph.values(one, _PART_OF)}
            if sites:
                self.sites.setdefault(problem, set()).update(sites)
                self.places.setdefault(patient, set()).update(sites)

    def _recorded_problems(self) -> Iterator[tuple[str, str]]:
        for patient in self.graph.objects.get(_HAS_PROBLEM, {}):
            yield from ((patient, problem) for problem in self.graph.nodes(patient, _HAS_PROBLEM))

    def _problems(self) -> Iterator[Subject]:
        """Judge a problem for its place, or without one as its patient is judged."""
        for patient, problem in self._recorded_problems():
            sites = self.sites.get(problem)
            whole = "" if sites else patient
            yield Subject(problem, patient, frozenset(sites or self._everywhere(patient)), whole)

    def _patients(self) -> Iterator[Subject]:
        """Judge a patient for every place and as a whole."""
        for patient in self.graph.members.get(_PATIENT, ()):
            yield Subject(patient, patient, frozenset(self._everywhere(patient)), patient)

    def _everywhere(self, patient: str) -> set[str]:
        return {patient, *self.places.get(patient, ())}

    def _open_evaluations(self) -> None:
        """Open one evaluation for each statement whose context holds; subjects at the same place share it."""
        found: dict[str, dict[str, Judged]] = defaultdict(dict)
        for subject in self.subjects:
            infos = [self._knowledge.statements[one] for one in self._applicable(subject.node)]
            for key, places in _judged_at(subject):
                known = found[key]
                for info in infos:
                    one = known.get(info.iri)
                    if one is None:
                        one = known[info.iri] = _opened(info, subject, key, places)
                    one.subjects[subject.node] = None
        self.evaluations = [one for known in found.values() for one in known.values()]

    def _applicable(self, node: str) -> Iterator[str]:
        return (one for one in self.graph.nodes(node, _APPLICABLE) if one in self._counting)

    def _answer_slots(self, one: Judged) -> None:
        """Tell which classes that the slots name hold, are refuted, or are still waited for."""
        info = one.info
        if not (info.requires or info.except_for or info.satisfied_by):
            return
        held = self._held_by(frozenset((*one.subjects, one.patient)))
        one.meets = held.intersection(info.requires + info.except_for + info.satisfied_by) or NOTHING
        if info.requires:
            refuters = self._knowledge.refuters
            refutable = [cls for cls in info.requires if cls in refuters]
            one.refutes = frozenset([cls for cls in refutable if not held.isdisjoint(refuters[cls])]) or NOTHING
            one.awaits = frozenset(info.requires).difference(one.meets, one.refutes) or NOTHING
        if info.except_for:
            one.liftable = frozenset(info.except_for).difference(one.meets, one.refutes) or NOTHING

    def _held_by(self, nodes: frozenset[str]) -> frozenset[str]:
        """Collect the classes that any of some nodes is in."""
        if nodes not in self._held:
            self._held[nodes] = frozenset(
                [cls for cls, some in self.graph.members.items() if not some.isdisjoint(nodes)]
            )
        return self._held[nodes]

    def _list_running(self) -> None:
        """List what a patient has now or has planned, as interventions and as their kinds."""
        for cls, there in ((_CURRENT, self.now), (_PLANNED, self.planned)):
            for activity in self.graph.members.get(cls, ()):
                for intervention in self.graph.nodes(activity, _OF_INTERVENTION):
                    kinds = self.kinds(intervention)
                    for place in self._reached(activity) if kinds else ():
                        there[place].update(kinds)
                        self.offered[place].update(kinds)
                        if cls == _CURRENT:
                            self.runs[place].add(intervention)

    def _reached(self, activity: str) -> set[str]:
        """Collect the sites that an activity counts for, or without a target the patient with every place."""
        targets = self.graph.values(activity, _TARGETS)
        if targets:
            return self.graph.reach((one for one in targets if isinstance(one, str)), _PART_OF)
        patients = self.graph.subjects.get(_HAS_ACTIVITY, {}).get(activity, ())
        return set().union(*map(self._everywhere, patients))

    def _find_compared(self) -> None:
        """Find the activities with which the bounds of a statement are compared."""
        activities = self.graph.objects.get(_OF_INTERVENTION, {})
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
                if one.state == _MUST_NOT and one.info.effect in _KEEPS_OUT:
                    for place in one.places:
                        self.kept_out[place].add(one.info.intervention)
            for one in layer:
                if one.state == _NOW and one.info.effect == INDICATES:
                    self._offer(one, companions)

    def _give_state(self, one: Judged) -> None:
        """Let a statement wait whose requirements do not hold or whose companion is not offered; any other holds."""
        if one.info.accompanies:
            given = [self.offered[place] for place in one.places if place in self.offered]
            one.lacks = frozenset([it for it in one.info.accompanies if not any(it in some for some in given)])
        one.state = _LATER if one.lacks or one.awaits else self._knowledge.holding[one.info.effect]

    def _offer(self, one: Judged, companions: set[str]) -> None:
        """Put a companion into the plan where a kind of it is indicated, unless that is kept out."""
        kinds = self._knowledge.named[one.info.intervention]
        offered = kinds & companions
        for place in one.places if offered else ():
            if kinds.isdisjoint(self.kept_out.get(place, ())):
                self.offered[place] |= offered

    def _gather_actions(self) -> None:
        """Gather the evaluations that are about the same intervention at the same place into one action.

        What specifies a treatment that runs already is gathered there, whether or not a statement advises it.
        """
        found: dict[tuple[str, str], Weighed] = {}
        for one in self.evaluations:
            claims = _CLAIMS.get(one.info.effect)
            if claims is not None and one.state != _RULED_OUT:
                _gather(found, one, one.info.intervention, claims.get(one.state))
            elif one.info.effect == SPECIFIES and one.state == _NOW:
                for intervention in self._specified(one):
                    _gather(found, one, intervention, _UNDER_WAY)
        self.actions = list(found.values())

    def _specified(self, one: Judged) -> set[str]:
        """Find the running interventions that a statement with companions specifies."""
        companions, named = frozenset(one.info.accompanies), self._knowledge.named
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

    def _settling(self) -> Iterator[tuple[str, Set[str]]]:
        """List the activities that were carried out, each with the interventions that it settles."""
        settled = self._knowledge.settled_for_years
        for activity in self.graph.members.get(_PERFORMED, ()):
            for intervention in self.graph.nodes(activity, _OF_INTERVENTION):
                if kinds := settled.keys() & self.kinds(intervention):
                    yield activity, kinds

    def _is_placed(self, activity: str, kind: str) -> bool:
        """Tell whether it is known for which sites an activity was carried out."""
        if self.graph.values(activity, _TARGETS) or kind in self._knowledge.concerning_patient:
            return True
        return len({*chain.from_iterable(self.places.values())}) <= 1

    def _is_recent(self, activity: str, kind: str) -> bool:
        """Tell whether an activity is not too old to settle an intervention; of a partial date the first day stands."""
        days = (self._day(activity, prop) for prop in (_END, _START, _REQUESTED))
        day = next(filter(None, days), "")
        today = max((self._day(one, _AS_OF) for one in self.graph.members.get(_PATIENT, ())), default="")
        if not day or not today:
            return False
        earliest = f"{int(today[:4]) - self._knowledge.settled_for_years[kind]}{today[4:]}"
        return earliest <= day + "-01-01"[len(day) - 4 :] <= today

    def _day(self, node: str, prop: str) -> str:
        return max((text_of(one)[:10] for one in self.graph.values(node, prop)), default="")

    def _object(self) -> None:
        """Let what speaks against a class of interventions, or guards it, reach every kind of it."""
        kinds = self._actions_by_kind()
        for one in self.evaluations:
            if one.state == _MUST_NOT and one.info.effect in _OBJECTIONS:
                relation = _OBJECTIONS[one.info.effect]
                for key in product(one.places, (one.info.intervention,)):
                    for action in kinds.get(key, ()):
                        action.objections.setdefault(relation, set()).add(one)
            elif one.state == _NOW and one.info.effect == SAFEGUARDS:
                for key in product(one.places, one.info.accompanies):
                    for action in kinds.get(key, ()):
                        action.safeguards |= {one}

    def _actions_by_kind(self) -> dict[tuple[str, str], list[Weighed]]:
        """Index the actions by place and by each intervention, named by a statement, that theirs is a kind of."""
        found: dict[tuple[str, str], list[Weighed]] = defaultdict(list)
        for action in self.actions:
            for key in product(action.places, self._knowledge.named.get(action.intervention, ())):
                found[key].append(action)
        return found

    def _decide(self, conflict: Disputed) -> None:
        """Decide an open conflict by the first gathering rule that can."""
        for objection in conflict.objections:
            contexts = product(conflict.advice.info.applies_to, objection.info.applies_to)
            for context, against in contexts:
                rule, advised = self._verdict(conflict.advice.info, context, objection.info, against)
                winner = None if advised is None else conflict.advice if advised else objection
                conflict.verdicts.add((rule, winner))
                if advised:
                    conflict.action.overruled |= {objection}

    def _verdict(
        self, advice: StatementInfo, context: str, objection: StatementInfo, against: str
    ) -> tuple[str, bool | None]:
        """Name the rule that decides and whether it decides for the advice, None if nothing decides."""
        superclasses = self._knowledge.superclasses
        if context in superclasses.get(against, ()):
            return "specificity", False
        if against in superclasses.get(context, ()):
            return "specificity", True
        documents = self._knowledge.documents
        grounds = (
            ("strength", advice.strength_rank, objection.strength_rank),
            ("quality", advice.quality_rank, objection.quality_rank),
            ("recency", documents[advice.document].issued or None, documents[objection.document].issued or None),
        )
        for rule, one, other in grounds:
            if one is not None and other is not None and one != other:
                return rule, one > other  # type: ignore[operator]  # two ranks or two dates
        return _UNDECIDED, None

    def _give_statuses(self) -> None:
        """Give each action the status of its strongest claim."""
        undecided = {id(one.action) for one in self.conflicts if any(rule == _UNDECIDED for rule, _ in one.verdicts)}
        for action in self.actions:
            claims = set(action.claims)
            if _ADVISED in claims:
                claims.update(self._reservations(action))
            if id(action) in undecided:
                claims.add(_IN_CONFLICT)
            for relation, objections in action.objections.items():
                if not objections <= action.overruled:
                    claims.add(_CLAIMS_AGAINST[relation])
            action.status = _STATUSES[min(claims)] if claims else ""

    def _reservations(self, action: Weighed) -> Iterator[int]:
        """Claim that what is advised is done already, or must not be done without a check."""
        there = (known.get(place, ()) for known in (self.now, self.planned) for place in action.places)
        if action.done_by or any(action.intervention in interventions for interventions in there):
            yield _DONE
        if action.safeguards:
            yield _UNGUARDED


def _judged_at(subject: Subject) -> Iterator[tuple[str, frozenset[str]]]:
    """List what a subject is judged at, each with its places: itself if it is judged as a whole, or each place."""
    if subject.whole:
        yield subject.node, subject.places
    else:
        yield from ((place, frozenset({place})) for place in subject.places)


def _opened(info: StatementInfo, subject: Subject, key: str, places: frozenset[str]) -> Judged:
    """Open the evaluation of a statement for a place, or for a subject that is judged as a whole."""
    iri, site = f"{key}?statement={info.iri.removeprefix(HIP)}", "" if subject.whole else key
    return Judged(iri, info, site, subject.whole, subject.patient, places)


def _gather(found: dict[tuple[str, str], Weighed], one: Judged, intervention: str, claim: int | None) -> None:
    """Put an evaluation under the action of an intervention at its place, with the claim that it makes, if any."""
    place = one.site or one.whole
    action = found.get((place, intervention))
    if action is None:
        iri = f"{place}?action={intervention.removeprefix(HIP)}"
        action = found[place, intervention] = Weighed(iri, intervention, one.site, one.places)
    action.based_on.add(one)
    if claim is not None:
        action.claims.add(claim)


def _settled(one: Judged) -> str:
    """Settle what a refuted requirement, an exception or an act already done decides."""
    if not (one.meets or one.refutes):
        return ""
    excepted, done = one.meets.intersection(one.info.except_for), one.meets.intersection(one.info.satisfied_by)
    if one.refutes or excepted - done:
        return _RULED_OUT
    return _SATISFIED if done and not excepted else ""


def _conflicts(action: Weighed) -> Iterator[Disputed]:
    """Pair each statement that advises an action with each that speaks against it."""
    advising = [one for one in action.based_on if one.info.effect == INDICATES and one.state in {_NOW, _SATISFIED}]
    found: dict[str, Disputed] = {}
    for relation, objections in action.objections.items() if advising else ():
        rule = _SETTLED_BY.get(relation)
        for advice, objection in product(advising, objections):
            iri = f"{advice.iri}&against={objection.iri.partition('statement=')[2]}"
            conflict = found.setdefault(iri, Disputed(iri, action, advice))
            conflict.objections.add(objection)
            if rule:
                conflict.verdicts.add((rule, objection))
            else:
                conflict.open = True
    yield from found.values()


def _evaluation(one: Judged) -> Evaluation:
    return Evaluation(
        one.iri,
        one.info.iri,
        one.state,
        tuple(one.subjects),
        one.site,
        _ordered(one.meets) if one.meets else (),
        _ordered(one.refutes) if one.refutes else (),
        _ordered(one.awaits) if one.awaits else (),
        _ordered(one.liftable) if one.liftable else (),
        _ordered(one.lacks) if one.lacks else (),
        _ordered(one.compares) if one.compares else (),
    )


def _action(one: Weighed) -> DerivedAction:
    against = one.objections
    return DerivedAction(
        one.iri,
        one.intervention,
        one.site,
        one.status,
        _iris(one.based_on),
        _iris(against[_REFUSED_BY]) if _REFUSED_BY in against else (),
        _iris(against[_HELD_BACK_BY]) if _HELD_BACK_BY in against else (),
        _iris(against[_DISCOURAGED_BY]) if _DISCOURAGED_BY in against else (),
        _ordered(one.done_by) if one.done_by else (),
        _ordered(one.done_before) if one.done_before else (),
    )


def _conflict(one: Disputed) -> DerivedConflict:
    """Write a conflict; where rules disagree about evaluations of the same statement, the first in order stands."""
    return DerivedConflict(
        one.action.iri,
        one.advice.iri,
        min(_iris(one.objections)),
        min(rule for rule, _ in one.verdicts),
        min((winner.iri for _, winner in one.verdicts if winner), default=""),
    )


def _iris(evaluations: Iterable[Judged]) -> tuple[str, ...]:
    return _ordered([one.iri for one in evaluations])


def _ordered(texts: Collection[str]) -> tuple[str, ...]:
    return tuple(sorted(texts))
