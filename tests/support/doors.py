"""The steps of the package, taken with the released knowledge and with what is asked as keywords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.api.query import prepare
from hipkg.defence import asking, watching
from hipkg.defence import contrast as contrasting
from hipkg.defence.explainer import Explainer
from hipkg.knowledge.loading import load
from hipkg.knowledge.selection import select
from hipkg.maintenance.coverage import coverage as cover
from hipkg.pipeline import process
from hipkg.pipeline.request import Request
from hipkg.reading import sources
from hipkg.reasoning import engines

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    import pyoxigraph as ox

    from hipkg.defence.contrast import Contrast
    from hipkg.defence.explanations import Explanation
    from hipkg.derivation.records import Derivation
    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.coverage import Coverage
    from hipkg.pipeline.process import Checked, Planned
    from hipkg.querying.catalogue import QueryInfo
    from hipkg.querying.results import QueryResult
    from hipkg.reading.account import Import
    from hipkg.record.patient import Record
    from hipkg.validation.findings import Finding

_SELECTING = ("documents", "min_strength", "min_evidence", "grade_objections")


def request(**options: Any) -> Request:
    selecting = {name: options.pop(name) for name in _SELECTING if name in options}
    return Request(selection=select(load(), **selecting), **options)


def read(source: Any, knowledge: Callable[[], Knowledge] = load, **options: Any) -> tuple[Record, ...]:
    return warned(lambda: sources.read(source, knowledge, **options))


def read_triples(source: Any, **options: Any) -> tuple[ox.Triple, ...]:
    return warned(lambda: sources.read_triples(source, load, **options))


def read_import(source: Any, **options: Any) -> Import:
    return sources.read_import(source, load, **options)


def findings_of(record: Record) -> tuple[Finding, ...]:
    return checked(record).findings


def checked(record: Record) -> Checked:
    (found,) = process.validated((record,), load())
    return found


def planned(record: Record, **options: Any) -> Planned:
    return process.plan_patient(record, request(**options), load())


def plan_record(record: Record, **options: Any) -> Plan:
    return Plan.of(planned(record, **options).plan, load())


def derivation_of(record: Record, **options: Any) -> Derivation:
    return process.derivation_of(record, request(**options), load())


def with_entailed(record: Record) -> tuple[ox.Triple, ...]:
    return process.entailed(record, load)


def reason_over(triples: Iterable[ox.Triple], engine: engines.EngineName = "native") -> tuple[ox.Triple, ...]:
    return engines.reason_over(triples, load, engine)


def explain_record(record: Record, iri: str, *, thorough: bool = True, **options: Any) -> tuple[Explanation, ...]:
    return Explainer(planned(record, **options), thorough=thorough).explain(iri)


def contrast(source: Any, target: str, instead_of: str, **options: Any) -> tuple[Contrast, ...]:
    actions = contrasting.find_actions(target, instead_of, load())
    made = process.plan_patients(source, request(**options), load())
    return warned(lambda: contrasting.contrast(made, *actions, load()))


def interview(record: Record, **options: Any) -> asking.Interview:
    return asking.interview(planned(record, **options))


def watch_list(record: Record, **options: Any) -> watching.WatchList:
    return watching.watch_list(planned(record, **options))


def run_query(
    info: QueryInfo,
    files: Collection[Any] = (),
    params: Mapping[str, str | Sequence[str]] | None = None,
    *,
    seconds: int | None = None,
    limit: int | None = None,
    **options: Any,
) -> QueryResult:
    (asked,) = warned(lambda: prepare(info, files, listed(params or {}), request=request(**options), knowledge=load()))
    return asked.ask(seconds=seconds, limit=limit)


def listed(params: Mapping[str, str | Sequence[str]]) -> dict[str, Sequence[str]]:
    return {name: (value,) if isinstance(value, str) else value for name, value in params.items()}


def coverage(cases: Path, statements: Collection[str] = (), documents: Collection[str] = ()) -> Coverage:
    return cover(cases, load(), statements, documents)
