"""Compare the engines on patients drawn over the whole vocabulary, as many as are asked for, and count.

Run as a program it compares the native engine with the queries and with compiled texts on a number of patients, and
with HermiT on as many as some minutes allow. `benchmarks/equality.md` holds what it counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import InconsistentData
from hipkg.base.vocabulary import HIP, RDF_TYPE
from hipkg.knowledge.loading import load
from hipkg.record.normalise import normalised
from support.compiled import concluded, concluded_by_hipkg, expected, filled, in_oxigraph, members
from support.derivations import assert_same
from support.doors import reason_over
from support.engines import TOGETHER, TOGETHER_OF_MANY_FACTS, reason_together
from support.random_patients import contradicts
from support.whole_vocabulary import drawn_patients

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TEXTS = 3
"""How many statements, and how many classes, are compiled and asked for each patient."""
SHOWN = 5
Triples = tuple[ox.Triple, ...]


def consistent(patients: Iterable[tuple[str, Triples]]) -> Iterator[tuple[str, Triples]]:
    """Leave out those who contradict the ontology."""
    return ((name, triples) for name, triples in patients if not contradicts(normalised(triples)))


def unlike_queries(triples: Triples) -> list[str]:
    """Say where the native derivation differs from that of the queries."""
    try:
        assert_same(normalised(triples))
    except AssertionError as difference:
        return [str(difference)[:400]]
    return []


def unlike_compiled(name: str, triples: Triples) -> list[str]:
    """Say which compiled texts, some drawn for each patient, answer otherwise than the native engine."""
    random, knowledge = Random(name), load()  # noqa: S311 - a name is to draw the same again
    normal = normalised(triples)
    derivation = assert_same(normal)
    quads = [ox.Quad(*one) for one in triples]
    patient = next(one.subject.value for one in triples if one.object == ox.NamedNode(hip.Patient))
    found = [] if concluded(filled(quads)) == concluded_by_hipkg(derivation, patient) else ["all statements"]
    known = {knowledge.statements[one.statement].id for one in derivation.evaluations}
    statements = random.sample(sorted(known), min(TEXTS, len(known)))
    found += [one for one in statements if in_oxigraph(quads, one) != expected(derivation.evaluations, one)]
    entailed = [one for one in reason_over(normal) if one.predicate.value == RDF_TYPE]
    for cls in random.sample(sorted(knowledge.definitions.keys() - knowledge.auxiliary), TEXTS):
        typed = {one.subject.value for one in entailed if one.object == ox.NamedNode(cls)}
        if members(quads, cls) != typed:
            found.append(cls.removeprefix(HIP))
    return found


def own_entailments(triples: Iterable[ox.Triple]) -> set[str]:
    """Keep what is said of the patient's own nodes by terms of the ontology."""
    return {
        str(one)
        for one in triples
        if isinstance(one.subject, ox.NamedNode)
        and not one.subject.value.startswith(HIP)
        and not isinstance(one.object, ox.Literal)
    }


def differences(
    patients: Mapping[str, Iterable[ox.Triple]], found: Mapping[str, Iterable[ox.Triple]]
) -> dict[str, list[str]]:
    """List for each patient what either the native engine entails or another one found, and the other did not."""
    unlike = {name: own_entailments(reason_over(patients[name])) ^ own_entailments(found[name]) for name in patients}
    return {name: sorted(some) for name, some in unlike.items() if some}


def unlike_hermit(patients: Mapping[str, Triples]) -> dict[str, list[str]]:
    """List for each of some patients what either the native engine or HermiT entails, and the other does not."""
    normal = {name: normalised(triples) for name, triples in patients.items()}
    return differences(normal, reason_together(normal, "hermit", TOGETHER_OF_MANY_FACTS))


def contradicts_in_hermit(triples: Triples) -> bool:
    """Tell whether HermiT finds a patient contradictory."""
    try:
        reason_over(normalised(triples), "hermit")
    except InconsistentData:
        return True
    return False


class _Count:
    """Count what was compared, and keep what differs."""

    def __init__(self) -> None:
        self.compared: Counter[str] = Counter()
        self.unlike: list[str] = []
        self.statements: set[str] = set()

    def note(self, what: str, name: str, found: Iterable[str]) -> None:
        self.compared[what] += 1
        self.unlike += [f"{what}, {name}: {one}" for one in found]


def compare(seed: int, count: int, compiled_each: int) -> _Count:
    """Compare the native engine with the queries, and on one of so many patients with compiled texts."""
    found = _Count()
    for name, triples in drawn_patients(seed, count):
        if contradicts(normalised(triples)):
            found.compared["contradictory"] += 1
            continue
        found.note("queries", name, unlike_queries(triples))
        if found.compared["queries"] % compiled_each == 0:
            found.note("compiled texts", name, unlike_compiled(name, triples))
    return found


def compare_with_hermit(seed: int, minutes: float) -> _Count:
    """Compare the native engine with HermiT on patients of a seed, until so much time has gone."""
    found, end = _Count(), time.monotonic() + 60 * minutes
    waiting: dict[str, Triples] = {}
    for name, triples in drawn_patients(seed, sys.maxsize):
        if time.monotonic() > end:
            break
        if contradicts(normalised(triples)):
            if found.compared["contradictory"] < found.compared["HermiT"] // TOGETHER:
                found.note("contradictory", name, () if contradicts_in_hermit(triples) else ["not for HermiT"])
            continue
        waiting[name] = triples
        if len(waiting) == TOGETHER:
            unlike = unlike_hermit(waiting)
            for one in waiting:
                found.note("HermiT", one, unlike.get(one, ()))
            waiting = {}
    return found


def main() -> None:
    """Compare, tell the counts and what differs, and exit with 1 if anything does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="what the patients are drawn by")
    parser.add_argument("--patients", type=int, default=10_000, help="how many are drawn for the queries")
    parser.add_argument("--compiled-each", type=int, default=10, help="of how many one is asked of compiled texts")
    parser.add_argument("--minutes", type=float, default=60, help="how long patients are compared with HermiT")
    given = parser.parse_args()
    unlike: list[str] = []
    for counted in (
        lambda: compare(given.seed, given.patients, given.compiled_each),
        lambda: compare_with_hermit(given.seed, given.minutes),
    ):
        made = counted()
        unlike += made.unlike
        sys.stdout.write("".join(f"{what}: {count}\n" for what, count in sorted(made.compared.items())))
        sys.stdout.flush()
    sys.stdout.write(f"differences: {len(unlike)}\n" + "".join(f"  {one}\n" for one in unlike[:SHOWN]))
    sys.exit(bool(unlike))


if __name__ == "__main__":
    main()
