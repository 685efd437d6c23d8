"""Write what the ontology says as Markdown pages, for reading and review without Turtle.

One page tells the statements of each document, a glossary every class that their slots name, and another page the
topics on which statements do not agree. Every definition is written once, and linked from where it is used.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import SKOS
from hipkg.knowledge.modality import Modality
from hipkg.knowledge.withdrawn import called
from hipkg.knowledge.wording import Wording, listed, quantity
from hipkg.owl.expression import named_classes
from hipkg.render.agreement import agreement
from hipkg.render.markdown import escape, escape_opening
from hipkg.render.words import DISCLAIMER, capital, clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyoxigraph as ox

    from hipkg.knowledge.records import Bound, DocumentInfo, Knowledge, StatementInfo, Tension, Withdrawal

INDEX, GLOSSARY, TENSIONS, AGREEMENT = "README.md", "glossary.md", "tensions.md", "agreement.svg"
_KINDS = {"Patients": hip.Patient, "Problems": hip.Problem, "Treatments, studies and other activities": hip.Activity}
_OTHERS = "Others"
_ROLES = {
    "Context of": "applies_to",
    "Required by": "requires",
    "Lifts": "except_for",
    "Satisfies": "satisfied_by",
}
_USES_SHOWN = 12
_READING = """\
| line | meaning |
|---|---|
| Applies to | the context: a patient or problem that the statement is about |
| Requires | all of these must be on record before the statement holds; until then it waits |
| Except for | any of these lifts the statement |
| Satisfied by | any of these means that it is already done or running |
| Once done | how this model reads a record in which it was carried out; the document does not say |
| Beside | the statement goes with this treatment: the patient has it, or the plan holds it |
| Modality | whether the document asks for the act (do) or offers it (consider) |
| Strength, Evidence | as the document states them, with its own words after the semicolon |
"""


def guideline_pages(knowledge: Knowledge, triples: Iterable[ox.Triple]) -> dict[str, str]:
    """Write all pages; of an ontology of one's own those of its documents alone.

    Parameters: ``triples`` are those of the ontology's sources, for the texts that plans have no use for.

    Returns the text of each page by the name of its file.
    """
    return _Writer(knowledge, triples).pages()


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class _Writer:
    """Write the pages of one ontology."""

    def __init__(self, knowledge: Knowledge, triples: Iterable[ox.Triple]) -> None:
        self._knowledge = knowledge
        self._texts = {
            (one.subject.value, one.predicate.value): one.object.value  # type: ignore[union-attr]
            for one in triples
            if one.predicate.value in {SKOS + "definition", SKOS + "scopeNote"}
        }
        own = tuple(knowledge.namespaces.values())
        documents = sorted(knowledge.documents.values(), key=lambda one: one.id)
        self._documents = [one for one in documents if not own or one.iri.startswith(own)]
        told = {one.iri for one in self._documents}
        statements = sorted(knowledge.statements.values(), key=lambda one: one.id)
        self._statements = {one.id: one for one in statements if one.document in told}
        self._topics = [one for one in knowledge.tensions if self._statements.keys() >= {*one.statements}]
        self._entries = self._glossary_entries()
        self._anchors = self._glossary_anchors()
        self._wording = Wording(knowledge, lambda iri: self._term(iri, ""))
        self._agreement = agreement(knowledge, self._documents, self._statements.values())

    def pages(self) -> dict[str, str]:
        pages = {INDEX: self._index(), GLOSSARY: self._glossary(), TENSIONS: self._tensions()}
        pages |= {_page(one.id): self._document(one) for one in self._documents}
        picture = {AGREEMENT: self._agreement} if self._agreement else {}
        return {**{name: "\n".join(lines).rstrip("\n") + "\n" for name, lines in pages.items()}, **picture}

    # The index

    def _index(self) -> Iterator[str]:
        yield from ("# The guideline in words", "", f"*{DISCLAIMER}*", "")
        yield f"What the ontology of {self._knowledge.version} says, statement by statement. These pages are generated:"
        yield from ("change the ontology, not the pages, and run `hipkg ontology document`.", "")
        yield from ("| document | title | publisher | date | statements |", "|---|---|---|---|---|")
        for one in self._documents:
            cells = [f"[{one.id}]({_page(one.id)})", escape(one.title), escape(one.publisher), one.issued]
            yield _row([*cells, str(len(self._of(one)))])
        yield from (
            "",
            f"Besides: the [glossary]({GLOSSARY}) of every class that a statement names, with its definition in",
        )
        yield f"words and in Manchester syntax, and the [tensions]({TENSIONS}) between statements."
        yield from ("", "## Statements by kind", "", *self._counts())
        yield from ("", "## How to read a statement", "", _READING.rstrip("\n"), "")
        yield "A statement that a document implies without saying it in one sentence is marked as inferred."

    def _counts(self) -> Iterator[str]:
        counts = Counter((one.kind, one.document) for one in self._statements.values())
        yield _row(["kind", *(one.id for one in self._documents), "all"])
        yield "|---" * (len(self._documents) + 2) + "|"
        for kind in sorted({kind for kind, _ in counts}):
            numbers = [counts[kind, one.iri] for one in self._documents]
            yield _row([kind, *(str(one or "") for one in numbers), str(sum(numbers))])

    # Statements

    def _document(self, document: DocumentInfo) -> Iterator[str]:
        statements = self._of(document)
        sections: dict[str, list[StatementInfo]] = {}
        for one in statements:
            sections.setdefault(one.section, []).append(one)
        yield from (f"# {document.id}: {escape(document.title)}", "")
        origin = [escape(document.publisher), document.issued, f"{len(statements)} statements"]
        yield from (" · ".join(filter(None, origin)), "")
        about = self._texts.get((document.iri, SKOS + "definition"), "")
        yield from ((escape_opening(about), "") if about else ())
        scope = self._terms(document.advice_requires, "and")
        yield from ((f"What it advises requires {scope}.", "") if scope else ())
        yield from (f"[All documents]({INDEX}) · [Glossary]({GLOSSARY}) · [Tensions]({TENSIONS})", "")
        for section, members in sections.items():
            yield f"- [{escape(section)}](#{anchor(section)}): {_links(members, local=True)}"
        for section, members in sections.items():
            yield from ("", f"## {escape(section)}")
            for one in members:
                yield from ("", *self._statement(one))
        yield from self._withdrawn(document)

    def _withdrawn(self, document: DocumentInfo) -> Iterator[str]:
        """Tell which statements of a document are in force no more, why, and what takes their place."""
        gone = [one for one in self._knowledge.withdrawn.values() if one.is_statement and one.document == document.iri]
        if gone:
            yield from ("", "## Withdrawn", "", "These statements are in force no more; nothing is derived from them.")
        for one in sorted(gone, key=lambda it: it.name):
            yield from ("", f"### {one.name}", "", f"> {escape_opening(clean(one.text))}", "")
            yield f"- **Withdrawn** {one.day}"
            if one.reason:
                yield f"- **Because** {escape(clean(one.reason))}"
            if one.replaced_by:
                yield f"- **Replaced by** {self._successors(one)}"

    def _successors(self, one: Withdrawal) -> str:
        """Link the statements in force that take the place of one, and name what else does."""
        infos = self._knowledge.statements
        return listed(
            [_links([infos[iri]]) if iri in infos else called(iri, self._knowledge) for iri in one.replaced_by], "and"
        )

    def _statement(self, info: StatementInfo) -> Iterator[str]:
        effect, intervention = self._knowledge.label(info.effect), self._knowledge.label(info.intervention)
        yield from (f"### {info.id}", "", f"**{capital(info.kind)}** · {effect} **{escape(intervention)}**", "")
        yield from (f"> {escape_opening(clean(info.text))}", "")
        for name, text in self._lines(info):
            if text:
                yield f"- **{name}** {text}"

    def _lines(self, info: StatementInfo) -> Iterator[tuple[str, str]]:
        yield "Applies to", self._terms(info.applies_to, "or")
        yield "Requires", self._terms(info.requires, "and")
        yield "Except for", self._terms(info.except_for, "or")
        yield "Satisfied by", self._terms(info.satisfied_by, "or")
        yield "Once done", self._settled(info)
        yield "Beside", escape(listed([self._knowledge.label(one) for one in info.accompanies], "and"))
        yield "Sets", escape("; ".join(map(_bound, info.bounds)))
        yield "Timing", escape(clean(info.timing))
        strength, evidence = _grade(info.strength, info.strength_wording), _grade(info.quality, info.evidence_wording)
        if info.modality in {Modality.DO, Modality.CONSIDER}:
            yield "Modality", info.modality
        yield "Strength", f"{escape(strength)} · **Evidence** {escape(evidence)}"
        yield "Cites", escape("; ".join(clean(one) for one in info.references))
        yield "Inferred", "the document implies it and does not say it in one sentence" if info.inferred else ""
        yield "Note", escape(clean(self._texts.get((info.iri, SKOS + "scopeNote"), "")))
        tensions = (one for one in self._topics if info.id in one.statements)
        yield "Tension", " · ".join(f"[{escape(capital(one.label))}]({TENSIONS}#{anchor(one.id)})" for one in tensions)

    def _settled(self, info: StatementInfo) -> str:
        years = self._knowledge.settled_for_years.get(info.intervention)
        if info.effect != hip.indicates or not years:
            return ""
        return f"not advised again for {years} year" + ("s" if years > 1 else "")

    def _of(self, document: DocumentInfo) -> list[StatementInfo]:
        return [one for one in self._statements.values() if one.document == document.iri]

    # Glossary

    def _glossary(self) -> Iterator[str]:
        yield from ("# Glossary", "", f"[All documents]({INDEX}) · [Tensions]({TENSIONS})", "")
        yield "The classes that statements name, and all that have a definition. What has none is recorded as such."
        for name, members in groupby(self._entries, key=self._heading):
            entries = list(members)
            yield from ("", f"## {name}", "", *self._by_letter(entries))
            for one in entries:
                yield from ("", *self._entry(one))

    def _by_letter(self, members: Sequence[str]) -> Iterator[str]:
        for letter, group in groupby(members, key=lambda one: self._knowledge.label(one)[0].upper()):
            yield f"- **{letter}** {' · '.join(self._term(one, '') for one in group)}"

    def _entry(self, iri: str) -> Iterator[str]:
        yield from (f"### {escape(self._knowledge.label(iri))}", "")
        about = self._texts.get((iri, SKOS + "definition"), "")
        yield from ((escape_opening(clean(about)), "") if about else ())
        for name, text in self._entry_lines(iri):
            if text:
                yield f"- **{name}** {text}"

    def _entry_lines(self, iri: str) -> Iterator[tuple[str, str]]:
        definition = self._knowledge.definition(iri)
        if definition is not None:
            yield "In the model", self._wording.meaning(iri)
            yield "In Manchester syntax", f"`{self._wording.manchester(definition)}`"
        yield "Includes", self._named(self._narrower(iri))
        yield "Asked as", escape(self._knowledge.questions.get(iri, ""))
        yield "Note", escape(clean(self._texts.get((iri, SKOS + "scopeNote"), "")))
        yield "Used to define", self._named([one for one in self._entries if iri in self._parts(one)])
        for name, slot in _ROLES.items():
            yield name, self._uses([one for one in self._statements.values() if iri in getattr(one, slot)])

    def _named(self, classes: Sequence[str]) -> str:
        """Link a few classes one by one, and count many."""
        if len(classes) > _USES_SHOWN:
            return f"{len(classes)} classes"
        return listed([self._term(one, "") for one in classes], "and")

    def _uses(self, statements: Sequence[StatementInfo]) -> str:
        """Link a few statements one by one, and count many by document."""
        if len(statements) <= _USES_SHOWN:
            return _links(statements)
        counts = Counter(one.document for one in statements)
        told = [f"{counts[one.iri]} of [{one.id}]({_page(one.id)})" for one in self._documents if counts[one.iri]]
        return f"{len(statements)} statements: {listed(told, 'and')}"

    def _glossary_entries(self) -> list[str]:
        """List the classes in slots and those with a definition by heading and label."""
        named = {iri for one in self._statements.values() for slot in _ROLES.values() for iri in getattr(one, slot)}
        headings = [*_KINDS, _OTHERS]
        return sorted(
            named | self._knowledge.definitions.keys() - self._knowledge.auxiliary,
            key=lambda one: (headings.index(self._heading(one)), self._knowledge.label(one).lower(), one),
        )

    def _heading(self, iri: str) -> str:
        return next((name for name, kind in _KINDS.items() if self._knowledge.is_a(iri, kind)), _OTHERS)

    def _parts(self, iri: str) -> set[str]:
        definition = self._knowledge.definition(iri)
        return named_classes(definition) if definition is not None else set()

    def _glossary_anchors(self) -> dict[str, str]:
        """Give each entry the anchor that GitHub makes, which numbers equal headings in the order of the page."""
        seen = Counter(map(anchor, ("Glossary", *_KINDS, _OTHERS)))
        anchors = {}
        for iri in self._entries:
            name = anchor(self._knowledge.label(iri))
            anchors[iri] = f"{name}-{seen[name]}" if seen[name] else name
            seen[name] += 1
        return anchors

    def _narrower(self, iri: str) -> list[str]:
        """List the entries right below a class."""
        below = [one for one in self._entries if one != iri and self._knowledge.is_a(one, iri)]
        return [one for one in below if not any(self._is_below(one, other) for other in below)]

    def _is_below(self, iri: str, other: str) -> bool:
        return self._knowledge.is_a(iri, other) and not self._knowledge.is_a(other, iri)

    def _terms(self, classes: Sequence[str], word: str) -> str:
        return listed([self._term(one, GLOSSARY) for one in classes], word)

    def _term(self, iri: str, page: str) -> str:
        return f"[{escape(self._knowledge.label(iri))}]({page}#{self._anchors[iri]})"

    # Tensions

    def _tensions(self) -> Iterator[str]:
        yield from ("# Tensions", "", f"[All documents]({INDEX}) · [Glossary]({GLOSSARY})", "")
        yield "Topics on which statements do not agree, what the documents hold, and how plans treat it."
        yield from ("", "| topic | in what way | treated as | between |", "|---|---|---|---|")
        for one in self._topics:
            kinds, where = escape(", ".join(one.kinds)), listed(self._parties(one), "and")
            where = where if len(self._parties(one)) > 1 else f"inside {where}"
            yield _row([f"[{escape(capital(one.label))}](#{anchor(one.id)})", kinds, escape(one.resolution), where])
        if self._agreement:
            about = "What several documents say of the same interventions, a mark for each way in which one does:"
            yield from ("", about, "", f"![Interventions by document]({AGREEMENT})")
        for one in self._topics:
            yield from ("", *self._tension(one))

    def _tension(self, tension: Tension) -> Iterator[str]:
        yield from (f"## {tension.id}", "", f"**{escape(capital(tension.label))}**", "")
        yield from (escape_opening(clean(tension.text)), "")
        yield f"*{capital(escape(tension.resolution))}:* {escape(clean(tension.note))}"
        yield ""
        for one in tension.statements:
            info = self._statements[one]
            yield f"- {_link(info)} {escape(clean(info.text))}"

    def _parties(self, tension: Tension) -> list[str]:
        found = {self._statements[one].document for one in tension.statements}
        return [one.id for one in self._documents if one.iri in found]


def _page(document: str) -> str:
    return f"{document.lower()}.md"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _link(info: StatementInfo, *, local: bool = False) -> str:
    page = "" if local else _page(info.id.partition("-")[0])
    return f"[{info.id}]({page}#{anchor(info.id)})"


def _links(statements: Iterable[StatementInfo], *, local: bool = False) -> str:
    return " ".join(_link(one, local=local) for one in statements)


def _grade(label: str, wording: str) -> str:
    return "; ".join(dict.fromkeys(filter(None, (label, clean(wording)))))


def _bound(bound: Bound) -> str:
    if bound.lower and bound.upper and bound.lower != bound.upper:
        span = f"{quantity(bound.lower, '')} to {quantity(bound.upper, bound.unit)}"
    elif bound.lower and bound.upper:
        span = quantity(bound.lower, bound.unit)
    else:
        span = f"{'at least' if bound.lower else 'at most'} {quantity(bound.lower or bound.upper, bound.unit)}"
    return f"{clean(bound.quantity)}: {span}"
