"""The command `hipkg plan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hipkg.base.errors import NoPatient, UsageError
from hipkg.cli.options import (
    AsOf,
    CodeTables,
    Documents,
    EngineOption,
    Files,
    GradeEverything,
    InputFormat,
    MinEvidence,
    MinStrength,
    Output,
    released,
    requested,
)
from hipkg.cli.report import deliver, each_file, on_terminal, report
from hipkg.render import PlanFormat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from hipkg.base.batch import Batch
    from hipkg.base.errors import HipkgError
    from hipkg.defence.asking import Interview
    from hipkg.defence.ledger import Ledger
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.process import Planned
    from hipkg.pipeline.request import Request
    from hipkg.planning.records import Plan


def plan(
    files: Files,
    format: Annotated[PlanFormat, typer.Option("--format", "-f", help="Format of the plan.")] = "text",  # noqa: A002 - the option's name
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    document: Documents = None,
    min_strength: MinStrength = "",
    min_evidence: MinEvidence = "",
    grade_everything: GradeEverything = False,
    allow_invalid: Annotated[
        bool, typer.Option("--allow-invalid", help="Plan in spite of violations, and say so.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="List all that waits and is known, where text keeps to the weightiest.")
    ] = False,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="Add the therapy ledger, in text, Markdown and JSON.")
    ] = False,
    answers: Annotated[bool, typer.Option("--answers", help="Try the answers to each question, in JSON.")] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Processes to plan with, for a bulk export and ndjson.")
    ] = 1,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Derive the plan of each patient in the files.

    Example: hipkg plan examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.pipeline.process import plan_patients, plans_alone
    from hipkg.reading.joint import together

    if ledger or answers:
        option = "--answers" if answers else "--ledger"
        _refuse_details(format, option, graded=bool(min_strength or min_evidence))
    if answers and (format != "json" or engine != "native"):
        raise UsageError(
            "Answers are tried with the native engine and told in JSON.",
            place="--answers",
            remedy="Use `hipkg ask` to read them.",
        )
    knowledge = released(codes)
    request = requested(
        knowledge,
        document,
        min_strength,
        min_evidence,
        as_of=as_of,
        input_format=input_format,
        engine=engine,
        grade_everything=grade_everything,
        allow_invalid=allow_invalid,
    )
    if format == "ndjson" and input_format is None and _is_bulk(files):
        _stream(files[0], request, output, jobs=jobs, codes=codes or ())
        return
    if jobs > 1:
        raise UsageError(
            "Only the patients of one bulk export are planned for side by side, line by line.",
            place="--jobs",
            remedy="Name one folder or file of NDJSON, and --format ndjson.",
        )
    sources = together(files, format=input_format)
    if ledger or answers:
        made, exit_code = each_file(sources, lambda file: plan_patients(file, request, knowledge))
        plans = [one.plan for one in made]
        ledgers = _ledgers(made) if ledger else []
        interviews = _interviews(made) if answers else []
    else:
        plans, exit_code = each_file(sources, lambda file: plans_alone(file, request, knowledge))
        ledgers, interviews = [], []
    terminal = on_terminal(output)
    text = _written(plans, format, knowledge, ledgers, interviews, to_terminal=terminal, everything=everything)
    deliver(text, output, format)
    if exit_code or any(not one.valid for one in plans):
        raise typer.Exit(exit_code or 1)


def _is_bulk(files: list[str]) -> bool:
    from hipkg.reading.fhir.bulk import is_bulk

    return len(files) == 1 and is_bulk(files[0])


def _stream(source: str, request: Request, output: Path | None, *, jobs: int, codes: Sequence[str]) -> None:
    """Write the plans of a bulk export as they are made, and tell once what was set aside."""
    from hipkg.cli.progress import shown
    from hipkg.pipeline.shares import written_plans
    from hipkg.render.plan_json import plan_to_line

    problems: dict[str, HipkgError] = {}
    plans = 0

    def texts(made: Iterable[Batch[str]]) -> Iterator[str]:
        nonlocal plans
        for one in made:
            report(problem for problem in one.set_aside if str(problem) not in problems)
            problems.update((str(problem), problem) for problem in one.set_aside)
            plans += len(one.results)
            yield "".join(one.results)

    with written_plans(source, request, plan_to_line, jobs=jobs, codes=codes) as (total, made):
        parts = texts(shown(made, total, lambda one: len(one.results), "plans"))
        deliver(parts, output, "ndjson")
    if not plans and not problems:
        raise NoPatient("The export holds no Patient.", place=source, remedy="Export the Patient with its resources.")
    if problems:
        raise typer.Exit(1 if plans else next(iter(problems.values())).exit_code)


def _ledgers(made: list[Planned]) -> list[Ledger]:
    from hipkg.defence.ledger import ledger

    return list(map(ledger, made))


def _interviews(made: list[Planned]) -> list[Interview]:
    from hipkg.defence.asking import interview

    return list(map(interview, made))


def _written(
    plans: list[Plan],
    form: PlanFormat,
    knowledge: Knowledge,
    ledgers: list[Ledger],
    interviews: list[Interview],
    *,
    to_terminal: bool,
    everything: bool,
) -> str | Iterable[str]:
    """Write plans, with their ledgers and with the answers to their questions where they are wanted."""
    from hipkg.render import render

    if form == "json" and (ledgers or interviews):
        from hipkg.render.detailed_json import detailed_plans_to_json

        return detailed_plans_to_json(plans, knowledge, interviews, ledgers)
    if form == "ndjson":
        from hipkg.render.plan_json import plan_to_line

        return (plan_to_line(one, knowledge) for one in plans)
    if form == "json":
        from hipkg.render.plan_json import plans_in_parts

        return plans_in_parts(plans, knowledge)
    text = render(plans, form, knowledge, to_terminal=to_terminal, everything=everything)
    if ledgers:
        from hipkg.render.brief_ledger import write_ledgers

        text += "\n" + write_ledgers(ledgers, form, knowledge, everything=everything, to_terminal=to_terminal)
    return text


def _refuse_details(form: PlanFormat, option: str, *, graded: bool) -> None:
    """Refuse details where a format has no place for them and where a grade selects."""
    if form not in {"text", "markdown", "json"}:
        raise UsageError(f"That is not part of {form}.", place=option, remedy="Use text, Markdown or JSON.")
    if graded:
        raise UsageError("That is not selected by grade.", place=option, remedy="Leave the grades out.")
