"""Hold the texts that a query asks for to those that there are, so that another spelling is never answered by nothing.

Texts of SPARQL are equal only if every letter is, and their language: a capital, a plural or a missing language is
another text. What nothing is like may be a text of patients, and is asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import RDFS, SKOS, XSD, curie
from hipkg.querying.comparisons import How
from hipkg.querying.names import LENIENT
from hipkg.querying.text import Kind
from hipkg.querying.vocabulary import closed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.comparisons import Comparison, Meaning
    from hipkg.querying.text import QueryText

_NAMES = frozenset({RDFS + "label", *(SKOS + one for one in ("prefLabel", "altLabel", "hiddenLabel"))})
"""By which things are called: what is no value of one may be a value of another."""
_LETTERS: Mapping[How, tuple[str, Callable[[str], str]]] = {
    How.LOWERED: ("LCASE makes all letters small", str.lower),
    How.RAISED: ("UCASE makes all letters capital", str.upper),
}
_WORD = re.compile(r"\w+")
_PLURAL = re.compile(r"(?<=\w\w)(?<![siu])s$")
_MEANT = 3


def otherwise_written(meaning: Meaning, knowledge: Knowledge, store: ox.Store) -> list[UsageError]:
    """Find the texts that no value of the properties is, and that one is but for case, number or language."""
    text, listed = meaning.query.written, closed(knowledge)
    texts = (one for one in dict.fromkeys(meaning.uses.comparisons) if not one.properties & listed)
    return [problem for one in texts if _is_text(one.term) for problem in _problems(one, text, store)]


def _is_text(term: ox.NamedNode | ox.Literal) -> bool:
    return isinstance(term, ox.Literal) and (bool(term.language) or term.datatype.value == XSD + "string")


def _problems(one: Comparison, text: QueryText, store: ox.Store) -> Iterator[UsageError]:
    wanted, place = one.term.value, text.where_written(one.term.value, Kind.STRING)
    if one.how in _LETTERS:
        made, letters = _LETTERS[one.how]
        if wanted != letters(wanted):
            remedy = f"Write {letters(wanted)!r}. {LENIENT}"
            yield UsageError(f"{made}, and {wanted!r} has others.", place=place, remedy=remedy)
    elif one.properties and "" not in one.properties and one.how is not How.ORDER and not _is_there(one, store):
        names = " or ".join(map(curie, sorted(one.properties)))
        near = _like(one, store)
        remedy = f"Did you mean {' or '.join(near)}? {LENIENT}"
        if near and one.how is How.PART:
            message = f"No {names} has {wanted!r} in it as it is written. LCASE makes all letters small."
            yield UsageError(message, place=place, remedy=remedy)
        elif near:
            shown = repr(wanted) if one.how is How.WRITTEN else str(one.term)
            message = f"No {names} is {shown}: texts are equal in every letter, and in their language."
            yield UsageError(message, place=place, remedy=remedy)


def _is_there(one: Comparison, store: ox.Store) -> bool:
    """Tell whether some value is what is compared."""
    match one.how:
        case How.PART:
            return any(one.term.value in it.value for _, it in _texts(one.properties, store))
        case How.WRITTEN:
            return any(one.term.value == it.value for _, it in _texts(one.properties, store))
        case _:
            found = (store.quads_for_pattern(None, ox.NamedNode(it), one.term) for it in one.properties)
            return any(True for quads in found for _ in quads)


def _like(one: Comparison, store: ox.Store) -> list[str]:
    """List the texts that may be meant, with their property if it is another one than was asked for.

    A name that nothing has may be part of those that are meant.
    """
    wanted, named = _key(one.term.value), one.properties | (_NAMES if one.properties & _NAMES else set())
    if not wanted:
        return []
    texts = [(_key(it.value), prop, it) for prop, it in _texts(named, store)]
    near = [found for found in texts if found[0] == wanted]
    if not near and (one.how is How.PART or one.properties <= _NAMES):
        near = [found for found in texts if f" {wanted} " in f" {found[0]} "]
    near.sort(key=lambda found: (found[1] not in one.properties, len(found[0]), str(found[2])))
    shown = (str(it) if prop in one.properties else f"{curie(prop)} {it}" for _, prop, it in near)
    return [*dict.fromkeys(shown)][:_MEANT]


def _key(text: str) -> str:
    """Write the words of a text without what is told by capitals, marks between words, and a plural."""
    return " ".join(_PLURAL.sub("", word.casefold()) for word in _WORD.findall(text))


def _texts(properties: Iterable[str], store: ox.Store) -> Iterator[tuple[str, ox.Literal]]:
    for prop in properties:
        for one in store.quads_for_pattern(None, ox.NamedNode(prop), None):
            if isinstance(one.object, ox.Literal):
                yield prop, one.object
