"""The command `hipkg ontology migration`."""

from __future__ import annotations

from hipkg.cli.options import Output, released
from hipkg.cli.report import deliver


def migration(output: Output = None) -> None:
    """Write a SPARQL update that rewrites records of patients in what takes the place of withdrawn terms.

    It needs no ontology beside the records, and changes the default graph and the named graphs of a store. For files
    there is hipkg convert --replace-withdrawn.

    Example: hipkg ontology migration
    """
    from hipkg.compilation.migration import migration as compiled

    deliver(compiled(released()), output, "sparql")
