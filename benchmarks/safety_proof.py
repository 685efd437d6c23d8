"""Try every small combination of facts that bear on safety, and hold the plan of each against the definitions.

The oracle asks the definitions of the ontology, not the rules and tables by which plans are derived. What is tried,
and why that is enough, is told in docs/safety.md.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache, cached_property
from hashlib import sha256
from itertools import chain, combinations
from multiprocessing import Pool
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import InconsistentData
from hipkg.base.numbers import COMPARISONS
from hipkg.base.numbers import read as number_of
from hipkg.base.vocabulary import HIP, RDF_TYPE, XSD
from hipkg.knowledge.frame.claims import ClaimKind, Status
from hipkg.knowledge.loading import load
from hipkg.owl.expression import And, Facet, Named, OneOf, Or, Some, Value, children, named_classes
from hipkg.pipeline.process import Checked, planned
from hipkg.pipeline.request import Request
from hipkg.reading.sources import read
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from decimal import Decimal

    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.owl.expression import Expression
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action
    from hipkg.record.facts import Facts
    from hipkg.record.patient import Record

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.ttl"))
CASES = sorted((ROOT / "tests" / "cases" / "statements").glob("*/fires.ttl"))
SIZE = 3
NODES = "https://example.org/proof/"
OBJECTING = {hip.contraindicates: ClaimKind.REFUSED, hip.holdsBack: ClaimKind.HELD_BACK}
WITHHELD = {
    ClaimKind.REFUSED: {Status.CONTRAINDICATED},
    ClaimKind.HELD_BACK: {Status.CONTRAINDICATED, Status.AVOID, Status.CONDITIONAL},
}
ADVISED = {Status.INDICATED, Status.CAUTION, Status.CONFLICT}
GENERAL = {hip.Patient, hip.Problem}


class Fact(NamedTuple):
    """One fact that can be recorded; ``site`` tells at which hip: ``this`` one, the ``other``, or none."""

    kind: str
    term: str
    value: str = ""
    site: str = ""

    def triples(self, patient: str, site: str) -> Iterator[ox.Triple]:
        """Write the fact of a patient, whose hip is at ``site``."""
        node = f"{NODES}{self.kind}-{self.term.removeprefix(HIP)}-{self.value.removeprefix(HIP)}-{self.site}"
        at = {"this": site, "other": NODES + "otherHip"}.get(self.site, "")
        if self.site == "other":
            yield _triple(at, RDF_TYPE, HIP + "HipJoint")
            yield _triple(at, hip.hasSide, HIP + "right")
        match self.kind:
            case "problem":
                yield _triple(patient, hip.hasProblem, node)
                yield _triple(node, RDF_TYPE, self.term)
                if at:
                    yield _triple(node, HIP + "hasSite", at)
            case "activity":
                yield _triple(patient, hip.hasCourse, node)
                yield _triple(node, RDF_TYPE, HIP + "TreatmentCourse")
                yield _triple(node, hip.ofIntervention, self.term)
                yield _triple(node, hip.hasStatus, self.value)
                if at:
                    yield _triple(node, hip.targets, at)
            case "absence":
                yield _triple(patient, HIP + "isWithout", self.term)
            case "number":
                kind = "decimal" if "." in self.value else "integer"
                literal = ox.Literal(self.value, datatype=ox.NamedNode(XSD + kind))
                yield ox.Triple(ox.NamedNode(patient), ox.NamedNode(self.term), literal)


class Setting(NamedTuple):
    """A patient who is given an intervention at a hip, and the facts that can bear on whether that is safe."""

    record: Record
    intervention: str
    site: str
    facts: tuple[Fact, ...]


class Trial(NamedTuple):
    """A setting, by its number, with the facts that are added to it."""

    setting: int
    facts: tuple[Fact, ...]


class Objection(NamedTuple):
    """A statement that speaks against an intervention at some places; ``lifted`` tells that an exception holds."""

    statement: StatementInfo
    places: frozenset[str]
    lifted: bool


Test: TypeAlias = "Callable[[Oracle, str], bool]"
"""What tells whether a node fulfils an expression."""


class Oracle:
    """Judge one patient by the definitions alone: links count as they are entailed, classes as they are told."""

    def __init__(self, made: Planned) -> None:
        self._knowledge: Knowledge = made.knowledge
        self.facts: Facts = made.derivation.facts
        self._patient = made.record.iri
        told: dict[str, set[str]] = defaultdict(set)
        for one in made.record.normalised:
            if one.predicate.value == RDF_TYPE:
                told[one.subject.value].add(one.object.value)
        self._told = {node: with_wider(frozenset(classes)) for node, classes in told.items()}
        self._known: dict[tuple[str, str], bool] = {}
        self._problems = [*self.facts.nodes(self._patient, hip.hasProblem)]
        self._sites = {one: self._whole_sites(one) for one in self._problems}

    def _whole_sites(self, problem: str) -> frozenset[str]:
        located = self.facts.nodes(problem, hip.locatedIn)
        return frozenset(one for one in located if not self.facts.values(one, hip.partOf))

    def is_a(self, node: str, cls: str) -> bool:
        """Tell whether a node is told to be in a class, or fulfils its definition or that of a class below it."""
        key = node, cls
        if key not in self._known:
            self._known[key] = False
            told = self._told.get(node) or of_ontology(node)
            self._known[key] = cls in told or any(one(self, node) for one in tests_below(cls))
        return self._known[key]

    def holds(self, nodes: Iterable[str], cls: str) -> bool:
        """Tell whether any of some nodes is in a class, and none in that which defeats it."""
        nodes = [*nodes]
        defeating = self._knowledge.defeated_by.get(cls)
        return any(self.is_a(one, cls) for one in nodes) and not (
            defeating and any(self.is_a(one, defeating) for one in nodes)
        )

    @cached_property
    def objections(self) -> list[Objection]:
        """The statements that refuse or hold back and whose requirements hold, with the places that they are about."""
        everywhere = frozenset({self._patient, *chain.from_iterable(self._sites.values())})
        found = []
        for info in objecting():
            about: dict[str, set[str]] = defaultdict(set)
            for node in (self._patient, *self._problems):
                if any(self.is_a(node, one) for one in info.applies_to):
                    for key in self._sites.get(node) or {self._patient}:
                        about[key].add(node)
            for key, nodes in about.items():
                judged = nodes | {self._patient}
                lifted = any(self.holds(judged, one) for one in (*info.except_for, *info.ended_by, *info.satisfied_by))
                if all(self.holds(judged, one) for one in info.requires):
                    found.append(Objection(info, everywhere if key == self._patient else frozenset({key}), lifted))
        return found

    def unsafe(self, made: Planned) -> Iterator[str]:
        """Tell what is wrong with the rows of a plan."""
        asked = {one.requirement for one in made.plan.questions}
        for action in made.plan.actions:
            yield from self._refused(action)
            yield from self._unchecked(action, asked)

    def _refused(self, action: Action) -> Iterator[str]:
        for info, _, lifted in self._reaching(action):
            kind = OBJECTING[info.effect]
            if not lifted and action.status not in WITHHELD[kind]:
                yield f"{self._row(action)}, although {info.id} applies"
            elif not lifted and info.id not in {one.id for one in action.by(kind)}:
                yield f"{self._row(action)}, and hides that {info.id} applies"

    def _reaching(self, action: Action) -> list[Objection]:
        """List what speaks against an action, or against a part of it, at its place."""
        place, is_a = action.place or self._patient, self._knowledge.is_a
        parts = (action.intervention, *self._knowledge.interventions[action.intervention].comprises)
        about = [one for one in self.objections if place in one.places]
        return [one for one in about if any(is_a(part, one.statement.intervention) for part in parts)]

    def _is_answered(self, action: Action, danger: str) -> bool:
        """Tell whether a statement speaks against an action, or a kind of it, for a danger, be it lifted or not."""
        is_a = self._knowledge.is_a
        place = action.place or self._patient
        kinds = [
            one
            for one in self.objections
            if place in one.places and is_a(one.statement.intervention, action.intervention)
        ]
        contexts = {context for one in (*self._reaching(action), *kinds) for context in one.statement.applies_to}
        return any(is_a(context, danger) or is_a(danger, context) for context in contexts)

    def _unchecked(self, action: Action, asked: Collection[str]) -> Iterator[str]:
        there = action.current or action.planned
        advised = action.status in ADVISED and (action.status == Status.INDICATED or action.by(ClaimKind.INDICATED))
        if action.status in {Status.CONTRAINDICATED, Status.AVOID} or not (advised or there):
            return
        place = action.place or self._patient
        nodes = [self._patient, *(one for one in self._problems if not self._sites[one] or place in self._sites[one])]
        told = {one.requirement for one in action.open_checks}
        for whole in excluded_first(action.intervention):
            for danger in parts_of(whole):
                if self.holds(nodes, danger):
                    if not self._is_answered(action, danger):
                        yield f"{self._row(action)}, although in danger as {_name(danger)}"
                elif danger not in told and not self._is_denied(nodes, danger):
                    yield f"{self._row(action)}, and hides the open check of {_name(danger)}"
        for danger in told:
            if not any(danger in parts_of(one) for one in asked):
                yield f"{self._row(action)}, and does not ask for {_name(danger)}"

    def _is_denied(self, nodes: Iterable[str], danger: str) -> bool:
        denial = self._knowledge.denied_by.get(danger)
        return denial is not None and any(self.is_a(one, denial) for one in nodes)

    @staticmethod
    def _row(action: Action) -> str:
        return f"{action.label}, {action.site or 'patient'}: {action.status}"


def _triple(subject: str, prop: str, target: str) -> ox.Triple:
    return ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), ox.NamedNode(target))


def _name(iri: str) -> str:
    return load().label(iri)


@cache
def objecting() -> tuple[StatementInfo, ...]:
    """List the statements that refuse or hold back."""
    return tuple(one for one in load().statements.values() if one.effect in OBJECTING)


@cache
def with_wider(classes: frozenset[str]) -> frozenset[str]:
    """Add to some classes those that they are kinds of."""
    return classes.union(*(load().superclasses.get(one, ()) for one in classes))


@cache
def of_ontology(node: str) -> frozenset[str]:
    """List the classes that an individual of the ontology is in, and those that a class is a kind of."""
    return with_wider(frozenset({node, *load().individual_types.get(node, ())}))


@cache
def tests_below(cls: str) -> tuple[Test, ...]:
    """List what tells whether a node fulfils the definition of a class, or of one below it."""
    definitions = load().definitions
    return tuple(test_of(definitions[one]) for one in definitions if one == cls or _is_below(one, cls))


@cache
def test_of(expression: Expression) -> Test:
    """Make of an expression what tells whether a node fulfils it."""
    match expression:
        case Named(iri):
            return lambda oracle, node: oracle.is_a(node, iri)
        case And(operands):
            tests = [*map(test_of, operands)]
            return lambda oracle, node: all(one(oracle, node) for one in tests)
        case Or(operands):
            tests = [*map(test_of, operands)]
            return lambda oracle, node: any(one(oracle, node) for one in tests)
        case OneOf(individuals):
            return lambda _, node: node in individuals
        case Value(prop, individual):
            return lambda oracle, node: individual in oracle.facts.values(node, prop)
        case Some(prop, filler):
            fulfils = test_of(filler)
            return lambda oracle, node: any(fulfils(oracle, one) for one in oracle.facts.nodes(node, prop))
        case Facet(prop, _, bounds):
            limits = [(COMPARISONS[one.symbol], one.number) for one in bounds]
            return lambda oracle, node: any(
                number is not None and all(compare(number, limit) for compare, limit in limits)
                for number in (number_of(text_of(one)) for one in oracle.facts.values(node, prop))
            )
    raise TypeError(expression)


def _is_below(cls: str, other: str) -> bool:
    return cls not in load().auxiliary and load().is_a(cls, other)


@cache
def excluded_first(intervention: str) -> tuple[str, ...]:
    """List the classes of those in danger by an intervention, by one that it is a kind of, or by a part of it."""
    knowledge = load()
    kinds = (intervention, *knowledge.interventions[intervention].comprises)
    above = {upper for one in kinds for upper in (one, *knowledge.superclasses.get(one, ()))}
    infos = [knowledge.interventions[one] for one in above if one in knowledge.interventions]
    return tuple(sorted({danger for one in infos for danger in one.exclude_first}))


@cache
def parts_of(cls: str) -> tuple[str, ...]:
    """List the defined classes that a danger is a union of, or itself."""
    definitions = load().definitions
    found = sorted(named_classes(definitions[cls]) - GENERAL) if cls in definitions else []
    return tuple(found) if found and all(one in definitions for one in found) else (cls,)


@cache
def bearing_on(intervention: str) -> tuple[str, ...]:
    """List the classes that decide whether an intervention is safe, as statements and checks name them."""
    is_a = load().is_a
    kinds = (intervention, *load().interventions[intervention].comprises)
    infos = [one for one in objecting() if any(is_a(kind, one.intervention) for kind in kinds)]
    named = chain.from_iterable((*one.applies_to, *one.requires, *one.except_for, *one.ended_by) for one in infos)
    return tuple(sorted({*named, *excluded_first(intervention)}))


def named_facts(cls: str, prop: str = "", seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, Expression]]:
    """List the undefined classes and the limits that a class rests on, each with the property that it is under."""
    definition = load().definitions.get(cls)
    if definition is None:
        yield prop, Named(cls)
    elif cls not in seen:
        yield from _within(definition, prop, seen | {cls})


def _within(expression: Expression, prop: str, seen: frozenset[str]) -> Iterator[tuple[str, Expression]]:
    match expression:
        case Named(iri):
            yield from named_facts(iri, prop, seen)
        case Facet():
            yield prop, expression
        case Some(inner, filler):
            yield from _within(filler, prop if inner in {hip.locatedIn, hip.problemOf} else inner, seen)
        case _:
            for one in children(expression):
                yield from _within(one, prop, seen)


@cache
def facts_for(intervention: str) -> tuple[Fact, ...]:
    """List the facts that can bear on whether an intervention is safe, one of each kind that nothing tells apart."""
    knowledge = load()
    named = [found for cls in bearing_on(intervention) for found in named_facts(cls)]
    kinds: dict[str, set[str]] = defaultdict(set)
    limits: dict[str, set] = defaultdict(set)
    for prop, one in named:
        if isinstance(one, Named) and one.iri not in GENERAL:
            kinds[one.iri].add(prop)
        elif isinstance(one, Facet) and prop in {"", hip.hasProblem}:
            limits[one.prop] |= {it.number for it in one.bounds}
    found = set()
    for kind in representatives(kinds):
        props = set().union(*(kinds[one] for one in kinds if knowledge.is_a(kind, one)))
        if knowledge.is_a(kind, hip.Problem):
            local = bool(props - {hip.hasProblem})
            found |= {Fact("problem", kind, site=site) for site in (("this", "other") if local else ("",))}
            found.add(Fact("absence", kind))
        elif kind in knowledge.interventions:
            site = "this" if hip.targetedBy in props else ""
            for status in (hip.ongoing, hip.planned, hip.completed):
                found.add(Fact("activity", kind, status, site))
    found |= {Fact("activity", intervention, status, "this") for status in (hip.ongoing, hip.planned)}
    for prop, numbers in limits.items():
        form = (
            "{:.1f}" if any("decimal" in one.datatype for _, one in named if getattr(one, "prop", "") == prop) else "{}"
        )
        found |= {Fact("number", prop, form.format(one)) for one in told_apart(numbers)}
    return tuple(sorted(found))


def told_apart(limits: Collection[Decimal]) -> Iterator[Decimal]:
    """List the limits of a number with one number below them, one above, and one between each two that have any."""
    below = None
    for one in sorted(limits):
        if one >= 1 and (below is None or below + 1 < one - 1):
            yield one - 1
        yield from (one, one + 1)
        below = one


def representatives(leaves: Collection[str]) -> list[str]:
    """List one class for each set of some classes that a recorded one can be in."""
    knowledge = load()
    found: dict[frozenset[str], str] = {}
    recordable = [one for one in knowledge.superclasses if one not in knowledge.definitions]
    for cls in sorted(recordable, key=lambda one: (len(knowledge.superclasses[one]), one)):
        within = frozenset(one for one in leaves if knowledge.is_a(cls, one))
        if within:
            found.setdefault(within, cls)
    return sorted(found.values())


def plan_of(record: Record) -> Planned:
    """Plan for a patient."""
    return planned(Checked(record, ()), Request(), load())


def settings(files: Iterable[Path]) -> list[Setting]:
    """Find a patient for each intervention that is given, or waits, at a hip and that something can refuse."""
    found: dict[tuple[str, frozenset[str]], Setting] = {}
    for file in files:
        for record in read(str(file), load).results:
            made = plan_of(record)
            hips = sorted(made.derivation.facts.members.get(HIP + "HipJoint", ()))
            for action in made.plan.actions if hips else ():
                key = action.intervention
                if action.status in ADVISED and key not in found and bearing_on(key):
                    site = action.place if action.place in hips else hips[0]
                    found[key] = Setting(record, key, site, facts_for(key))
    # Of interventions on which the same facts bear, one for each patient is enough: the rows of all are looked at.
    distinct = {(one.record.iri, bearing_on(one.intervention)): one for one in found.values()}
    return [*distinct.values()]


def trials(given: Sequence[Setting], size: int = SIZE) -> Iterator[Trial]:
    """List the combinations of facts that bear on one intervention, the small ones first."""
    tried: dict[tuple[str, str, str], set[tuple[Fact, ...]]] = defaultdict(set)
    for count in range(size + 1):
        for number, one in enumerate(given):
            before = tried[one.record.source, one.record.iri, one.site]
            new = [it for it in combinations(one.facts, count) if it not in before and are_consistent(it)]
            before.update(new)
            yield from (Trial(number, facts) for facts in new)


def are_consistent(facts: Sequence[Fact]) -> bool:
    """Tell whether facts give each number one value, and nothing that is recorded is recorded as absent as well."""
    numbers = [one.term for one in facts if one.kind == "number"]
    absent = [one.term for one in facts if one.kind == "absence"]
    there = (one.term for one in facts if one.kind == "problem")
    return len({*numbers}) == len(numbers) and not any(load().is_a(one, it) for one in there for it in absent)


def drawn(given: Sequence[Setting], sample: int, seed: int, size: int = SIZE) -> Iterator[Trial]:
    """Draw combinations; of every second one the facts are those that bear on any intervention."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    every = sorted({fact for one in given for fact in one.facts})
    for turn in range(sample):
        number = chance.randrange(len(given))
        pool = every if turn % 2 else given[number].facts
        yield Trial(number, tuple(sorted(chance.sample(pool, chance.randint(1, min(size, len(pool)))))))


def tried(given: Sequence[Setting], trial: Trial) -> list[str] | None:
    """Plan for a combination, and tell what is wrong with the plan; None where the facts contradict each other."""
    try:
        made = plan_of(with_facts(given[trial.setting], trial.facts))
    except InconsistentData:
        return None
    return [*Oracle(made).unsafe(made)]


def with_facts(setting: Setting, facts: Iterable[Fact]) -> Record:
    """Add facts to the record of a setting."""
    added = chain.from_iterable(fact.triples(setting.record.iri, setting.site) for fact in facts)
    return replace(setting.record, triples=tuple(sorted({*setting.record.triples, *added}, key=str)))


def _worked(trial: Trial) -> tuple[Trial, list[str] | None]:
    return trial, tried(_GIVEN, trial)


_GIVEN: list[Setting] = []


class Progress:
    """What a run has found so far, kept in a file if there is one, so that a run that was stopped can go on."""

    def __init__(self, file: Path | None, todo: Sequence[Trial]) -> None:
        self._file = file
        self._of = sha256(repr((load().version, _GIVEN, todo)).encode()).hexdigest()
        kept = json.loads(file.read_text()) if file and file.exists() else {}
        if kept and kept["of"] != self._of:
            raise SystemExit(f"{file} is of other combinations, or of another ontology: remove it to begin anew")
        self.done: int = kept.get("done", 0)
        self.planned = Counter({int(size): count for size, count in kept.get("planned", {}).items()})
        self.contradictory = Counter({int(size): count for size, count in kept.get("contradictory", {}).items()})
        self.unsafe = Counter(kept.get("unsafe", {}))

    def add(self, trial: Trial, found: Sequence[str] | None) -> None:
        """Count a combination with what is wrong with its plan, or None if it has none; keep all every now and then."""
        self.done += 1
        (self.contradictory if found is None else self.planned)[len(trial.facts)] += 1
        for one in found or ():
            if not self.unsafe[one]:
                print(f"UNSAFE {one}: {_GIVEN[trial.setting].record.source} with {trial.facts}", flush=True)
            self.unsafe[one] += 1
        if self.done % 1000 == 0:
            self.keep()

    def keep(self) -> None:
        """Write the file."""
        if self._file:
            told = {"of": self._of, **{key: it for key, it in vars(self).items() if not key.startswith("_")}}
            beside = self._file.with_name(self._file.name + ".new")
            beside.write_text(json.dumps(told))
            beside.replace(self._file)

    def table(self) -> str:
        """Tabulate the counts by the number of facts."""
        sizes = sorted({*self.planned, *self.contradictory})
        rows = [f"| {size} | {self.planned[size]} | {self.contradictory[size]} |" for size in sizes]
        return "\n".join(["| facts | planned | contradictory |", "|---|---|---|", *rows])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="processes that work side by side")
    parser.add_argument("--size", type=int, default=SIZE, help="how many facts are combined at most")
    parser.add_argument("--sample", type=int, help="draw so many combinations instead of trying all")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    parser.add_argument("--minutes", type=float, help="stop then, and tell how far it came")
    parser.add_argument("--progress", type=Path, help="keep there what was found, and go on from it")
    options = parser.parse_args()
    _GIVEN.extend(settings([*EXAMPLES, *CASES]))
    todo = [*(drawn(_GIVEN, options.sample, options.seed) if options.sample else trials(_GIVEN, options.size))]
    facts = {fact for one in _GIVEN for fact in one.facts}
    print(f"{len(_GIVEN)} settings, {len(facts)} facts, {len(todo)} combinations", flush=True)
    progress, start = Progress(options.progress, todo), time.monotonic()
    before = progress.done
    with Pool(options.jobs) as pool:
        for trial, found in pool.imap(_worked, todo[before:], chunksize=50):
            progress.add(trial, found)
            if options.minutes and time.monotonic() - start > options.minutes * 60:
                pool.terminate()
                break
    progress.keep()
    print(progress.table())
    unsafe = sum(progress.unsafe.values())
    took = f"{progress.done - before} of them in {time.monotonic() - start:.0f} s"
    print(f"{progress.done} of {len(todo)}, {took}; {unsafe} unsafe rows")
    return 1 if unsafe else 0


if __name__ == "__main__":
    sys.exit(main())
