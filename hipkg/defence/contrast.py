"""Tell where the derivations of two actions part: why the one stands as it does instead of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hipkg.base.errors import UsageError
from hipkg.defence.explainer import Explainer
from hipkg.defence.explanations import NOT_APPLICABLE, Explanation
from hipkg.defence.targets import find_target
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.wording import listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.base.batch import Batch
    from hipkg.defence.explanations import SlotExplanation, StatementExplanation
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Planned


class Contrast(NamedTuple):
    """Two actions at one place, what both rest on, and what decides about each.

    ``shared`` name the contexts in which statements about both hold; ``grounds`` and ``other_grounds`` say of the one
    and of the other, statement by statement, what holds.
    """

    action: Explanation
    other: Explanation
    shared: tuple[str, ...]
    grounds: tuple[str, ...]
    other_grounds: tuple[str, ...]


def find_actions(target: str, instead_of: str, knowledge: Knowledge) -> tuple[str, str]:
    """Find the two actions that a user names, as `find_target` does.

    Raises `UsageError` where one is a statement or both are the same, and what `find_target` raises.
    """
    one, other = (find_target(it, knowledge) for it in (target, instead_of))
    if one == other or not {one, other} <= knowledge.interventions.keys():
        raise UsageError("Two different actions are compared.", remedy="Name an action and another one.")
    return one, other


def contrast(planned: Batch[Planned], one: str, other: str, knowledge: Knowledge) -> Batch[Contrast]:
    """Compare two actions, once for each place of each patient where both are explained.

    Raises `UsageError` where they are at different places.
    """
    compared = planned.gathered(lambda made: _contrasts(Explainer(made), one, other))
    if not compared.results:
        labels = listed([knowledge.label(it) for it in (one, other)], "and")
        raise compared.failing(UsageError(f"{labels} are for different places.", remedy="Explain each of them."))
    return compared


def _contrasts(explainer: Explainer, one: str, other: str) -> Iterator[Contrast]:
    others = {found.place: found for found in explainer.action(other)}
    for found in explainer.action(one):
        at_place = [others[it] for it in (found.place, "") if it in others][:1]
        for beside in at_place or (others.values() if not found.place else ()):
            yield Contrast(
                action=found,
                other=beside,
                shared=_shared(found, beside),
                grounds=tuple(_grounds(found)),
                other_grounds=tuple(_grounds(beside)),
            )


def _shared(one: Explanation, other: Explanation) -> tuple[str, ...]:
    """Name the contexts that hold for statements about both."""
    contexts = [
        {slot.label for statement in it.statements for slot in statement.slots if slot.slot == "context" and slot.holds}
        for it in (one, other)
    ]
    return tuple(sorted(contexts[0] & contexts[1]))


def _grounds(found: Explanation) -> Iterator[str]:
    """Say for each statement that decides about an action what holds and what does not."""
    applying = [one for one in found.statements if one.applies]
    for one in applying or found.statements:
        yield _ground(one)
    for conflict in found.conflicts:
        stands = f"{conflict.decided_for} stands" if conflict.decided_for else "nothing decides"
        yield f"{conflict.opposed_by} speaks against {conflict.advised_by}, and {stands} ({conflict.rule})"


def _ground(one: StatementExplanation) -> str:
    grade = ", ".join(it for it in (one.strength, one.evidence) if it)
    named = f"{one.id}{f' ({grade})' if grade else ''} {one.role}"
    if one.state == NOT_APPLICABLE:
        context = _labels(one, "context")
        return f"{named}: does not apply, since {context} does not hold"
    if one.state == State.MAY_APPLY:
        return f"{named}: may apply, for {_labels(one, 'context')} is not known to hold"
    if one.state == State.LATER:
        return f"{named}: waits for {_labels(one, 'requirement', 'companion')}"
    if one.state == State.RULED_OUT:
        refuted = [quoted(it.label) for it in one.slots if it.answer == Answer.REFUTED]
        excepted = [quoted(it.label) for it in one.slots if it.slot == "exception" and it.holds]
        return f"{named}: does not apply here, for {listed([*refuted, *excepted], 'and')}"
    until = _labels(one, "exception") if one.state == State.MUST_NOT else ""
    met = listed([quoted(it.label) for it in one.slots if it.slot == "requirement" and it.holds], "and")
    return f"{named}: applies{f', with {met}' if met else ''}{f', unless {until}' if until else ''}"


def _labels(one: StatementExplanation, *slots: str) -> str:
    """Name what does not hold of some slots."""
    return listed([_told(it) for it in one.slots if it.slot in slots and not it.holds], "and")


def _told(slot: SlotExplanation) -> str:
    return f"{quoted(slot.label)} ({slot.answer})"
