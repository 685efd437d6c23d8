"""Read sources as graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipkg.api.arguments import asked
from hipkg.api.door import warned
from hipkg.api.graph import Triples
from hipkg.base.batch import Batch
from hipkg.reading.sources import read_triples

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from hipkg.api.arguments import Day, Tables
    from hipkg.api.sources import Source


def convert(
    source: Source,
    *,
    format: str | None = None,  # noqa: A002 - the word that users know from every RDF library
    as_of: Day | None = None,
    codes: Tables = (),
    replace_withdrawn: bool = False,
) -> Triples:
    """Return the triples of a source, without adding or losing anything; of FHIR, what is understood.

    The parameters and errors are those of `hipkg.plans`; ``as_of`` is the day on which FHIR is read;
    ``replace_withdrawn`` writes what takes the place of withdrawn terms, and warns of those that no other one alone
    takes the place of.
    """
    wanted = asked(format=format, as_of=as_of, codes=codes)
    day, known = wanted.request.as_of, wanted.knowledge

    def made() -> Batch[Triple]:
        found = read_triples(wanted.opened(source), lambda: known, as_of=day)
        if not replace_withdrawn:
            return found
        from hipkg.compilation.migration import left_as_it_is, migrated

        rewritten, left = migrated(found.results, known)
        return Batch(tuple(rewritten), (*found.set_aside, *(left_as_it_is(one, known) for one in left)))

    return Triples(warned(made))
