"""What statements do not agree on, and what the plan asks for that does not go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.knowledge.frame.claims import PURSUED, ClaimKind
from hipkg.planning.clashes import clashing_actions, clashing_bounds
from hipkg.planning.records import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hipkg.derivation.records import Derivation, DerivedAction, Evaluation
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.clashes import Clash
    from hipkg.planning.parameters import Parameters
    from hipkg.planning.places import SiteNames


class Conflicts:
    """List what statements advise and oppose, and which of them stands."""

    def __init__(
        self,
        derivation: Derivation,
        knowledge: Knowledge,
        sites: SiteNames,
        parameters: Parameters,
        evaluations: Mapping[str, Evaluation],
    ) -> None:
        self._derivation = derivation
        self._knowledge = knowledge
        self._sites = sites
        self._parameters = parameters
        self._evaluations = evaluations

    def find(self) -> tuple[Conflict, ...]:
        """List the conflicts, ordered by what they are about."""
        actions = {one.iri: one for one in self._derivation.actions}
        found = []
        for one in self._derivation.conflicts:
            action = actions[one.action]
            advice, objection = (self._id(self._evaluations[iri]) for iri in (one.advice, one.objection))
            winner = self._id(self._evaluations[one.winner]) if one.winner else ""
            label = self._knowledge.label(action.intervention)
            found.append(
                Conflict(
                    intervention=action.intervention,
                    label=label,
                    site=self._sites.name(action.site),
                    advised_by=advice,
                    opposed_by=objection,
                    rule=one.rule,
                    decided_for=winner,
                )
            )
        found += [self._clash(one) for one in self._clashes()]
        return tuple(sorted(found, key=lambda one: (one.label, one.site, one.advised_by, one.opposed_by)))

    def _id(self, evaluation: Evaluation) -> str:
        return self._knowledge.statements[evaluation.statement].id

    def _clashes(self) -> Iterator[Clash]:
        """Find what the plan asks for and that does not go together."""
        yield from clashing_bounds(self._parameters.holding(), self._knowledge)
        pursued = [one for one in self._derivation.actions if one.status in PURSUED]
        advice = {one.iri: reason for one in pursued if (reason := self._advice(one))}
        yield from clashing_actions(pursued, advice, self._knowledge)

    def _advice(self, action: DerivedAction) -> Evaluation | None:
        """Pick the first evaluation that advises an action."""
        return next((self._evaluations[one] for one in action.by(ClaimKind.INDICATED)), None)

    def _clash(self, clash: Clash) -> Conflict:
        label, site = self._knowledge.label(clash.intervention), self._sites.name(clash.site)
        one, other = sorted((self._id(clash.one), self._id(clash.other)))
        return Conflict(
            intervention=clash.intervention,
            label=label,
            site=site,
            advised_by=one,
            opposed_by=other,
            rule=clash.kind,
            decided_for="",
        )
