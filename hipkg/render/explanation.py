"""Write explanations as text for a terminal, as Markdown and as JSON: one outline, laid out in different ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from textwrap import shorten
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.dates import whole_day
from hipkg.base.numbers import Range
from hipkg.base.vocabulary import IMPORTED, curie, is_term
from hipkg.defence.explanations import NOT_APPLICABLE, Explanation, Nearest, SlotExplanation, StatementExplanation
from hipkg.defence.grounds import Grounds
from hipkg.defence.prover import Proof
from hipkg.defence.remedies import NOT_IN_PLAN, Remedy
from hipkg.defence.ruling import Along, Manner, Reservation
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.frame.claims import Fulfilment, Status
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.records import NOT_STATED
from hipkg.knowledge.wording import listed
from hipkg.planning.bounds import Comparison
from hipkg.planning.gaps import Gap
from hipkg.planning.records import Conflict
from hipkg.render.outline import INVALID, MARKS, Outline, Row, render_outlines, title
from hipkg.render.plan_json import PARTS, PartWriter
from hipkg.render.words import (
    DECISIONS,
    capital,
    clean,
    counted,
    describe_check,
    describe_done,
    describe_gap,
    describe_ongoing,
    local_name,
    stated_grade,
    told_interaction,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from hipkg.planning.records import Course

FORMATS = ("text", "markdown", "json", "turtle")
_STATES = {
    State.NOW: "applies",
    State.MUST_NOT: "applies",
    State.LATER: "waits",
    State.RULED_OUT: "does not apply here",
    State.SATISFIED: "applies, and is met already",
    State.KNOWLEDGE: "applies, as knowledge",
    State.MAY_APPLY: "may apply",
    "parameter": "part of another action",
    NOT_APPLICABLE: "does not apply",
}
_STATUSES: Mapping[tuple[str, str], str] = {
    (Status.INDICATED, Modality.CONSIDER): "to consider",
    (Status.SATISFIED, Fulfilment.RUNNING): "running already",
    (Status.SATISFIED, Fulfilment.DONE): "done already",
    (Status.SATISFIED, Fulfilment.ORDERED): "ordered already",
    (Status.SATISFIED, Fulfilment.NOT_NEEDED): "not needed",
}
"""What a status is called with a modality, or with a way in which it is fulfilled."""
_OUTCOMES = {
    State.MUST_NOT: "forbidden",
    State.RULED_OUT: "it does not apply any more",
    State.NOW: "it applies",
    State.SATISFIED: "it asks for nothing more",
    NOT_IN_PLAN: "no statement of these documents speaks for or against it",
}
SHAPES: dict[type, str] = {
    **PARTS,
    Explanation: "kind? @target=iri? label? patient? as_of? ontology_version? engine? valid? site? place? status? "
    "modality? fulfilment? rule? via? before? past? wishes? ongoing? reservations? manner? along? nearest? conflicts? "
    "interactions? grounds statements? remedies? beyond?",
    Nearest: "@intervention label site? status ongoing? statements",
    Reservation: "words conditions? unless? statements",
    Along: "label modality statements",
    Manner: "words asked? statements",
    Grounds: "facts? inferred?",
    Remedy: "facts turtle=snippet outcome modality?",
    Conflict: "advised_by? opposed_by? rule? decided_for?",
    StatementExplanation: "id? kind? role? intervention? state? site? text? document? document_title? section? "
    "strength? strength_wording? evidence? evidence_wording? references? timing? inferred? subjects? slots? checks?",
    SlotExplanation: "slot? @class=iri? label? answer? note? gaps? proof? also?",
    Gap: "@requirement? label? answer? have()? need()? unit? earliest? onBoundary=boundary? node? question?",
    Proof: "claim? kind? axiom? sentence? triple()? derived_from? because?",
}
LINES = 22
"""How many lines an answer has at most below its title, as long as it names one statement at least."""
_FEWEST = 9
"""How many lines an answer about one of several sites may have, however many there are."""
_COLUMNS = 74
_PAIR = 2
_REST = "rest"
"""The style of the row that names the statements which are not shown."""
_SITE = "\N{BULLET}"
"""What stands for the site where answers are compared."""
REMEDIES_SHOWN = 1
STATEMENTS_SHOWN = 4
_LONGEST = 260
"""How many letters of the facts on record are told in brief."""
_DECIDING = {State.NOW, State.MUST_NOT, State.SATISFIED, State.KNOWLEDGE}
_CHOSEN = "if it is chosen"
_SOURCES_SHOWN = 3
# What follows from a single record by a property or a named superclass is shown by that record.
_PLAIN_STEPS = frozenset({"wider", "inverse", "hierarchy", "domain", "range"})


def render_explanations(
    explanations: Sequence[Explanation],
    format: str,  # noqa: A002 - as everywhere
    *,
    to_terminal: bool = False,
    proof: bool = False,
) -> str:
    """Write explanations in a format.

    Parameters: ``format`` is one of `FORMATS`; ``to_terminal`` lets text use the colours and the width of the terminal,
    otherwise it is plain and 80 columns wide; ``proof`` tells in text and in Markdown every step down to the record,
    not only the answer and what would change it.

    Raises `UsageError` for any other format.
    """
    if format == "turtle":
        from hipkg.render.provenance import explanations_to_turtle

        return explanations_to_turtle(explanations)
    if proof or format == "json":
        return render_outlines(
            explanations, format, outline=_proved, writer=_JSON, to_terminal=to_terminal, formats=FORMATS
        )
    answers = list(_together(explanations).values())
    of_patient = Counter(some[0].patient for some in answers)
    return render_outlines(
        answers,
        format,
        outline=lambda some: _answered(some, max(LINES // of_patient[some[0].patient], _FEWEST)),
        writer=_JSON,
        to_terminal=to_terminal,
        formats=FORMATS,
    )


def _together(explanations: Iterable[Explanation]) -> dict[object, list[Explanation]]:
    """Gather the explanations of one patient that read the same but for their sites."""
    found: dict[object, list[Explanation]] = {}
    for one in explanations:
        answer = [row for row in _answer([one], STATEMENTS_SHOWN) if row.style != _REST]
        rows = tuple(_at(row, one.site, _SITE) for row in answer)
        found.setdefault((one.patient, one.label, rows), []).append(one)
    return found


def _at(row: Row, site: str, sites: str) -> Row:
    """Name other sites in a row that names a site, but not where it quotes a document."""
    if not site or (row.style != "heading" and row.mark != "recorded"):
        return row
    return replace(row, text=row.text.replace(f"the {site}", sites).replace(site, sites))


def _proved(explanation: Explanation) -> Outline:
    return Outline(
        title(f"Why: {explanation.label}", explanation, site=explanation.site, engine=explanation.engine),
        tuple(_outline(explanation)),
    )


def _answered(some: Sequence[Explanation], lines: int) -> Outline:
    """Tell once for all their sites the answer, what would change it, the statements that decide, and the record."""
    first = some[0]
    sites = f"both {first.paired}s" if _is_pair(some) else listed([one.site for one in some if one.site], "and")
    for most in range(STATEMENTS_SHOWN, 0, -1):
        answer = _answer(some, most)
        rows = tuple(_at(row, first.site, sites) for row in answer) if len(some) > 1 else tuple(answer)
        if sum(1 + len(one.text) // (_COLUMNS - 2 * one.depth) + (one.depth == 0) for one in rows) <= lines:
            break
    parts = (f"Why: {first.label}", sites, local_name(first.patient))
    return Outline((*filter(None, parts), first.as_of.isoformat()), rows)


def _is_pair(some: Sequence[Explanation]) -> bool:
    """Tell whether some explanations are about one site on both sides."""
    return (
        len(some) == len({one.site for one in some}) == _PAIR
        and bool(some[0].paired)
        and some[0].paired == some[1].paired
    )


def _answer(some: Sequence[Explanation], most: int) -> Iterator[Row]:
    """Tell an answer, which several sites may share, with so many of its statements."""
    explanation = some[0]
    if not explanation.valid:
        yield INVALID
    if explanation.kind == "action":
        yield from _status(explanation)
    yield from _interactions(explanation)
    yield from _change(explanation, REMEDIES_SHOWN)
    ranked = sorted(explanation.statements, key=_standing)
    moot = _moot(explanation)
    shown = [one for one in ranked if one not in moot][:most]
    if ranked:
        yield Row(0, "What the statements say", style="heading")
    for one in shown:
        yield from _in_brief(one, explanation)
    if rest := _rest(some, [one.id for one in shown]):
        yield Row(1, f"and {rest}", style=_REST)
    facts, inferred = explanation.grounds
    followed = f"; hence {listed(inferred, 'and')}" if inferred else ""
    told = (
        f"On record: {shorten('; '.join(map(clean, facts)), _LONGEST, placeholder=' …')}{followed}. " if facts else ""
    )
    yield Row(0, f"{told}--proof tells every step.", style="dim")


def _rest(some: Sequence[Explanation], shown: Sequence[str]) -> str:
    """Name the statements that are not shown, those of a single site with it."""
    each = {one.site: [it.id for it in one.statements if it.id not in shown] for one in some}
    common = [one for one in next(iter(each.values())) if all(one in ids for ids in each.values())]
    alone = [(site, [one for one in ids if one not in common]) for site, ids in each.items()]
    told = [", ".join(dict.fromkeys(common))] if common else []
    return "; ".join([*told, *(f"for the {site} {', '.join(dict.fromkeys(ids))}" for site, ids in alone if ids)])


def _moot(explanation: Explanation) -> list[StatementExplanation]:
    """List the statements that need not be told: gates before what is forbidden without exception."""
    final = any(
        one.effect == hip.contraindicates and one.state == State.MUST_NOT and not _unmet(one, "exception")
        for one in explanation.statements
    )
    return [one for one in explanation.statements if final and one.effect == hip.holdsBack]


def _standing(one: StatementExplanation) -> tuple[bool, bool]:
    """Put first what decides."""
    return one.state not in _DECIDING, one.state == State.SATISFIED and bool(_unmet(one, "requirement"))


def _unmet(one: StatementExplanation, kind: str) -> list[SlotExplanation]:
    return [slot for slot in one.slots if slot.slot == kind and not slot.holds]


def _in_brief(one: StatementExplanation, explanation: Explanation) -> Iterator[Row]:
    """Tell a statement that decides in its own words, and of any other what it lacks."""
    alone = explanation.kind == "statement"
    about = "" if alone or one.intervention == (explanation.via or explanation.label) else f" {one.intervention}"
    told, decides = _state(one)
    words = f": {one.text}" if decides or alone or told in {_STATES[State.LATER], _CHOSEN} else ""
    graded = "" if alone else _graded(one)
    yield Row(1, f"{one.id} {one.role}{about}, {told}{graded}{words}", "holds" if decides else "missing")
    if one.state == State.MUST_NOT and (lifting := [_all(_parts(slot)) for slot in _unmet(one, "exception")]):
        yield Row(2, f"unless {listed([*dict.fromkeys(lifting)], 'or')}", style="dim")
    if alone:
        yield from (Row(2, text, style="dim") for text in _provenance(one))


def _state(one: StatementExplanation) -> tuple[str, bool]:
    """Say how a statement stands and what it lacks, and tell whether it decides."""
    lacking = [part for slot in _unmet(one, "requirement") for part in _parts(slot)]
    match one.state:
        case State.LATER:
            planned = [f"{slot.label} in the plan" for slot in _unmet(one, "companion")]
            if not lacking and one.effect == hip.specifies:
                return _CHOSEN, False
            needs = _all([*lacking, *planned])
            return (f"waits for {needs}" if needs else _STATES[State.LATER]), False
        case State.SATISFIED if lacking:
            return f"if {_all(lacking)}", False
        case State.RULED_OUT:
            excepted = [slot.label for slot in one.slots if slot.slot == "exception" and slot.holds]
            refuted = [f"not “{slot.label}”" for slot in one.slots if slot.answer == Answer.REFUTED]
            return f"{_STATES[State.RULED_OUT]}: {_all([*excepted, *refuted])}", False
        case State.MAY_APPLY:
            lacks = [part for slot in _unmet(one, "context") if slot.gaps for part in _parts(slot)]
            return _STATES[State.MAY_APPLY] + (f", lacks {_all(lacks)}" if lacks else ""), False
        case state:
            return _STATES.get(state, state), state in _DECIDING


def _parts(slot: SlotExplanation) -> list[str]:
    """Say what a slot lacks: every part of the nearest way to it."""
    found = [clean(describe_gap(gap) if isinstance(gap.have, Range) else gap.label) for gap in slot.gaps]
    return found or [clean(slot.label)]


def _all(parts: Sequence[str]) -> str:
    """Join parts that are all asked for, with semicolons where one is a list itself."""
    told = [*dict.fromkeys(parts)]
    if len(told) > 1 and any(" or " in one or " and " in one for one in told):
        return f"{'; '.join(told[:-1])}; and {told[-1]}"
    return listed(told, "and")


def _graded(one: StatementExplanation) -> str:
    words = stated_grade(one.strength or NOT_STATED, one.evidence or NOT_STATED)
    return f", {words}" if words else ""


def _outline(explanation: Explanation) -> Iterator[Row]:
    if not explanation.valid:
        yield INVALID
    if explanation.kind == "action":
        yield from _status(explanation)
    yield from _interactions(explanation)
    shown: set[object] = set()
    for one in explanation.statements:
        yield from _statement(one, shown)
    yield from _change(explanation)


def _change(explanation: Explanation, most: int | None = None) -> Iterator[Row]:
    """Say what would change the answer: the smallest changes of the record, which were tried, or the first of them."""
    if not (explanation.remedies or explanation.beyond):
        return
    yield Row(0, "What would change this", style="heading")
    for one in explanation.remedies[:most]:
        yield Row(1, described_remedy(one), "recorded")
    if explanation.beyond:
        yield Row(1, explanation.beyond)


def described_remedy(remedy: Remedy) -> str:
    """Say a change of the record and what was derived with it."""
    known = _STATUSES.get((remedy.outcome, remedy.modality)) or _OUTCOMES.get(remedy.outcome)
    return f"{'; '.join(remedy.facts)}: then {known or _STATES.get(remedy.outcome, remedy.outcome)}"


def described_status(explanation: Explanation) -> str:
    """Say the status of an action, or the state of a statement, in words."""
    if explanation.before:
        return f"to be done before {listed(explanation.before, 'and')}"
    if explanation.going_on:
        return _STATUSES[Status.SATISFIED, Fulfilment.RUNNING]
    status = explanation.status
    for how in (explanation.fulfilment, explanation.modality):
        if words := _STATUSES.get((status, how)):
            return words
    return _STATES.get(status, status)


def _status(explanation: Explanation) -> Iterator[Row]:
    where = f" ({explanation.site})" if explanation.site else ""
    yield Row(0, f"{explanation.label}: {described_status(explanation)}{where}", style="heading")
    if explanation.via:
        yield Row(1, f"The plan speaks of {explanation.via}, of which this is a kind.")
    yield from _courses(explanation)
    yield Row(1, explanation.rule)
    yield from (Row(1, described_reservation(one), "recorded") for one in explanation.reservations)
    yield from (Row(1, _manner(one), "recorded") for one in explanation.manner)
    if explanation.along:
        yield Row(1, f"Goes with it: {'; '.join(map(_along, explanation.along))}", "recorded")
    for one in explanation.conflicts:
        yield Row(1, _conflict(one))
    if explanation.nearest:
        yield Row(1, _near(explanation.nearest, explanation.as_of), "recorded")


def _interactions(explanation: Explanation) -> Iterator[Row]:
    """Tell how what is explained bears on other treatments, or they on each other."""
    if explanation.interactions:
        yield Row(0, "Interactions", style="heading")
        yield from (Row(1, capital(told_interaction(one)), "recorded") for one in explanation.interactions)


def described_reservation(one: Reservation) -> str:
    """Say how an action must not be carried out, and what would allow it."""
    condition = f" if {_all(one.conditions)}:" if one.conditions else ""
    unless = f", unless {listed(one.unless, 'or')}" if one.unless else ""
    return f"But{condition} {one.words.rstrip('.')}{unless} {' '.join(one.statements)}"


def _manner(one: Manner) -> str:
    """Say on which side an action is to be carried out, or what would decide it."""
    words = f"Left open: {one.words}; {' '.join(one.asked)}" if one.asked else capital(one.words)
    return f"{words} {' '.join(one.statements)}"


def _along(one: Along) -> str:
    consider = "consider " if one.modality == Modality.CONSIDER else ""
    return f"{consider}{one.label} {' '.join(one.statements)}"


def _courses(explanation: Explanation) -> Iterator[Row]:
    """Tell what was done of an action, what came of its courses that are over, and of those that run."""
    label, action = explanation.via or explanation.label, explanation.action
    judged = {one.node for one in explanation.past if one.outcome or one.reason}
    done = [one for one in action.done if one.node not in judged] if action else []
    if action:
        yield from (Row(1, f"{capital(describe_done(one, action))}.", "recorded") for one in done)
    for one in explanation.past:
        if one.node not in {it.node for it in done}:
            yield Row(1, f"{capital(_past(one, label))}.", "recorded")
    yield from (Row(1, f"The patient's own: {clean(wish)}.", "recorded") for wish in explanation.wishes)
    for one in explanation.ongoing:
        told = describe_ongoing(one, label)
        yield Row(1, f"Running{_lasting(_days(one, explanation.as_of))}{f', {told}' if told else ''}.", "recorded")


def _past(course: Course, label: str) -> str:
    """Say how a course that is over, or was not begun, ended, and when."""
    name = "" if course.label == label else f"{course.label} "
    dates = " to ".join(dict.fromkeys(filter(None, (course.start, course.end))))
    ended = ", ".join(filter(None, (course.outcome, course.reason)))
    verb = "tried" if course.unfavourable and course.outcome else course.status
    lasted = _lasting(_days(course, None))
    return clean(f"{name}{verb}{f' {dates}' if dates else ''}{lasted}{f': {ended}' if ended else ''}")


def _near(nearest: Nearest, as_of: date) -> str:
    """Name the action of the plan that comes nearest to what is not in it, and since when it runs."""
    site = f" for the {nearest.site}" if nearest.site else ""
    running = [
        f", running{_lasting(_days(one, as_of))}{f', {told}' if (told := describe_ongoing(one, nearest.label)) else ''}"
        for one in nearest.ongoing
    ]
    more = len(nearest.statements) - STATEMENTS_SHOWN
    ids = " ".join([*nearest.statements[:STATEMENTS_SHOWN], *([f"+{more}"] if more > 0 else [])])
    return f"The nearest in this plan: {clean(nearest.label)}, {nearest.status}{site}{''.join(running)} {ids}"


def _lasting(days: int | None) -> str:
    return f" for {counted(days, 'day')}" if days else ""


def _days(course: Course, as_of: date | None) -> int | None:
    """Count the days of a course, to a date where it runs; None where its dates are not known to the day."""
    start, end = whole_day(course.start), as_of or whole_day(course.end)
    return (end - start).days if start and end else None


def _conflict(conflict: Conflict) -> str:
    stands = f", so {conflict.decided_for} stands" if conflict.decided_for else ""
    pair = f"{conflict.opposed_by} speaks against {conflict.advised_by}"
    return f"{pair}: {DECISIONS.get(conflict.rule, 'nothing decides between them')}{stands}."


def _statement(statement: StatementExplanation, shown: set[object]) -> Iterator[Row]:
    state = _STATES.get(statement.state, statement.state)
    yield Row(0, f"{statement.id} {statement.role}: {statement.intervention} · {state}", style="heading")
    yield Row(1, f"“{statement.text}”")
    yield from (Row(1, text, style="dim") for text in _provenance(statement))
    for slot in statement.slots:
        yield from _slot(slot, statement, shown)
    for check in statement.checks:
        mark = "missing" if check.verdict in {Comparison.ABOVE, Comparison.BELOW, Comparison.OVERDUE} else "none"
        yield Row(1, f"On record: {describe_check(check)}", mark, "missing" if mark == "missing" else "")


def _provenance(statement: StatementExplanation) -> Iterator[str]:
    section = f", section {statement.section}" if statement.section else ""
    yield f"Source: {statement.document} {statement.document_title}{section}"
    grades = [_grade("strength", statement.strength, statement.strength_wording)]
    grades.append(_grade("evidence", statement.evidence, statement.evidence_wording))
    yield f"Grades: {'; '.join(grades)}"
    if statement.timing:
        yield f"Timing: {statement.timing}"
    if statement.inferred:
        yield "Inferred: the document implies it and does not say it in so many words."
    if statement.references:
        yield f"Cites: {'; '.join(statement.references)}"


def _grade(name: str, value: str, wording: str) -> str:
    return f"{name} {value or 'not stated'}{f' ({wording})' if wording else ''}"


def _slot(slot: SlotExplanation, statement: StatementExplanation, shown: set[object]) -> Iterator[Row]:
    good = slot.holds if slot.slot in {"context", "requirement", "companion"} else None
    mark = "none" if good is None else ("holds" if good else "missing")
    yield Row(1, _slot_sentence(slot), mark, "missing" if mark == "missing" else "")
    for gap in slot.gaps if _matters(slot, statement) else ():
        if gap.requirement == slot.iri and not (gap.have or gap.need):
            continue
        yield Row(2, f"lacks {_gap(gap)}", "missing", "missing")
    if slot.proof and _matters(slot, statement):
        yield from _proof(slot.proof, 2, shown)
    for one in slot.also:
        yield Row(2, "and for another reason, which is enough by itself:", style="dim")
        yield from _proof(one, 2, shown)


def _matters(slot: SlotExplanation, statement: StatementExplanation) -> bool:
    """Tell whether a slot is worth its details: an exception that is not known to hold matters where it would lift."""
    if slot.holds or slot.slot in {"context", "requirement"}:
        return True
    return slot.slot == "exception" and statement.state == State.MUST_NOT


def _slot_sentence(slot: SlotExplanation) -> str:
    name = f"“{slot.label}”"
    match slot.slot:
        case "context":
            return f"Context {name}: {'holds' if slot.holds else 'does not hold'}"
        case "requirement":
            return f"Requires {name}: {slot.answer}{f', {slot.note}' if slot.note else ''}"
        case "exception":
            return f"Except for {name}: {'holds, which lifts the statement' if slot.holds else 'not known to hold'}"
        case "fulfilment":
            return f"Satisfied by {name}: {'so it is' if slot.holds else 'not known to be so'}"
        case _:
            return f"Goes with {name}: {slot.note}"


def _gap(gap: Gap) -> str:
    record = f"; nearest record: {local_name(gap.node)}" if gap.node else ""
    return f"{describe_gap(gap)}{record}"


def _proof(proof: Proof, depth: int, shown: set[object], *, brief: bool = False) -> Iterator[Row]:
    """Outline a proof, each claim once; beside something that is missing, what holds is told in one line."""
    proof = _collapsed(proof)
    key = (proof.claim, proof.facts(), tuple(one.claim for one in proof.because))
    repeated = key in shown and bool(proof.because)
    mark = proof.kind if proof.kind in MARKS else "holds"
    again = " (as above)" if repeated else (_recorded(proof) if proof.kind == "recorded" else "")
    yield Row(depth, proof.claim + again, mark, "missing" if mark == "missing" else "")
    if repeated or brief:
        return
    shown.add(key)
    for text in (proof.sentence, f"[{proof.axiom}]" if proof.axiom else ""):
        if text and text not in shown:
            shown.add(text)
            yield Row(depth + 1, text, style="dim")
    for one in dict.fromkeys(map(_collapsed, proof.because)):
        yield from _proof(one, depth + 1, shown, brief=one.holds and not proof.holds)


def _recorded(proof: Proof) -> str:
    """Say that a claim is recorded, and in which elements of which resources if the record tells."""
    elements: dict[str, list[str]] = {}
    for one in proof.derived_from:
        resource, _, element = unquote(one.removeprefix(IMPORTED)).partition("#")
        elements.setdefault(resource, []).extend([element] if element else [])
    shown = [f"{resource}#{', '.join(names)}" if names else resource for resource, names in elements.items()]
    more = f" and {len(shown) - _SOURCES_SHOWN} more" if len(shown) > _SOURCES_SHOWN else ""
    return f" (recorded: {'; '.join(shown[:_SOURCES_SHOWN])}{more})" if shown else " (recorded)"


def _collapsed(proof: Proof) -> Proof:
    """Replace what follows from one record, by a property or a superclass, by that record."""
    if proof.kind in _PLAIN_STEPS and len(proof.because) == 1:
        only = _collapsed(proof.because[0])
        if only.kind == "recorded":
            return only
    return proof


class ExplanationWriter(PartWriter):
    """Write explanations; terms are CURIEs, nodes of the patient's graph are IRIs."""

    def triple(self, proof: Proof) -> list[str]:
        """Give the terms of the triple that a proof claims, if it claims one."""
        triple = proof.triple
        return [_term(one) for one in (triple.subject, triple.predicate, triple.object)] if triple else []


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> str:
    if isinstance(term, ox.NamedNode):
        return curie(term.value) if is_term(term.value) or "/22-rdf-syntax-ns#" in term.value else term.value
    return term.value if isinstance(term, ox.Literal) else str(term)


_JSON = ExplanationWriter(SHAPES)
