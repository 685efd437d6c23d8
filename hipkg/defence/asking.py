"""Ask for the facts that are unknown and matter: what each possible answer to a question would change in the plan.

Every answer is tried: the plan is derived again with the facts that record it. Questions come in the order in which the
plan asks them, which `hipkg.planning.ranking` decides, each with the form that `hipkg.defence.forms` makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.brief import shown_by
from hipkg.base.numbers import COMPARISONS, COMPLEMENTS, read
from hipkg.base.vocabulary import RDF_TYPE
from hipkg.defence.bench import Bench
from hipkg.defence.difference import difference
from hipkg.defence.forms import Form, Former, limits_of
from hipkg.defence.wording import Describer
from hipkg.knowledge.frame.choices import shared_choices
from hipkg.knowledge.frame.claims import ADVISING, ClaimKind, Fulfilment, Status
from hipkg.knowledge.frame.speaking import FIRMNESS, speaking
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.prominence import RANKS
from hipkg.knowledge.trials import trials
from hipkg.knowledge.wording import LIMITS, quantity
from hipkg.planning.page import Section, page, section_to_be
from hipkg.planning.places import SiteNames
from hipkg.planning.prominence import Outline
from hipkg.planning.ranking import is_urgent
from hipkg.record.change import NO_CHANGE, Change, Fact
from hipkg.record.facts import NOTHING, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation, Outlook
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Planned
    from hipkg.planning.records import Action, Plan, Question

ANSWERS = 3
"""How many ways to fulfil a requirement are told as answers."""
MOST_ANSWERS = 6
"""How many answers one question gets."""
_LAST = (len(Section),)
_REFUSING = frozenset({Status.CONTRAINDICATED, Status.AVOID})
_FORBIDDING = frozenset({ClaimKind.REFUSED, ClaimKind.REFUSAL_AWAITED})
_WARNING = frozenset({ClaimKind.DISCOURAGED, ClaimKind.DISCOURAGEMENT_AWAITED})


class Turn(StrEnum):
    """What becomes of an action, where its status alone does not say it."""

    PLAIN = ""
    CONSIDERED = "considered"
    RUNNING = "running"
    UNJUDGED = "unjudged"
    DONE = "done"
    ORDERED = "ordered"
    NOT_NEEDED = "not-needed"
    PERMITTED = "permitted"
    UNOPPOSED = "unopposed"
    NOT_YET = "not-yet"


@shown_by("label", "site", "before", "after")
class Effect(NamedTuple):
    """An action that an answer would give another status; one is empty where the plan does not have the action.

    ``turn`` says more of what it then is, and ``choice`` names the choice of which it is then a member; ``order`` is
    where a page tells it.
    """

    intervention: str
    label: str
    site: str
    before: str
    after: str
    turn: Turn = Turn.PLAIN
    choice: str = ""
    order: tuple[int, ...] = ()

    @property
    def considered(self) -> bool:
        """Whether the action is then only to be considered."""
        return self.turn == Turn.CONSIDERED


@shown_by("words", "effects")
class Answer(NamedTuple):
    """One possible answer: the facts that record it, in words and as Turtle, and what they would change.

    ``yes`` tells whether it fulfils what is asked; ``words`` say the facts as the question puts them: numbers by the
    limits on which the answer turns, lengths in weeks and months; ``statements`` are those whose state changes.
    """

    yes: bool
    words: tuple[str, ...]
    facts: tuple[str, ...]
    snippet: str
    effects: tuple[Effect, ...]
    statements: tuple[str, ...]
    change: Change


@shown_by("text", "site")
class RankedQuestion(NamedTuple):
    """A question with its form and with answers that were tried.

    ``requirements`` are the classes, or the property, that are asked about; ``about`` is the body site that ``site``
    names, or the node that lacks something; ``actions`` counts the actions that an answer changes, and ``urgent`` tells
    whether an answer can call for urgent help; ``unread`` names what was not understood and could be what is asked.
    """

    requirements: tuple[str, ...]
    text: str
    site: str
    asked_by: tuple[str, ...]
    answers: tuple[Answer, ...]
    actions: int
    urgent: bool
    about: str
    form: Form
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Interview:
    """What there is to ask about one patient, what matters most first."""

    plan: Plan
    questions: tuple[RankedQuestion, ...]


def interview(planned: Planned, asker: Asker | None = None) -> Interview:
    """Try the answers to the questions about a patient; what several sites ask alike is one question.

    Parameters: ``asker`` is one who has perhaps tried some of them.
    """
    asker = asker or Asker(planned)
    found: dict[object, RankedQuestion] = {}
    for one in (asker.question(*question) for question in asker.open):
        alike = found.setdefault((one.text, one.form), one)
        if alike is not one:
            found[one.text, one.form] = _of_all_sites(alike, one)
    return Interview(planned.plan, tuple(found.values()))


def _of_all_sites(one: RankedQuestion, other: RankedQuestion) -> RankedQuestion:
    """Ask once what two sites ask in the same form."""
    return one._replace(
        site="",
        requirements=tuple(sorted({*one.requirements, *other.requirements})),
        asked_by=tuple(sorted({*one.asked_by, *other.asked_by})),
        actions=max(one.actions, other.actions),
    )


def effects(before: Plan, after: Plan, knowledge: Knowledge) -> tuple[Effect, ...]:
    """List the actions that have another status in another plan of the same patient, in the order of its page."""
    order: dict[tuple[str, str], int] = {}
    for plan in (after, before):
        for number in (one for part in page(plan, knowledge).parts for one in part.told):
            order.setdefault((plan.actions[number].place, plan.actions[number].intervention), len(order))
    first, then = map(_by_place, (before, after))
    found = []
    for one in difference(before, after).actions:
        key = (one.place, one.intervention)
        action, where = then.get(key), (order.get(key, len(order)),)
        effect = Effect(one.intervention, one.label, one.site, one.before, one.after, order=where)
        if action:
            choice = action.choice if action.status == Status.INDICATED else ""
            found.append(effect._replace(turn=_turn_to(action, action.modality, first.get(key)), choice=choice))
        elif not _is_refused_as_kind(first[key], first, knowledge):
            found.append(effect._replace(turn=_turn_from(first[key], knowledge)))
    return tuple(sorted(found, key=_weight))


def _by_place(plan: Plan) -> dict[tuple[str, str], Action]:
    return {(one.place, one.intervention): one for one in plan.actions}


def _is_refused_as_kind(action: Action, actions: Mapping[tuple[str, str], Action], knowledge: Knowledge) -> bool:
    """Tell whether a plan refuses a wider kind as well, which then tells what becomes of an action."""
    kinds = knowledge.interventions[action.intervention].superclasses if action.status in _REFUSING else ()
    wider = (actions.get((action.place, one)) for one in kinds)
    return any(one is not None and one.status == action.status for one in wider)


def _turn_to(action: Action | DerivedAction, modality: Modality, before: Action | None) -> Turn:
    """Say more of what an action has become; what was refused and runs has not thereby become advice."""
    if action.status == Status.INDICATED and modality == Modality.CONSIDER:
        return Turn.CONSIDERED
    runs = action.fulfilment == Fulfilment.RUNNING and ADVISING.isdisjoint(action.claimed)
    if runs and before and before.status in _REFUSING:
        return Turn.UNJUDGED
    return Turn(action.fulfilment)


def _turn_from(action: Action, knowledge: Knowledge) -> Turn:
    """Say what it means that a plan has an action no longer."""
    if not _FORBIDDING.isdisjoint(action.claimed):
        return Turn.PERMITTED
    if not _WARNING.isdisjoint(action.claimed):
        return Turn.UNOPPOSED
    awaited = [gap.requirement for one in action.by(ClaimKind.AWAITED) for gap in one.unmet]
    return Turn.NOT_YET if awaited and all(trials(one, knowledge) for one in awaited) else Turn.PLAIN


class Asker:
    """Ask about one patient: try the answers to a question when it is asked.

    ``plan`` is the plan of the patient; ``open`` lists the questions by their wordings and sites, what matters most
    first; ``places`` maps the body sites with a side that statements are about to their names.
    """

    def __init__(self, planned: Planned) -> None:
        self._graph = planned.record
        self.plan = planned.plan
        self._gathered: dict[tuple[str, str], list[Question]] = {}
        for one in self.plan.questions:
            self._gathered.setdefault((one.text, one.site), []).append(one)
        self.open = tuple(self._gathered)
        self._knowledge = planned.knowledge
        self._bench = Bench(planned)
        self._facts = planned.derivation.facts
        self._evaluations = planned.derivation.evaluations
        self._sites = {one.place: one.site for one in planned.plan.statements}
        sided = {one for cls in self._knowledge.sided for one in self._facts.members.get(cls, NOTHING)}
        self.places = {place: site for place, site in sorted(self._sites.items()) if place in sided}
        self._before = _Outcome.of(planned.derivation, planned.knowledge)
        self._listed = _by_place(planned.plan)
        self._outline = Outline(planned.plan.leading, planned.knowledge)
        self._answers: dict[Change, Answer | None] = {}
        self._ranked: dict[tuple[str, str], RankedQuestion] = {}
        spoken = Describer(planned.record, planned.knowledge, spoken=True)
        self._former = Former(planned.record, planned.derivation.facts, spoken, planned.knowledge)

    def about(self, text: str, site: str) -> str:
        """Return the node that an open question is about, which stays the same when it gets another name."""
        (first, *_) = self._gathered[text, site]
        return first.node or self._place(first)

    def requirements(self, text: str, site: str) -> tuple[str, ...]:
        """List the classes, or the property, that an open question asks about."""
        return tuple(sorted({one.requirement for one in self._gathered[text, site]}))

    def question(self, text: str, site: str) -> RankedQuestion:
        """Try the answers to an open question, and make its form, when it is asked first."""
        if (text, site) not in self._ranked:
            self._ranked[text, site] = self._rank(text, site)
        return self._ranked[text, site]

    def _rank(self, text: str, site: str) -> RankedQuestion:
        same = self._gathered[text, site]
        asked_by = tuple(sorted({id_ for one in same for id_ in one.statements}))
        requirements = self.requirements(text, site)
        repeats = all(trials(one, self._knowledge) for one in requirements)
        ways = {one: self._on_record(self._ways(one)) for one in same}
        confirming = [*chain.from_iterable(self._confirming(one, ways[one]) for one in same)]
        about = self.about(text, site)
        if repeats:
            form = self._former.tried(requirements, about)
            denial = form.fields[0].denial or NO_CHANGE
            denying = [*self._told([denial] if denial.added else [], yes=False)]
            answers = self._most_telling(confirming, denying)
        else:
            denying = [*self._denying(ways)] or [*self._told(self._absence_of(ways.values()), yes=False)]
            answers = self._distinct([*confirming, *denying])
            denials = [one.change for one in denying]
            form = (
                self._former.missing(same[0].node, same[0].requirement)
                if same[0].node
                else self._former.plain(requirements, chain.from_iterable(ways.values()), denials, site)
            )
        worded = [one._replace(words=self._words(one, requirements, site)) for one in answers]
        # Of several that read alike the first stays.
        answers = tuple({(one.yes, one.words): one for one in reversed(worded)}.values())[::-1]
        return RankedQuestion(
            requirements=requirements,
            text=text,
            site=site,
            asked_by=asked_by,
            answers=answers,
            actions=len({(effect.label, effect.site) for one in answers for effect in one.effects}),
            urgent=is_urgent(asked_by, self._knowledge),
            about=about,
            form=form,
            unread=tuple(dict.fromkeys(name for one in same for name in one.unread)),
        )

    @staticmethod
    def _distinct(answers: Iterable[Answer]) -> tuple[Answer, ...]:
        """Keep answers that differ in words, as many as are told, and of those that say no at least one."""
        distinct = list({one.facts: one for one in answers}.values())
        no = next((one for one in distinct if not one.yes), None)
        told = distinct[:MOST_ANSWERS]
        return tuple(told if no is None or no in told else [*told[:-1], no])

    @staticmethod
    def _most_telling(confirming: Iterable[Answer], denying: Iterable[Answer]) -> tuple[Answer, ...]:
        """Keep of many answers each that changes what none before it changes, the most first, and one that says no."""
        left, told, changed = list(confirming), list[Answer](), set[Effect]()
        while left and len(told) < MOST_ANSWERS - 1:
            best = max(left, key=lambda one: len({*one.effects} - changed))
            if told and changed.issuperset(best.effects):
                break
            told.append(best)
            changed.update(best.effects)
            left.remove(best)
        return (*told, *islice(denying, 1))

    def _words(self, answer: Answer, requirements: Sequence[str], site: str) -> tuple[str, ...]:
        """Say an answer with the limit that a number keeps, or breaks, in place of the number that was tried."""
        limits, numbers = list[str](), set[Fact]()
        for fact in sorted(answer.change.added, key=str):
            words = self._limit(fact, requirements)
            if words:
                numbers.add(fact)
                limits.append(words)
        replaced = frozenset(one for one in answer.change.removed if any(one[:2] == it[:2] for it in numbers))
        rest = Change(answer.change.added - numbers, answer.change.removed - replaced)
        return (*limits, *(self._former.said(rest, site) if rest != NO_CHANGE else ()))

    def _limit(self, fact: Fact, requirements: Sequence[str]) -> str:
        """Say which limit a number keeps or breaks; empty if that is no number of the patient, or has no one limit."""
        subject, prop, value = fact
        number = read(value) if subject == self._graph.iri and not isinstance(value, str) else None
        limits = limits_of(prop, requirements, self._knowledge)
        if number is None or len(limits) != 1:
            return ""
        symbol = limits[0].symbol
        kept = symbol if COMPARISONS[symbol](number, limits[0].number) else COMPLEMENTS[symbol]
        amount = quantity(limits[0].number, self._knowledge.units.get(prop, ""))
        return f"{self._knowledge.label(prop)} {LIMITS[kept]} {amount}"

    def _ways(self, question: Question) -> tuple[Change, ...]:
        """List the changes that would fulfil what is asked, none where a value of one node is."""
        return () if question.node else self._bench.abducer.ways([question.requirement], self._nodes(question))

    def _confirming(self, question: Question, ways: Iterable[Change]) -> Iterator[Answer]:
        return self._values(question) if question.node else self._told(ways, yes=True)

    def _denying(self, ways: Mapping[Question, Iterable[Change]]) -> Iterator[Answer]:
        """List the ways to refute all that some questions ask, where the record can tell that.

        Parameters: ``ways`` maps each of the questions to the ways to fulfil it.
        """
        nodes, abducer = {one: self._nodes(one) for one in ways}, self._bench.abducer
        opposed = [
            way
            for one in ways
            for cls in self._knowledge.refuters.get(one.requirement, ())
            for way in abducer.ways([cls], nodes[one])
        ]
        otherwise = [change for each in ways.values() for way in each for change in self._otherwise(way)]
        denials = [abducer.denials(one.requirement, nodes[one]) for one in ways]
        absent = abducer.merge(denials) if denials else ()
        kinds = {kind for each in ways.values() for way in each if (kind := self._kind_told(way))}
        asked = [self._about(one, kinds) for one in absent] if kinds else absent
        possible = [self._widest(one) for one in asked if one != NO_CHANGE and not self._contradicts(one)]
        least = [one for one in possible if not any(other.added < one.added for other in possible)]
        return self._told([*opposed, *otherwise, *least], yes=False)

    def _absence_of(self, ways: Iterable[Iterable[Change]]) -> list[Change]:
        """Record the absence of the one kind of problem that is asked for, though something else may do as well."""
        absent = set[Fact]()
        for change in chain.from_iterable(ways):
            sites = {node: site for node, prop, site in change.added if prop == hip.hasSite}
            absent.update(
                (text_of(sites.get(node, self._graph.iri)), hip.isWithout, kind)
                for node, prop, kind in change.added
                if prop == RDF_TYPE and node not in self._graph.subjects and self._can_be_absent(text_of(kind))
            )
        found = Change(frozenset(absent))
        return [found] if len(absent) == 1 and not self._contradicts(found) else []

    def _can_be_absent(self, kind: str) -> bool:
        return self._knowledge.is_a(kind, hip.Problem) and self._knowledge.definition(kind) is None

    def _kind_told(self, change: Change) -> str:
        """Return the kind that a change says something on record is of, where it says nothing else."""
        if len(change.added) != 1:
            return ""
        ((node, prop, kind),) = change.added
        return text_of(kind) if prop == RDF_TYPE and node in self._graph.subjects and node != self._graph.iri else ""

    def _on_record(self, ways: tuple[Change, ...]) -> tuple[Change, ...]:
        """Leave out ways that answer another question than what kind something on record is of, where some answer that.

        Of something of a kind that is on record, and something new of it, the new one says enough; what is treated is
        asked for as what was tried, wherever the treatment was meant to act.
        """
        ways = tuple(one for one in ways if not self._moves(one)) or ways
        ways = tuple(one for one in ways if not self._resumes(one))
        told = {kind for one in ways if (kind := self._kind_told(one))}
        if not told:
            return ways
        same = [one for one in ways if any(prop == RDF_TYPE and kind in told for _, prop, kind in one.added)]
        new = {kind for one in same if not self._kind_told(one) for _, prop, kind in one.added if prop == RDF_TYPE}
        return tuple(one for one in same if self._kind_told(one) not in new)

    @staticmethod
    def _resumes(change: Change) -> bool:
        """Tell whether a change says that what has ended, or was not begun, is otherwise."""
        return any(prop == hip.hasStatus for _, prop, _ in change.removed)

    def _moves(self, change: Change) -> bool:
        """Tell whether a change says only where a course on record acts, or makes up one of no treatment."""
        if all(prop == hip.targets and node in self._graph.subjects for node, prop, _ in change.added):
            return True
        of = {text_of(kind) for _, prop, kind in change.added if prop == hip.ofIntervention}
        course = any(prop == hip.hasCourse for _, prop, _ in change.added)
        return course and any(one in self._knowledge.concerning_patient for one in of)

    def _about(self, change: Change, kinds: Set[str]) -> Change:
        """Keep of a denial what it says of some kinds."""
        is_a = self._knowledge.is_a
        kept = (
            one for one in change.added if one[1] != hip.isWithout or any(is_a(text_of(one[2]), kind) for kind in kinds)
        )
        return Change(frozenset(kept), change.removed)

    def _widest(self, change: Change) -> Change:
        """Leave out the absence of a kind where that of a wider one, or of what yields it, is recorded at its place."""
        absent = [(place, text_of(kind)) for place, prop, kind in change.added if prop == hip.isWithout]
        needless = {
            (place, hip.isWithout, kind)
            for place, kind in absent
            if any(where == place and self._covers(other, kind) for where, other in absent)
        }
        return Change(change.added - needless, change.removed)

    def _covers(self, absent: str, kind: str) -> bool:
        """Tell whether the absence of one kind says that another is absent, or that what would yield it is."""
        wider, study = self._knowledge.superclasses, self._knowledge.result_of.get(kind, "")
        return absent in {*wider.get(kind, ()), study, *wider.get(study, ())}

    def _otherwise(self, change: Change) -> Iterator[Change]:
        """List the other values that a recorded node can have where a change would give it one."""
        if len(change.added) == 1 and not change.removed:
            ((node, prop, value),) = change.added
            for other in self._possible_values(prop) if prop in self._knowledge.single_valued else ():
                if other != value:
                    yield Change(frozenset({(node, prop, other)}))

    def _possible_values(self, prop: str) -> list[str]:
        kind = self._knowledge.value_kinds.get(prop, "")
        return sorted(one for one, kinds in self._knowledge.individual_types.items() if kind in kinds)

    def _told(self, ways: Iterable[Change], *, yes: bool) -> Iterator[Answer]:
        """Try changes, the smallest first, and of those that differ in coded values alone only one."""
        told: set[frozenset[object]] = set()
        for way in sorted(dict.fromkeys(ways), key=lambda one: one.size):
            outline = way.outline(self._knowledge.single_valued)
            if len(told) < ANSWERS and outline not in told and (answer := self._answer(way, yes=yes)):
                told.add(outline)
                yield answer

    def _values(self, question: Question) -> Iterator[Answer]:
        """Give the node that is asked about each of the values that its property can have."""
        for value in self._possible_values(question.requirement):
            added = frozenset({(question.node, question.requirement, value)})
            if answer := self._answer(Change(added), yes=True):
                yield answer

    def _contradicts(self, change: Change) -> bool:
        """Tell whether a change records as absent what is recorded as present."""
        return any(
            self._is_present(text_of(kind), place) for place, prop, kind in change.added if prop == hip.isWithout
        )

    @cached_property
    def _running(self) -> Set[str]:
        members = self._facts.members
        return members.get(hip.CurrentActivity, NOTHING) | members.get(hip.PlannedActivity, NOTHING)

    def _is_present(self, kind: str, place: str) -> bool:
        """Tell whether a patient, or a body site, has a problem of a kind, or an activity of one that is under way."""
        facts = self._facts
        there = {
            one for one in self._running if any(facts.is_a(of, kind) for of in facts.nodes(one, hip.ofIntervention))
        }
        there |= facts.members.get(kind, NOTHING) - self._knowledge.terms
        if place == self._graph.iri:
            return bool(there)
        if any(place in facts.nodes(one, link) for one in there for link in (hip.locatedIn, hip.targets)):
            return True
        # What runs, and is said to be at no site, may be here.
        return any(one in self._running and not facts.values(one, hip.targets) for one in there)

    def _nodes(self, question: Question) -> tuple[str, ...]:
        """List the subjects of the statements that ask, at the site that they ask about, and the patient."""
        asking = [one for one in self._evaluations if self._asks(one, question)]
        return (*dict.fromkeys(node for one in asking for node in one.subjects), self._graph.iri)

    def _place(self, question: Question) -> str:
        """Return the body site that a question is about, empty where that is the patient."""
        if not question.site:
            return ""
        return next((one.site for one in self._evaluations if self._asks(one, question) and one.site), "")

    def _asks(self, evaluation: Evaluation, question: Question) -> bool:
        info = self._knowledge.statements[evaluation.statement]
        return info.id in question.statements and question.site in {"", self._sites.get(evaluation.site, "")}

    def _answer(self, change: Change, *, yes: bool) -> Answer | None:
        if change not in self._answers:
            self._answers[change] = self._tried(change)
        answer = self._answers[change]
        return answer and answer._replace(yes=yes)

    def _tried(self, change: Change) -> Answer | None:
        """Derive what follows after a change, and keep no more of it than what is told: there are many changes."""
        derived = self._bench.outlook(change)
        if derived is None:
            return None
        after, describer = _Outcome.of(derived, self._knowledge), self._bench.describer
        facts, snippet = describer.facts(change), describer.snippet(change)
        found = tuple(sorted(self._effects(after, derived), key=_weight))
        return Answer(
            yes=True,
            words=facts,
            facts=facts,
            snippet=snippet,
            effects=found,
            statements=self._changed(after),
            change=change,
        )

    def _effects(self, after: _Outcome, derived: Outlook) -> Iterator[Effect]:
        keys = self._before.actions.keys() | after.actions.keys()
        of = {one.iri: one.statement for one in derived.evaluations}
        for key in sorted(keys):
            one, other = (it.actions.get(key) for it in (self._before, after))
            if (one and one.status) != (other and other.status):
                place, intervention = key
                sites = after.sites if other else self._before.sites
                before, then = one.status if one else "", other.status if other else ""
                found = Effect(intervention, self._knowledge.label(intervention), sites.name(place), before, then)
                if other:
                    yield self._told_on_page(found, other, of)
                elif not _is_refused_as_kind(self._listed[key], self._listed, self._knowledge):
                    yield found._replace(turn=_turn_from(self._listed[key], self._knowledge), order=_LAST)

    def _told_on_page(self, effect: Effect, action: DerivedAction, of: Mapping[str, str]) -> Effect:
        """Tell whether an action is then only to be considered, or chosen, and about where a page tells it.

        Parameters: ``of`` maps evaluations to their statements.
        """
        info = self._knowledge.interventions[action.intervention]
        infos = self._knowledge.statements
        speak = [infos[of[one]] for one in action.by(*speaking(action.claimed, action.decisive)) if one in of]
        modality = min((one.modality for one in speak), key=FIRMNESS.__getitem__, default=Modality.NONE)
        open_ = action.status == Status.INDICATED
        section = section_to_be(action.status, modality, info.category)
        prominence, document = self._outline.best(one.id for one in speak)
        order = (section, RANKS[prominence], document, -info.phase if open_ else 0)
        advising = [infos[of[one]] for one in action.among(ADVISING) if one in of]
        choice = min(shared_choices(advising), default="") if open_ else ""
        before = self._listed.get((action.site, action.intervention))
        return effect._replace(turn=_turn_to(action, modality, before), choice=choice, order=order)

    def _changed(self, after: _Outcome) -> tuple[str, ...]:
        keys = self._before.states.keys() | after.states.keys()
        differing = {key[1] for key in keys if self._before.states.get(key) != after.states.get(key)}
        return tuple(sorted(self._knowledge.statements[one].id for one in differing))


def _weight(effect: Effect) -> tuple[bool, tuple[int, ...], str, str]:
    """Put in the order of a page what is then in the plan, and after it what is not."""
    return not effect.after, effect.order, effect.label, effect.site


class _Outcome(NamedTuple):
    """The actions and the states of statements by place, and the names of places, which may be new."""

    actions: Mapping[tuple[str, str], DerivedAction]
    states: Mapping[tuple[str, str], str]
    sites: SiteNames

    @classmethod
    def of(cls, derivation: Derivation | Outlook, knowledge: Knowledge) -> _Outcome:
        return cls(
            {(one.site, one.intervention): one for one in derivation.actions},
            {(one.site, one.statement): one.state for one in derivation.evaluations},
            SiteNames(derivation, knowledge),
        )
