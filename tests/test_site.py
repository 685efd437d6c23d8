"""The site of the pages: it is whole, needs no network, and is searched."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag, urlsplit
from xml.etree import ElementTree

import pytest

from hipkg.base.paths import ROOT
from hipkg.base.vocabulary import local_name
from hipkg.knowledge.loading import load
from hipkg.knowledge.terms import all_terms

if TYPE_CHECKING:
    from pathlib import Path

LOADED = {("script", "src"), ("img", "src"), ("link", "href")}


class Page(HTMLParser):
    """The places of a page, what it links to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: set[str] = set()
        self.loaded: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            if name in {"href", "src"} and value:
                self.links.add(value)
                if (tag, name) in LOADED:
                    self.loaded.add(value)


def test_every_command_is_told_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "cli.md"
    words = ["hipkg.cli.app", "utils", "docs", "--name", "hipkg", "--title", "Commands", "--output", str(page)]
    subprocess.run([sys.executable, "-m", "typer", *words], check=True, capture_output=True)
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == page.read_text("utf-8"), "`make docs` writes it anew"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    made = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", "-c", "docs", ".", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (made.returncode, made.stderr) == (0, "")
    return folder


@pytest.mark.xdist_group("site")
def test_every_link_leads_somewhere(site: Path) -> None:
    pages = {}
    for path in site.rglob("*.html"):
        pages[path] = Page()
        pages[path].feed(path.read_text("utf-8"))
    assert pages[site / "index.html"].links == {"docs/index.html"}
    dead = set()
    for path, page in pages.items():
        for link in page.links:
            address, place = urldefrag(link)
            if urlsplit(address).scheme:
                continue
            target = (path.parent / unquote(urlsplit(address).path)).resolve() if address else path
            if not target.exists() or (place and target in pages and unquote(place) not in pages[target].places):
                dead.add((path.name, link))
    assert dead == set()
    assert {
        link for page in pages.values() for link in page.loaded if urlsplit(link).scheme in {"http", "https"}
    } == set()


@pytest.mark.xdist_group("site")
def test_every_term_has_an_anchor_and_every_diagram_is_a_picture(site: Path) -> None:
    terms = Page()
    terms.feed((site / "docs" / "model" / "terms.html").read_text("utf-8"))
    names = {local_name(one) for one in all_terms(load())}
    assert len(names) > 1000
    assert names - terms.places == set()
    for name, count, inside in (("README", 3, "hasProblem * → Problem"), ("classes", 8, "JointSpaceNarrowing")):
        text = (site / "docs" / "model" / f"{name}.html").read_text("utf-8")
        pictures = re.findall(r'<div class="diagram".*?</svg>', text, re.DOTALL)
        assert len(pictures) == count
        assert any(inside in one for one in pictures)
        assert "classDiagram" not in text
        for one in pictures:
            ElementTree.fromstring(one[one.index("<svg") :])  # noqa: S314 - it was drawn right here


@pytest.mark.xdist_group("site")
def test_the_search_knows_the_words_of_the_pages(site: Path) -> None:
    index = (site / "searchindex.js").read_text("utf-8")
    for word in ("hyaluron", "osteonecrosi", "shacl"):
        assert re.search(rf'\b{word}"?:', index), word
