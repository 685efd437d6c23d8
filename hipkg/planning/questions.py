"""What is to be asked: what statements do not know, which dangers are not excluded, and what the record lacks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from hipkg.base import hip
from hipkg.base.vocabulary import expand
from hipkg.knowledge.frame.answers import Answer, State
from hipkg.knowledge.memo import kept
from hipkg.knowledge.trials import treatments, trials
from hipkg.owl.expression import leaves
from hipkg.planning.dangers import dangers_of
from hipkg.planning.expected import unexpected_of
from hipkg.planning.interactions import kinds_given
from hipkg.planning.records import Question
from hipkg.record.facts import NOTHING, text_of
from hipkg.record.patient import EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence, Set
    from typing import TypeAlias

    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.gaps import Gap, Measurer
    from hipkg.planning.places import SiteNames
    from hipkg.planning.records import Action, Alongside, OpenCheck, StatementState
    from hipkg.record.patient import Unread
    from hipkg.validation.findings import Finding

_TREATING = {hip.indicates, hip.contraindicates, hip.discourages, hip.holdsBack}
_Asked: TypeAlias = dict[tuple[str, str, str], set[tuple[str, str]]]
"""The statements that ask, with their sites, by the requirement, the wording and the site of a question."""

_RULED_OUT = State.RULED_OUT


class _Endangering(NamedTuple):
    """What is given, with the interventions that it is a kind of and the dangers that are not excluded."""

    label: str
    site: str
    kinds: frozenset[str]
    open_checks: tuple[OpenCheck, ...]


class Questions:
    """Gather the questions of a plan."""

    def __init__(
        self,
        derivation: Derivation,
        knowledge: Knowledge,
        patient: str,
        sites: SiteNames,
        measurer: Measurer,
        *,
        unread: Sequence[Unread],
    ) -> None:
        self._derivation = derivation
        self._knowledge = knowledge
        self._patient = patient
        self._sites = sites
        self._measurer = measurer
        self._unexpected = unexpected_of(patient, derivation.facts, knowledge)
        self._unread = [one for one in unread if one.current and not one.known]

    def of_statements(self, states: dict[str, StatementState], actions: tuple[Action, ...]) -> list[Question]:
        """Gather the unknown parts by question."""
        asked: _Asked = {}
        for state in states.values():
            # What is unknown besides an unknown context is asked for once that is known.
            for gap in state.context_lacks or (*state.unmet, *state.lifted_by):
                if gap.question and gap.answer == Answer.UNKNOWN and not self._is_told_by_absence(gap.requirement):
                    # A fact about the patient is asked once, whatever sites its statements are about.
                    site = "" if self._knowledge.is_a(gap.requirement, hip.Patient) else state.site
                    key = gap.requirement, self._wording(gap), site
                    asked.setdefault(key, set()).add((state.id, state.site))
        asked = self._together(asked)
        touching: dict[str, set[str]] = {}
        for id_, site in set().union(*asked.values()):
            touching.setdefault(site, set()).add(id_)
        labels: dict[tuple[str, str], set[str]] = {}
        for action in actions:
            for one in touching.get(action.site, NOTHING).intersection(action.statements):
                labels.setdefault((one, action.site), set()).add(action.label)
        for state in states.values():
            info = self._knowledge.by_id[state.id]
            if (state.context_lacks and info.effect in _TREATING) or (state.state == _RULED_OUT and state.lifted_by):
                labels.setdefault((state.id, state.site), set()).add(self._knowledge.label(info.intervention))
        return [self._question(one, text, site, asking, labels) for (one, text, site), asking in asked.items()]

    def _is_told_by_absence(self, requirement: str) -> bool:
        """Tell whether a requirement asks for any treatment, and the record says that there was none of some."""
        asked = trials(requirement, self._knowledge)
        if not asked or any(one.interventions for one in asked):
            return False
        absent = self._derivation.facts.objects.get(hip.isWithout, {}).values()
        tried = treatments(self._knowledge)
        return any(text_of(kind) in tried for kinds in absent for kind in kinds)

    def _together(self, asked: _Asked) -> _Asked:
        """Ask what the patient tried together with what was tried for a site, where all who ask are about that one."""
        gathering = self._knowledge.questions.get(hip.TreatmentCourse, "")
        same = {key: asking for key, asking in asked.items() if key[1] == gathering}
        sites = {site for asking in same.values() for _, site in asking} - {""}
        if len(sites) != 1:
            return asked
        (place,) = sites
        return {(one, text, place if text == gathering else site): it for (one, text, site), it in asked.items()}

    def _wording(self, gap: Gap) -> str:
        """Word the question that asks for a gap: all that is unknown of what was tried is asked for in one."""
        gathering = self._knowledge.questions.get(hip.TreatmentCourse, "")
        if gathering and trials(gap.requirement, self._knowledge):
            return gathering
        of_patient = self._knowledge.is_a(gap.requirement, hip.Patient)
        return self._measurer.question(gap.requirement, [self._patient]) if of_patient else gap.question

    def of_dangers(self, actions: Iterable[Action], alongside: Iterable[Alongside]) -> Iterator[Question]:
        """Ask for the dangers of what is given or to be given, once for all that have the same ones."""
        given = [_Endangering(one.label, one.site, self._kinds_there(one), one.open_checks) for one in actions]
        for other in alongside:
            of = kinds_given(other.node, self._derivation.facts, self._knowledge)
            kinds = frozenset(kind for it in of for kind in self._kinds(it))
            given.append(_Endangering(other.label, "", kinds, other.open_checks))
        asking: dict[tuple[str, str], list[_Endangering]] = {}
        for one in given:
            for asked in dict.fromkeys(it.asked for it in one.open_checks if not it.unexpected):
                site = "" if self._knowledge.is_a(asked, hip.Patient) else one.site
                asking.setdefault((asked, site), []).append(one)
        all_open = {
            key: {it.requirement for one in some for it in one.open_checks if it.asked == key[0]} - self._unexpected
            for key, some in asking.items()
        }
        found: dict[tuple[str, str, str], tuple[set[str], set[str]]] = {}
        for (asked, site), some in asking.items():
            open_ = all_open[asked, site]
            if any(open_ < other for (_, place), other in all_open.items() if place in {"", site}):
                continue  # Another question asks for all of it.
            kinds = frozenset(kind for one in some for kind in one.kinds)
            text, requirements = self._asking_for(asked, open_)
            for requirement in requirements:
                ids, labels = found.setdefault((requirement, text, site), (set(), set()))
                dangers = open_.intersection(dangers_of(requirement, self._knowledge))
                ids.update(id_ for it in dangers for id_ in self._speaking_of(it, kinds))
                labels.update(one.label for one in some)
        for (requirement, text, site), (ids, labels) in found.items():
            unread = self._could_be(requirement)
            yield Question(requirement, text, site, tuple(sorted(ids)), tuple(sorted(labels)), unread=unread)
        yield from self._unexpected_dangers(given)

    def _unexpected_dangers(self, given: Sequence[_Endangering]) -> Iterator[Question]:
        """Ask for each danger that is not expected of the patient by itself."""
        asking: dict[str, list[_Endangering]] = {}
        for one in given:
            for requirement in dict.fromkeys(it.requirement for it in one.open_checks if it.unexpected):
                asking.setdefault(requirement, []).append(one)
        for requirement, some in asking.items():
            text, _ = self._asking_for(requirement, {requirement})
            kinds = frozenset(kind for one in some for kind in one.kinds)
            ids, labels = self._speaking_of(requirement, kinds), {one.label for one in some}
            yield Question(requirement, text, "", tuple(sorted(ids)), tuple(sorted(labels)), unexpected=True)

    def _asking_for(self, asked: str, open_: Set[str]) -> tuple[str, Sequence[str]]:
        """Word the question for the open dangers of a class of them, and list the classes that it asks about.

        Of a class of which some are excluded the others are asked for by their short words.
        """
        knowledge = self._knowledge
        parts = [one for one in dangers_of(asked, knowledge) if one in open_]
        if len(parts) == len(dangers_of(asked, knowledge)):
            return knowledge.questions.get(asked) or knowledge.label(asked), (asked,)
        if len(parts) == 1 and (own := knowledge.questions.get(parts[0])):
            return own, parts
        *others, last = map(knowledge.brief, parts)
        text = f"{', '.join(others)}, or {last}" if others else last
        return f"{text[:1].upper()}{text[1:]}?", parts

    def _speaking_of(self, danger: str, kinds: Collection[str]) -> list[str]:
        """List the statements about some interventions whose context is a danger, or else is a part of it.

        Where there is none, those about what is a kind of one of them.
        """
        infos = [*self._knowledge.of_context.get(danger, ())] or [
            info
            for context, some in self._knowledge.of_context.items()
            if self._knowledge.is_a(context, danger)
            for info in some
        ]
        narrower = [info.id for info in infos if not self._kinds(info.intervention).isdisjoint(kinds)]
        return [info.id for info in infos if info.intervention in kinds] or narrower

    def _kinds_there(self, action: Action) -> frozenset[str]:
        """List what an action is a kind of, with the kinds of it that are taken or ordered."""
        if not (action.current or action.planned):
            return self._kinds(action.intervention)
        below = (one for one in self._there if self._knowledge.is_a(one, action.intervention))
        return self._kinds(action.intervention).union(below)

    @cached_property
    def _there(self) -> frozenset[str]:
        """What the patient has or has planned of all interventions, wherever that is."""
        return frozenset().union(*self._derivation.running.values(), *self._derivation.planned.values())

    def _kinds(self, intervention: str) -> frozenset[str]:
        return self._knowledge.interventions[intervention].superclasses | {intervention}

    def of_findings(self, findings: Iterable[Finding]) -> Iterator[Question]:
        """Ask for what validation misses and the plan should ask, once for each node."""
        asked = {(expand(one.asks_for), one.value or one.node, one.asks) for one in findings if one.asks}
        for prop, node, text in sorted(asked):
            yield Question(
                requirement=prop, text=text, site=self._sites.named(node), statements=(), actions=(), node=node
            )

    def _question(
        self,
        requirement: str,
        text: str,
        site: str,
        asking: set[tuple[str, str]],
        labels: dict[tuple[str, str], set[str]],
    ) -> Question:
        touched: set[str] = set().union(*[labels.get(one, NOTHING) for one in asking])
        return Question(
            requirement=requirement,
            text=text,
            site=site,
            statements=tuple(sorted({id_ for id_, _ in asking})),
            actions=tuple(sorted(touched)),
            unread=self._could_be(requirement),
            unexpected=requirement in self._unexpected,
        )

    def _could_be(self, requirement: str) -> tuple[str, ...]:
        """Name what of the record was not understood and could be what a question asks: a drug, a disease."""
        kinds = _kinds_asked(requirement, self._knowledge) if self._unread else NOTHING
        return tuple(one.name for one in self._unread if one.kind in kinds)

    def premature(self, questions: Iterable[Question]) -> frozenset[tuple[str, str]]:
        """List the requirements, with their sites, whose questions presuppose what the record does not have."""
        return frozenset(
            (one.requirement, one.site)
            for one in questions
            if (needed := self._knowledge.presupposed.get(one.requirement))
            and not self._derivation.facts.any_is_a(self._asked_of(one), needed)
        )

    def _asked_of(self, question: Question) -> Iterator[str]:
        """List the nodes that a question is about: the patient, and the subjects of the statements that ask."""
        yield self._patient
        asking = {self._knowledge.by_id[one].iri for one in question.statements}
        for one in self._derivation.evaluations:
            if one.statement in asking and question.site in {"", self._sites.name(one.site)}:
                yield from one.subjects


@kept
def _kinds_asked(requirement: str, knowledge: Knowledge) -> frozenset[EntryKind]:
    """List the kinds of entries that can meet a requirement: drugs, and of one on the patient, diseases.

    Requirements on a place ask for what its pain and its films show, which other entries tell.
    """
    needed = leaves(requirement, knowledge.definitions)
    drugs = any(knowledge.interventions[one].is_drug for one in needed if one in knowledge.interventions)
    of_patient = knowledge.is_a(requirement, hip.Patient)
    diseases = of_patient and any(knowledge.is_a(one, hip.Condition) for one in needed)
    return frozenset([EntryKind.DRUG] * drugs + [EntryKind.CONDITION] * diseases)
