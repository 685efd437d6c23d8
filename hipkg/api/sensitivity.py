"""Tell how plans change as weaker statements are dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from hipkg.api.arguments import asked, text, texts
from hipkg.api.door import warned
from hipkg.api.result import Result, Results
from hipkg.base.vocabulary import curie
from hipkg.defence import sensitivity as dropping
from hipkg.pipeline.process import each_alone

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.knowledge.selection import Scale


@dataclass(frozen=True, repr=False)
class Sensitivity(Result, dropping.Sensitivity):
    """How the plan of one patient changes as the grade that a statement has to state rises."""

    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        "by": str,
        "least": str,
        "action": str,
        "intervention": str,
        "site": str,
        "status": str,
    }

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:
        from hipkg.render.sensitivity import render_sensitivities

        return render_sensitivities(found, form, knowledge)

    def _rows(self) -> Iterator[Row]:
        for one in (*self.shifts, *self.steady):
            for threshold, status in zip(self.thresholds, one.statuses, strict=True):
                least = ", ".join(threshold.grades)
                place = (one.label, curie(one.intervention), one.site)
                yield (self.patient, self.as_of, self.by, least, *place, status)

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        return self.patient, f"by {self.by}", f"{len(self.shifts)} actions change", f"{len(self.steady)} do not"


def sensitivity(
    source: Source,
    *,
    by: Scale = "strength",
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    documents: Texts = (),
    grade_objections: bool = False,
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[Sensitivity]:
    """Tell for each patient of a source how the plan changes as weaker statements are dropped.

    Parameters: ``by`` is the scale of the grades, ``strength`` or ``evidence``; the others are those of `hipkg.plans`.

    Raises `UsageError` for an unknown scale, and what `hipkg.plans` raises.
    """
    text("by", by)
    wanted = asked(format=format, as_of=as_of, allow_invalid=allow_invalid, codes=codes)
    known = wanted.knowledge
    steps = dropping.selections(known, by, texts("documents", documents), grade_objections=grade_objections)
    made = warned(lambda: each_alone(wanted.checked(source), lambda one: dropping.sensitivity(one, by, steps, known)))
    return Results.of((Sensitivity.of(one, known) for one in made), Sensitivity, known)
