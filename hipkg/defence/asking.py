"""Rank the facts that are unknown and matter: what each possible answer to a question would change in the plan.

Every answer is tried: the plan is derived again with the facts that record it. A question that can call for urgent help
comes first; then those rank by the number of actions that an answer changes, and by the strongest statement among them.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from hipkg.defence.bench import Bench
from hipkg.defence.difference import difference
from hipkg.record.change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hipkg.derivation.records import Derivation, Evaluation
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Plan, Question

LETTERS = "abcdefghij"
"""The letters that name the answers to a question, in order."""
ANSWERS = 3
"""How many ways to fulfil a requirement are told as answers."""
MOST_ANSWERS = 6
"""How many answers one question gets."""
_URGENT = "escalation"
_DECISIVE = {"indicated", "contraindicated"}


class Effect(NamedTuple):
    """An action that an answer would give another status; one is empty where the plan does not have the action."""

    label: str
    site: str
    before: str
    after: str


class Answer(NamedTuple):
    """One possible answer: the facts that record it, in words and as Turtle, and what they would change.

    ``yes`` tells whether it fulfils what is asked; ``statements`` are those whose state changes.
    """

    yes: bool
    facts: tuple[str, ...]
    snippet: str
    effects: tuple[Effect, ...]
    statements: tuple[str, ...]
    change: Change


class RankedQuestion(NamedTuple):
    """A question with its answers.

    ``requirements`` are the classes, or the property, that are asked about; ``actions`` counts the actions that an
    answer changes, ``strength`` is the rank of the strongest statement among those that change with them, and
    ``urgent`` tells whether an answer can call for urgent help.
    """

    requirements: tuple[str, ...]
    text: str
    site: str
    asked_by: tuple[str, ...]
    answers: tuple[Answer, ...]
    actions: int
    strength: int
    urgent: bool


class Interview(NamedTuple):
    """What there is to ask about one patient, what matters most first."""

    plan: Plan
    questions: tuple[RankedQuestion, ...]


def interview(planned: Planned) -> Interview:
    """Rank the questions about a patient."""
    return Interview(planned.plan, _Asker(planned).ranked())


def effects(before: Plan, after: Plan) -> tuple[Effect, ...]:
    """List the actions that have another status in another plan of the same patient."""
    return tuple(Effect(one.label, one.site, one.before, one.after) for one in difference(before, after).actions)


class _Asker:
    def __init__(self, planned: Planned) -> None:
        self._graph = planned.record
        self._plan = planned.plan
        self._knowledge = planned.knowledge
        self._bench = Bench(planned)
        self._evaluations = planned.derivation.evaluations
        self._sites = {one.place: one.site for one in planned.plan.statements}
        self._before = _Outcome.of(planned.derivation)

    def ranked(self) -> tuple[RankedQuestion, ...]:
        gathered: dict[tuple[str, str], list[Question]] = {}
        for one in self._plan.questions:
            gathered.setdefault((one.text, one.site), []).append(one)
        found = [self._question(text, site, same) for (text, site), same in gathered.items()]
        return tuple(sorted(found, key=lambda one: (not one.urgent, -one.actions, -one.strength, one.text, one.site)))

    def _question(self, text: str, site: str, same: list[Question]) -> RankedQuestion:
        asked_by = tuple(sorted({id_ for one in same for id_ in one.statements}))
        answers = self._distinct(answer for one in same for answer in self._answers(one))
        changed = {id_ for one in answers for id_ in one.statements}
        ranks = [info.strength_rank or 0 for info in map(self._knowledge.statement, changed) if info]
        touched = {(effect.label, effect.site) for one in answers for effect in one.effects}
        urgent = any(info.kind == _URGENT for info in map(self._knowledge.statement, asked_by) if info)
        requirements = tuple(sorted({one.requirement for one in same}))
        return RankedQuestion(
            requirements=requirements,
            text=text,
            site=site,
            asked_by=asked_by,
            answers=answers,
            actions=len(touched),
            strength=max(ranks, default=0),
            urgent=urgent,
        )

    @staticmethod
    def _distinct(answers: Iterator[Answer]) -> tuple[Answer, ...]:
        return tuple(islice({one.facts: one for one in answers}.values(), MOST_ANSWERS))

    def _answers(self, question: Question) -> Iterator[Answer]:
        """List the ways to fulfil what is asked, then those to refute it, where the record can tell that."""
        if question.node:
            yield from self._values(question)
            return
        nodes = self._nodes(question)
        for yes, classes in ((True, [question.requirement]), (False, self._opposites(question.requirement))):
            ways = [way for cls in classes for way in self._bench.abducer.ways([cls], nodes)]
            told: set[frozenset[object]] = set()
            for way in sorted(dict.fromkeys(ways), key=lambda one: one.size):
                outline = way.outline(self._knowledge.single_valued)
                if len(told) < ANSWERS and outline not in told and (answer := self._answer(way, yes=yes)):
                    told.add(outline)
                    yield answer

    def _values(self, question: Question) -> Iterator[Answer]:
        """Give the node that is asked about each of the values that its property can have."""
        kind = self._knowledge.value_kinds.get(question.requirement, "")
        for value in sorted(one for one, kinds in self._knowledge.individual_types.items() if kind in kinds):
            added = frozenset({(question.node, question.requirement, value)})
            if answer := self._answer(Change(added), yes=True):
                yield answer

    def _opposites(self, requirement: str) -> list[str]:
        return sorted(self._knowledge.refuters.get(requirement, ()))

    def _nodes(self, question: Question) -> tuple[str, ...]:
        """List the subjects of the statements that ask, at the site that they ask about, and the patient."""
        asking = [one for one in self._evaluations if self._asks(one, question)]
        return (*dict.fromkeys(node for one in asking for node in one.subjects), self._graph.iri)

    def _asks(self, evaluation: Evaluation, question: Question) -> bool:
        info = self._knowledge.statements[evaluation.statement]
        return info.id in question.statements and self._sites.get(evaluation.site, "") == question.site

    def _answer(self, change: Change, *, yes: bool) -> Answer | None:
        derived = self._bench.derive(change)
        if derived is None:
            return None
        after, describer = _Outcome.of(derived), self._bench.describer
        facts, snippet = describer.facts(change), describer.snippet(change)
        found = tuple(sorted(self._effects(after), key=_weight))
        return Answer(
            yes=yes, facts=facts, snippet=snippet, effects=found, statements=self._changed(after), change=change
        )

    def _effects(self, after: _Outcome) -> Iterator[Effect]:
        keys = self._before.statuses.keys() | after.statuses.keys()
        for place, intervention in sorted(keys):
            one, other = (it.statuses.get((place, intervention), "") for it in (self._before, after))
            if one != other:
                yield Effect(self._knowledge.label(intervention), self._sites.get(place, ""), one, other)

    def _changed(self, after: _Outcome) -> tuple[str, ...]:
        keys = self._before.states.keys() | after.states.keys()
        differing = {key[1] for key in keys if self._before.states.get(key) != after.states.get(key)}
        return tuple(sorted(self._knowledge.statements[one].id for one in differing))


def _weight(effect: Effect) -> tuple[bool, str, str]:
    """Put first what is then to be done, or not to be done."""
    return effect.after not in _DECISIVE, effect.label, effect.site


class _Outcome(NamedTuple):
    """The statuses of actions and the states of statements by place."""

    statuses: Mapping[tuple[str, str], str]
    states: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, derivation: Derivation) -> _Outcome:
        return cls(
            {(one.site, one.intervention): one.status for one in derivation.actions},
            {(one.site, one.statement): one.state for one in derivation.evaluations},
        )
