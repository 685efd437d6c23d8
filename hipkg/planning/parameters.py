"""What holding statements specify about interventions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.knowledge.frame.answers import State
from hipkg.knowledge.frame.claims import Status
from hipkg.planning.records import Parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge.records import Knowledge, StatementInfo
    from hipkg.planning.bounds import Check
    from hipkg.planning.places import SiteNames
    from hipkg.planning.records import StatementState

_DETAILING = {hip.specifies, hip.safeguardsWith}
_REFUSED = {Status.CONTRAINDICATED, Status.AVOID}


class Parameters:
    """Collect what statements that hold specify, safety checks included."""

    def __init__(self, derivation: Derivation, knowledge: Knowledge, sites: SiteNames) -> None:
        self._knowledge = knowledge
        self._sites = sites
        self._specifying: dict[str, list[tuple[Evaluation, StatementInfo]]] = {}
        for one in derivation.evaluations:
            info = knowledge.statements[one.statement]
            if one.state == State.NOW and info.effect in _DETAILING:
                for intervention in {info.intervention, *info.accompanies}:
                    self._specifying.setdefault(intervention, []).append((one, info))

    def holding(self) -> list[Evaluation]:
        """List the evaluations of statements that specify something, in the order of their names."""
        found = {one.iri: one for some in self._specifying.values() for one, _ in some}
        return [found[iri] for iri in sorted(found)]

    def of_action(self, derived: DerivedAction, states: dict[str, StatementState]) -> tuple[Parameter, ...]:
        """Collect what holding statements specify about an action or what goes with it, safety checks included.

        An action that is refused is not carried out, so nothing specifies it.
        """
        if derived.status in _REFUSED:
            return ()
        return self.of_interventions((derived.intervention,), {derived.site} - {""}, states)

    def of_interventions(
        self, interventions: Iterable[str], places: Set[str], states: Mapping[str, StatementState]
    ) -> tuple[Parameter, ...]:
        """Collect what holding statements specify about interventions at some places, or at any if there are none."""
        kinds = {(kind, one) for one in interventions for kind in self._specifying.keys() & self._knowledge.named[one]}
        found = {
            evaluation.iri: self._parameter(info, evaluation, states[evaluation.iri].checks)
            for kind, intervention in kinds
            for evaluation, info in self._specifying[kind]
            if (not evaluation.site or not places or evaluation.site in places)
            and not (info.effect == hip.safeguardsWith and info.intervention == intervention)
        }
        return tuple(found[iri] for iri in sorted(found, key=lambda iri: (found[iri].statement, iri)))

    def _parameter(self, info: StatementInfo, evaluation: Evaluation, checks: tuple[Check, ...]) -> Parameter:
        intervention = self._knowledge.interventions[info.intervention]
        side = self._sites.opposite(evaluation.site) if intervention.side_rule == "contralateral" else ""
        phrase = intervention.side_phrase.replace("{side}", side) if side else ""
        return Parameter(
            statement=info.id,
            intervention=info.intervention,
            label=intervention.label,
            text=info.text,
            bounds=info.bounds,
            checks=checks,
            side=phrase,
        )
