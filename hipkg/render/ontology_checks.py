"""Write what the checks of the ontology found: as text, JSON, SARIF or CSV; and the pages about the checks."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from hipkg.maintenance.checks.catalogue import headers
from hipkg.maintenance.checks.issue import Finding, Severity
from hipkg.render.encoder import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hipkg.maintenance.checks.runner import Report

_COLUMNS = ("severity", "check", "file", "line", "entity", "label", "property", "value", "rule", "remedy", "page")
_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def check_text(report: Report) -> str:
    """Write a finding in two lines: where, how grave, which check and what; what should hold and how to mend it."""
    lines = [line for one in report.findings for line in _lines(one)]
    lines += [f"left out: {one}" for one in report.left_out]
    return "".join(f"{one}\n" for one in lines)


def _lines(one: Finding) -> Iterator[str]:
    place = ":".join(filter(None, (one.path, str(one.line) if one.line else "")))
    term = f"{one.issue.entity} ({one.label})" if one.label else one.issue.entity
    told = ": ".join(filter(None, (term if term != place and term not in place else "", one.message)))
    yield f"{place + ': ' if place else ''}{one.severity} {one.issue.check}: {told}"
    yield f"    {one.rule} {one.remedy} {one.page}"


def _row(one: Finding) -> dict[str, Any]:
    issue = one.issue
    told = (one.severity, issue.check, one.path, one.line, issue.entity, one.label, issue.property, issue.value)
    return dict(zip(_COLUMNS, (*told, one.rule, one.remedy, one.page), strict=True))


def check_json(report: Report) -> str:
    """Write findings as JSON, with a summary, what is accepted and what was left out."""
    summary = {f"{one}s": report.count(one) for one in Severity} | {"accepted": len(report.accepted)}
    accepted = [{**_row(one), "reason": why} for one, why in report.accepted]
    found = [_row(one) for one in report.findings]
    return written({"summary": summary, "findings": found, "accepted": accepted, "leftOut": [*report.left_out]})


def check_csv(report: Report) -> str:
    """Write findings as a table of comma-separated values, with a line of headings."""
    out = io.StringIO()
    table = csv.DictWriter(out, _COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(map(_row, report.findings))
    return out.getvalue()


def check_sarif(report: Report) -> str:
    """Write findings in the Static Analysis Results Interchange Format, version 2.1.0 (OASIS, 2020)."""
    told = [(one, "") for one in report.findings] + [*report.accepted]
    used = sorted({one.issue.check for one, _ in told})
    rules = [_rule(one) for one in used]
    results = [_result(one, why) for one, why in told]
    run = {"tool": {"driver": {"name": "hipkg ontology check", "rules": rules}}, "results": results}
    return written({"$schema": _SARIF, "version": "2.1.0", "runs": [run]})


def _rule(check: str) -> dict[str, Any]:
    header = headers().get(check)
    rule, remedy = (header.rule, header.remedy) if header else (check, "")
    return {"id": check, "shortDescription": {"text": rule}, "help": {"text": remedy}}


def _result(one: Finding, why: str) -> dict[str, Any]:
    term = f"{one.issue.entity} ({one.label})" if one.label else one.issue.entity
    text = f"{term}: {one.message}. {one.remedy}".strip()
    found: dict[str, Any] = {"ruleId": one.issue.check, "level": str(one.severity), "message": {"text": text}}
    if one.path:
        region = {"region": {"startLine": one.line}} if one.line else {}
        found["locations"] = [{"physicalLocation": {"artifactLocation": {"uri": one.path}, **region}}]
    if why:
        found["suppressions"] = [{"kind": "external", "justification": why}]
    return found


CHECK_FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": check_text,
    "json": check_json,
    "sarif": check_sarif,
    "csv": check_csv,
}


def check_pages() -> dict[str, str]:
    """Write a page about each check from its header, and an index of them."""
    pages = {
        f"{one.id}.md": f"# {one.id}\n\n**Rule.** {one.rule}\n\n**How to mend.** {one.remedy}\n\n"
        f"**Severity.** {one.severity}, unless a profile says otherwise.\n\n**Made by.** `{one.made_by}`\n"
        for one in headers().values()
    }
    rows = "".join(f"| [{one.id}]({one.id}.md) | {one.severity} | {one.rule} |\n" for one in headers().values())
    index = (
        "# The checks of the ontology\n\n`hipkg ontology check` makes all of them at once. These pages are written "
        "from the heads of the checks by\n`hipkg ontology document`.\n\n| check | severity | rule |\n|---|---|---|\n"
    )
    return {"README.md": index + rows, **pages}
