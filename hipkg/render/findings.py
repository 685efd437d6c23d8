"""Write what validation found: as a table for people, as JSON or as a SHACL report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.vocabulary import PREFIXES, RDF_TYPE, XSD, curie, expand
from hipkg.render.encoder import Writer
from hipkg.render.names import term_of
from hipkg.validation.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

_SH = PREFIXES["sh"]
_COLOURS = {"violation": "bold red", "warning": "yellow", "info": "cyan"}
SHAPES: dict[type, str] = {
    Finding: "severity shape patient node path value message fix datatype asks asks_for=asks_for"
}


def report(findings: Sequence[Finding], format: str, *, to_terminal: bool = False, width: int | None = None) -> str:  # noqa: A002 - the word of the command line
    """Write findings in a format: table, json or turtle.

    Parameters: ``to_terminal`` allows colour; ``width`` is in columns, that of the terminal or 100 by default.
    """
    if format == "json":
        return Writer(SHAPES).text(findings)
    if format == "turtle":
        return findings_to_turtle(findings)
    return _table(findings, to_terminal=to_terminal, width=width)


def _table(findings: Sequence[Finding], *, to_terminal: bool, width: int | None) -> str:
    from rich.table import Table
    from rich.text import Text

    from hipkg.render.console import printed

    tables = []
    for patient in dict.fromkeys(one.patient for one in findings):
        table = Table(
            "severity", "shape", "field", "message", "fix", title=_short(patient), title_justify="left", show_lines=True
        )
        for one in findings:
            if one.patient == patient:
                severity = Text(one.severity, style=_COLOURS[one.severity])
                field = " ".join(part for part in (_short(one.node), one.path, one.value) if part)
                table.add_row(severity, Text(_short(one.shape)), Text(field), Text(one.message), Text(one.fix))
        tables.append(table)
    return printed(*tables, _summary(findings), width=width if width or to_terminal else 100, to_terminal=to_terminal)


def _short(name: str) -> str:
    """Shorten an IRI to what a reader needs to find the node in the file."""
    text = curie(name) if name.startswith(("http", "urn:")) else name
    return text.removeprefix("hip:") if text.startswith("hip:") else text.strip("<>").rstrip("/").rsplit("/", 1)[-1]


def _summary(findings: Sequence[Finding]) -> str:
    counts: Counter[str] = Counter(one.severity for one in findings)
    return ", ".join(f"{counts[severity]} {severity}" for severity in _COLOURS)


def findings_to_turtle(findings: Iterable[Finding]) -> str:
    """Write findings as a SHACL validation report, without the constraint components, which are not recorded."""
    triples = list(_report(tuple(findings)))
    prefixes = {prefix: PREFIXES[prefix] for prefix in ("hip", "rdf", "sh", "xsd")}
    return (ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b"").decode()


def _report(findings: Collection[Finding]) -> Iterator[ox.Triple]:
    report = ox.BlankNode("report")
    yield ox.Triple(report, ox.NamedNode(RDF_TYPE), ox.NamedNode(_SH + "ValidationReport"))
    text = "false" if findings else "true"
    yield ox.Triple(report, ox.NamedNode(_SH + "conforms"), ox.Literal(text, datatype=ox.NamedNode(XSD + "boolean")))
    for number, finding in enumerate(findings, 1):
        result = ox.BlankNode(f"result{number}")
        yield ox.Triple(report, ox.NamedNode(_SH + "result"), result)
        yield ox.Triple(result, ox.NamedNode(RDF_TYPE), ox.NamedNode(_SH + "ValidationResult"))
        for name, term in _result_terms(finding):
            yield ox.Triple(result, ox.NamedNode(_SH + name), term)


def _result_terms(finding: Finding) -> Iterator[tuple[str, ox.NamedNode | ox.BlankNode | ox.Literal]]:
    yield "resultSeverity", ox.NamedNode(_SH + finding.severity.capitalize())
    yield "sourceShape", ox.NamedNode(expand(finding.shape))
    yield "focusNode", term_of(finding.node)
    if finding.path:
        yield "resultPath", ox.NamedNode(expand(finding.path))
    if finding.datatype:
        yield "value", ox.Literal(finding.value, datatype=ox.NamedNode(expand(finding.datatype)))
    elif finding.value:
        yield "value", term_of(finding.value)
    yield "resultMessage", ox.Literal(finding.message, language="en")
