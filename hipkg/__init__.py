"""hipkg: derive and defend plans for hip pain from guideline knowledge.

Decision support for professionals, not medical advice. The functions take a path, a text, bytes, an open file, a graph
of rdflib, a dict of FHIR, or a list of these, and return typed results; nothing is printed and nothing is fetched.
"""

from __future__ import annotations

TYPE_CHECKING = False
"""As in `typing`, which takes longer to import than the rest of the start, in which no interrupt is awaited."""

if TYPE_CHECKING:
    from hipkg.api.ask import Interview, ask
    from hipkg.api.check_order import OrderCheck, check_order
    from hipkg.api.codes import Codes, codes
    from hipkg.api.compile import compile  # noqa: A004 - the verb's name
    from hipkg.api.convert import convert
    from hipkg.api.explain import Explanation, explain
    from hipkg.api.graph import Triples
    from hipkg.api.ledger import Ledger, ledger
    from hipkg.api.plan import Plan, plan, plans
    from hipkg.api.query import Answer, query
    from hipkg.api.reason import reason
    from hipkg.api.result import Results
    from hipkg.api.sensitivity import Sensitivity, sensitivity
    from hipkg.api.since import Since, since
    from hipkg.api.terms import Terms, terms
    from hipkg.api.validate import Findings, validate
    from hipkg.api.watch import WatchList, watch
    from hipkg.api.what_if import WhatIf, what_if
    from hipkg.base.errors import HipkgError, SetAside
    from hipkg.base.own import use_ontology

    __version__: str

__all__ = [
    "Answer",
    "Codes",
    "Explanation",
    "Findings",
    "HipkgError",
    "Interview",
    "Ledger",
    "OrderCheck",
    "Plan",
    "Results",
    "Sensitivity",
    "SetAside",
    "Since",
    "Terms",
    "Triples",
    "WatchList",
    "WhatIf",
    "__version__",
    "ask",
    "check_order",
    "codes",
    "compile",
    "convert",
    "explain",
    "ledger",
    "plan",
    "plans",
    "query",
    "reason",
    "sensitivity",
    "since",
    "terms",
    "use_ontology",
    "validate",
    "watch",
    "what_if",
]

_HOMES = {
    "Answer": "api.query",
    "Codes": "api.codes",
    "Explanation": "api.explain",
    "Findings": "api.validate",
    "HipkgError": "base.errors",
    "Interview": "api.ask",
    "Ledger": "api.ledger",
    "OrderCheck": "api.check_order",
    "Plan": "api.plan",
    "Results": "api.result",
    "Sensitivity": "api.sensitivity",
    "SetAside": "base.errors",
    "Since": "api.since",
    "Terms": "api.terms",
    "Triples": "api.graph",
    "WatchList": "api.watch",
    "WhatIf": "api.what_if",
    "ask": "api.ask",
    "check_order": "api.check_order",
    "codes": "api.codes",
    "compile": "api.compile",
    "convert": "api.convert",
    "explain": "api.explain",
    "ledger": "api.ledger",
    "plan": "api.plan",
    "plans": "api.plan",
    "query": "api.query",
    "reason": "api.reason",
    "sensitivity": "api.sensitivity",
    "since": "api.since",
    "terms": "api.terms",
    "use_ontology": "base.own",
    "validate": "api.validate",
    "watch": "api.watch",
    "what_if": "api.what_if",
}


def __dir__() -> list[str]:
    """List the public names, imported or not, for completion."""
    return sorted({*__all__, *(one for one in globals() if one.startswith("__"))})


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that importing the package stays light."""
    from importlib import import_module

    if name == "__version__":
        value = import_module("hipkg.base.version").software_version()
    elif name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value
