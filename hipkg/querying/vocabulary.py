"""Hold what a query names to the vocabulary, so that a wrong name is never answered by no, or by nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from hipkg.base import hip
from hipkg.base.errors import UsageError
from hipkg.base.limits import NEAR_NAMES
from hipkg.base.paths import PLAN_SHAPES
from hipkg.base.vocabulary import (
    GRAPHS,
    HIP,
    OWL,
    QUERY_PREFIXES,
    RDF_TYPE,
    SKOS,
    curie,
    is_plain_term,
    is_term,
    query_name,
)
from hipkg.knowledge.memo import kept
from hipkg.querying.comparisons import How
from hipkg.querying.names import LENIENT, asking, did_you_mean
from hipkg.querying.text import PARAMETER, Kind, QueryText
from hipkg.querying.vocabularies import misnamed
from hipkg.reading.near_names import is_near_namespace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set

    from hipkg.knowledge.records import Knowledge
    from hipkg.querying.comparisons import Meaning
    from hipkg.querying.text import Token

_IN, _PATH, _FIRST, _REST = (
    ox.NamedNode(one)
    for one in (
        QUERY_PREFIXES["sh"] + "in",
        QUERY_PREFIXES["sh"] + "path",
        QUERY_PREFIXES["rdf"] + "first",
        QUERY_PREFIXES["rdf"] + "rest",
    )
)
_NOTATION = SKOS + "notation"
_OWN_NAME = HIP.rstrip("/").rpartition("/")[2]
_AT_A_GLANCE = 12
_WHOLE = {How.SAME, How.EQUAL, How.WRITTEN}
_UNASKED = {hip.internal: "steps of the derivation", hip.ofResultsOnly: "results that are graphs of their own"}


def unknown_names(text: QueryText, knowledge: Knowledge, graphs: Sequence[str]) -> list[UsageError]:
    """Find the names of the ontology's namespace, or of one that is nearly it, that are none of its terms.

    So are those of the public vocabularies in which the dataset is written; what is named as a graph and is none too.

    Parameters: ``graphs`` are the names of the graphs that are asked.
    """
    known = {*knowledge.terms, *graphs}
    found: dict[str, Token] = {}
    for token, iri in text.named():
        space = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
        if ((is_plain_term(iri) or space == GRAPHS) and iri not in known) or is_near_namespace(iri):
            found.setdefault(iri, token)
    return [
        *_unknown_graphs({iri: token for token, iri in text.graphs() if iri not in {*graphs, *found}}, text, graphs),
        *_unknown_terms(found, text, knowledge, graphs),
        *_misnamed(text),
        *_redeclared(text),
    ]


def _redeclared(text: QueryText) -> list[UsageError]:
    """Find the prefixes of the dataset's own vocabularies that the query gives to something else."""
    return [
        UsageError(
            f"The prefix {name.prefix}: is declared for {iri.text}, and stands for <{known}> here.",
            place=text.where(iri.start),
            remedy=f"Leave the declaration out, or take another prefix. {LENIENT}",
        )
        for name, iri in text.declared()
        if (known := QUERY_PREFIXES.get(name.prefix)) is not None and iri.text[1:-1] != known
        if not is_near_namespace(f"{iri.text[1:-1]}{name.prefix}")
    ]


def _unknown_graphs(found: Mapping[str, Token], text: QueryText, graphs: Sequence[str]) -> list[UsageError]:
    return [
        UsageError(
            f"There is no graph {query_name(iri)}.",
            place=text.where(token.start),
            remedy=f"There are {', '.join(map(query_name, graphs))}. {LENIENT}",
        )
        for iri, token in found.items()
    ]


def _misnamed(text: QueryText) -> list[UsageError]:
    """Find the names of public vocabularies that are none of their terms."""
    first = {iri: token for token, iri in reversed([*text.named()]) if not is_term(iri)}
    return [
        _no_term(iri, token, text, " ".join(filter(None, (asking(meant), LENIENT))))
        for iri, token in reversed(first.items())
        if (meant := misnamed(iri)) is not None
    ]


def _unknown_terms(
    found: Mapping[str, Token], text: QueryText, knowledge: Knowledge, graphs: Sequence[str]
) -> list[UsageError]:
    return [
        _no_term(iri, token, text, _remedy(iri, knowledge, graphs) if number < NEAR_NAMES else LENIENT)
        for number, (iri, token) in enumerate(found.items())
    ]


def _no_term(iri: str, token: Token, text: QueryText, remedy: str) -> UsageError:
    return UsageError(f"There is no term {query_name(iri)}.", place=text.where(token.start), remedy=remedy)


def unused_names(text: QueryText, store: ox.Store) -> list[UsageError]:
    """Find the terms that only the derivation, or results that are graphs of their own, use, and that no graph has."""
    uses = {
        one.subject: use
        for marked, use in _UNASKED.items()
        for one in store.quads_for_pattern(None, ox.NamedNode(marked), None)
    }
    return [
        UsageError(
            f"No graph has {query_name(iri)}, which is for {uses[node]}.",
            place=text.where(token.start),
            remedy=f"docs/queries.md tells what each graph has. {LENIENT}",
        )
        for token, iri in text.named()
        if is_term(iri) and (node := ox.NamedNode(iri)) in uses
    ]


def unknown_values(meaning: Meaning, knowledge: Knowledge, store: ox.Store) -> list[UsageError]:
    """Find the texts that a query compares with properties that never have such a value.

    These are properties with a closed list of values, the codes and ids of `skos:notation`, and properties that lead to
    nodes and not to texts.
    """
    query, text = meaning.query, meaning.query.text
    given = (one.value for one in query.substitutions.values() if isinstance(one, ox.Literal))
    texts = {*given, *(_bare(one.text) for one in text.tokens if one.kind is Kind.STRING)}
    if not texts:
        return []
    lists, linking = {**_closed(knowledge), _NOTATION: _notations(store)}, _linking(store)
    checked = {*lists, *linking}
    named = {iri for _, iri in text.named()} & checked
    told = [lists[one] for one in named - linking]
    if not named or (told and texts <= frozenset.intersection(*told)):
        return []
    problems = []
    for one in dict.fromkeys(meaning.uses.comparisons):
        known = checked - linking if one.how is How.WRITTEN else checked
        if (
            not isinstance(one.term, ox.Literal)
            or one.how not in _WHOLE
            or not one.properties
            or one.properties - known
        ):
            continue
        allowed: set[str] = set()
        for prop in one.properties - linking:
            allowed |= lists[prop]
        if one.term.value not in allowed:
            problems.append(_refusal(one.properties, one.term.value, allowed, query.written, knowledge))
    return problems


def closed(knowledge: Knowledge) -> frozenset[str]:
    """List the properties of which all values are known."""
    return frozenset({*_closed(knowledge), _NOTATION})


def _refusal(
    properties: Iterable[str], value: str, allowed: Set[str], text: QueryText, knowledge: Knowledge
) -> UsageError:
    props = " or ".join(sorted(map(curie, properties)))
    token = next((one for one in text.tokens if one.kind is Kind.STRING and value in one.text), None)
    place = text.where(token.start) if token else PARAMETER
    if not allowed:
        hint = _meant(value, knowledge)
        return UsageError(f"{props} leads to nodes, not to a text such as {value!r}.", place=place, remedy=hint)
    alike = [one for one in sorted(allowed) if one.casefold() == value.casefold()]
    near = alike or get_close_matches(value, sorted(allowed), n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
    if not near and len(allowed) <= _AT_A_GLANCE:
        hint = f"It has: {', '.join(map(repr, sorted(allowed)))}. "
    by_rule = f"`hipkg codes {value}` tells of a code that is read by a rule. " if _NOTATION in properties else ""
    return UsageError(f"{props} never has the value {value!r}.", place=place, remedy=hint + by_rule + LENIENT)


def _remedy(iri: str, knowledge: Knowledge, graphs: Sequence[str]) -> str:
    space = "" if is_term(iri) else f" The namespace is {HIP}."
    return _meant(re.split("[/#]", iri)[-1].removeprefix(_OWN_NAME), knowledge, graphs) + space


def _meant(name: str, knowledge: Knowledge, graphs: Iterable[str] = ()) -> str:
    """Say which terms may be meant, and how to ask all the same."""
    return " ".join(filter(None, (did_you_mean(name, knowledge, graphs), LENIENT)))


@cache
def _listed_in_shapes() -> Mapping[str, frozenset[str]]:
    """Map properties of plans to the texts that they may have, as their shapes list them."""
    quads = [one.triple for one in ox.parse(path=PLAN_SHAPES, format=ox.RdfFormat.TURTLE)]
    links = {(one.subject, one.predicate): one.object for one in quads}
    found: dict[str, set[str]] = defaultdict(set)
    for (shape, prop), head in links.items():
        path = links.get((shape, _PATH))
        if prop == _IN and isinstance(path, ox.NamedNode):
            found[path.value] |= _members(head, links)
    return {prop: frozenset(values) for prop, values in found.items()}


def _members(head: Any, links: Mapping[Any, Any]) -> set[str]:  # noqa: ANN401 - terms of any kind
    found = set()
    while (head, _FIRST) in links:
        found.add(links[head, _FIRST].value)
        head = links[head, _REST]
    return found


@kept
def _closed(knowledge: Knowledge) -> Mapping[str, frozenset[str]]:
    """Map properties to the only texts that they may have."""
    grades = [*zip(*knowledge.grades.values(), strict=True)]
    labels = [frozenset(grade.label for grade in some) for some in grades]
    return {**_listed_in_shapes(), hip.bestStrength: labels[0], hip.bestQuality: labels[1]}


def _linking(store: ox.Store) -> frozenset[str]:
    """List the properties that lead to nodes."""
    links = store.quads_for_pattern(None, ox.NamedNode(RDF_TYPE), ox.NamedNode(f"{OWL}ObjectProperty"))
    return frozenset(one.subject.value for one in links if isinstance(one.subject, ox.NamedNode))


def _bare(written: str) -> str:
    """Take the marks away from around a text."""
    marks = written[:3] if written[:3] in {"'''", '"""'} else written[:1]
    return written[len(marks) : -len(marks)]


def _notations(store: ox.Store) -> frozenset[str]:
    found = (one.object for one in store.quads_for_pattern(None, ox.NamedNode(_NOTATION), None))
    return frozenset(one.value for one in found if isinstance(one, ox.Literal))
