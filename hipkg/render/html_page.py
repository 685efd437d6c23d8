"""Write plans as one self-contained HTML page: the plan as a pathway in time, each row opening its reasons and sources.

Nothing is fetched and no script runs. The page prints, follows the light or dark setting of its reader, and works with
the keyboard alone; what colours say is said in words as well.
"""

from __future__ import annotations

from functools import partial
from html import escape
from textwrap import shorten
from typing import TYPE_CHECKING

from hipkg.planning.page import Section
from hipkg.render.screen import screen
from hipkg.render.sheet import HEADINGS
from hipkg.render.timeline import timeline
from hipkg.render.words import ASSUMED, DISCLAIMER, GRADES_NOTE, capital, clean, local_name, stated_grade

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from hipkg.knowledge.records import Knowledge
    from hipkg.planning.records import Plan
    from hipkg.render.screen import Item, Screen

_LANES = (
    ("done", "Done and running", (Section.ALREADY, Section.TRIED)),
    ("today", "Today", (Section.TODAY, Section.CONSIDER)),
    ("later", "Waiting", (Section.IF, Section.LATER, Section.AGAIN)),
    ("never", "Never", (Section.NOT,)),
)
_BELOW = (Section.MAY, Section.KNOW, Section.DISAGREE, Section.UNUSED)
_STYLE = """
:root{color-scheme:light dark;--back:#fff;--text:#1b1f24;--dim:#57606a;--line:#d0d7de;--done:#0a5c2b;--today:#0a5c2b;
--later:#7a4a00;--never:#a40e26;--link:#0550ae}
@media(prefers-color-scheme:dark){:root{--back:#0d1117;--text:#e6edf3;--dim:#9ea7b3;--line:#3d444d;--done:#56d364;
--today:#56d364;--later:#e3b341;--never:#ff8a80;--link:#79c0ff}}
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--text);font:16px/1.45 system-ui,sans-serif}
main{max-width:76rem;margin:auto;padding:1rem}h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.1rem;margin:.4rem 0}
h3{font-size:.95rem;margin:.8rem 0 .2rem;color:var(--dim)}p{margin:.3rem 0}.dim{color:var(--dim)}
.alert{border:2px solid var(--never);border-radius:6px;padding:.5rem .8rem;margin:.8rem 0}.alert h2{color:var(--never)}
.lanes{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:1rem;margin:1rem 0}
.lane{border-top:4px solid var(--tone);padding-top:.3rem}.lane h2{color:var(--tone)}
.done{--tone:var(--done)}.today{--tone:var(--today)}.later{--tone:var(--later)}.never{--tone:var(--never)}
details{border-bottom:1px solid var(--line);padding:.25rem 0}summary{cursor:pointer}
summary:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.grade{border:1px solid var(--line);border-radius:4px;padding:0 .3rem;font-size:.85em;white-space:nowrap}
ul,ol{padding-left:1.2rem;margin:.3rem 0}li{margin:.15rem 0}blockquote{margin:.2rem 0 .4rem;padding-left:.6rem;
border-left:3px solid var(--line)}svg{width:100%;height:auto}svg text{fill:var(--text);font:13px system-ui,sans-serif}
svg .axis{stroke:var(--line)}svg .have{fill:var(--done)}svg .need{fill:none;stroke:var(--later);stroke-dasharray:4 3}
svg .now{stroke:var(--link);stroke-width:2}
@media(max-width:60rem){.lanes{grid-template-columns:1fr}}
@media print{:root{color-scheme:light}body{font-size:11px}.lanes{grid-template-columns:repeat(4,1fr)}
details{break-inside:avoid}}
"""
_WIDTH, _ROW, _LEFT = 960, 26, 380
_LONGEST = 58
"""How many letters of a label stand before a bar."""


def plans_to_html(plans: Sequence[Plan], knowledge: Knowledge) -> str:
    """Write plans as one page."""
    names = ", ".join(local_name(one.patient) for one in plans)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(f'Plan {names}'.strip())}</title><style>{_STYLE}</style></head><body><main>",
        *(line for one in plans for line in _plan(one, screen(one, knowledge), knowledge)),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _plan(plan: Plan, made: Screen, knowledge: Knowledge) -> Iterator[str]:
    tell = partial(_items, knowledge=knowledge, everywhere=made.everywhere)
    yield '<article class="plan">'
    yield f"<header><h1>Plan {escape(made.title[0])}</h1><p>{escape(' · '.join(made.title[1:]))}</p>"
    yield f'<p class="dim">{escape(DISCLAIMER)} {escape(GRADES_NOTE)}</p></header>'
    yield from (f'<p class="alert"><strong>{escape(one)}</strong></p>' for one in made.alarms)
    yield from (f"<p><strong>Warning:</strong> {escape(one)}</p>" for one in made.warnings)
    if made.notice:
        yield f"<p><strong>{escape(made.notice)}</strong></p>"
    urgent = made.sections.get(Section.CHECK, ())
    if urgent:
        yield f'<section class="alert"><h2>{HEADINGS[Section.CHECK]}</h2>'
        yield from tell(urgent)
        yield "</section>"
    if made.questions:
        yield f"<section><h2>{HEADINGS[Section.ASK]}</h2><ol>"
        for ask in made.questions:
            where = f" ({ask.site})" if ask.site else ""
            decides = f' <span class="dim">decides {escape(ask.brief())}</span>' if ask.decides else ""
            yield f"<li>{escape(ask.text + where)}{decides}</li>"
        yield "</ol></section>"
    yield '<div class="lanes">'
    for key, heading, sections in _LANES:
        yield from _lane(key, heading, [(one, made.sections.get(one, ())) for one in sections], tell)
    yield "</div>"
    yield from _chart(plan, made, knowledge)
    for section in _BELOW:
        if items := made.sections.get(section, ()):
            yield f"<section><h2>{HEADINGS[section]}</h2>"
            yield from tell(items)
            yield "</section>"
    yield "</article>"


def _lane(
    key: str,
    heading: str,
    parts: Sequence[tuple[Section, Sequence[Item]]],
    tell: Callable[[Sequence[Item]], Iterator[str]],
) -> Iterator[str]:
    yield f'<section class="lane {key}"><h2>{escape(heading)}</h2>'
    if not any(items for _, items in parts):
        yield '<p class="dim">nothing</p>'
    for section, items in parts:
        if items:
            yield f"<h3>{HEADINGS[section]}</h3>"
            yield from tell(items)
    yield "</section>"


def _items(items: Sequence[Item], knowledge: Knowledge, everywhere: str) -> Iterator[str]:
    """Write the rows of a section; those that the first screen leaves out stand behind their number."""
    yield from (_item(one, knowledge, everywhere) for one in items if one.listed)
    further = [one for one in items if not one.listed]
    if further:
        yield f'<details class="more"><summary>{len(further)} more</summary>'
        yield from (_item(one, knowledge, everywhere) for one in further)
        yield "</details>"


def _item(item: Item, knowledge: Knowledge, everywhere: str) -> str:
    when = (
        f"from {item.earliest.isoformat()}{' if treatment starts today' if item.assumed else ''}: "
        if item.earliest
        else ""
    )
    where = f' <span class="dim">({escape(item.site)})</span>' if item.site not in everywhere else ""
    graded = f' <span class="grade">{escape(item.grade)}</span>' if item.grade else ""
    condition = f'<br><small class="dim">if {escape(item.condition)}</small>' if item.condition else ""
    name = f"{when}<strong>{escape(capital(item.title))}</strong>{where}{graded}{condition}"
    lines = []
    for one in item.details:
        ids = f' <span class="dim">{escape(" ".join(one.statements))}</span>' if one.statements else ""
        lines.append(f"<li>{escape(' '.join(filter(None, (one.lead, ' · '.join(one.parts)))))}{ids}</li>")
    named = dict.fromkeys([*item.statements, *(id_ for one in item.details for id_ in one.statements)])
    reasons = "".join(_reason(one, knowledge) for one in named)
    if not lines and not reasons:
        return f"<p>{name}</p>"
    listed = f"<ul>{''.join(lines)}</ul>" if lines else ""
    return f"<details><summary>{name}</summary>{listed}{reasons}</details>"


def _reason(statement: str, knowledge: Knowledge) -> str:
    """Give the words, the source and the grades of a statement."""
    info = knowledge.by_id[statement]
    document = knowledge.documents.get(info.document)
    source = ", ".join(filter(None, (document.title if document else "", info.section)))
    cited = ", ".join(filter(None, (clean(source), stated_grade(info.strength, info.quality))))
    where = f'<span class="dim">{escape(cited)}</span>'
    return f"<blockquote><strong>{escape(statement)}</strong> {escape(clean(info.text))}<br>{where}</blockquote>"


def _chart(plan: Plan, made: Screen, knowledge: Knowledge) -> Iterator[str]:
    """Draw the treatments against the lengths that are asked for, and what opens when, on one line of time."""
    bars = timeline(plan, made, knowledge)
    if not bars:
        return
    first, last = min(one.start for one in bars), max(one.end for one in bars)
    span = max((last - first).days, 1)

    def place(day: date) -> float:
        return _LEFT + (_WIDTH - _LEFT - 90) * (day - first).days / span

    height = _ROW * (len(bars) + 2)
    words = "; ".join(f"{one.label}: {one.start} to {one.end}" for one in bars)
    yield "<section><h2>In time</h2>"
    yield f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(words, quote=True)}">'
    now = place(plan.as_of)
    yield f'<line class="now" x1="{now:.1f}" x2="{now:.1f}" y1="{_ROW * 0.6:.1f}" y2="{height - _ROW}"/>'
    yield f'<text x="{now:.1f}" y="14" text-anchor="middle">{plan.as_of.isoformat()}</text>'
    for number, one in enumerate(bars):
        top = _ROW * (number + 1)
        yield f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{top}" y2="{top}"/>'
        yield f'<text x="0" y="{top + 17}">{escape(shorten(one.label, _LONGEST, placeholder="…"))}</text>'
        if one.now > one.start:
            yield (
                f'<rect class="have" x="{place(one.start):.1f}" y="{top + 6}" '
                f'width="{max(place(one.now) - place(one.start), 1):.1f}" height="12"/>'
            )
        if one.end > one.now:
            yield (
                f'<rect class="need" x="{place(one.now):.1f}" y="{top + 6}" '
                f'width="{max(place(one.end) - place(one.now), 1):.1f}" height="12"/>'
            )
        yield f'<text x="{place(one.end) + 6:.1f}" y="{top + 17}">{one.end.isoformat()}</text>'
    yield "</svg>"
    assumed = f" {ASSUMED}." if any(one.assumed for one in bars) else ""
    yield f'<p class="dim">Full bars are on record, dashed ones are still to come.{assumed}</p></section>'
