"""Write what is worked out about plans as RDF, each result a graph of its own, in terms of ``ontology/results.ttl``.

Every node has an IRI that follows from the patient, the date and what was asked, so that the same result gives the same
triples, and what is only supposed is never said of a node of the plan.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, RDFS, XSD, local_name
from hipkg.defence.asking import Interview
from hipkg.defence.ledger import Ledger
from hipkg.defence.orders import Aspect, OrderCheck
from hipkg.defence.sensitivity import GONE, Sensitivity
from hipkg.defence.since import Since
from hipkg.defence.watching import WatchList
from hipkg.defence.what_if import WhatIf
from hipkg.planning.bounds import Check
from hipkg.planning.gaps import Gap
from hipkg.render.names import part_iri
from hipkg.render.orders import words_of
from hipkg.render.rdf import ONTOLOGY, check_triples, finding_triples, gap_triples, turtle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hipkg.defence.difference import ActionChange, InteractionChange, StatementChange
    from hipkg.defence.ledger import Basis, Judgement, Review, Study, Treatment, Waiting
    from hipkg.defence.sensitivity import Standing
    from hipkg.defence.since import Moved
    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Action, Plan
    from hipkg.validation.findings import Finding

Told: TypeAlias = "Mapping[str, str | bool | int | date | Iterable[str] | None]"
"""What is told of a node, by property; of what is empty nothing."""
_LABEL = RDFS + "label"
_PART = PREFIXES["dcterms"] + "hasPart"
_DERIVED = PREFIXES["prov"] + "wasDerivedFrom"
_USED_PREFIXES = {name: PREFIXES[name] for name in ("dcterms", "hip", "prov", "rdfs", "sh", "xsd")}
_LINKS = {_DERIVED, hip.atSite, hip.drops, hip.madeSoBy, hip.ofIntervention, hip.ofPatient, hip.ofRecord}
_LINKS |= {hip.ofRequirement}


def results_to_turtle(results: Iterable[object], knowledge: Knowledge) -> str:
    """Write interviews, ledgers, comparisons, checks of orders, watch lists or sensitivity analyses as Turtle."""
    names = _Names(knowledge)
    return turtle((one for result in results for one in _described(result, names).triples()), _USED_PREFIXES)


class _Names:
    """The IRIs of statements by their ids, and of body sites of a plan by their names."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._infos = knowledge.by_id

    def statements(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._infos[one].iri for one in ids if one))


class _Node:
    """One node, with what is told of it and with its parts."""

    def __init__(self, iri: str, kind: str, told: Told) -> None:
        self._iri = iri
        self._kind = kind
        self._told = told
        self._parts: list[tuple[ox.NamedNode, Iterable[ox.Triple]]] = []

    def part(self, kind: str, told: Told) -> _Node:
        """Add a part of which something is told."""
        made = _Node(self._next(), kind, {**told, hip.position: len(self._parts) + 1})
        self._parts.append((ox.NamedNode(made._iri), made.triples()))
        return made

    def resting_on(self, bases: Iterable[Basis | None]) -> None:
        """Add the bounds that are compared, and the gaps; a number that is reached is told by the verdict alone."""
        for one in bases:
            if isinstance(one, Gap | Check):
                iri = self._next()
                triples = gap_triples(iri, one) if isinstance(one, Gap) else check_triples(iri, one)
                self._parts.append((ox.NamedNode(iri), triples))

    def found(self, findings: Iterable[Finding]) -> None:
        """Add what validation found."""
        for one in findings:
            iri = self._next()
            self._parts.append((ox.NamedNode(iri), finding_triples(iri, one)))

    def triples(self) -> Iterator[ox.Triple]:
        """List the triples of the node and of its parts."""
        node = ox.NamedNode(self._iri)
        yield ox.Triple(node, ox.NamedNode(RDF_TYPE), ox.NamedNode(self._kind))
        for prop, value in self._told.items():
            for one in (value,) if isinstance(value, str | int | date | None) else value:
                if one not in {"", None}:
                    yield ox.Triple(
                        node, ox.NamedNode(prop), ox.NamedNode(str(one)) if prop in _LINKS else _literal(one)
                    )
        yield from (ox.Triple(node, ox.NamedNode(_PART), iri) for iri, _ in self._parts)
        for _, triples in self._parts:
            yield from triples

    def _next(self) -> str:
        return f"{self._iri}&part={len(self._parts) + 1}"


def _literal(value: str | bool | int | date) -> ox.Literal:
    if isinstance(value, date):
        return ox.Literal(value.isoformat(), datatype=ox.NamedNode(XSD + "date"))
    return ox.Literal(value)


def _begun(kind: str, result: Ledger | Plan | Sensitivity, of: str, told: Told) -> _Node:
    """Begin a result with its patient, its date and how it was made; ``of`` tells it from others of its kind."""
    iri = part_iri(result, "", kind=kind, **({"of": of} if of else {}))
    about: Told = {
        hip.ofPatient: result.patient,
        hip.asOf: result.as_of,
        _DERIVED: (result.patient, f"{ONTOLOGY}{result.ontology_version}"),
    }
    return _Node(iri, kind, {**about, **told})


def _interview(result: Interview, names: _Names) -> _Node:
    made = _begun(hip.Interview, result.plan, "", {})
    sites = _sites(result.plan)
    for one in result.questions:
        question = made.part(
            hip.Question,
            {
                _LABEL: one.text,
                hip.siteName: one.site,
                hip.atSite: sites.get(one.site),
                hip.ofRequirement: one.requirements,
                hip.urgent: one.urgent,
                hip.madeSoBy: names.statements(one.asked_by),
            },
        )
        for answer in one.answers:
            told: Told = {hip.supposes: answer.facts, hip.fulfils: answer.yes}
            tried = question.part(hip.TriedAnswer, {**told, hip.madeSoBy: names.statements(answer.statements)})
            for effect in answer.effects:
                tried.part(
                    hip.Change,
                    {
                        _LABEL: effect.label,
                        hip.ofIntervention: effect.intervention,
                        hip.siteName: effect.site,
                        hip.atSite: sites.get(effect.site),
                        hip.before: effect.before,
                        hip.after: effect.after,
                    },
                )
    return made


def _ledger(result: Ledger, names: _Names) -> _Node:
    made = _begun(hip.TherapyLedger, result, "", {})
    made.found(result.findings)
    for one in result.treatments:
        trial = _recorded(made, one)
        for judged in one.judgements:
            _judged(trial, judged, judged.verdict, judged.basis, names)
    for study in result.studies:
        _recorded(made, study)
    for review in result.reviews:
        _judged(made, review, review.check.verdict, review.check, names)
    for waits in result.waiting:
        waiting = made.part(hip.Waiting, _about(waits))
        for need in waits.needs:
            waiting.part(hip.Reason, {hip.madeSoBy: names.statements([need.statement])}).resting_on(need.gaps)
    return made


def _recorded(of: _Node, one: Treatment | Study) -> _Node:
    told: Told = {_LABEL: one.label, hip.ofRecord: one.node, hip.ofIntervention: one.intervention}
    return of.part(hip.Trial, {**told, hip.siteName: one.sites})


def _judged(of: _Node, one: Judgement | Review, verdict: str, basis: Basis, names: _Names) -> None:
    told: Told = {hip.siteName: one.sites, hip.resultVerdict: verdict, hip.madeSoBy: names.statements([one.statement])}
    of.part(hip.Judgement, told).resting_on([basis])


def _order_check(result: OrderCheck, names: _Names) -> _Node:
    of = ",".join(f"{local_name(one.intervention)} {one.site}".strip() for one in result.orders)
    made = _begun(hip.OrderCheck, result.plan, of, {hip.opposed: result.opposed})
    sites = _sites(result.plan)
    for one in result.orders:
        about: Told = {_LABEL: one.label, hip.ofIntervention: one.intervention}
        at: Told = {hip.siteName: one.site, hip.atSite: sites.get(one.site)}
        verdict: Told = {hip.resultVerdict: one.verdict, hip.opposed: one.opposed}
        order = made.part(hip.CheckedOrder, {**about, **at, **verdict})
        for reason in one.reasons:
            told: Told = {
                _LABEL: words_of(reason),
                hip.siteName: reason.site,
                hip.atSite: sites.get(reason.site),
                hip.resultVerdict: reason.aspect,
                hip.madeSoBy: names.statements([reason.statement]),
            }
            order.part(hip.Reason, told).resting_on((*reason.lacks, reason.check))
        for open_check in one.open_checks:
            lacking: Told = {_LABEL: open_check.label, hip.ofRequirement: open_check.requirement}
            order.part(hip.Reason, {**lacking, hip.resultVerdict: Aspect.OPEN})
    return made


def _what_if(result: WhatIf, names: _Names) -> _Node:
    made = _begun(hip.Comparison, result.before, "; ".join(result.facts), {hip.supposes: result.facts})
    made.found(result.findings)
    for one in result.difference.actions:
        _changed(made, one, one.place, names)
    for state in result.difference.statements:
        _turned_state(made, state, names)
    _interacting(made, result.difference.interactions, names)
    return made


def _since(result: Since, names: _Names) -> _Node:
    told: Told = {
        hip.earlierDate: result.before.as_of,
        hip.recordedSince: result.recorded,
        hip.noLongerRecorded: result.gone,
    }
    made = _begun(hip.Comparison, result.after, result.before.as_of.isoformat(), told)
    sites = _sites(result.before) | _sites(result.after)
    for one in result.moved:
        _changed(made, one, sites.get(one.site, ""), names)
    for turned in result.turned:
        verdicts: Told = {hip.before: turned.before, hip.after: turned.check.verdict, hip.missed: turned.missed}
        about: Told = {hip.siteName: turned.site, hip.madeSoBy: names.statements([turned.statement])}
        made.part(hip.Change, {**about, **verdicts}).resting_on([turned.check])
    for left in result.unbegun:
        told = {_LABEL: left.label, hip.ofIntervention: left.intervention, hip.siteName: left.site}
        made.part(hip.Unbegun, {**told, hip.madeSoBy: names.statements(left.statements)})
    _interacting(made, result.interactions, names)
    return made


def _sensitivity(result: Sensitivity, names: _Names) -> _Node:
    made = _begun(hip.SensitivityAnalysis, result, result.by, {hip.resultScale: result.by})
    for number, one in enumerate(result.thresholds):
        told: Told = {hip.atLeastGrade: one.grades, hip.drops: names.statements(one.dropped)}
        threshold = made.part(hip.Threshold, told)
        for action in (*result.shifts, *result.steady):
            if action.statuses[number] != GONE:
                threshold.part(hip.Standing, {**_about(action), hip.after: action.statuses[number]})
    return made


def _watch_list(result: WatchList, names: _Names) -> _Node:
    made = _begun(hip.WatchList, result.plan, "", {})
    sites = _sites(result.plan)
    for watched in result.actions:
        for one in watched.threats:
            told: Told = {hip.supposes: one.fact, hip.before: watched.action.status, hip.after: one.after}
            about = {**_about(watched.action), hip.madeSoBy: names.statements(one.statements)}
            made.part(hip.Threat, {**about, **told})
    for sign in result.signs:
        about = {_LABEL: sign.action, hip.siteName: sign.site, hip.atSite: sites.get(sign.site)}
        because: Told = {hip.supposes: sign.fact, hip.madeSoBy: names.statements([sign.statement])}
        made.part(hip.WarningSign, {**about, **because})
    return made


def _about(one: Action | ActionChange | Waiting | Standing) -> Told:
    """Tell what an action is of, and where."""
    return {
        _LABEL: one.label,
        hip.ofIntervention: one.intervention,
        hip.siteName: one.site,
        hip.atSite: one.place,
    }


def _sites(plan: Plan) -> dict[str, str]:
    return {one.site: one.place for one in plan.statements if one.site}


def _changed(of: _Node, one: ActionChange | Moved, place: str, names: _Names) -> None:
    about: Told = {_LABEL: one.label, hip.ofIntervention: one.intervention, hip.siteName: one.site, hip.atSite: place}
    changed: Told = {hip.before: one.before, hip.after: one.after}
    made = of.part(hip.Change, {**about, **changed, hip.madeSoBy: names.statements(it.id for it in one.statements)})
    for state in one.statements:
        _turned_state(made, state, names)


def _turned_state(of: _Node, one: StatementChange, names: _Names) -> None:
    at: Told = {hip.siteName: one.site, hip.atSite: one.place}
    changed: Told = {hip.before: one.before, hip.after: one.after}
    of.part(hip.Change, {**at, **changed, hip.madeSoBy: names.statements([one.id])})


def _interacting(of: _Node, changes: Iterable[InteractionChange], names: _Names) -> None:
    for one in changes:
        some = one.after or one.before
        if some:
            about: Told = {_LABEL: some.label, hip.ofIntervention: some.intervention, hip.siteName: some.site}
            stood = {hip.before: one.before and one.before.kind, hip.after: one.after and one.after.kind}
            told: Told = {**about, hip.atSite: some.place, **stood, hip.madeSoBy: names.statements(some.statements)}
            of.part(hip.Change, told)


_WAYS: Mapping[type, Callable[[Any, _Names], _Node]] = {
    Interview: _interview,
    Ledger: _ledger,
    OrderCheck: _order_check,
    Sensitivity: _sensitivity,
    Since: _since,
    WatchList: _watch_list,
    WhatIf: _what_if,
}


def _described(result: object, names: _Names) -> _Node:
    return next(way for kind, way in _WAYS.items() if isinstance(result, kind))(result, names)
