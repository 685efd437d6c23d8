"""Options that several commands share, declared once."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand, TyperOption

from hipkg.base.errors import UsageError
from hipkg.base.own import VARIABLE, own_folder, use_ontology

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.pipeline.request import Request


CASES = Path("tests") / "cases"
DEBUG = "--debug"
OWN_ONTOLOGY = "--ontology"
OWN_ONTOLOGY_HELP = f"Ontology of your own on top of the shipped one; also by {VARIABLE}."
_READ = {"codes", "file", "files", "further", "named", "tables", "unknown"}
"""The parameters of commands that name files to read."""
Engine = Literal["native", "hermit", "pellet"]
ReportFormat = Literal["text", "markdown", "json"]
GraphFormat = Literal["turtle", "ntriples", "rdfxml", "jsonld"]


def debugging() -> bool:
    """Tell whether tracebacks are wanted; the option may stand before or after the command."""
    return DEBUG in sys.argv


def use_own(name: str | None) -> None:
    """Use the ontology that the command line names."""
    if name is not None:
        use_ontology(name)


def cases_folder() -> Path:
    """Return the folder of the cases of statements: that of the checkout, or that of one's own ontology in use."""
    own = own_folder()
    return own / "cases" if own else CASES


class Careful(TyperCommand):
    """A command that takes an ontology of one's own, and refuses to write its output over what it reads."""

    def __init__(self, *names: Any, **attributes: Any) -> None:  # noqa: ANN401 - those of the base class
        super().__init__(*names, **attributes)
        option = TyperOption(
            param_decls=[OWN_ONTOLOGY],
            metavar="DIR",
            help=OWN_ONTOLOGY_HELP,
            expose_value=False,
            is_eager=True,
            callback=lambda _, __, name: use_own(name),
        )
        self.params.append(option)

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 - typer brings its own class or that of click
        """Run the command, unless its output is one of its inputs."""
        output = ctx.params.get("output")
        if output is not None:
            for one in _inputs(ctx.params):
                if _same(Path(one), Path(output)):
                    raise UsageError("The output is also an input.", place=str(output), remedy="Name another file.")
        return super().invoke(ctx)


def _inputs(params: Mapping[str, object]) -> Iterator[str]:
    """List the files that a command reads: its arguments, and what options name with ``@``."""
    for name, value in params.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, str) and (name in _READ or one.startswith("@")):
                yield one.removeprefix("@")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.is_file() and one.samefile(other)
    except (OSError, ValueError):
        return False


def with_further(file: str, further: list[str] | None) -> list[str]:
    """Put a file and those that go on with its record together, to be read as one."""
    return [file, *(further or ())]


def parse_date(text: str | None) -> date | None:
    """Read an ISO date given on the command line.

    Raises `UsageError` if it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise UsageError(f"{text!r} is no date.", place="--as-of", remedy="Write it as YYYY-MM-DD.") from problem


def released(codes: Sequence[str] | None = None) -> Knowledge:
    """Load the released knowledge, with the codes of the tables that a command names."""
    from hipkg.pipeline.knowing import knowing_once

    return knowing_once(tuple(codes or ()))


def released_or_written() -> Knowledge:
    """Load the released knowledge, or, where its release is not that of the sources, read these, and say so.

    Raises `StaleRelease` in an installed package, whose own ontology nobody edits, and `OntologyError` for sources that
    cannot be read.
    """
    from hipkg.base.errors import StaleRelease
    from hipkg.base.paths import INSTALLED, own_code_tables
    from hipkg.cli.report import say
    from hipkg.knowledge.loading import load_base

    try:
        return released()
    except StaleRelease as stale:
        if INSTALLED:
            load_base()
        from hipkg.maintenance.as_written import knowledge_as_written
        from hipkg.reading.supplied import with_codes

        written = knowledge_as_written()
        say(f"hipkg: {stale.place}: {stale.message} What is written is told; `hipkg ontology release` adds what "
            "follows from it.", aside=True)  # fmt: skip
        tables = own_code_tables()
        return with_codes(written, tuple(map(str, tables))) if tables else written


def requested(
    knowledge: Knowledge,
    document: Collection[str] | None = None,
    min_strength: str = "",
    min_evidence: str = "",
    *,
    as_of: str | None,
    input_format: str | None,
    engine: Engine = "native",
    grade_everything: bool = False,
    allow_invalid: bool = False,
) -> Request:
    """Put together what is asked of the patients of the files, as the options of a command say it.

    Raises `UsageError` for an unknown document or grade, and for what is no date.
    """
    from hipkg.knowledge.selection import select
    from hipkg.pipeline.request import Request

    return Request(
        format=input_format,
        as_of=parse_date(as_of),
        engine=engine,
        selection=select(knowledge, document or (), min_strength, min_evidence, grade_objections=grade_everything),
        allow_invalid=allow_invalid,
    )


Files = Annotated[
    list[str], typer.Argument(help="Patient files, or folders of FHIR; - is standard input.", show_default=False)
]
File = Annotated[
    str, typer.Argument(help="Patient file, or a folder of FHIR; - is standard input.", show_default=False)
]
Further = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="FILE", help="A further file or folder of the same record; repeatable."),
]
FurtherEarlier = Annotated[
    list[str] | None,
    typer.Option("--with-old", metavar="FILE", help="A further file or folder of the earlier record; repeatable."),
]
InputFormat = Annotated[
    str | None,
    typer.Option("--input-format", help="Format of the input, of RDF or fhir, where the extension does not say it."),
]
CodeTables = Annotated[
    list[str] | None,
    typer.Option(
        "--codes",
        metavar="FILE",
        help="Table of further codes: SSSOM, CSV, a ConceptMap, or a ValueSet as FILE=TERM; repeatable.",
        show_default=False,
    ),
]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file instead of standard output.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="Date of the plan, YYYY-MM-DD.", show_default="today")]
AnswerSeconds = Annotated[int, typer.Option("--timeout", min=1, help="Seconds that the answer may take.")]
Lenient = Annotated[
    bool, typer.Option("--lenient", help="Ask also with names and values that the vocabulary does not have.")
]
EngineOption = Annotated[Engine, typer.Option("--engine", help="Reasoner to use.")]
MinStrength = Annotated[
    str,
    typer.Option("--min-strength", metavar="GRADE", help="Only statements of this strength or more, and prohibitions."),
]
MinEvidence = Annotated[
    str,
    typer.Option("--min-evidence", metavar="GRADE", help="Only statements of this evidence or more, and prohibitions."),
]
GradeEverything = Annotated[
    bool,
    typer.Option(
        "--grade-everything", help="Drop prohibitions, gates and precautions without such a grade, too: less safe."
    ),
]
Documents = Annotated[
    list[str] | None, typer.Option("--document", help="Only statements of this document; repeatable.")
]
