"""Write how a change of the record would change a plan, as text, Markdown and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipkg.base.vocabulary import curie
from hipkg.render.findings import findings_to_json
from hipkg.render.outline import INVALID, Outline, Row, render_outlines
from hipkg.render.words import clean, local_name, software

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hipkg.defence.difference import ActionChange, StatementChange
    from hipkg.defence.what_if import WhatIf

_GONE = "not in the plan"
_UNLISTED = "not applicable"


def render_what_if(found: Sequence[WhatIf], format: str, *, to_terminal: bool = False) -> str:  # noqa: A002 - as everywhere
    """Write what-ifs as `hipkg.render.outline.render_outlines` does."""
    return render_outlines(found, format, outline=_outline, data=_json, to_terminal=to_terminal)


def _outline(one: WhatIf) -> Outline:
    plan = one.before
    title = (
        "What if",
        f"patient {local_name(plan.patient)}",
        f"as of {plan.as_of.isoformat()}",
        f"{software()} ontology {plan.ontology_version}",
        plan.engine,
    )
    return Outline(title, tuple(_rows(one)))


def _rows(one: WhatIf) -> Iterator[Row]:
    if not one.valid:
        yield INVALID
    yield Row(0, "If this were on record", style="heading")
    yield from (Row(1, fact, "recorded") for fact in one.facts)
    for finding in one.findings:
        yield Row(1, f"{finding.severity}: {finding.message}", "missing", "missing")
    yield Row(0, "the plan would change" if one.difference.actions else "no action would change", style="heading")
    for change in one.difference.actions:
        yield from change_rows(change, 1)
    others = [it for it in one.difference.statements if not any(it in act.statements for act in one.difference.actions)]
    if others:
        yield Row(0, "and these statements with it", style="heading")
        yield from (Row(1, _statement(it)) for it in others)


def change_rows(change: ActionChange, depth: int) -> Iterator[Row]:
    """Tell how one action would change, and by which statements."""
    site = f" · {clean(change.site)}" if change.site else ""
    yield Row(depth, f"{clean(change.label)}{site}: {change.before or _GONE} → {change.after or _GONE}", "recorded")
    yield from (Row(depth + 1, _statement(one), style="dim") for one in change.statements)


def _statement(change: StatementChange) -> str:
    return f"{change.id}: {change.before or _UNLISTED} → {change.after or _UNLISTED}"


def _json(one: WhatIf) -> dict[str, Any]:
    return {
        "patient": one.before.patient,
        "asOf": one.before.as_of.isoformat(),
        "ontologyVersion": one.before.ontology_version,
        "engine": one.before.engine,
        "facts": list(one.facts),
        "valid": one.valid,
        "findings": findings_to_json(one.findings),
        "actions": [action_json(change) for change in one.difference.actions],
        "statements": [_statement_json(change) for change in one.difference.statements],
    }


def action_json(change: ActionChange) -> dict[str, Any]:
    """Write the change of an action as JSON data."""
    return {
        "intervention": curie(change.intervention),
        "label": change.label,
        "site": change.site,
        "before": change.before,
        "after": change.after,
        "statements": [_statement_json(one) for one in change.statements],
    }


def _statement_json(change: StatementChange) -> dict[str, Any]:
    return {"id": change.id, "site": change.site, "before": change.before, "after": change.after}
