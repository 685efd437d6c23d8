"""Write plans as JSON, in the form that ``hipkg/schemas/plan.schema.json`` describes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from hipkg.base.vocabulary import curie
from hipkg.knowledge.frame.claims import ADVISING, Status
from hipkg.knowledge.records import Bound
from hipkg.planning.bounds import Check
from hipkg.planning.gaps import Gap
from hipkg.planning.page import Entry, Page, Part, page
from hipkg.planning.records import (
    Action,
    Alongside,
    Conflict,
    Course,
    Danger,
    Done,
    Found,
    Interaction,
    OpenCheck,
    Plan,
    Question,
    Result,
    Scope,
    StatementState,
    Treatment,
    Unused,
)
from hipkg.render.encoder import Writer, in_parts, number
from hipkg.validation.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.knowledge.modality import Modality
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.gaps import Reached
    from hipkg.planning.records import Parameter


class _Setting(NamedTuple):
    """A parameter with one of the bounds that it sets, if it sets any, and how that is kept."""

    parameter: Parameter
    bound: Bound | None
    checks: tuple[Check, ...]


class _Member(NamedTuple):
    """A member of a choice, as the plan has it at the same place."""

    intervention: str
    label: str
    status: Status
    modality: Modality


class _Choice(NamedTuple):
    """A choice with those of its members that the plan has at one place."""

    id: str
    label: str
    members: tuple[_Member, ...]


PARTS: dict[type, str] = {
    Finding: "severity shape? patient? node? path? value? message fix? datatype? asks? asks_for=asks_for?",
    Gap: "@requirement label answer have()? need()? unit? earliest? boundary? node? question?",
    Check: "*bound verdict label have()? earliest? latest? activities? @record? note? outcome? alarm?",
    Bound: "lower()? upper()? quantity unit",
    Course: "node label start? end? status? outcome? reason? unfavourable?",
    Interaction: "kind @intervention label site place? treatments beside? statements settled?",
    Treatment: "@intervention label standing activities?",
}
"""What plans share with other results."""
SHAPES: dict[type, str] = {
    **PARTS,
    Plan: "patient as_of ontology_version engine documents min_strength? min_evidence? grade_objections? valid "
    "findings statements() actions conflicts interactions questions unused alongside? page() sources()?",
    Page: "sections=parts readings",
    Part: "section rows",
    Entry: "actions riders? prominence? document? beside?",
    StatementState: "state safety()? modality()? subject() @effect()? @intervention()? subjects()? site? place? unmet? "
    "lifted_by? ruled_out_by? satisfied_by? on_boundary? context_lacks? checks? context?",
    Scope: "document @requirement label only",
    Action: "@intervention label category status modality fulfilment? choice()? realised? site problem statements "
    "strength evidence unmet parameters() phase place? running? current? planned? done? past? ongoing? dangers? "
    "open_checks? instead? wishes?",
    Danger: "statement found",
    Found: "label value? unit? day?",
    OpenCheck: "@requirement label",
    _Choice: "@id label members",
    _Member: "@intervention label status modality",
    Done: "day node label requested? counts result? old_after()?",
    Result: "value? unit? text?",
    _Setting: "parameter.statement @parameter.intervention parameter.label parameter.text *bound? "
    "parameter.side? checks?",
    Conflict: "@intervention label site advised_by opposed_by rule decided_for? tensions()?",
    Question: "@requirement text site statements actions node? unread?",
    Alongside: "node interventions() label ordered treats day? statements? open_checks? parameters()?",
    Unused: "node label site day @property? value? unit?",
}


class PartWriter(Writer):
    """Write what plans share with other results."""

    def have(self, one: Gap | Reached | Check) -> str:
        """Write what is on record; empty where nothing is."""
        return str(one.have or "")

    def need(self, one: Gap | Reached) -> str:
        """Write what is needed."""
        return str(one.need)

    def lower(self, bound: Bound) -> int | float | None:
        """Give the least value of a bound."""
        return number(bound.lower) if bound.lower else None

    def upper(self, bound: Bound) -> int | float | None:
        """Give the greatest value of a bound."""
        return number(bound.upper) if bound.upper else None


class PlanWriter(PartWriter):
    """Write one plan."""

    def __init__(self, plan: Plan, knowledge: Knowledge) -> None:
        super().__init__(SHAPES)
        self._plan = plan
        self._knowledge = knowledge

    def statements(self, plan: Plan) -> dict[str, StatementState | list[StatementState]]:
        """Gather the states by statement; one that concerns several places gets a list."""
        gathered: dict[str, list[StatementState]] = {}
        for one in plan.statements:
            gathered.setdefault(one.id, []).append(one)
        return {id_: states[0] if len(states) == 1 else states for id_, states in sorted(gathered.items())}

    def page(self, plan: Plan) -> Page:
        """Lay out the page: the sections with the numbers of their actions, in the order of reading."""
        return page(plan, self._knowledge)

    def sources(self, plan: Plan) -> dict[str, tuple[str, ...]]:
        """Give what the nodes of the record were derived from."""
        return dict(plan.sources)

    def modality(self, state: StatementState) -> Modality:
        """Say how firmly a statement asks for its intervention; empty where it only informs."""
        return self._knowledge.by_id[state.id].modality

    def safety(self, state: StatementState) -> bool | None:
        """Tell that a statement is of a safety module and of none of the guideline documents."""
        return self._knowledge.documents[self._knowledge.by_id[state.id].document].safety or None

    def choice(self, action: Action) -> _Choice | None:
        """Tell of which choice an action is a member, with all of its members."""
        if not action.choice:
            return None
        members = [
            _Member(one.intervention, one.label, one.status, one.modality)
            for one in self._members[action.choice, action.place]
        ]
        return _Choice(action.choice, self._knowledge.label(action.choice), tuple(members))

    @cached_property
    def _members(self) -> Mapping[tuple[str, str], list[Action]]:
        """The actions that a statement of a choice advises, by the choice and their place."""
        found: dict[tuple[str, str], list[Action]] = {}
        for one in self._plan.actions:
            advising = (self._knowledge.by_id[state.id] for state in one.by(*ADVISING))
            for choice in dict.fromkeys(choice for info in advising for choice in info.choices):
                found.setdefault((choice, one.place), []).append(one)
        return found

    def subject(self, state: StatementState) -> str:
        """Name the first problem that a statement is about, or the patient."""
        return state.subjects[0] if state.subjects else self._plan.patient

    def subjects(self, state: StatementState) -> tuple[str, ...]:
        """Name all problems that a statement is about, where there are several."""
        return state.subjects if len(state.subjects) > 1 else ()

    def effect(self, state: StatementState) -> str:
        """Give the property that links a statement to its intervention."""
        info = self._knowledge.statement(state.id)
        return info.effect if info else ""

    def intervention(self, state: StatementState) -> str:
        """Give what a statement is about doing."""
        info = self._knowledge.statement(state.id)
        return info.intervention if info else ""

    def interventions(self, given: Alongside) -> list[str]:
        """Name what a treatment or a study is of."""
        return [curie(one) for one in given.interventions]

    def parameters(self, action: Action | Alongside) -> list[_Setting]:
        """Tell a parameter once for each bound that it sets, or once if it sets none."""
        return [
            _Setting(one, bound, tuple(check for check in one.checks if check.bound == bound))
            for one in action.parameters
            for bound in one.bounds or (None,)
        ]

    def old_after(self, done: Done) -> int | None:
        """Give the years after which what was done is too old, where it is."""
        return done.old_after or None

    def tensions(self, conflict: Conflict) -> tuple[str, ...]:
        """Give the ids of the topics on which two statements are known to disagree."""
        return tuple(one.id for one in self._knowledge.tensions_of(conflict.advised_by, conflict.opposed_by))


def plan_to_json(plan: Plan, knowledge: Knowledge) -> dict[str, Any]:
    """Turn a plan into what `json` can write; terms are CURIEs, nodes of the patient's graph are IRIs."""
    data: dict[str, Any] = PlanWriter(plan, knowledge).data(plan)
    return data


def plans_to_json(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write one plan as an object and several as an array of objects."""
    return "".join(plans_in_parts(plans, knowledge))


def plans_in_parts(plans: Sequence[Plan], knowledge: Knowledge) -> Iterator[str]:
    """Give what `plans_to_json` writes part by part, so that not all of it is held."""
    return in_parts((PlanWriter(one, knowledge).text(one) for one in plans), len(plans))


def plans_to_ndjson(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write each plan as an object in a line of its own."""
    return "".join(plan_to_line(one, knowledge) for one in plans)


def plan_to_line(plan: Plan, knowledge: Knowledge) -> str:
    """Write a plan as an object in one line that ends with a line break."""
    return PlanWriter(plan, knowledge).line(plan)
