"""The statement frame without anything clinical: an ontology of gardens, and what is derived of them in plain lines.

The ontology is in ``cases/frame/ontology``, beside the core and the scales of evidence, which are the project's own.
Run as a program, this module classifies it with HermiT and keeps the result, so that the tests need no Java.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hipkg.base.paths import ONTOLOGY
from hipkg.base.vocabulary import HIP
from hipkg.knowledge.frame.claims import ClaimKind
from hipkg.knowledge.modality import Modality
from hipkg.maintenance import release, sources
from hipkg.maintenance.following import following_modules
from hipkg.owl.reasoners import Entailments, entail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hipkg.derivation.records import Derivation, DerivedAction, DerivedConflict, Evaluation
    from hipkg.knowledge.records import Knowledge

CASES = Path(__file__).parent.parent / "cases" / "frame"
SOURCES = (ONTOLOGY / "core.ttl", ONTOLOGY / "evidence.ttl", *sorted((CASES / "ontology").glob("*.ttl")))
CLASSIFICATION = CASES / "ontology" / "classification.json"
POSSIBLE = CASES / "ontology" / "possible.ttl"
DENIALS = CASES / "ontology" / "denials.ttl"
NAMESPACE = "https://example.org/garden/"
NOBODY = "nobody"
OBJECTIONS = {
    ClaimKind.REFUSED: "refused by",
    ClaimKind.HELD_BACK: "held back by",
    ClaimKind.DISCOURAGED: "discouraged by",
}


@cache
def garden() -> Knowledge:
    """Build the knowledge of the garden from its sources and the kept classification."""
    subclasses = frozenset((one, other) for one, other in json.loads(CLASSIFICATION.read_text("utf-8")))
    nothing: frozenset[str] = frozenset()
    return release.compile_knowledge(sources.read(SOURCES), Entailments(subclasses, frozenset(), frozenset(), nothing))


def classification() -> list[list[str]]:
    """Ask HermiT which classes of the garden are below which others."""
    found = entail("hermit", sources.read(SOURCES).triples)
    assert not found.unsatisfiable
    return sorted(map(list, found.subclasses))


class Told:
    """Tell in lines what was derived of a garden, whose sites and activities are named after it."""

    def __init__(self, name: str, derivation: Derivation) -> None:
        self._name = name
        self._derivation = derivation
        self._statements = {one.iri: garden().statements[one.statement].id for one in derivation.evaluations}

    def lines(self) -> Iterator[str]:
        for evaluation in self._derivation.evaluations:
            yield from self._of_evaluation(evaluation)
        for action in self._derivation.actions:
            yield from self._of_action(action)
        yield from map(self._of_conflict, self._derivation.conflicts)

    def _of_evaluation(self, one: Evaluation) -> Iterator[str]:
        about = f"{self.place(one.iri)} {self._statements[one.iri]}"
        yield f"{about} {one.state}"
        for relation, classes in (
            ("meets", one.meets),
            ("refutes", one.refutes),
            ("awaits", one.awaits),
            ("may be lifted by", one.may_be_lifted_by),
            ("lacks", one.lacks),
            ("compares", one.compares),
            ("lacks the fact", one.lacks_fact),
        ):
            yield from self._related(about, relation, classes)

    def _of_action(self, one: DerivedAction) -> Iterator[str]:
        about = self._action(one.iri)
        yield f"{about} {one.status}: {self._ids(claim.evaluation for claim in one.claims if claim.decisive)}"
        if one.modality == Modality.CONSIDER:
            yield f"{about} to consider"
        if one.fulfilment:
            yield f"{about} is {one.fulfilment}"
        for kind, relation in OBJECTIONS.items():
            if evaluations := one.by(kind):
                yield f"{about} {relation} {self._ids(evaluations)}"
        yield from self._related(about, "done by", one.done_by)
        yield from self._related(about, "done before by", one.done_before)
        yield from self._related(about, "fulfilled by", one.fulfilled_by)
        yield from self._related(about, "past", one.past)

    def _of_conflict(self, one: DerivedConflict) -> str:
        advice, objection = self._statements[one.advice], self._statements[one.objection]
        winner = self._statements.get(one.winner, NOBODY)
        return f"{self._action(one.action)} {advice} against {objection}: {one.rule}, {winner}"

    def _ids(self, evaluations: Iterable[str]) -> str:
        return ", ".join(sorted({self._statements[iri] for iri in evaluations}))

    def _related(self, about: str, relation: str, nodes: Iterable[str]) -> Iterator[str]:
        return (f"{about} {relation} {self._local(iri)}" for iri in nodes)

    def _action(self, iri: str) -> str:
        return f"{self.place(iri)} {iri.partition('?action=')[2]}"

    def place(self, iri: str) -> str:
        """Name a place, or that of an evaluation or action, as the lines do."""
        return self._local(iri.partition("?")[0])

    def _local(self, iri: str) -> str:
        local = iri.removeprefix(HIP).removeprefix(NAMESPACE)
        return "garden" if local == self._name else local.removeprefix(self._name + "-")


if __name__ == "__main__":
    edited = [one for one in SOURCES if one not in {POSSIBLE, DENIALS}]
    for path, text in zip((POSSIBLE, DENIALS), following_modules(edited).values(), strict=True):
        path.write_text(text, encoding="utf-8")
    lines = ",\n".join(map(json.dumps, classification()))
    CLASSIFICATION.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
