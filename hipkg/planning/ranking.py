"""Put questions in order: the plan asks them so, and their answers are tried in the same order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import Status
from hipkg.knowledge.frame.speaking import FIRMNESS
from hipkg.knowledge.memo import kept
from hipkg.knowledge.selection import URGENT
from hipkg.planning.bounds import Comparison
from hipkg.planning.dangers import dangers_of
from hipkg.planning.gaps import disjuncts_of
from hipkg.planning.page import Section, section_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence, Set

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.prominence import Outline
    from hipkg.planning.records import Action, Question, StatementState

_PROMINENT, _DECIDED = 3, 5
"""How much more a statement weighs if its document makes it prominent, and if it waits for nothing else."""

_OPENING = 3
"""How many statements a context has at least for its question to be asked before others."""


class Importance:
    """Tell how much depends on a question about one patient.

    Parameters: ``asked`` are all questions, ``premature`` the requirements, with their sites, whose questions cannot be
    answered yet.
    """

    def __init__(
        self,
        states: Iterable[StatementState],
        actions: Sequence[Action],
        outline: Outline,
        knowledge: Knowledge,
        *,
        asked: Collection[Question],
        premature: Set[tuple[str, str]],
    ) -> None:
        self.knowledge = knowledge
        self._outline = outline
        self._premature = premature
        self._parts = {one for same in _by_site(asked) for one in _parts_of_others(same, knowledge)}
        self._standing: dict[str, list[Action]] = {}
        for action in actions:
            self._standing.setdefault(action.intervention, []).append(action)
        self._waiting: dict[str, list[StatementState]] = {}
        self._calling = set[str]()
        for one in states:
            self._waiting.setdefault(one.id, []).append(one)
            if one.state == State.NOW and (info := knowledge.by_id[one.id]).kind in URGENT:
                self._calling.update(info.except_for)
        there = (one for one in actions if section_of(one) == Section.TODAY or one.current or one.planned)
        ordered = {one.intervention for one in there}
        self._acts = frozenset(ordered)
        self._ordered = ordered.union(*(knowledge.interventions[one].superclasses for one in ordered))
        self._checked = {one.intervention for one in actions if one.open_checks}
        classes = (knowledge.interventions[one].superclasses for one in self._checked)
        self._given = self._checked.union(self._ordered, *classes)

    def rank(self, same: Sequence[Question]) -> tuple[int, ...]:
        """Rank one question, asked about some sites; the least comes first.

        What ends a call for urgent help that stands is asked before all else, then what can make one, then what would
        put in danger whom the plan gives something, rather than a kind of it that need not be meant, and what only an
        expert's judgement answers after all else, and then what is not expected of the patient. Before that come
        questions that have little point by now. In between
        comes what the record of a place lacks, such as its side, which no statement asks; then what opens a context
        that is only possible for several statements, then what the safety of what is ordered or runs hangs on, then
        what is to be judged now that a trial has lasted as long as it should, then what decides most, and of equals
        what most actions wait for.
        """
        ids = {id_ for one in same for id_ in one.statements}
        opens = len(ids) >= _OPENING and any(opens_context(one, self.knowledge) for one in same)
        asked = {(one.requirement, one.site) for one in same}
        guards, due, weight = False, False, 0
        for one in ids:
            waiting = self._waiting.get(one, ())
            guards = guards or self._guards(one, waiting)
            due = due or any(map(_is_due, waiting))
            weight += self._weight(one, waiting, asked)
        actions = {label for one in same for label in one.actions}
        judged = all(one.requirement in self.knowledge.judged for one in same)
        news = {one for one in ids if self._is_news(one, {it.site for it in same})}
        late = bool(ids) and not opens and (not news or all(map(self._is_late, same)))
        called = any(one.requirement in self._calling for one in same)
        urgent = is_urgent(news, self.knowledge)
        dangerous = any(one.requirement in _dangers(self.knowledge) for one in same)
        endangers = dangerous and not all(map(self._is_of_an_option, ids))
        return (
            all(one.unexpected for one in same),
            not called,
            not urgent,
            not endangers,
            judged,
            late,
            bool(ids),
            not opens,
            not guards,
            not due,
            -weight,
            -len(actions),
        )

    def _is_late(self, question: Question) -> bool:
        """Tell whether a question cannot be answered yet, asks for what a record would have, or is part of another."""
        asked, site = question.requirement, question.site
        early = (asked, site) in self._premature or asked in self.knowledge.expected_on_record
        return early or (asked, site) in self._parts

    def _is_of_an_option(self, statement: str) -> bool:
        """Tell whether a statement is about a kind of what is given that is not known to be meant."""
        intervention = self.knowledge.by_id[statement].intervention
        kinds = self.knowledge.interventions[intervention].superclasses
        return intervention not in self._given and not self._checked.isdisjoint(kinds)

    def _is_news(self, statement: str, sites: Set[str]) -> bool:
        """Tell whether a statement would say more than what stands: not that what is advised as firmly is advised."""
        info = self.knowledge.by_id[statement]
        if info.effect != hip.indicates:
            return True
        if info.kind in URGENT and info.iri in self.knowledge.briefs:
            return True  # It says what for, which another call for the same help does not.
        standing = [one for one in self._standing.get(info.intervention, ()) if "" in sites or one.site in {"", *sites}]
        return not standing or not all(
            one.status == Status.INDICATED and FIRMNESS[one.modality] <= FIRMNESS[info.modality] for one in standing
        )

    def _guards(self, statement: str, waiting: Iterable[StatementState]) -> bool:
        """Tell whether a statement waits before an order, or a prominent one to say what goes along with what is there.

        On which side such a thing is used is part of the order, whether or not the statement waits for nothing else.
        """
        info = self.knowledge.by_id[statement]
        act = self.knowledge.interventions[info.intervention]
        orders = (one for one in self._standing.get(info.intervention, ()) if one.planned)
        if info.effect == hip.indicates and any(one.status == Status.CONDITIONAL for one in orders):
            return True
        if act.side_rule and not self._acts.isdisjoint(act.superclasses) and self._outline.belongs(statement):
            return True
        beside = act.told_with
        if info.effect == hip.safeguardsWith:
            beside = (*beside, *info.accompanies)
        if self._ordered.isdisjoint(beside) or not self._outline.belongs(statement):
            return False
        return any(one.state == State.LATER for one in waiting)

    def _weight(self, statement: str, waiting: Iterable[StatementState], asked: Set[tuple[str, str]]) -> int:
        alone = any(one.unmet and (one.outside or _waits_only_for(asked, one)) for one in waiting)
        return (_PROMINENT if self._outline.shows((statement,)) else 1) * (_DECIDED if alone else 1)


def _waits_only_for(asked: Set[tuple[str, str]], state: StatementState) -> bool:
    """Tell whether all that a statement waits for is asked, for its site or for the patient."""
    return all((one.requirement, state.site) in asked or (one.requirement, "") in asked for one in state.unmet)


def _by_site(questions: Iterable[Question]) -> Iterable[list[Question]]:
    found: dict[str, list[Question]] = {}
    for one in questions:
        found.setdefault(one.site, []).append(one)
    return found.values()


def _parts_of_others(same: Sequence[Question], knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """List the requirements of questions about the same site that are just one alternative of another question's."""
    for wider in same:
        if disjuncts_of(wider.requirement, knowledge):
            for one in same:
                if one.text != wider.text and _is_alternative(one.requirement, wider.requirement, knowledge):
                    yield one.requirement, one.site


@kept
def _is_alternative(requirement: str, wider: str, knowledge: Knowledge) -> bool:
    """Tell whether a requirement is defined as one alternative of what another asks for."""
    return knowledge.definition(requirement) in disjuncts_of(wider, knowledge)


def in_order(questions: Iterable[Question], importance: Importance) -> tuple[Question, ...]:
    """Sort questions by rank; the same question about several sites stays together."""
    gathered: dict[str, list[Question]] = {}
    for one in questions:
        gathered.setdefault(one.text, []).append(one)
    asked = {text: min(one.requirement for one in same) for text, same in gathered.items()}
    ranked = sorted(gathered, key=lambda text: (importance.rank(gathered[text]), asked[text], text))
    return tuple(
        one for text in ranked for one in sorted(gathered[text], key=lambda one: (one.site, one.requirement, one.node))
    )


def _is_due(state: StatementState) -> bool:
    """Tell whether the trials that a statement waits with are long enough, and not all of them are judged."""
    trials = [one for one in state.checks if one.bound.measured_on]
    long_enough = bool(trials) and all(one.verdict == Comparison.WITHIN for one in trials)
    return state.state == State.LATER and long_enough and not all(one.outcome for one in trials)


def is_urgent(statements: Iterable[str], knowledge: Knowledge) -> bool:
    """Tell whether any of some statements, named by their ids, calls for urgent help."""
    return any(knowledge.by_id[one].kind in URGENT for one in statements)


def opens_context(question: Question, knowledge: Knowledge) -> bool:
    """Tell whether a question is about a context that is only possible."""
    return any(question.requirement in knowledge.by_id[one].applies_to for one in question.statements)


@kept
def _dangers(knowledge: Knowledge) -> frozenset[str]:
    """List the classes of those in danger by an intervention, and those that such a class is made of."""
    return knowledge.dangers.union(*(dangers_of(one, knowledge) for one in knowledge.dangers))
