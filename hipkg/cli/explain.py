"""The command `hipkg explain`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hipkg.cli.options import (
    AsOf,
    CodeTables,
    Documents,
    EngineOption,
    File,
    Further,
    InputFormat,
    Output,
    released,
    requested,
    with_further,
)
from hipkg.cli.report import deliver, on_terminal, told


def explain(
    file: File,
    target: Annotated[
        str,
        typer.Argument(metavar="ACTION|STATEMENT", help="Words of an action, or a statement's id.", show_default=False),
    ],
    instead_of: Annotated[
        str | None,
        typer.Option("--instead-of", metavar="ACTION", help="Tell where the derivation parts from that of another."),
    ] = None,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["text", "markdown", "json", "turtle"], typer.Option("--format", "-f", help="Format.")
    ] = "text",
    proof: Annotated[
        bool, typer.Option("--proof", help="Tell every step, down to the record, in text and Markdown.")
    ] = False,
    output: Output = None,
    as_of: AsOf = None,
    engine: EngineOption = "native",
    document: Documents = None,
    allow_invalid: Annotated[bool, typer.Option("--allow-invalid", help="Explain in spite of violations.")] = False,
    further: Further = None,
    input_format: InputFormat = None,
    codes: CodeTables = None,
) -> None:
    """Explain why an action or a statement stands as it does: from status to statements, axioms and recorded facts.

    Example: hipkg explain examples/d0-painful-degenerative-hip.ttl "hyaluronic acid"
    """
    from hipkg.defence.contrast import contrast, find_actions
    from hipkg.defence.explainer import Explainer
    from hipkg.defence.targets import find_target
    from hipkg.pipeline.process import plan_patients
    from hipkg.render.contrast import render_contrasts
    from hipkg.render.explanation import render_explanations

    knowledge = released(codes)
    iri, other = (
        (find_target(target, knowledge), "") if instead_of is None else find_actions(target, instead_of, knowledge)
    )
    request = requested(
        knowledge, document, as_of=as_of, input_format=input_format, engine=engine, allow_invalid=allow_invalid
    )
    planned = plan_patients(with_further(file, further), request, knowledge)
    to_terminal = on_terminal(output)
    if not other:
        explained = planned.gathered(lambda one: Explainer(one).explain(iri))
        text = render_explanations(told(explained), format, to_terminal=to_terminal, proof=proof)
        valid = all(one.valid for one in explained.results)
    else:
        compared = contrast(planned, iri, other, knowledge)
        text = render_contrasts(told(compared), format, to_terminal=to_terminal)
        valid = all(one.action.valid for one in compared.results)
    deliver(text, output, format, failed=planned.set_aside or not valid)
