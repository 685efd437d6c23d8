"""Tell which term of the ontology a name of another namespace means: one of another scheme, or one that is misspelt."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from hipkg.base.spelling import nearest
from hipkg.base.vocabulary import HIP, PREFIXES, is_term, local_name
from hipkg.knowledge.memo import kept
from hipkg.knowledge.recorded import recorded_classes, recorded_properties

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipkg.knowledge.records import Knowledge

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:(//)?(www\.)?")
_CURIE = "hip:"
_LIKE = 0.8
"""How like the ontology's a namespace is, of 1, that is taken for it with a mistake."""


def _bare(name: str) -> str:
    """Keep of a name what people hear: neither its scheme, nor case, nor what parts it."""
    return re.sub(r"[\W_]+", "", _SCHEME.sub("", name.lower()))


_OWN = _bare(HIP)


def is_near_namespace(name: str) -> bool:
    """Tell whether a name is of the ontology's namespace with a mistake: another scheme, a letter, a slash."""
    if is_term(name):
        return False
    space = name[: max(name.rfind("/"), name.rfind("#")) + 1]
    return _bare(name).startswith(_OWN) or SequenceMatcher(None, _bare(space), _OWN).ratio() >= _LIKE


def meant(name: str, knowledge: Knowledge, *, guess: bool = True) -> str | None:
    """Find the term that a name which is none means.

    Parameters: ``guess`` looks for a term that is written nearly so as well, which takes time.

    Returns an empty text for a name that is of the ontology's namespace by its looks and near no term, and None for
    one of another vocabulary.
    """
    if any(name.startswith(other) for prefix, other in PREFIXES.items() if f"{prefix}:" != _CURIE):
        return None
    local = re.split(r"[/#:]+", name.rstrip("/#:"))[-1]
    space, bare = name[: name.rindex(local)] if local else name, _bare(name)
    if term := _spellings(knowledge).get(bare) or _recorded(knowledge).get(local.lower()):
        return term
    near = space == _CURIE or SequenceMatcher(None, _bare(space), _OWN).ratio() >= _LIKE
    if not near and not bare.startswith(_OWN):
        return None
    written = HIP + (local if near else bare[len(_OWN) :])
    return next(iter(nearest(written, knowledge.terms)), "") if guess else ""


@kept
def _spellings(knowledge: Knowledge) -> Mapping[str, str]:
    """Map what is heard of each term to it."""
    return {_bare(one): one for one in sorted(knowledge.terms)}


@kept
def _recorded(knowledge: Knowledge) -> Mapping[str, str]:
    """Map the local names of what is recorded of patients to the terms, whatever the namespace."""
    terms = recorded_properties(knowledge) | recorded_classes(knowledge)
    return {local_name(one).lower(): one for one in sorted(terms)}
