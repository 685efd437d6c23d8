"""The command `hipkg ask`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.cli.options import (
    AsOf,
    CodeTables,
    Documents,
    File,
    Further,
    InputFormat,
    Output,
    ReportFormat,
    released,
    requested,
    with_further,
)
from hipkg.cli.report import deliver, on_terminal, say, told

if TYPE_CHECKING:
    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request
    from hipkg.record.patient import Record


def ask(
    file: File,
    top: Annotated[int, typer.Option("--top", min=1, help="How many questions text and Markdown tell.")] = 7,
    format: Annotated[ReportFormat, typer.Option("--format", "-f", help="Format.")] = "text",  # noqa: A002 - the option's name
    facts: Annotated[bool, typer.Option("--facts", help="Add to each answer the Turtle that records it.")] = False,
    output: Output = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Ask one after the other and follow the plan.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option("--save", help="New file for the record with the answers, as Turtle.")
    ] = None,
    as_of: AsOf = None,
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Ask in spite of violations.")] = False,
    further: Further = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """List what is unknown and matters as forms, with what answers would change; fill them on a terminal if wanted.

    Example: hipkg ask examples/d0-painful-degenerative-hip.ttl
    """
    from hipkg.defence.asking import interview
    from hipkg.pipeline.process import plan_patients
    from hipkg.render.asking import render_interviews

    if interactive:
        _check_new(save)
        if sys.stdin is None:
            raise UsageError("Standard input is closed.", place="--interactive", remedy="Answer on a terminal.")
        if output is not None or format != "text":
            raise UsageError(
                "Asking one after the other writes no report.",
                place="--interactive",
                remedy="Leave --output and --format out.",
            )
    elif save is not None:
        raise UsageError("There are no answers to save.", place="--save", remedy="Use it with --interactive.")
    knowledge = released(codes)
    request = requested(knowledge, document, as_of=as_of, input_format=input_format, allow_invalid=allow_invalid)
    source = with_further(file, further)
    if interactive:
        _interview(source, save, request, knowledge)
        return
    batch = plan_patients(source, request, knowledge).each(interview)
    found = told(batch)
    text = render_interviews(found, format, top=top, facts=facts, to_terminal=on_terminal(output))
    deliver(text, output, format, failed=batch.set_aside or any(not one.plan.valid for one in found))


def _interview(source: list[str], save: Path | None, request: Request, knowledge: Knowledge) -> None:
    """Ask about the one patient of a file, and save the record with the answers."""
    from hipkg.base.ending import INTERRUPTED
    from hipkg.cli.conversation import Conversation
    from hipkg.pipeline.process import read_checked

    batch = read_checked(source, request, knowledge)
    checked = told(batch)
    if len(checked) != 1:
        raise UsageError(f"The file holds {len(checked)} patients.", place=source[0], remedy="Ask about one at a time.")
    conversation = Conversation(checked[0].record, request, knowledge)
    _save(conversation.hold(), save)
    if conversation.interrupted:
        raise typer.Exit(INTERRUPTED)
    if batch.set_aside:
        raise typer.Exit(1)


def _check_new(save: Path | None) -> None:
    """Refuse, before anything is asked, a file that exists or that cannot be made."""
    if save is None:
        return
    try:
        there = save.exists() or save.is_symlink()
    except OSError as problem:
        raise UsageError(f"It cannot be a file: {problem.strerror}.", place="--save", remedy="Name another.") from None
    if there:
        raise UsageError("The file exists, and answers go to a new one.", place=str(save), remedy="Name another file.")
    if not save.resolve().parent.is_dir():
        raise UsageError("The folder of the file does not exist.", place=str(save), remedy="Make it first.")


def _save(record: Record, save: Path | None) -> None:
    """Write the record with the answers to a new file, with the date of the plan only if it was recorded."""
    from hipkg.base.output import graph_text, write_output

    if save is not None:
        kept = (one for one in record.triples if record.dated or one.predicate.value != hip.asOf)
        write_output(graph_text(kept, "turtle"), str(save), new=True)
        if record.unused:
            say(f"Left out: {record.unused} triples that belong to no patient.", aside=True)
        say(f"The record with the answers is in {save}.", aside=True)
