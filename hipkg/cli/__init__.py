"""The command line: one file for each verb, each a thin call of a library function."""

from __future__ import annotations

import gc
import sys

_COLLECT_AFTER = 100_000
"""How many objects a command makes before garbage is looked for; most end sooner and save a twentieth of their time."""


def main() -> None:
    """Run the command line and turn errors into messages and exit codes."""
    from hipkg.base.ending import ended_by_signals

    with ended_by_signals():
        gc.set_threshold(_COLLECT_AFTER)
        from hipkg.base.streams import standard_streams

        with standard_streams():
            _run()


def _run() -> None:
    from hipkg.base.errors import HipkgError
    from hipkg.cli.app import app
    from hipkg.cli.options import DEBUG
    from hipkg.cli.report import report, report_surprise

    try:
        app([one for one in sys.argv[1:] if one != DEBUG], prog_name="hipkg")
    except HipkgError as problem:
        report(problem.set_aside)
        _trace()
        report([problem])
        sys.exit(problem.exit_code)
    except Exception as surprise:  # noqa: BLE001 - whatever it is, the user gets a message and the documented code
        _trace()
        report_surprise(surprise)
        sys.exit(101)
    finally:
        gc.freeze()  # what is left goes with the process: nobody need look through it for garbage


def _trace() -> None:
    """Print where the error came from, if that is wanted."""
    from hipkg.cli.options import debugging

    if debugging():
        import traceback

        traceback.print_exc()
