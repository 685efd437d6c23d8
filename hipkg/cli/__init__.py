"""The command line: one file for each verb, each a thin call of a library function."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipkg.errors import HipkgError


def main() -> None:
    """Run the command line and turn errors into messages and exit codes."""
    from hipkg.cli.app import app
    from hipkg.cli.options import debugging
    from hipkg.errors import HipkgError

    try:
        app()
    except HipkgError as problem:
        if debugging():
            raise
        _report(problem)
        sys.exit(problem.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as surprise:
        if debugging():
            raise
        sys.stderr.write(
            f"hipkg: internal error: {type(surprise).__name__}: {surprise}\nRun with --debug to see where.\n"
        )
        sys.exit(101)


def _report(problem: HipkgError) -> None:
    where = f"{problem.place}: " if problem.place else ""
    sys.stderr.write(f"hipkg: {where}{problem.message} [{problem.code}]\n")
    if problem.remedy:
        sys.stderr.write(f"  {problem.remedy}\n")
