"""The pages of an endpoint for people: YASGUI, and the named questions as links."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from hipkg.base.vocabulary import QUERY_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hipkg.querying.catalogue import QueryInfo

FIRST = """SELECT ?label ?status
WHERE {
  ?action a hip:Action ; hip:status ?status ; hip:ofIntervention ?intervention .
  ?intervention rdfs:label ?label .
}
ORDER BY ?status ?label
"""
"""The query with which the editor opens."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hipkg: ask the guideline and the patients</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="static/yasgui.min.css">
<link rel="stylesheet" href="static/page.css">
</head>
<body>
<header>
<h1>hipkg</h1>
<p>Decision support for professionals, not medical advice. {held}. This endpoint only reads: <code>sparql</code>.</p>
</header>
<main>
<div id="editor" data-query="{query}"></div>
<section>
<h2>Named questions</h2>
<ul>
{questions}
</ul>
</section>
</main>
<script src="static/yasgui.min.js"></script>
<script src="static/page.js"></script>
</body>
</html>
"""


def start_page(questions: Sequence[QueryInfo], held: str) -> str:
    """Write the start page; ``held`` says what the endpoint holds."""
    rows = "\n".join(map(_question, questions))
    prefixes = "".join(
        f"PREFIX {one}: <{namespace}>\n" for one, namespace in QUERY_PREFIXES.items() if f"{one}:" in FIRST
    )
    return _PAGE.format(held=escape(held), query=escape(prefixes + FIRST), questions=rows)


def _question(info: QueryInfo) -> str:
    """Link a question, or say which parameters it needs."""
    needed = [one.name for one in info.parameters if one.required]
    names = ", ".join(one.name if one.required else f"{one.name}?" for one in info.parameters)
    told = f" <small>({escape(names)})</small>" if names else ""
    path = f"queries/{quote(info.name)}" + (f"?{urlencode(dict.fromkeys(needed, ''))}" if needed else "")
    link = f'<a href="{escape(path)}">{escape(info.name)}</a>'
    return f"<li>{link}{told}: {escape(info.summary)}</li>"
