"""Make plans, and write them in every format."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Self

from hipkg.api.arguments import asked
from hipkg.api.door import warned
from hipkg.api.result import Result, Results
from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import curie
from hipkg.knowledge.frame.claims import Status
from hipkg.planning import records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hipkg.api.arguments import Day, Tables, Texts
    from hipkg.api.result import Form, Row
    from hipkg.api.sources import Source
    from hipkg.knowledge.records import Knowledge
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True, repr=False)
class Plan(Result, records.Plan):
    """The plan of one patient, with the knowledge that it was made with and is written with."""

    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)
    _columns: ClassVar[Mapping[str, type]] = {
        "patient": str,
        "as_of": date,
        "subject": str,
        "site": str,
        "action": str,
        "intervention": str,
        "category": str,
        "status": str,
        "modality": str,
        "fulfilment": str,
        "phase": int,
        "running": bool,
        "strength": str,
        "evidence": str,
        "earliest": date,
        "statements": str,
    }

    @classmethod
    def pair(cls, before: records.Plan, after: records.Plan, knowledge: Knowledge) -> dict[str, Plan]:
        """Put two plans that are compared, and the knowledge that they were made with, together."""
        return {"before": cls.of(before, knowledge), "after": cls.of(after, knowledge)}

    def to_fhir(self, patient: str = "") -> dict[str, Any]:
        """Return the plan as a FHIR R4 Bundle; ``patient`` refers to a Patient that is kept elsewhere."""
        from hipkg.render.fhir import plan_bundle

        return plan_bundle(self, self.knowledge, patient)

    def to_text(self, width: int | None = None, *, everything: bool = False) -> str:
        """Write the first screen of the plan, or everything, as plain text of a width in columns."""
        if everything:
            from hipkg.render.text import plans_to_text as whole

            return whole((self,), self.knowledge, width=width)
        from hipkg.render.screen_text import plans_to_text

        return plans_to_text((self,), self.knowledge, width=width)

    def to_html(self) -> str:
        """Write the plan as one self-contained page: a pathway in time whose rows open their reasons."""
        return self._written("page")

    @classmethod
    def _render(cls, found: Sequence[Self], form: Form, knowledge: Knowledge) -> str:
        if form == "html":
            from hipkg.render.html import plan_to_html

            return "\n".join(plan_to_html(one, knowledge) for one in found)
        from hipkg.render import render

        return render(found, "html" if form == "page" else form, knowledge)

    @classmethod
    def _graph(cls, found: Sequence[Self], knowledge: Knowledge) -> str:
        return cls._render(found, "turtle", knowledge)

    def _rows(self) -> Iterator[Row]:
        for one in self.actions:
            yield (
                self.patient,
                self.as_of,
                one.problem or "patient",
                one.site,
                one.label,
                curie(one.intervention),
                one.category,
                one.status,
                one.modality,
                one.fulfilment,
                one.phase,
                one.running,
                one.strength,
                one.evidence,
                max((gap.earliest for gap in one.unmet if gap.earliest), default=None),
                one.statements,
            )

    def _named(self) -> tuple[str, *tuple[object, ...]]:
        counts = {status: sum(one.status == status for one in self.actions) for status in Status}
        told = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
        valid = "" if self.valid else "NOT VALID"
        return self.patient, self.as_of, valid, f"{len(self.questions)} questions", told


def plans(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    min_strength: str = "",
    min_evidence: str = "",
    grade_objections: bool = False,
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Results[Plan]:
    """Make the plan of each patient of a source.

    Parameters: ``source`` is a path, ``-`` for standard input, a text of RDF or FHIR, bytes, an open file, a graph of
    rdflib, a dict of FHIR or JSON-LD, or a list of these that are read as one; ``format`` names its format where
    neither a file's name nor the content tells it; ``as_of`` is the date of the plan, by default that which the source
    records, or today; ``engine`` is ``native``, ``hermit`` or ``pellet``; ``documents`` restricts the guideline
    documents by id; ``min_strength`` and ``min_evidence`` keep to the statements with at least this grade, a label of
    the ontology in any case; what speaks against an action or guards it is kept whatever its grade, unless
    ``grade_objections``; ``allow_invalid`` makes a plan in spite of violations, and the plan says so; ``codes`` are
    tables of further codes, as the option ``--codes`` takes them.

    Raises `UnreadableInput`, `NoPatient`, `InvalidPatient`, `DeceasedPatient`, `InconsistentData`, `EngineUnavailable`
    or `UsageError`, and warns by `SetAside` of what is set aside while the rest is read.
    """
    wanted = asked(
        format=format,
        as_of=as_of,
        engine=engine,
        documents=documents,
        min_strength=min_strength,
        min_evidence=min_evidence,
        grade_objections=grade_objections,
        allow_invalid=allow_invalid,
        codes=codes,
    )
    made = warned(lambda: wanted.planned(source))
    return Results.of((Plan.of(one.plan, wanted.knowledge) for one in made), Plan, wanted.knowledge)


def plan(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    engine: EngineName = "native",
    documents: Texts = (),
    min_strength: str = "",
    min_evidence: str = "",
    grade_objections: bool = False,
    allow_invalid: bool = False,
    codes: Tables = (),
) -> Plan:
    """Make the plan of the one patient of a source; the parameters and errors are those of `plans`.

    Raises `UsageError` as well if the source holds several patients.
    """
    made = plans(
        source,
        format=format,
        as_of=as_of,
        engine=engine,
        documents=documents,
        min_strength=min_strength,
        min_evidence=min_evidence,
        grade_objections=grade_objections,
        allow_invalid=allow_invalid,
        codes=codes,
    )
    if len(made) != 1:
        names = ", ".join(one.patient for one in made[:2])
        raise UsageError(
            f"The source holds {len(made)} patients.", place=f"{names}, …", remedy="Use hipkg.plans instead."
        )
    return made[0]
