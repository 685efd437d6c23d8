"""Write what changed from one published version of an ontology to the next as a section of a page in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base.vocabulary import curie
from hipkg.maintenance.history import Kind
from hipkg.render.markdown import escape, escape_opening
from hipkg.render.ontology_diff import told_of_plans, told_of_statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hipkg.knowledge.records import Knowledge
    from hipkg.maintenance.diff.compare import OntologyDiff
    from hipkg.maintenance.history import Change, Version

PAGE = "CHANGES.md"
_OPENING = "# Changes of the ontology\n\nBy published version, the newest first; publishing writes this page.\n"
_STATEMENTS = {
    Kind.NEW: "New statements",
    Kind.WITHDRAWN: "Withdrawn statements",
    Kind.LOGIC: "Statements that hold, or say what to do, otherwise",
    Kind.WORDS: "Statements in other words",
}
_TERMS = {
    Kind.NEW: "New terms",
    Kind.WITHDRAWN: "Withdrawn terms",
    Kind.LOGIC: "Terms with other axioms",
    Kind.WORDS: "Terms in other words",
}


def with_section(page: str, section: str) -> str:
    """Put the section of a version before those of older ones."""
    _, _, older = page.partition("\n## ")
    return f"{_OPENING}\n{section}" + (f"\n## {older}" if older else "")


def changes_section(
    version: Version,
    changes: Sequence[Change],
    knowledge: Knowledge,
    *,
    first: bool,
    difference: OntologyDiff | None = None,
) -> str:
    """Write the section of a version.

    Parameters: ``first`` says that nothing was published before, so that everything is new and not listed;
    ``difference`` is what the version differs in from the last one, which tells how statements and plans differ.
    """
    lines = (*_lines(version, changes, knowledge, difference, first=first), *(_plans(difference) if difference else ()))
    return "\n".join(lines) + "\n"


def _plans(difference: OntologyDiff) -> Iterator[str]:
    """Tell whose plans differ, and of other statements, whose own words are the same, how they do."""
    title, lines = told_of_plans(difference)
    yield from (f"### {title}", "", *lines, *([""] if lines else ()))


def _lines(
    version: Version,
    changes: Sequence[Change],
    knowledge: Knowledge,
    difference: OntologyDiff | None,
    *,
    first: bool,
) -> Iterator[str]:
    patterns = told_of_statements(difference) if difference else {}
    yield from (f"## {version.version} ({version.level}, {version.day})", "")
    if first:
        count = sum(one.statement for one in changes)
        yield f"The first version that was published: {count} statements, {len(changes) - count} other terms."
        return
    if not changes:
        yield "Nothing but the headers."
    for of_statements, titles in ((True, _STATEMENTS), (False, _TERMS)):
        for kind, title in titles.items():
            found = [one for one in changes if one.statement is of_statements and one.kind is kind]
            if found:
                yield from (f"### {title}", "", *_entries(found, knowledge, patterns), "")
    listed = {info.id for one in changes if (info := knowledge.statements.get(one.term))}
    through = [one for id_, lines in patterns.items() if id_ not in listed for one in (f"- **{id_}**", *lines)]
    if through:
        yield from ("### Statements that hold otherwise through the terms that they name", "", *through, "")


def _entries(changes: Iterable[Change], knowledge: Knowledge, patterns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for one in changes:
        info, old = knowledge.statements.get(one.term), knowledge.withdrawn.get(one.term)
        name = info.id if info else old.name if old else curie(one.term)
        text = info.text if info else old.text or old.label if old else knowledge.label(one.term)
        yield f"- **{name}** {escape_opening(text)}{_why(one, knowledge)}"
        if one.kind is not Kind.WITHDRAWN:
            yield from patterns.get(name, ())


def _why(one: Change, knowledge: Knowledge) -> str:
    old = knowledge.withdrawn.get(one.term)
    if old is None or one.kind is not Kind.WITHDRAWN:
        return ""
    from hipkg.knowledge.withdrawn import successors

    place = f" Replaced by {escape(successors(old, knowledge))}." if old.replaced_by else ""
    return f" *Withdrawn: {escape(old.reason.rstrip('.'))}.*{place}"
