"""The command line: one file for each verb, each a thin call of a library function."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipkg.base.errors import HipkgError

_COLLECT_AFTER = 100_000
"""How many objects a command makes before garbage is looked for; most end sooner and save a twentieth of their time."""


def main() -> None:
    """Run the command line and turn errors into messages and exit codes."""
    from hipkg.base.errors import HipkgError
    from hipkg.cli.app import app
    from hipkg.cli.options import DEBUG, debugging

    _let_readers_leave()
    gc.set_threshold(_COLLECT_AFTER)
    set_aside = _tell_what_is_set_aside()
    try:
        app([one for one in sys.argv[1:] if one != DEBUG], prog_name="hipkg")
    except SystemExit as end:
        sys.exit(1 if set_aside and not end.code else end.code)
    except HipkgError as problem:
        if debugging():
            traceback.print_exc()
        _report(problem)
        sys.exit(problem.exit_code)
    except Exception as surprise:  # noqa: BLE001 - whatever it is, the user gets a message and the documented code
        if debugging():
            traceback.print_exc()
        sys.stderr.write(
            f"hipkg: internal error: {type(surprise).__name__}: {surprise}\nRun with --debug to see where.\n"
        )
        sys.exit(101)


def _tell_what_is_set_aside() -> list[str]:
    """Report what a source holds that is set aside as it is met, and collect it."""
    import warnings

    from hipkg.base.errors import SetAside

    told: list[str] = []

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if isinstance(message, SetAside):
            told.append(str(message))
            _report(message.problem)
        else:
            sys.stderr.write(f"hipkg: {message}\n")

    warnings.simplefilter("always", SetAside)
    warnings.showwarning = show
    return told


def _let_readers_leave() -> None:
    """Take it as no error when a reader of the output, such as ``head``, closes the pipe early."""

    def leave(*_: object) -> None:
        os._exit(0)

    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, leave)


def _report(problem: HipkgError) -> None:
    from hipkg.base.errors import printable

    where = f"{printable(problem.place)}: " if problem.place else ""
    sys.stderr.write(f"hipkg: {where}{printable(problem.message)} [{problem.code}]\n")
    if problem.remedy:
        sys.stderr.write(f"  {printable(problem.remedy)}\n")
