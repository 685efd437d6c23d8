"""Say in a sentence how the status of an action follows from the statements about it, and what goes along with it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.vocabulary import OBJECTING
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ADVISING, TAKEN, ClaimKind, Fulfilment, Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.wording import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from hipkg.derivation.records import DerivedAction, Evaluation
    from hipkg.knowledge.records import StatementInfo
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action

_ADVISED = ("It is advised", "It would be advised")
_CONSIDERED = ("It is to be considered", "It would be considered")
_ALREADY = {
    Fulfilment.RUNNING: "running already",
    Fulfilment.DONE: "done already",
    Fulfilment.ORDERED: "ordered already",
}
_UNDECIDED = "Statements pull in opposite directions, and neither context, strength, evidence nor date decides."
_CAUTION = "No statement advises it by itself: a precaution or a reservation goes with it."
_CHECKED_BEFORE = "No statement advises it by itself: it is asked for before other treatment."
_WAITING = "Every statement that advises it waits for something."
_AGAINST = {
    ClaimKind.REFUSAL_AWAITED: "forbid it",
    ClaimKind.DISCOURAGEMENT_AWAITED: "advise against it",
    ClaimKind.GATE_AWAITED: "hold it back",
}
_HOLDING = (ClaimKind.INDICATED, ClaimKind.GUARDING, ClaimKind.FULFILLED, ClaimKind.GUARDED)


@shown_by("words", "conditions")
class Reservation(NamedTuple):
    """How an action must not be carried out: in words, unless one of ``unless`` holds, and if all of ``conditions`` do.

    ``conditions`` are those that are not known to hold; without any the reservation applies.
    """

    words: str
    conditions: tuple[str, ...]
    unless: tuple[str, ...]
    statements: tuple[str, ...]


class Along(NamedTuple):
    """Another action that is advised along with an action, with the statements that advise it."""

    label: str
    modality: Modality
    statements: tuple[str, ...]


class Manner(NamedTuple):
    """On which side an action is to be carried out, or, with what is ``asked`` to decide it, that this is left open."""

    words: str
    asked: tuple[str, ...]
    statements: tuple[str, ...]


class Ruler:
    """Say of the actions of one patient how their statuses follow."""

    def __init__(self, planned: Planned) -> None:
        self._plan = planned.plan
        self._knowledge = planned.knowledge
        self._evaluations = {one.iri: one for one in planned.derivation.evaluations}

    def rule(self, derived: DerivedAction, action: Action, *, checked: bool, exempt: Sequence[str]) -> str:
        """Say how the status of an action follows.

        Parameters: ``checked`` tells that it is a check before other treatment; ``exempt`` are the statements that
        would speak against it but for its running already.
        """
        if checked:
            return _CHECKED_BEFORE
        match action.status:
            case Status.INDICATED:
                lead, _ = _asked(action)
                alone = "" if self.reservations(action) else ", and no statement of these documents speaks against it"
                return f"{lead}: all that is asked for holds{alone}."
            case Status.SATISFIED:
                return self._fulfilled(derived, action, exempt)
            case Status.CONTRAINDICATED:
                more = ", which outweighs every statement that advises it" if action.by(*_HOLDING) else ""
                return f"{self._speaking(derived, ClaimKind.REFUSED, 'forbid', 'forbids')} it{more}."
            case Status.AVOID:
                more = ", and no statement that advises it outweighs that" if action.by(*_HOLDING) else ""
                return f"{self._speaking(derived, ClaimKind.DISCOURAGED, 'advise', 'advises')} against it{more}."
            case Status.CONDITIONAL:
                return self._conditional(derived)
            case Status.CONFLICT:
                return _UNDECIDED
            case _:
                return self._cautious(derived, action)

    def _conditional(self, derived: DerivedAction) -> str:
        """Say what an action waits for: what holds it back, the checks of an order, or the advice itself."""
        if derived.by(ClaimKind.HELD_BACK):
            return self._held_back(derived)
        if derived.by(ClaimKind.ORDER_UNGUARDED):
            asking = self._speaking(derived, ClaimKind.ORDER_UNGUARDED, "ask", "asks")
            return f"It is ordered, and what {asking} for first is not on record."
        return _WAITING

    def _cautious(self, derived: DerivedAction, action: Action) -> str:
        """Say what goes along with an action, or what would speak against it."""
        if derived.by(ClaimKind.UNGUARDED) and derived.by(ClaimKind.INDICATED):
            lead, _ = _asked(action)
            return f"{lead}, once what {self._speaking(derived, ClaimKind.UNGUARDED, 'ask', 'asks')} for is done."
        return self._reserved(derived) or _CAUTION

    def _reserved(self, derived: DerivedAction) -> str:
        """Say which statements would speak against an action that none advises, and on what condition."""
        told = []
        for kind, verb in _AGAINST.items():
            for one in map(self._evaluations.__getitem__, derived.by(kind)):
                missing = [f"{self._knowledge.label(it)} in the plan" for it in one.lacks]
                condition = listed([*map(self._knowledge.label, one.awaits), *missing], "and")
                told.append(f"{self._info(one).id} would {verb} if {condition}")
        return f"No statement advises it; {listed(told, 'and')}." if told else ""

    def _speaking(self, derived: DerivedAction, kind: ClaimKind, many: str, one: str) -> str:
        """Name the statements that make a claim which counts, with the verb that fits their number."""
        ids = sorted({self._info(it).id for it in derived.by(kind) if it not in derived.overruled})
        return f"{listed(ids, 'and')} {many if ids[1:] else one}"

    def _held_back(self, derived: DerivedAction) -> str:
        """Say what an action must not be done before, and by which statements; for ever where they name nothing."""
        gates = [self._evaluations[one] for one in derived.by(ClaimKind.HELD_BACK)]
        named = {self._info(one).id: listed([*map(self._knowledge.label, one.may_be_lifted_by)], "or") for one in gates}
        if not all(named.values()):
            return f"{self._speaking(derived, ClaimKind.HELD_BACK, 'hold', 'holds')} it back."
        return f"Not before {listed([f'{words} ({id_})' for id_, words in sorted(named.items())], 'and')}."

    def _fulfilled(self, derived: DerivedAction, action: Action, exempt: Sequence[str]) -> str:
        """Say whether an action that asks for nothing more is advised, or would be, and how it is settled."""
        if action.fulfilment == Fulfilment.NOT_NEEDED:
            settled = f"not needed, since {self._in_its_place(action) or 'what is on record'} takes its place"
        else:
            settled = _ALREADY[action.fulfilment]
        lead, would = _asked(action)
        holding = [self._evaluations[one] for one in derived.by(*_HOLDING)]
        if any(not one.awaits for one in holding):
            return f"{lead}, and is {settled}."
        if missing := self._awaited(holding or [self._evaluations[one] for one in derived.among(ADVISING)]):
            return f"{would} if {listed(missing, 'and')}, and is {settled}."
        return going_on(exempt) if exempt else f"It is {settled}; no statement advises it."

    def _awaited(self, evaluations: Iterable[Evaluation]) -> list[str]:
        """Name what the first of some evaluations waits for."""
        return [self._knowledge.label(one) for it in [*evaluations][:1] for one in it.awaits]

    def _in_its_place(self, action: Action) -> str:
        """Name what fulfils the statements that advise an action, or what is taken of its choice instead."""
        named = [label for one in action.by(*_HOLDING) for label in one.satisfied_by]
        if action.by(ClaimKind.CHOSEN_OTHERWISE):
            named += [
                name
                for one in self._plan.actions
                if one.place == action.place and any(action.choice in self._choices(it.id) for it in one.by(*TAKEN))
                for name in one.current or one.planned or (one.label,)
            ]
        return listed([*dict.fromkeys(named)], "and")

    def _choices(self, statement: str) -> Collection[str]:
        return self._knowledge.by_id[statement].choices

    def reservations(self, action: Action) -> tuple[Reservation, ...]:
        """List what an action is part of and is not to be done, as far as that is open."""
        return tuple(dict.fromkeys(self._reservations(action)))

    def _reservations(self, action: Action) -> Iterator[Reservation]:
        kinds = {action.intervention, *self._knowledge.interventions[action.intervention].superclasses}
        for one in self._objecting:
            info = self._info(one)
            if one.site in {"", action.place} and not kinds.isdisjoint(info.accompanies):
                yield Reservation(
                    self._knowledge.briefs.get(info.iri, info.text),
                    tuple(map(self._knowledge.label, one.awaits)),
                    tuple(map(self._knowledge.label, one.may_be_lifted_by)),
                    (info.id,),
                )

    @cached_property
    def _objecting(self) -> list[Evaluation]:
        """List what speaks against an intervention that goes along with others, or would."""
        open_ = {State.MUST_NOT, State.LATER}
        return [
            one
            for one in self._evaluations.values()
            if one.state in open_ and self._info(one).effect in OBJECTING and self._info(one).accompanies
        ]

    def along(self, action: Action) -> tuple[Along, ...]:
        """List what is advised along with an action that is advised, and told with it."""
        if action.status not in {Status.INDICATED, Status.SATISFIED}:
            return ()
        return tuple(
            Along(one.label, one.modality, one.shown)
            for one in self._plan.actions
            if one.status == Status.INDICATED
            and one.place in {"", action.place}
            and action.intervention in self._knowledge.interventions[one.intervention].told_with
        )

    def manner(self, action: Action) -> tuple[Manner, ...]:
        """Say on which side an action is to be carried out, or that this is left open."""
        if action.status not in {Status.INDICATED, Status.SATISFIED}:
            return ()
        told = {one.side: Manner(one.side, (), (one.statement,)) for one in action.parameters if one.side}
        left_open = [
            Manner(self._knowledge.label(info.intervention), asked, (one.id,))
            for one in self._plan.statements
            if one.state == State.RULED_OUT and one.place in {"", action.place}
            if (info := self._knowledge.by_id[one.id]).effect == hip.specifies
            if self._knowledge.interventions[info.intervention].side_rule and action.intervention in info.accompanies
            if (asked := tuple(dict.fromkeys(gap.question for gap in one.lifted_by if gap.question)))
        ]
        return (*told.values(), *left_open)

    def _info(self, evaluation: Evaluation | str) -> StatementInfo:
        found = self._evaluations[evaluation] if isinstance(evaluation, str) else evaluation
        return self._knowledge.statements[found.statement]


def _asked(action: Action) -> tuple[str, str]:
    """Say that an action is advised, or would be, or only to be considered."""
    return _CONSIDERED if action.modality == Modality.CONSIDER else _ADVISED


def going_on(exempt: Sequence[str]) -> str:
    """Say of what runs that statements speak against beginning it alone, and no other advises it."""
    forbid, do = ("forbid", "do") if exempt[1:] else ("forbids", "does")
    return f"It is running already; {listed(exempt, 'and')} {forbid} starting it and {do} not address going on."
