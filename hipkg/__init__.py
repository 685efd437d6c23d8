"""hipkg: derive and defend plans for hip pain from guideline knowledge.

Decision support for professionals, not medical advice. The functions take a path, ``-`` or bytes and return typed
records; nothing is printed and nothing is fetched.
"""

from __future__ import annotations

TYPE_CHECKING = False
"""As in `typing`, which takes longer to import than the rest of the start, in which no interrupt is awaited."""

if TYPE_CHECKING:
    from hipkg.api.ask import ask
    from hipkg.api.explain import explain
    from hipkg.api.ledger import Ledger, ledger
    from hipkg.api.plan import Plan, plan, plans
    from hipkg.api.reason import reason
    from hipkg.api.sensitivity import sensitivity
    from hipkg.api.since import Since, since
    from hipkg.api.validate import validate
    from hipkg.api.watch import watch
    from hipkg.api.what_if import WhatIf, what_if
    from hipkg.base.errors import HipkgError
    from hipkg.defence.sensitivity import Sensitivity

__all__ = [
    "HipkgError",
    "Ledger",
    "Plan",
    "Sensitivity",
    "Since",
    "WhatIf",
    "ask",
    "explain",
    "ledger",
    "plan",
    "plans",
    "reason",
    "sensitivity",
    "since",
    "validate",
    "watch",
    "what_if",
]

_HOMES = {
    "HipkgError": "base.errors",
    "Ledger": "api.ledger",
    "Plan": "api.plan",
    "Sensitivity": "defence.sensitivity",
    "Since": "api.since",
    "WhatIf": "api.what_if",
    "ask": "api.ask",
    "explain": "api.explain",
    "ledger": "api.ledger",
    "plan": "api.plan",
    "plans": "api.plan",
    "reason": "api.reason",
    "sensitivity": "api.sensitivity",
    "since": "api.since",
    "validate": "api.validate",
    "watch": "api.watch",
    "what_if": "api.what_if",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that importing the package stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
