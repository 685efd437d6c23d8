"""Write the classes of those whom a record of absence, or what excludes it, keeps out of what statements ask for.

There is one for each class that a requirement or an exception names, for each danger that has to be excluded before an
intervention, and for each possible context, as far as
something that can be recorded as absent tells (`hipkg.knowledge.absence`). A trial or an act that was not done yet may
be done, so that it refutes no requirement; but a context is not possible where what it lacks was not done. They are a
module of their own, so that every reasoner decides them alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.base import hip
from hipkg.base.vocabulary import RDFS, curie
from hipkg.knowledge.absence import Denier, kinds_above
from hipkg.knowledge.loading import load_base
from hipkg.maintenance.modules import Written, module, told
from hipkg.maintenance.possible import possible_contexts
from hipkg.owl.expression import Named, intersection, named_classes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hipkg.maintenance.sources import Sources
    from hipkg.owl.expression import Expression

_SLOTS = frozenset({hip.requires, hip.exceptFor, hip.adviceRequires})


def denials_module(sources: Sources) -> str:
    """Write the module of the denials in Turtle, as it follows from the other modules."""
    axioms = sources.axioms
    found = [*told(sources.triples)]
    names = {(subject, prop): text for subject, prop, text in found}
    ranged = frozenset(subject for subject, prop, _ in found if prop == hip.upperEnd)
    results = {subject: target for subject, prop, target in found if prop == hip.resultOf}
    excluded = {subject: target for subject, prop, target in found if prop == hip.excludedBy}

    def wider(iri: str) -> tuple[str, ...]:
        return kinds_above(iri, axioms.above, axioms.definitions)

    of_slots = Denier(axioms.definitions, wider, ranged, excluded, results)
    of_contexts = of_slots._replace(past=True)

    def denied() -> Iterator[tuple[str, str, Expression | None]]:
        dangers = {subject for subject, prop, _ in found if prop == hip.excludedBefore}
        parts = {name for one in dangers for name in named_classes(axioms.definitions[one])} & axioms.definitions.keys()
        slots = {target for _, prop, target in found if prop in _SLOTS}
        for slot in sorted(slots | dangers | parts):
            yield slot, names.get((slot, RDFS + "label"), curie(slot)), of_slots.denial(Named(slot))
        for one in possible_contexts(sources):
            context, lacks = names[one.context, RDFS + "label"], names[one.lacks, RDFS + "label"]
            yield one.iri, f"{context}, but for {lacks}", of_contexts.denial(one.asked)

    own = sources.own
    shipped = load_base().denied_by if own else {}

    def written() -> Iterator[Written]:
        for iri, label, denial in denied():
            if denial is not None and iri not in shipped:
                upper = next((one for one in (hip.Patient, hip.Problem) if one in axioms.above(iri)), hip.Problem)
                yield Written(
                    f"{own.name(iri) if own else iri}Denied",
                    upper,
                    f"{label}: denied",
                    f"What is recorded as absent, or excludes it, denies: {label}.",
                    ((hip.denies, iri),),
                    intersection((Named(upper), denial)),
                )

    about = "Classes of those whom what is recorded as absent keeps out of others, as the release finds them."
    return module("denials", "denials", about, sources, written(), needs=("interventions", "possible"))
