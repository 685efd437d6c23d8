"""Make plans, and write them in every format."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hipkg.api.door import warned
from hipkg.api.known import Known
from hipkg.base.errors import UsageError
from hipkg.knowledge.selection import select
from hipkg.pipeline.knowing import knowing
from hipkg.pipeline.process import plan_patients
from hipkg.pipeline.request import Request
from hipkg.planning import records

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    import rdflib

    from hipkg.knowledge.records import Knowledge
    from hipkg.reading.joint import AnySource
    from hipkg.reasoning.engines import EngineName


@dataclass(frozen=True)
class Plan(Known, records.Plan):
    """The plan of one patient, with the knowledge that it was made with and is written with."""

    knowledge: Knowledge = field(kw_only=True, repr=False, compare=False)

    @classmethod
    def of(cls, plan: records.Plan, knowledge: Knowledge) -> Plan:
        """Put a plan and the knowledge that it was made with together."""
        return cls(**vars(plan), knowledge=knowledge)

    @classmethod
    def pair(cls, before: records.Plan, after: records.Plan, knowledge: Knowledge) -> dict[str, Plan]:
        """Put two plans that are compared, and the knowledge that they were made with, together."""
        return {"before": cls.of(before, knowledge), "after": cls.of(after, knowledge)}

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, as ``hipkg/schemas/plan.schema.json`` describes it."""
        from hipkg.render.plan_json import plan_to_json

        return plan_to_json(self, self.knowledge)

    def to_json(self) -> str:
        """Write the plan as JSON."""
        from hipkg.render.plan_json import plans_to_json

        return plans_to_json((self,), self.knowledge)

    def to_graph(self) -> rdflib.Graph:
        """Return the plan as an rdflib graph that conforms to ``shapes/plan.ttl``."""
        from hipkg.render.rdf import plan_rdflib_graph

        return plan_rdflib_graph(self, self.knowledge)

    def to_turtle(self) -> str:
        """Write the plan as Turtle."""
        from hipkg.render.rdf import plans_to_turtle

        return plans_to_turtle((self,), self.knowledge)

    def to_fhir(self, patient: str = "") -> dict[str, Any]:
        """Return the plan as a FHIR R4 Bundle; ``patient`` refers to a Patient that is kept elsewhere."""
        from hipkg.render.fhir import plan_bundle

        return plan_bundle(self, self.knowledge, patient)

    def to_markdown(self) -> str:
        """Write the plan as Markdown that stands alone in a note."""
        from hipkg.render.markdown import plan_to_markdown

        return plan_to_markdown(self, self.knowledge)

    def to_text(self, width: int | None = None, *, everything: bool = False) -> str:
        """Write the first screen of the plan, or everything, as plain text of a width in columns."""
        if everything:
            from hipkg.render.text import plans_to_text as whole

            return whole((self,), self.knowledge, width=width)
        from hipkg.render.screen_text import plans_to_text

        return plans_to_text((self,), self.knowledge, width=width)

    def to_html(self) -> str:
        """Write the plan as one self-contained page: a pathway in time whose rows open their reasons."""
        from hipkg.render.html_page import plans_to_html

        return plans_to_html((self,), self.knowledge)

    def _repr_html_(self) -> str:
        from hipkg.render.html import plan_to_html

        return plan_to_html(self, self.knowledge)


def plans(
    source: AnySource,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    min_strength: str = "",
    min_evidence: str = "",
    grade_objections: bool = False,
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> tuple[Plan, ...]:
    """Make the plan of each patient in a file.

    Parameters: ``source`` is a path, ``-`` for standard input, the text as bytes, or a list of these that are read as
    one; ``format`` names its RDF format where the extension does not; ``as_of`` is the date of the plan, today by
    default; ``documents`` restricts the guideline documents by id; ``min_strength`` and ``min_evidence`` keep to the
    statements with at least this grade, a label of the ontology in any case; what speaks against an action or guards
    it is kept whatever its grade, unless ``grade_objections``; ``allow_invalid`` makes a plan in spite of violations,
    and the plan says so; ``codes`` are tables of further codes, as the option ``--codes`` takes them.

    Raises `UnreadableInput`, `NoPatient`, `InvalidPatient`, `InconsistentData`, `EngineUnavailable` or `UsageError`.
    """
    knowledge = knowing(codes)
    selection = select(knowledge, documents, min_strength, min_evidence, grade_objections=grade_objections)
    request = Request(format=format, as_of=as_of, engine=engine, selection=selection, allow_invalid=allow_invalid)
    made = warned(lambda: plan_patients(source, request, knowledge))
    return tuple(Plan.of(one.plan, knowledge) for one in made)


def plan(
    source: AnySource,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: date | None = None,
    engine: EngineName = "native",
    documents: Collection[str] = (),
    min_strength: str = "",
    min_evidence: str = "",
    grade_objections: bool = False,
    allow_invalid: bool = False,
    codes: Sequence[str] = (),
) -> Plan:
    """Make the plan of the one patient in a file; the parameters and errors are those of `plans`.

    Raises `UsageError` as well if the file holds several patients.
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
        raise UsageError(
            f"The source holds {len(made)} patients.", place=str(source)[:80], remedy="Use hipkg.plans instead."
        )
    return made[0]
