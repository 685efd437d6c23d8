"""The guideline in words: pages that are up to date, complete, linked, and written only where they changed."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest
from typer.testing import CliRunner

from hipkg.base.paths import GUIDELINE_PAGES, MODEL_PAGES
from hipkg.base.vocabulary import HIP, SKOS
from hipkg.cli.app import app
from hipkg.knowledge.loading import load
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.records import Bound, DocumentInfo, StatementInfo, Tension
from hipkg.owl.expression import And, Named, Some
from hipkg.owl.sources import load_sources
from hipkg.render.agreement import agreement
from hipkg.render.data_model import CONTEXT, PROFILE, SCHEMA
from hipkg.render.guideline import AGREEMENT, guideline_pages
from hipkg.render.ontology_checks import check_pages

if TYPE_CHECKING:
    from pathlib import Path

FOR_MACHINES = (SCHEMA, PROFILE, CONTEXT)
LINK = re.compile(r"(?<!\\)\]\(([^)#]*)(?:#([^)]*))?\)")


@cache
def pages() -> dict[str, str]:
    return guideline_pages(load(), load_sources())


def test_the_pages_are_up_to_date() -> None:
    """Write them anew with ``hipkg ontology document``."""
    assert {path.name: path.read_text("utf-8") for path in GUIDELINE_PAGES.iterdir()} == pages()


def test_what_documents_share_is_drawn_and_what_one_says_alone_is_not() -> None:
    titles = {*re.findall("<g><title>(.*?)</title>", pages()[AGREEMENT])}
    for id_ in ("D0", "D1", "D2"):
        assert f"{id_} contraindicates intra-articular hyaluronic acid injection" in titles
    assert {"D0 indicates acetaminophen", "D0 holds back acetaminophen"} <= titles
    assert not any("S1" in str(one) for one in titles)
    alone = {one.id: one for one in load().statements.values() if one.document.endswith("D4")}
    assert agreement(load(), [*load().documents.values()], alone.values()) == ""


def anchors(text: str) -> set[str]:
    """Collect the anchors of the headings of a page, made as GitHub makes them."""
    found: list[str] = []
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        plain = "".join(char for char in heading.replace("\\", "").lower() if char.isalnum() or char in "-_ ")
        found.append(plain.replace(" ", "-"))
    return {f"{one}-{found[:at].count(one)}" if one in found[:at] else one for at, one in enumerate(found)}


@pytest.mark.parametrize("name", pages())
def test_every_link_leads_to_a_heading(name: str) -> None:
    known = {page: anchors(text) for page, text in pages().items()}
    broken = [
        (page, place)
        for page, place in LINK.findall(pages()[name])
        if place not in {*known.get(page or name, ()), ""} or (page or name) not in known
    ]
    assert broken == []


@pytest.mark.parametrize("name", pages())
def test_no_page_shows_iris(name: str) -> None:
    assert "://" not in pages()[name].replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"\bhip:\w", pages()[name])


def test_every_statement_class_and_tension_is_told_once() -> None:
    headings = re.findall(r"^#+ (.*)$", "\n".join(pages().values()), re.MULTILINE)
    assert all(headings.count(one.id) == 1 for one in load().statements.values())
    assert all(headings.count(one.id) == 1 for one in load().tensions)
    slots = {iri for one in load().statements.values() for iri in (*one.applies_to, *one.requires, *one.except_for)}
    told = [one.replace("\\", "") for one in headings]
    assert sorted(load().label(iri) for iri in slots if load().label(iri) not in told) == []


# A guideline of one statement

TOES = StatementInfo(
    iri=HIP + "D9-07",
    id="D9-07",
    kind="recommendation",
    effect=HIP + "indicates",
    intervention=HIP + "Bath",
    text="Bathe * cold toes.",
    document=HIP + "D9",
    section="Lead & toes",
    applies_to=(HIP + "ColdToe",),
    requires=(HIP + "Winter", HIP + "Night"),
    except_for=(HIP + "Summer", HIP + "Night"),
    satisfied_by=(),
    accompanies=(HIP + "Bath",),
    choices=(),
    modality=Modality.CONSIDER,
    strength="strong",
    strength_rank=3,
    quality="not stated",
    quality_rank=None,
    strength_wording="worded: must",
    evidence_wording="",
    timing="at dusk",
    references=("On toes", "On baths"),
    bounds=(
        Bound("length", "min", "5.0", "10.0", "", "", ()),
        Bound("warmth", "Cel", "", "38", "", "", ()),
        Bound("water", "l", "40", "40", "", "", ()),
    ),
    inferred=True,
    stratum=0,
)
LABELS = {
    "indicates": "indicates",
    "Bath": "bath",
    "ColdToe": "cold toe",
    "Toe": "toe",
    "Cold": "cold",
    "Winter": "winter",
    "Night": "night",
    "Summer": "summer",
    "Problem": "problem",
    "hasProblem": "has problem",
}
TENSION = Tension(
    iri=HIP + "tension-99",
    id="tension-99",
    label="baths",
    kinds=("contradiction",),
    statements=("D9-07",),
    text="Some bathe, some do not.",
    resolution="kept side by side",
    note="Both may.",
)
PAGE = """\
# D9: Of toes

Somebody · 1999-01-01 · 1 statements

[All documents](README.md) · [Glossary](glossary.md) · [Tensions](tensions.md)

- [Lead \\& toes](#lead--toes): [D9-07](#d9-07)

## Lead \\& toes

### D9-07

**Recommendation** · indicates **bath**

> Bathe \\* cold toes.

- **Applies to** [cold toe](glossary.md#cold-toe)
- **Requires** [winter](glossary.md#winter) and [night](glossary.md#night)
- **Except for** [summer](glossary.md#summer) or [night](glossary.md#night)
- **Beside** bath
- **Sets** length: 5 to 10 minutes; warmth: at most 38 °C; water: 40 l
- **Timing** at dusk
- **Modality** consider
- **Strength** strong; worded: must · **Evidence** not stated
- **Cites** On toes; On baths
- **Inferred** the document implies it and does not say it in one sentence
- **Note** Mind the floor.
- **Tension** [Baths](tensions.md#tension-99)
"""
ENTRY = """\
### cold toe

A toe that is cold.

- **In the model** toe that has problem cold
- **In Manchester syntax** `toe and (has problem some cold)`
- **Asked as** Is the toe cold?
- **Context of** [D9-07](d9.md#d9-07)
"""


def small() -> dict[str, str]:
    definition = And((Named(HIP + "Toe"), Some(HIP + "hasProblem", Named(HIP + "Cold"))))
    knowledge = replace(
        load(),
        labels={HIP + name: label for name, label in LABELS.items()},
        statements={TOES.iri: TOES},
        documents={TOES.document: DocumentInfo(TOES.document, "D9", "Of toes", "Somebody", "1999-01-01")},
        superclasses={HIP + name: frozenset({HIP + "Problem"}) for name in ("ColdToe", "Toe", "Cold", "Night")},
        definitions={HIP + "ColdToe": definition},
        tensions=(TENSION,),
        questions={HIP + "ColdToe": "Is the toe cold?"},
        interventions={},
        verb_phrases={},
        attribute_phrases={},
    )
    texts = {
        ("ColdToe", "definition"): "A toe that is cold.",
        ("D9-07", "scopeNote"): "Mind the floor.",
    }
    triples = [
        ox.Triple(ox.NamedNode(HIP + subject), ox.NamedNode(SKOS + prop), ox.Literal(text, language="en"))
        for (subject, prop), text in texts.items()
    ]
    return guideline_pages(knowledge, triples)


def test_a_statement_is_told_line_by_line() -> None:
    assert small()["d9.md"] == PAGE


def test_a_class_is_told_in_words_and_in_manchester_syntax() -> None:
    assert ENTRY in small()["glossary.md"]


def test_a_tension_names_its_statements_and_where_it_is() -> None:
    page = small()["tensions.md"]
    assert "| [Baths](#tension-99) | contradiction | kept side by side | inside D9 |" in page
    assert "*Kept side by side:* Both may.\n\n- [D9-07](d9.md#d9-07) Bathe \\* cold toes." in page


def test_the_index_counts_statements_by_kind() -> None:
    assert "| recommendation | 1 | 1 |" in small()["README.md"]


# The command


def test_the_command_writes_what_changed_and_nothing_else(tmp_path: Path) -> None:
    run = CliRunner().invoke
    folder = tmp_path / "new" / "pages"
    missing = run(app, ["ontology", "document", "--check", "-o", str(folder)])
    assert (missing.exit_code, folder.exists()) == (1, False)
    beside = [f"model/{one.name}" for one in MODEL_PAGES.glob("*.md")] + [f"model/{one}" for one in FOR_MACHINES]
    beside += [f"checks/{one}" for one in check_pages()]
    assert sorted(missing.stdout.split()) == sorted([*pages(), *beside])
    assert run(app, ["ontology", "document", "-o", str(folder)]).stdout == missing.stdout
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file()} == pages()
    other = folder / "mine.md"
    other.write_text("kept", encoding="utf-8")
    (folder / "glossary.md").write_text("old", encoding="utf-8")
    untouched = (folder / "README.md").stat().st_mtime_ns
    stale = run(app, ["ontology", "document", "--check", "-o", str(folder)])
    assert (stale.exit_code, stale.stdout.split()) == (1, ["glossary.md"])
    assert "hipkg ontology document" in stale.stderr
    assert run(app, ["ontology", "document", "-o", str(folder)]).stdout.split() == ["glossary.md"]
    assert (folder / "glossary.md").read_text("utf-8") == pages()["glossary.md"]
    assert (other.read_text("utf-8"), (folder / "README.md").stat().st_mtime_ns) == ("kept", untouched)
    fresh = run(app, ["ontology", "document", "--check", "-o", str(folder)])
    assert (fresh.exit_code, fresh.output) == (0, "")
