"""Write what speaks for and against orders, as text, Markdown and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.defence.orders import AGAINST, Aspect, CheckedOrder, OrderCheck, Reason
from hipkg.planning.records import Done, Found, OpenCheck
from hipkg.render.outline import INVALID, Outline, Row, render_outlines, title
from hipkg.render.plan_json import PARTS, PartWriter
from hipkg.render.words import (
    clean,
    describe_check,
    describe_found,
    describe_gap,
    stated_grade,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


SHAPES = {
    **PARTS,
    OrderCheck: "plan.patient plan.as_of plan.ontology_version plan.engine plan.valid opposed orders",
    CheckedOrder: "node @intervention label site? verdict opposed reasons open_checks? instead?",
    Reason: "aspect statement? document? source? site? text? strength? evidence? found? with_drugs? lacks? check? "
    "beside? done?",
    Found: "label value? unit? day?",
    OpenCheck: "@requirement label",
    Done: "day node label requested? counts",
}
JSON = PartWriter(SHAPES)
_HEADINGS = {
    Aspect.CONTRAINDICATED: "contraindicated",
    Aspect.INTERACTION: "interaction",
    Aspect.DUPLICATE: "duplicate",
    Aspect.CAUTION: "caution",
    Aspect.INDICATED: "advised",
    Aspect.CONSIDERED: "may be considered",
    Aspect.WAITING: "advised later",
    Aspect.ALONG: "along with it",
    Aspect.OPEN: "not known whether it speaks against it",
}
_LIFTED, _WAITS = "unless", "once"
NO_ORDER = "No order is on record."
UNSUPPORTED = "No statement is about it: that says nothing for or against it."


def render_orders(found: Sequence[OrderCheck], format: str, *, to_terminal: bool = False) -> str:  # noqa: A002 - as everywhere
    """Write checks of orders as `hipkg.render.outline.render_outlines` does."""
    return render_outlines(found, format, outline=_outline, writer=JSON, to_terminal=to_terminal)


def _outline(one: OrderCheck) -> Outline:
    return Outline(title("Orders", one.plan, engine=one.plan.engine), tuple(_rows(one)))


def _rows(one: OrderCheck) -> Iterator[Row]:
    if not one.plan.valid:
        yield INVALID
    if not one.orders:
        yield Row(0, NO_ORDER)
    for order in one.orders:
        site = f" · {clean(order.site)}" if order.site else ""
        yield Row(0, f"{clean(order.label)}{site}: {order.verdict}", style="heading")
        yield from told_of(order)
    sources = {it.document: it.source for order in one.orders for it in order.reasons if it.document}
    if sources:
        yield Row(0, "Sources", style="heading")
        yield from (Row(1, f"{document}: {clean(source)}", style="dim") for document, source in sorted(sources.items()))


def told_of(order: CheckedOrder) -> Iterator[Row]:
    """Tell the reasons of an order, each once for all sites at which it reads the same."""
    told: dict[tuple[Aspect, str], list[str]] = {}
    for one in order.reasons:
        sites = told.setdefault((one.aspect, words_of(one)), [])
        if one.site and one.site not in sites:
            sites.append(one.site)
    for (aspect, words), sites in told.items():
        at = f" ({clean(', '.join(sites))})" if sites else ""
        mark = (
            "missing"
            if aspect in AGAINST
            else "none"
            if aspect in {Aspect.ALONG, Aspect.OPEN, Aspect.WAITING}
            else "holds"
        )
        yield Row(1, f"{_HEADINGS[aspect]}: {words}{at}", mark, "missing" if aspect in AGAINST else "")
    if order.verdict == Aspect.UNSUPPORTED:
        yield Row(1, UNSUPPORTED)
    if order.instead:
        yield Row(1, f"advised instead: {clean(', '.join(order.instead))}")
    if order.open_checks:
        yield Row(1, f"not checked: {clean(', '.join(one.label for one in order.open_checks))}", "recorded")


def words_of(one: Reason) -> str:
    """Say a reason: what is broken or repeated, or what a statement says, on which grounds and with which grades."""
    if one.beside and not one.statement:
        return clean(one.beside)
    if one.done:
        return clean(f"{one.done.label} done {one.done.day}".strip())
    named = clean(f"{one.statement} “{one.text}”")
    lacks = "; ".join(dict.fromkeys(map(describe_gap, one.lacks)))
    parts = [
        describe_check(one.check) if one.check else "",
        f"beside {one.beside}" if one.beside else "",
        f"on record: {', '.join(map(describe_found, one.found))}" if one.found else "",
        f"{_LIFTED if one.aspect in AGAINST else _WAITS}: {lacks}" if lacks else "",
        stated_grade(one.strength, one.evidence),
    ]
    return " · ".join([named, *map(clean, filter(None, parts))])
