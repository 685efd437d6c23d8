"""Lay out the page of a plan: which section tells an action, what is told in its row, and in which order.

There are no words here, so that text, Markdown, HTML and JSON agree on the page.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import ADVISING, SHOWN, ClaimKind, Status
from hipkg.knowledge.frame.speaking import FIRMNESS
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.prominence import RANKS, Prominence
from hipkg.planning.by_place import ByPlace
from hipkg.planning.prominence import Outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Action, Plan


class Section(StrEnum):
    """The sections of a page, in the order in which they are read."""

    CHECK = "check"
    ASK = "ask-first"
    MAY = "may-apply"
    TODAY = "do-today"
    CONSIDER = "consider"
    TRIED = "tried"
    NOT = "do-not"
    ALREADY = "already"
    IF = "if"
    LATER = "if-not-enough"
    AGAIN = "look-again"
    KNOW = "know"
    DISAGREE = "disagree"
    UNUSED = "not-used"


class Entry(NamedTuple):
    """One row of a page, by the numbers of its actions in the plan.

    Several ``actions`` are the members of a choice, the firmest first, or, where a ``document`` is named, what that
    advises those whom it is about; ``riders`` are told in the row of the others. What only goes along with an order
    that nothing advises is told with that: ``beside`` is the node of the order.
    """

    actions: tuple[int, ...]
    riders: tuple[int, ...]
    prominence: Prominence
    document: str = ""
    beside: str = ""

    @property
    def told(self) -> tuple[int, ...]:
        """The numbers of all actions that the row tells, its own first."""
        return (*self.actions, *self.riders)


class Part(NamedTuple):
    """A section with its rows."""

    section: Section
    rows: tuple[Entry, ...]

    @property
    def told(self) -> tuple[int, ...]:
        """The numbers of the actions that the section tells, in the order of reading."""
        return tuple(one for row in self.rows for one in row.told)


class Page(NamedTuple):
    """The sections that tell actions, and the statements that only inform, both in the order of reading."""

    parts: tuple[Part, ...]
    readings: tuple[str, ...]

    @property
    def told(self) -> frozenset[int]:
        """The numbers of the actions that the page tells, in a row of their own or of another."""
        return frozenset(one for part in self.parts for one in part.told)


_SECTION_OF_STATUS = {
    Status.CONFLICT: Section.DISAGREE,
    Status.CONTRAINDICATED: Section.NOT,
    Status.AVOID: Section.NOT,
    Status.CAUTION: Section.IF,
    Status.SATISFIED: Section.ALREADY,
}
_DAYS = "d"
_URGENT, _FOLLOW_UP = "escalation", "follow-up"
_GATES = frozenset({ClaimKind.HELD_BACK, ClaimKind.GATE_AWAITED})
_GUARDS = frozenset({ClaimKind.UNGUARDED, ClaimKind.GUARDING, ClaimKind.GUARD_AWAITED})
_OPEN = {Status.INDICATED, Status.CONDITIONAL}
_ACCEPTED = {Status.INDICATED, Status.CAUTION, Status.SATISFIED}
_ADVISED = (ClaimKind.INDICATED, ClaimKind.FULFILLED)
_JOINED = (Section.IF, Section.LATER)
"""What waits is told with what it goes along with, wherever that stands, if it is not refused."""


def page(plan: Plan, knowledge: Knowledge) -> Page:
    """Lay out the page of a plan."""
    return _Layout(plan, knowledge).page()


def section_of(action: Action) -> Section:
    """Choose the section that tells an action."""
    if is_confronted_with_danger(action):
        return Section.CHECK
    match action.status:
        case Status.INDICATED if (action.tried or action.wishes) and not action.running:
            return Section.TRIED
        case Status.INDICATED:
            return section_of_advice(action.modality, action.category)
        case Status.CONDITIONAL:
            return _section_of_waiting(action)
        case Status.AVOID if action.realised:
            return Section.CHECK
        case Status.CAUTION if action.by(ClaimKind.GUARDING):
            return Section.CHECK if action.planned else Section.TODAY
        case Status.CAUTION if _takes_time(action):
            return Section.LATER
        case status:
            return _SECTION_OF_STATUS[status]


def is_confronted_with_danger(action: Action) -> bool:
    """Tell whether a safety module refuses or holds back what is advised as things stand, or is taken or ordered."""
    if not action.dangers or action.status not in {Status.CONTRAINDICATED, Status.CONDITIONAL}:
        return False
    return bool(action.by(*_ADVISED) or action.current or action.planned)


class Care(IntEnum):
    """How much care is asked for with an action, the most first."""

    REFUSED = 0
    ENDANGERED = 1
    HELD_BACK = 2
    DISCOURAGED = 3
    GIVEN = 4
    OPEN = 5


def care_for(action: Action) -> Care:
    """Tell how much care is asked for with an action."""
    match action.status:
        case Status.CONTRAINDICATED:
            return Care.REFUSED
        case Status.CONDITIONAL if is_confronted_with_danger(action):
            return Care.ENDANGERED
        case Status.CONDITIONAL if ClaimKind.HELD_BACK in action.claimed:
            return Care.HELD_BACK
        case Status.AVOID:
            return Care.DISCOURAGED
        case Status.INDICATED | Status.SATISFIED:
            return Care.GIVEN
        case _:
            return Care.OPEN


def is_spoken_against(action: Action) -> bool:
    """Tell whether something is said against an action as things stand."""
    return care_for(action) <= Care.DISCOURAGED


def section_to_be(status: Status, modality: Modality, category: str) -> int:
    """Give the place among the sections of the one that would tell an action of which no more is known."""
    advised = status == Status.INDICATED
    section = section_of_advice(modality, category) if advised else _SECTION_OF_STATUS.get(status, Section.IF)
    return [*Section].index(section)


def section_of_advice(modality: Modality, category: str) -> Section:
    """Choose the section that tells advice of which nothing is done yet."""
    if modality == Modality.CONSIDER:
        return Section.CONSIDER
    return {_FOLLOW_UP: Section.AGAIN, _URGENT: Section.CHECK}.get(category, Section.TODAY)


def _section_of_waiting(action: Action) -> Section:
    """Tell what is held back as not to be done where nothing lifts that or nothing advises it, else where it waits."""
    gates = action.by(ClaimKind.HELD_BACK)
    if action.category == _URGENT and _is_advised(action):
        return Section.CHECK
    if gates and not (_is_advised(action) and any(one.lifted_by for one in gates)):
        return Section.NOT
    return Section.LATER if (action.phase > 1 and _is_advised(action)) or _takes_time(action) else Section.IF


def is_folded(action: Action) -> bool:
    """Tell whether an action waits for nothing but what the documents that advise it are about."""
    claimed, kinds = action.claimed, (ClaimKind.AWAITED, ClaimKind.INDICATED, ClaimKind.HELD_BACK)
    if action.status != Status.CONDITIONAL or ClaimKind.AWAITED not in claimed:
        return False
    return all(one.outside for kind in kinds for one in claimed.get(kind, ()))


def is_due_beside(action: Action, here: Iterable[Action], knowledge: Knowledge) -> bool:
    """Tell whether an action is a check to be made now, or to be done along with a treatment that runs already.

    Parameters: ``here`` are the actions at its place.
    """
    if action.by(ClaimKind.GUARDING):
        return True
    beside = knowledge.interventions[action.intervention].told_with
    if not beside or action.status != Status.INDICATED or action.modality != Modality.DO:
        return False
    return any(one.running and one.intervention in beside for one in here)


def _speaking(action: Action) -> Iterable[str]:
    """Give the ids of the statements that stand for a status, in any order, or of all if none of them does."""
    kinds = SHOWN[action.status] | (_GUARDS if action.status == Status.CONDITIONAL else frozenset())
    return [one.id for kind, some in action.claimed.items() if kind in kinds for one in some] or action.statements


def _takes_time(action: Action) -> bool:
    """Tell whether an action waits for a treatment to last."""
    return any(gap.need and gap.unit == _DAYS for some in action.claimed.values() for one in some for gap in one.unmet)


def _is_to_be_given(action: Action) -> bool:
    """Tell whether an action runs, or neither refusal nor gate speaks against it that is advised or ordered."""
    if action.running or not (action.planned or _is_advised(action)):
        return action.running
    held = ClaimKind.HELD_BACK in action.claimed or not action.planned
    refused = ClaimKind.REFUSED in action.claimed
    return not refused if action.status in _ACCEPTED else action.status == Status.CONDITIONAL and not held


def _is_advised(action: Action) -> bool:
    return not ADVISING.isdisjoint(action.claimed)


def _is_endangered_alike(action: Action, other: Action) -> bool:
    """Tell whether nothing but the dangers of another action, which is confronted with them, speaks against one."""
    dangers = {*action.dangers}
    told = bool(dangers) and dangers <= {*other.dangers} and is_confronted_with_danger(other)
    return told and {it.id for it in action.by(ClaimKind.REFUSED)} <= {one.statement for one in dangers}


class _Hosts:
    """In whose row actions are told, by their numbers."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}

    def root_of(self, number: int) -> int:
        """Find the action that has the row in which one is told."""
        return self.root_of(self._of[number]) if number in self._of else number

    def add(self, number: int, host: int | None) -> None:
        """Tell an action in the row of another one, unless it is told in one already, or that in its own."""
        if number not in self._of and host is not None and self.root_of(host) != number:
            self._of[number] = host


class _Layout:
    """Lay out the page of one plan."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        self._plan = plan
        self._knowledge = knowledge
        self._infos = knowledge.by_id
        self._outline = Outline(plan.leading, knowledge)
        self._at = ByPlace(plan.actions)
        self._sections = [section_of(one) for one in plan.actions]
        self._shown = [
            number
            for number, one in enumerate(plan.actions)
            if one.status != Status.CONFLICT and not self._told_by_a_kind(one)
        ]

    def page(self) -> Page:
        folded = {one for one in self._shown if is_folded(self._plan.actions[one])}
        joined = self._joined(one for one in self._shown if one not in folded)
        riders = self._riders(joined)
        riding = {one for some in riders.values() for one in some}
        rows: dict[Section, list[Entry]] = {one: [] for one in Section}
        for members in joined:
            if members[0] not in riding:
                entry = self._entry(members, riders.get(members[0], ()))
                section = Section.CHECK if entry.beside else self._sections[members[0]]
                # What a document puts first is part of today, even if it is to be looked at again and again.
                leads = section == Section.AGAIN and entry.prominence == Prominence.LEAD
                rows[Section.TODAY if leads else section].append(entry)
        for found in rows.values():
            found.sort(key=self._order)
        rows[Section.LATER] += self._folded(sorted(folded))
        return Page(tuple(Part(key, tuple(found)) for key, found in rows.items() if found), self._readings())

    def _joined(self, numbers: Iterable[int]) -> list[tuple[int, ...]]:
        """Join the members of a choice that stand open together at a place, the firmest advice first."""
        joined: dict[object, list[int]] = {}
        for number in numbers:
            one = self._plan.actions[number]
            open_ = one.choice and one.status in _OPEN and self._sections[number] != Section.TRIED
            joined.setdefault((one.choice, one.status, one.place) if open_ else number, []).append(number)
        return [
            tuple(sorted(some, key=lambda one: FIRMNESS[self._plan.actions[one].modality])) for some in joined.values()
        ]

    def _riders(self, joined: Iterable[tuple[int, ...]]) -> Mapping[int, list[int]]:
        """Map the first action of a row to the actions that are told in it."""
        rows = {members[0]: members for members in joined}
        places: dict[str, list[int]] = {}
        for number in rows:
            places.setdefault(self._plan.actions[number].intervention, []).append(number)
        hosts = _Hosts()
        for number, host in self._told_once(places):
            hosts.add(number, host)
        for number in rows:
            hosts.add(number, self._host(number, places))
        for number, first in self._endangered_alike(rows):
            hosts.add(number, first)
        for number in rows:
            hosts.add(number, self._endangered_at_a_site(number, places))
        found: dict[int, list[int]] = {}
        for number, members in rows.items():
            if (root := hosts.root_of(number)) != number:
                found.setdefault(root, []).extend(members)
        return found

    def _told_once(self, places: Mapping[str, list[int]]) -> Iterator[tuple[int, int]]:
        """Pair what acts on the whole body with the same at another place with which most care is asked for.

        What is alike at both places stays apart, and the rows are joined. What is told with something that acts at a
        site, or is made of it, is told there.
        """
        of_body, interventions = self._knowledge.whole_body, self._knowledge.interventions
        for iri in sorted(of_body & places.keys()) if len(self._at.places) > 1 else ():
            if not of_body.issuperset((*interventions[iri].told_with, *interventions[iri].comprises)):
                continue
            sited = [one for one in places[iri] if self._plan.actions[one].place]
            host = min(sited, key=lambda one: (care_for(self._plan.actions[one]), one), default=0)
            yield from ((one, host) for one in sited if self._standing(one) != self._standing(host))

    def _standing(self, number: int) -> tuple[object, ...]:
        action = self._plan.actions[number]
        return action.status, self._sections[number], action.modality, action.shown

    def _nearest(self, number: int, hosts: Iterable[int]) -> list[int]:
        """Sort actions so that those at the place of one come first."""
        place = self._plan.actions[number].place
        return sorted(hosts, key=lambda one: self._plan.actions[one].place != place)

    def _are_of_one_body(self, number: int, host: int) -> bool:
        """Tell whether an action is at the place of another, or of the patient, or both act on the whole body."""
        one, other = self._plan.actions[number], self._plan.actions[host]
        of_body = {one.intervention, other.intervention} <= self._knowledge.whole_body
        return one.place in {"", other.place} or (of_body and bool(other.place))

    def _host(self, number: int, places: Mapping[str, list[int]]) -> int | None:
        """Find the action in whose row another one is told: one that it is told with, or a class that is refused."""
        action = self._plan.actions[number]
        info = self._knowledge.interventions[action.intervention]
        if (part := self._open_part(number, places)) is not None:
            return part
        for host in self._nearest(number, (one for iri in info.told_with for one in places.get(iri, ()))):
            together = self._are_of_one_body(number, host) and self._may_ride(number, host)
            if together and self._open_part(host, places) is None:
                return host
        for find in (self._given_along_with, self._refused_kind, self._refused_class):
            if (found := find(number, places)) is not None:
                return found
        return None

    def _refused_class(self, number: int, places: Mapping[str, list[int]]) -> int | None:
        """Find a class that is refused, or endangers, as what is refused, runs or endangers of it does."""
        action = self._plan.actions[number]
        confronted = is_confronted_with_danger(action)
        if action.status == Status.CONTRAINDICATED or action.running or confronted:
            for iri in self._knowledge.interventions[action.intervention].superclasses & places.keys():
                for host in self._nearest(number, places[iri]):
                    other = self._plan.actions[host]
                    same = is_confronted_with_danger(other) == confronted or _is_endangered_alike(action, other)
                    alike = other.status == action.status and same
                    if host != number and alike and (not other.place or self._are_of_one_body(host, number)):
                        return host
        return None

    def _refused_kind(self, number: int, places: Mapping[str, list[int]]) -> int | None:
        """Find what is refused of what is taken care of by nothing but that, which is no reason to rest content.

        The same course can be refused because of one site, and taken for care of another.
        """
        action = self._plan.actions[number]
        courses = {one.node for one in action.ongoing}
        if action.status != Status.SATISFIED or not courses:
            return None
        for iri, some in places.items():
            for one in some if action.intervention in {iri, *self._knowledge.interventions[iri].superclasses} else ():
                kind = self._plan.actions[one]
                refused = kind.status == Status.CONTRAINDICATED or is_confronted_with_danger(kind)
                if refused and courses <= {it.node for it in kind.ongoing}:
                    return one
        return None

    def _given_along_with(self, number: int, places: Mapping[str, list[int]]) -> int | None:
        """Find what an action only goes along with: orders that are all refused or held back, or what to consider.

        What runs is given whatever speaks against it, and what goes along with it is due.
        """
        action = self._plan.actions[number]
        asked = self._asked_beside(action)
        if not asked:
            return None
        given = [one for one in self._of_class(asked, places) if one != number]
        given = [one for one in given if not action.place or self._plan.actions[one].place in {"", action.place}]
        due = [one for one in given if _is_to_be_given(self._plan.actions[one])]
        if not due:
            return next((one for one in given if self._plan.actions[one].planned), None)
        considered = all(self._is_only_considered(one) for one in due)
        return due[0] if considered and self._sections[number] == Section.TODAY else None

    def _of_class(self, asked: set[str], places: Mapping[str, list[int]]) -> list[int]:
        """List the actions of some interventions, of classes and of kinds of them."""
        return [one for iri, some in places.items() if self._is_of_class((iri,), asked) for one in some]

    def _is_of_class(self, given: Iterable[str], asked: set[str]) -> bool:
        """Tell whether any of what is given is one of some interventions, a class or a kind of one."""
        interventions = self._knowledge.interventions
        classes = asked.union(*(interventions[one].superclasses for one in asked))
        return any(one in classes or not asked.isdisjoint(interventions[one].superclasses) for one in given)

    def _is_only_considered(self, number: int) -> bool:
        one = self._plan.actions[number]
        return self._sections[number] in {Section.CONSIDER, Section.TRIED} and not (one.planned or one.running)

    def _endangered_at_a_site(self, number: int, places: Mapping[str, list[int]]) -> int | None:
        """Find the same intervention at a site of the patient, where the dangers of the patient are told as well."""
        action = self._plan.actions[number]
        if action.place or not is_confronted_with_danger(action):
            return None
        for other in places[action.intervention]:
            there = self._plan.actions[other]
            if there.place and there.status == action.status and {*there.dangers} >= {*action.dangers}:
                return other
        return None

    def _endangered_alike(self, numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Pair what is confronted with a danger with the first action of its place that the same ones speak against."""
        found: dict[object, int] = {}
        for number in numbers:
            one = self._plan.actions[number]
            if is_confronted_with_danger(one):
                first = found.setdefault((one.status, one.place, frozenset(one.dangers)), number)
                if first != number:
                    yield number, first

    def _open_part(self, number: int, places: Mapping[str, list[int]]) -> int | None:
        """Find the part that is still to be done of what is composed of several, where others are settled."""
        whole = self._plan.actions[number]
        if whole.status != Status.INDICATED:
            return None
        parts = [
            one
            for iri in self._knowledge.composed.get(whole.intervention, ())
            for one in places.get(iri, ())
            if self._plan.actions[one].place == whole.place
        ]
        open_ = [one for one in parts if self._plan.actions[one].status == Status.INDICATED]
        settled = [one for one in parts if self._plan.actions[one].status == Status.SATISFIED]
        return open_[0] if open_ and settled else None

    def _entry(self, members: tuple[int, ...], riders: Iterable[int]) -> Entry:
        shown = [id_ for one in members for id_ in _speaking(self._plan.actions[one])]
        told = [one for one in shown if self._infos[one].effect != hip.holdsBack] or shown
        beside = self._beside_order(self._plan.actions[members[0]])
        return Entry(members, tuple(riders), self._outline.best(told)[0], beside=beside)

    def _beside_order(self, action: Action) -> str:
        """Find the order that nothing advises with which alone an action goes along; empty where there is none.

        What goes along with anything that runs, or that the plan tells of, is due or told with that.
        """
        asked = self._asked_beside(action)
        there = (one for one in self._plan.actions if self._is_of_class((one.intervention,), asked))
        if not asked or any(one.running or one.status == Status.INDICATED for one in there):
            return ""
        alongside = [one for one in self._plan.alongside if self._is_of_class(one.interventions, asked)]
        ordered = all(one.ordered and one.treats for one in alongside)
        return alongside[0].node if alongside and ordered else ""

    def _asked_beside(self, action: Action) -> set[str]:
        """List what an action goes along with, if every statement that asks for it asks for it beside something."""
        asking = action.by(ClaimKind.INDICATED, ClaimKind.GUARDING)
        beside = [self._infos[one.id].accompanies for one in asking]
        if not all(beside) or action.status not in {Status.INDICATED, Status.CAUTION}:
            return set()
        return {iri for some in beside for iri in some}

    def _order(self, entry: Entry) -> tuple[bool, bool, bool, bool, int, int, int, int]:
        """Put a ban before advice against something, what leads first, then the document that speaks most of them.

        What goes along with a treatment that runs already is due before anything new. Of what does not lead what is in
        an outline stands first, and of that the latest step of care: it is what has become due.
        """
        first = self._plan.actions[entry.actions[0]]
        speaking = _speaking(first)
        _, document = self._outline.best(speaking)
        leads, outlined = entry.prominence == Prominence.LEAD, any(map(self._outline.belongs, speaking))
        step = -first.phase if first.status == Status.INDICATED and not leads else 0
        late = not is_due_beside(first, self._at.only(first.place), self._knowledge)
        if self._sections[entry.actions[0]] == Section.CHECK:
            # What has to be looked at is told before what must not be given, and both before what may yet come.
            late = False
            step = 0 if first.status == Status.INDICATED else 1 if is_confronted_with_danger(first) else 2
            leads = True
        avoid, rank = first.status == Status.AVOID, RANKS[entry.prominence]
        return avoid, late, not leads, not outlined, step, rank, document, entry.actions[0]

    def _may_ride(self, number: int, host: int) -> bool:
        section, other = self._sections[number], self._sections[host]
        held = is_confronted_with_danger(self._plan.actions[host])
        if held and (self._plan.actions[number].status == Status.AVOID or section in _JOINED):
            return True
        if section == Section.CHECK:
            return False
        return other in {section, Section.TRIED} or (
            (section in _JOINED or self._plan.actions[number].status == Status.AVOID)
            and other in {*_JOINED, Section.TODAY, Section.CONSIDER, Section.ALREADY, Section.AGAIN}
        )

    def _told_by_a_kind(self, action: Action) -> bool:
        """Tell whether an action has only gates, all of which show at a kind of it in the same place.

        What the patient has of it, or has planned, is told of one of its kinds as well.
        """
        if action.status != Status.CONDITIONAL or _GATES.isdisjoint(action.claimed):
            return False
        if len(action.by(*_GATES)) != len(action.statements):
            return False
        kinds = [one for one in self._at.only(action.place) if action.intervention in self._classes(one)]
        named = {name for one in kinds for name in (*one.current, *one.planned)}
        if not named.issuperset((*action.current, *action.planned)):
            return False
        there = [one for one in kinds if is_confronted_with_danger(one) and (one.current or one.planned)]
        held = {gate.id for one in there for gate in one.by(ClaimKind.HELD_BACK)}
        return {*action.statements} <= held.union(*(one.shown for one in kinds))

    def _classes(self, action: Action) -> frozenset[str]:
        return self._knowledge.interventions[action.intervention].superclasses

    def _folded(self, numbers: list[int]) -> Iterator[Entry]:
        """Tell in one row for each document what it would advise if the patient were one of those it is about."""
        waiting: dict[str, list[int]] = {}
        for number in numbers:
            scopes = [it for one in self._plan.actions[number].by(ClaimKind.AWAITED) for it in one.context]
            for document in dict.fromkeys(one.document for one in scopes):
                waiting.setdefault(document, []).append(number)
        for document, some in waiting.items():
            yield Entry(tuple(some), (), Prominence.NONE, document)

    def _readings(self) -> tuple[str, ...]:
        """Order what only informs: what its document makes prominent, then what is about a row of the page."""
        shown = [self._plan.actions[one] for one in self._shown]
        told = {iri for one in shown for iri in (one.intervention, *self._classes(one))}
        ids = dict.fromkeys(one.id for one in self._plan.statements if one.state == State.KNOWLEDGE)

        def rank(id_: str) -> tuple[int, bool, int, str]:
            about = self._infos[id_].intervention
            outline = self._outline
            return RANKS[outline.prominence(id_)], about not in told, outline.rank(id_), id_

        return tuple(sorted(ids, key=rank))
