"""How Sphinx makes a site of the pages, which are written to be read in the repository as well: `make site`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from diagrams import class_diagram, tree

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "hipkg"
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/**",
    "benchmarks/*.md",
    "ontology/README.md",
    "ontology/mappings/README.md",
    "queries/README.md",
    "shapes/README.md",
]
exclude_patterns = ["**/.*", "**/__pycache__"]
extensions = ["myst_parser"]
myst_heading_anchors = 4
suppress_warnings = [
    "myst.xref_missing",
    "misc.highlighting_failure",
]  # Sphinx does not see anchors in HTML; a test follows all links of the site.
html_theme = "furo"
html_title = project
html_show_copyright = False
html_theme_options = {"announcement": "Decision support for professionals, not medical advice."}
html_show_sourcelink = False
html_copy_source = False
html_show_search_summary = False  # which asks a server for the page

_ROOT = Path(__file__).parents[1]
_DRAWN = re.compile(r"```(mermaid|tree)\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+)\)")


def setup(app: Sphinx) -> None:
    """Have each page adapted before it is read, and the folder itself open the first one."""
    app.connect("source-read", _adapt)
    app.connect("build-finished", _open)


def _open(app: Sphinx, failure: Exception | None) -> None:
    """Write the page that a folder opens with."""
    if failure is None:
        first = f"{root_doc}.html"
        head = f'<meta charset="utf-8"><meta http-equiv="refresh" content="0; url={first}"><title>{project}</title>'
        text = (
            f'<!doctype html><html lang="en"><head>{head}</head><body><a href="{first}">{project}</a></body></html>\n'
        )
        (Path(app.outdir) / "index.html").write_text(text, encoding="utf-8")


def _adapt(_app: Sphinx, page: str, source: list[str]) -> None:
    """Take out links to folders, which only a forge shows, and draw the diagrams, which a forge draws itself."""
    folder = (_ROOT / page).parent

    def unlinked(link: re.Match[str]) -> str:
        return link[1] if (folder / link[2]).is_dir() else link[0]

    def drawn(block: re.Match[str]) -> str:
        way = {"mermaid": class_diagram, "tree": tree}[block[1]]
        return f"```{{raw}} html\n{way(block[2], 'terms.html')}\n```"

    source[0] = _DRAWN.sub(drawn, _LINK.sub(unlinked, source[0]))
