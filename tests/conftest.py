"""Fixtures that several tests use."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.command_line import Run

pytest.register_assert_rewrite("support")
pytest_plugins = ["support.installed"]

os.environ.pop("HIPKG_ONTOLOGY", None)  # the tests are of the shipped ontology

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job in the background, whose children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def sources(request: pytest.FixtureRequest) -> Iterator[None]:
    """Plan by the guideline documents alone where a test names no documents: sources added later leave it alone.

    A test that is marked ``every_source`` plans by all of them, as users do.
    """
    from support.sources import guidelines_alone

    with nullcontext() if request.node.get_closest_marker("every_source") else guidelines_alone():
        yield


@pytest.fixture
def hipkg(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Run]:
    """Run the command line in this process."""
    from hipkg.cli import main
    from support.command_line import Run

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


@pytest.fixture
def invalid(tmp_path: Path) -> Path:
    """Write a patient who breaks a shape."""
    from support.command_line import INVALID

    path = tmp_path / "invalid.ttl"
    path.write_text(INVALID, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def parsed_once() -> Iterator[None]:
    """Let rdflib parse each query once, also those that pySHACL asks for every patient again."""
    from rdflib import plugin
    from rdflib.query import Processor

    plugin.register("sparql", Processor, "support.parsing", "ParsedOnce")
    yield
    plugin.register("sparql", Processor, "rdflib.plugins.sparql.processor", "SPARQLProcessor")


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what lives as long as the process, through which it would look again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Let go of what a module made for its tests when the next is of another module: large processes fork slowly."""
    module, following = (getattr(one, "module", None) for one in (item, nextitem))
    if following is not module:
        for made in vars(module).values():
            if getattr(made, "__module__", "") == module.__name__ and hasattr(made, "cache_clear"):
                made.cache_clear()
        gc.collect()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Name the group of a test in its id, by which ``--dist loadgroup`` sends it to the process of the group.

    pytest-xdist 3.8 does so itself, but since pytest 9.2 in an attribute that nothing reads any more.
    """
    if not config.getoption("loadgroup", default=False):
        return
    for item in items:
        group = item.get_closest_marker("xdist_group")
        if group and "@" not in item.nodeid.rpartition("]")[2]:
            item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")
