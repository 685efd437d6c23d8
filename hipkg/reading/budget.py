"""Refuse what would take longer to plan for than anybody waits, before it is begun."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode

from hipkg.base import hip
from hipkg.base.limits import PATIENTS, REPEATS, SUBJECTS
from hipkg.base.vocabulary import RDF_TYPE, curie

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Set

    from pyoxigraph import Triple

    from hipkg.record.patient import Term

_TYPE, _PATIENT = NamedNode(RDF_TYPE), NamedNode(hip.Patient)
_SUBJECTS = {hip.hasProblem, hip.hasSite, hip.targets}
"""The properties whose values are what statements are about."""


def refuse_too_much(triples: Iterable[Triple], name: str) -> frozenset[Term]:
    """Refuse more patients, or more problems and sites, than are planned for at once; return the patients.

    Raises `UnreadableInput` with the limit.
    """
    patients: set[Term] = set()
    subjects: set[Term] = set()
    for subject, prop, value in triples:
        if value == _PATIENT and prop == _TYPE:
            patients.add(subject)
        elif prop.value in _SUBJECTS:
            subjects.add(value)
    if len(patients) > PATIENTS.most:
        raise PATIENTS.exceeded(name)
    if len(subjects) > SUBJECTS.most:
        raise SUBJECTS.exceeded(name)
    return frozenset(patients)


def refuse_repeats(triples: Sequence[Triple], patients: Set[Term], name: str) -> None:
    """Refuse more values of one property of a node than are compared, which a patient alone has of links.

    Raises `UnreadableInput` with the limit.
    """
    if len(triples) <= REPEATS.most:
        return
    values = Counter(
        (subject, prop) for subject, prop, value in triples if subject not in patients or isinstance(value, Literal)
    )
    for (subject, prop), count in values.items():
        if count > REPEATS.most:
            raise REPEATS.exceeded(f"{name}: {subject}", of=curie(prop.value))
