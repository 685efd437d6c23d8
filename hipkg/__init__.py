"""hipkg: derive and defend plans for hip pain from guideline knowledge.

Decision support for professionals, not medical advice. The functions take a path, ``-`` or bytes and return typed
records; nothing is printed and nothing is fetched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipkg.base.errors import HipkgError
    from hipkg.defence.asking import ask
    from hipkg.defence.explainer import explain
    from hipkg.defence.ledger import Ledger, ledger
    from hipkg.defence.sensitivity import Sensitivity, sensitivity
    from hipkg.defence.watching import watch
    from hipkg.defence.what_if import WhatIf, what_if
    from hipkg.pipeline.process import plan, plans, reason, validate
    from hipkg.planning.records import Plan

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
    "HipkgError": "base.errors",
    "Ledger": "defence.ledger",
    "Plan": "planning.planner",
    "Sensitivity": "defence.sensitivity",
    "WhatIf": "defence.what_if",
    "ask": "defence.asking",
    "explain": "defence.explainer",
    "ledger": "defence.ledger",
    "plan": "pipeline.process",
    "plans": "pipeline.process",
    "reason": "pipeline.process",
    "sensitivity": "defence.sensitivity",
    "validate": "pipeline.process",
    "watch": "defence.watching",
    "what_if": "defence.what_if",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used, so that importing the package stays light."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
