"""Find the terms that users name, and those that they may have meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pyoxigraph as ox

from hipkg.base.errors import UsageError
from hipkg.base.vocabulary import QUERY_PREFIXES, curie, is_term, local_name, query_name, with_local_name
from hipkg.knowledge.memo import kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hipkg.knowledge.records import Knowledge

LENIENT = "--lenient asks all the same."


def did_you_mean(name: str, knowledge: Knowledge, others: Iterable[str] = ()) -> str:
    """Ask whether the terms whose local name or label is like a mistyped one are meant; empty if there are none.

    Parameters: ``others`` are IRIs that may be meant as well.
    """
    names = {**_names(knowledge), **{_local(one).casefold(): one for one in others}}
    near = get_close_matches(name.casefold(), names, n=3, cutoff=0.6)
    return asking(names[one] for one in near)


def asking(meant: Iterable[str]) -> str:
    """Ask whether one of some terms is meant; empty if there are none."""
    found = list(dict.fromkeys(map(query_name, meant)))
    return f"Did you mean {' or '.join(found)}?" if found else ""


@kept
def _names(knowledge: Knowledge) -> Mapping[str, str]:
    """Map the labels and the local names of terms to them."""
    terms = [iri for iri in sorted(knowledge.terms) if "/" not in local_name(iri)]
    told = [iri for iri in terms if iri in knowledge.labels and iri not in knowledge.statements]
    labels = {knowledge.labels[iri].casefold(): iri for iri in told}
    return {**labels, **{_local(iri).casefold(): iri for iri in terms}}


def _local(iri: str) -> str:
    return iri[max(iri.rfind("/"), iri.rfind("#")) + 1 :]


def resolve(name: str, knowledge: Knowledge) -> ox.NamedNode:
    """Find the term that a CURIE, an IRI, a local name such as ``D0-41`` or a label names.

    An IRI outside the namespace of hipkg, such as that of a patient, is taken as it is. Raises `UsageError` for a name
    that no term, or more than one, has.
    """
    iri = _expanded(name.strip())
    if iri and not is_term(iri):
        return _node(iri)
    if iri in knowledge.terms:
        return ox.NamedNode(iri)
    wanted = name.strip()
    if short := next((one for one in with_local_name(wanted) if one in knowledge.terms), ""):
        return ox.NamedNode(short)
    labelled = [one for one, label in knowledge.labels.items() if label.casefold() == wanted.casefold()]
    found = sorted(knowledge.terms.intersection(labelled))
    if len(found) == 1:
        return ox.NamedNode(found[0])
    if found:
        names = ", ".join(map(curie, found))
        raise UsageError(f"{name!r} names more than one term.", remedy=f"Say which: {names}.")
    near = did_you_mean(name.removeprefix("hip:"), knowledge)
    raise UsageError(
        f"The ontology has no term {name!r}.", remedy=near or "Write a CURIE, a local name or a label of the ontology."
    )


def _expanded(name: str) -> str:
    """Return the IRI that is written in full or as a CURIE, or an empty string."""
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    prefix, colon, local = name.partition(":")
    if colon and prefix in QUERY_PREFIXES:
        return QUERY_PREFIXES[prefix] + local
    return name if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", name) else ""


def _node(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError:
        raise UsageError(f"{iri!r} is not an IRI.", remedy="Write it in full, without spaces.") from None
