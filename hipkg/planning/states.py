"""In which state statements are for a patient, and why."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from hipkg.base.vocabulary import OBJECTING
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.wording import quantity
from hipkg.planning.bounds import Checker
from hipkg.planning.dangers import numbers_of
from hipkg.planning.gaps import Gap, Measurer
from hipkg.planning.records import Scope, StatementState
from hipkg.record.facts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from hipkg.derivation.records import Derivation, Evaluation
    from hipkg.knowledge.records import DocumentInfo, Knowledge, StatementInfo
    from hipkg.planning.courses import Courses
    from hipkg.planning.places import SiteNames


# Members of enumerations are looked up once: that costs more than comparing them.
_LATER, _MUST_NOT, _RULED_OUT, _SATISFIED = State.LATER, State.MUST_NOT, State.RULED_OUT, State.SATISFIED
_LIFTABLE = {_MUST_NOT, _RULED_OUT}
_WAITING = {_LATER, State.MAY_APPLY}


class States:
    """Say of statements what they wait for, what lifts them, and what rules them out."""

    def __init__(
        self,
        derivation: Derivation,
        knowledge: Knowledge,
        patient: str,
        sites: SiteNames,
        courses: Courses,
        *,
        as_of: date,
    ) -> None:
        self._derivation = derivation
        self._knowledge = knowledge
        self._patient = patient
        self._sites = sites
        self._courses = courses
        self._known_outside: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self.measurer = Measurer(derivation.facts, knowledge, as_of)
        self._checker = Checker(derivation.facts, knowledge, as_of)

    def of(self, evaluation: Evaluation) -> StatementState:
        """Say of a statement in which state it is, and why."""
        info, state = self._knowledge.statements[evaluation.statement], evaluation.state
        # In the order of the record: naming the fields of hundreds of states takes a fiftieth of a plan's time.
        return StatementState(
            info.id,
            state,
            evaluation.subjects,
            self._sites.name(evaluation.site),
            evaluation.site,
            self._waits_for(evaluation) if state in _WAITING else (),
            self._lifted_by(evaluation, info) if state in _LIFTABLE else (),
            self._ruled_out_by(evaluation, info) if state == _RULED_OUT else (),
            self._satisfied_by(evaluation, info) if state == _SATISFIED else (),
            self._on_boundary(evaluation, info) if evaluation.meets else (),
            self._context_lacks(evaluation, info) if evaluation.lacks_fact else (),
            self._checker.checks(evaluation) if evaluation.compares else (),
            self._context(evaluation, info) if state == _LATER else (),
            *(self._spoken_against(evaluation, info) if evaluation.lacks_fact else ()),
        )

    def _satisfied_by(self, evaluation: Evaluation, info: StatementInfo) -> tuple[str, ...]:
        """Name what fulfils a statement: the numbers that it asks for, where they are recorded, else classes."""
        knowledge, values = self._knowledge, self._derivation.facts.values
        found_by = knowledge.found_by
        numbers = [
            f"{knowledge.label(prop)} {quantity(text_of(value), knowledge.units.get(prop, ''))}"
            for cls in info.satisfied_by
            if cls in evaluation.meets
            for prop in numbers_of(cls, knowledge)
            if prop in found_by and knowledge.is_a(info.intervention, found_by[prop])
            for value in sorted(values(self._patient, prop), key=text_of)
        ]
        return tuple(numbers) or self._labels(info.satisfied_by, evaluation)

    def _spoken_against(self, evaluation: Evaluation, info: StatementInfo) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Name what runs and what is planned of an act that a statement would refuse or hold back if it applied."""
        if not evaluation.would_keep_out(info):
            return (), ()
        named = partial(self._courses.named_there, info.intervention, evaluation.site)
        return named(self._derivation.running), named(self._derivation.planned)

    def _context(self, evaluation: Evaluation, info: StatementInfo) -> tuple[Scope, ...]:
        """List what the document of a waiting statement is about and is not known to hold."""
        document, is_a = self._knowledge.documents[info.document], self._knowledge.is_a
        outside = self._outside(document, evaluation.subjects)
        scope = [one for one in outside if any(is_a(awaited, one) for awaited in evaluation.awaits)]
        if not scope:
            return ()
        only = not evaluation.lacks and all(any(is_a(it, one) for one in scope) for it in evaluation.awaits)
        return tuple(
            Scope(document.id, one, self._knowledge.label(one), only, self._parts(one, evaluation)) for one in scope
        )

    def _outside(self, document: DocumentInfo, subjects: tuple[str, ...]) -> tuple[str, ...]:
        """List what a document is about and some subjects are not known to be."""
        key = (document.iri, subjects)
        known = self._known_outside.get(key)
        if known is None:
            is_a, nodes = self._derivation.facts.any_is_a, (*subjects, self._patient)
            known = tuple([one for one in document.advice_requires if not is_a(nodes, one)])
            self._known_outside[key] = known
        return known

    def _parts(self, requirement: str, evaluation: Evaluation) -> tuple[str, ...]:
        return tuple(gap.requirement for gap in self._gaps((requirement,), evaluation))

    def _nodes(self, evaluation: Evaluation) -> tuple[str, ...]:
        return (*evaluation.subjects, self._patient)

    def _waits_for(self, evaluation: Evaluation) -> tuple[Gap, ...]:
        unmet = self._gaps(evaluation.awaits, evaluation)
        if not evaluation.lacks:
            return unmet
        lacking = (Gap(one, f"{self._knowledge.label(one)} in the plan", Answer.UNMET) for one in evaluation.lacks)
        return (*unmet, *lacking)

    def _context_lacks(self, evaluation: Evaluation, info: StatementInfo) -> tuple[Gap, ...]:
        """Say what the context of a statement lacks; what is asked fulfils the context itself."""
        knowledge, (context,) = self._knowledge, info.applies_to
        return tuple(
            Gap(context, knowledge.label(one), Answer.UNKNOWN, question=knowledge.questions.get(one, ""))
            for one in evaluation.lacks_fact
        )

    def _gaps(self, classes: tuple[str, ...], evaluation: Evaluation) -> tuple[Gap, ...]:
        """Measure what is missing for some classes to hold."""
        nodes = self._nodes(evaluation)
        measured = [self.measurer.gaps(one, nodes) for one in classes]
        return measured[0] if len(measured) == 1 else tuple(chain.from_iterable(measured))

    def _lifted_by(self, evaluation: Evaluation, info: StatementInfo) -> tuple[Gap, ...]:
        """Say what would lift a statement that objects, or would defeat the exception that rules one out."""
        if evaluation.state == _MUST_NOT:
            return self._gaps(evaluation.may_be_lifted_by, evaluation) if info.effect in OBJECTING else ()
        defeating = (self._knowledge.defeated_by.get(one, "") for one in info.except_for if one in evaluation.meets)
        return self._gaps(tuple(one for one in defeating if one in self._knowledge.questions), evaluation)

    def _ruled_out_by(self, evaluation: Evaluation, info: StatementInfo) -> tuple[str, ...]:
        return (
            *map(self._knowledge.label, evaluation.refutes),
            *self._labels(info.except_for + info.ended_by, evaluation),
        )

    def _on_boundary(self, evaluation: Evaluation, info: StatementInfo) -> tuple[str, ...]:
        nodes = self._nodes(evaluation)
        met = [one for one in (*info.requires, *info.except_for) if one in evaluation.meets]
        return tuple(self._knowledge.label(one) for one in met if self.measurer.boundary(one, nodes))

    def _labels(self, classes: Iterable[str], evaluation: Evaluation) -> tuple[str, ...]:
        """Name those of some classes that hold."""
        return tuple(self._knowledge.label(one) for one in classes if one in evaluation.meets)
