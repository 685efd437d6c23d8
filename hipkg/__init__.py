"""hipkg: derive and defend plans for hip pain from guideline knowledge.

Decision support for professionals, not medical advice. The functions take a path, ``-`` or bytes and return typed
records; nothing is printed and nothing is fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipkg.asking import ask
    from hipkg.errors import HipkgError
    from hipkg.explanation import explain
    from hipkg.pipeline import plan, plans, reason, validate
    from hipkg.planning import Plan
    from hipkg.sensitivities import Sensitivity, sensitivity
    from hipkg.therapy import Ledger, ledger
    from hipkg.watching import watch
    from hipkg.whatif import WhatIf, what_if

__all__ = [
    "HipkgError",
    "Ledger",
    "Plan",
    "Sensitivity",
    "WhatIf",
    "ask",
    "explain",
    "ledger",
    "plan",
    "plans",
    "reason",
    "sensitivity",
    "validate",
    "watch",
    "what_if",
]

_HOMES = {
    "HipkgError": "errors",
    "Ledger": "therapy",
    "Plan": "planning",
    "Sensitivity": "sensitivities",
    "WhatIf": "whatif",
    "ask": "asking",
    "explain": "explanation",
    "ledger": "therapy",
    "plan": "pipeline",
    "plans": "pipeline",
    "reason": "pipeline",
    "sensitivity": "sensitivities",
    "validate": "pipeline",
    "watch": "watching",
    "what_if": "whatif",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that importing the package stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
