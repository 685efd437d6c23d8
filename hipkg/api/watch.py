"""List what to watch for while a plan is followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, ClassVar, Self

from hipkg.api.arguments import asked
from hipkg.api.door import warned
from hipkg.api.plan import Plan
from hipkg.api.result import Result, Results
from hipkg.base.vocabulary import curie
from hipkg.defence import watching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge


@dataclass(frozen=True, repr=False)
class WatchList(Result, watching.WatchList):
    """What to watch for while the plan of one patient is followed."""

    plan: Plan
    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        "action": str,
        "intervention": str,
        "site": str,
        "fact": str,
        "after": str,
        "statements": str,
    }

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:
        from hipkg.render.watching import render_watch_lists

        return render_watch_lists(found, form, knowledge)

    def _rows(self) -> Iterator[Row]:
        for watched in self.actions:
            action = watched.action
            for one in watched.threats:
                yield (
                    self.plan.patient,
                    self.plan.as_of,
                    action.label,
                    curie(action.intervention),
                    action.site,
                    one.fact,
                    one.after,
                    one.statements,
                )

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        return self.plan.patient, self.plan.as_of, f"{len(self.actions)} actions", f"{len(self.signs)} signs"


def watch(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    documents: Texts = (),
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[WatchList]:
    """Make the watch list of each patient of a source; the parameters and errors are those of `hipkg.plans`."""
    wanted = asked(format=format, as_of=as_of, documents=documents, allow_invalid=allow_invalid, codes=codes)
    made = warned(lambda: wanted.planned(source).each(watching.watch_list))
    known = wanted.knowledge
    return Results.of((WatchList.of(one, known, plan=Plan.of(one.plan, known)) for one in made), WatchList, known)
