"""Find the statement or the intervention that a user names, by the words of labels, of pages and of every day."""

from __future__ import annotations

import re
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import expand, local_name
from hipkg.knowledge.memo import kept
from hipkg.knowledge.withdrawn import refuse_withdrawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge

_SUGGESTIONS = 6
_SHORTEST = 3
"""Up to how many letters words are sought at the beginning of others alone."""
_WORD = re.compile(r"\w+")


def find_target(target: str, knowledge: Knowledge) -> str:
    """Find the statement or intervention that a user names.

    An id, a name or any wording that fits exactly wins over one that begins with the words, and that over one that
    contains them, a label over other words; among several, the one that all others are kinds of. Raises `UsageError`
    with suggestions otherwise.
    """
    wanted = " ".join(target.casefold().split())
    statements = {info.id.casefold(): info.iri for info in knowledge.statements.values()}
    local = {local_name(iri).casefold(): iri for iri in (*knowledge.statements, *knowledge.interventions)}
    labels = {info.label.casefold(): info.iri for info in knowledge.interventions.values()}
    exact = {**local, **labels, **statements}
    if found := exact.get(wanted) or exact.get(local_name(expand(target.strip())).casefold()):
        return found
    wordings = _wordings(knowledge)
    if meant := wordings.get(wanted):
        return _widest(meant, target, knowledge)
    for names in ({label: frozenset({iri}) for label, iri in labels.items()}, wordings):
        fitting = {name: iris for name, iris in names.items() if wanted and _has_words(name, wanted)}
        beginning = [iris for name, iris in fitting.items() if name.startswith(wanted)]
        if fitting:
            return _widest(
                beginning[0] if len(beginning) == 1 else frozenset().union(*fitting.values()), target, knowledge
            )
    known = {**{name: iri for name, iris in wordings.items() for iri in iris}, **exact}
    near = dict.fromkeys(known[one] for one in get_close_matches(wanted, known, n=_SUGGESTIONS, cutoff=0.5))
    told = [knowledge.label(one) if one in knowledge.interventions else local_name(one) for one in near]
    refuse_withdrawn(target, knowledge)
    remedy = f"Nearest: {'; '.join(told)}." if told else "Give a statement id or words of an action's label."
    raise UsageError(f"There is no statement or action {target!r}.", remedy=remedy)


@kept
def _wordings(knowledge: Knowledge) -> Mapping[str, frozenset[str]]:
    """Map the words that pages and people use beside labels to the interventions that they can mean."""
    found: dict[str, set[str]] = {}
    for iri in knowledge.interventions:
        for words in knowledge.other_names(iri):
            found.setdefault(words.casefold(), set()).add(iri)
    for words, iri in _with_sides(knowledge):
        found.setdefault(words.casefold(), set()).add(iri)
    return {words: frozenset(iris) for words, iris in found.items()}


def _with_sides(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """List how a page names an action with the side on which it is to be carried out."""
    for info in knowledge.statements.values():
        phrase = knowledge.interventions[info.intervention].side_phrase
        for iri in info.accompanies if phrase else ():
            for side in knowledge.opposites:
                yield f"{knowledge.brief(iri)} {phrase.replace('{side}', knowledge.label(side))}", iri


def _has_words(name: str, words: str) -> bool:
    """Tell whether a name has some words, in their order as parts of words, or in any order from their beginnings."""
    if words in name and len(words) > _SHORTEST:
        return True
    parts = _WORD.findall(name)
    return all(any(part.startswith(word) for part in parts) for word in words.split())


def _widest(found: Iterable[str], target: str, knowledge: Knowledge) -> str:
    """Pick from several interventions the one that statements are about, or that all others are kinds of."""
    told = Counter(info.intervention for info in knowledge.statements.values())
    possible = {*found}
    about = possible & set(told)
    for some in (possible, about):
        tops = [one for one in some if all(knowledge.is_a(other, one) for other in some)]
        if len(tops) == 1:
            return tops[0]
    labels = [knowledge.label(one) for one in sorted(about or possible, key=lambda one: (-told[one], one))]
    more = f"; and {len(labels) - _SUGGESTIONS} more" if len(labels) > _SUGGESTIONS else ""
    raise UsageError(
        f"{target!r} fits {len(labels)} actions.", remedy=f"Choose one: {'; '.join(labels[:_SUGGESTIONS])}{more}."
    )
