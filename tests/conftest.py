"""Shared set-up: the tests directory holds helper modules beside the tests."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from command_line import Run

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def hipkg(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Run]:
    """Run the command line in this process."""
    from command_line import Run

    from hipkg.cli import main

    def run(*arguments: object, stdin: bytes = b"") -> Run:
        monkeypatch.setattr(sys, "argv", ["hipkg", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfdbinary.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        out, err = capfdbinary.readouterr()
        return Run(int(str(code or 0)), out.decode(), err.decode())

    return run
