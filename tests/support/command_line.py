"""Run the command line, in the process of the tests or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

from hipkg.base.paths import ROOT

D0 = ROOT / "examples" / "d0-painful-degenerative-hip.ttl"
D1 = ROOT / "examples" / "d1-bilateral-hip-osteoarthritis.ttl"
HEAVY = ("rdflib", "pyshacl", "networkx", "owlready2", "hypothesis", "sqlglot", "duckdb")
INVALID = """
PREFIX : <https://example.org/i/>
PREFIX hip: <https://w3id.org/hipkg/>
:p a hip:Patient ; hip:age 70 ; hip:hasProblem :q . :q a hip:HipPein .
"""


class Run(NamedTuple):
    """What a run of the command line gave."""

    code: int
    out: str
    err: str


def process(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    command = [sys.executable, "-m", "hipkg", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=env, check=False, **options)


def heavy_modules(code: str) -> list[str]:
    """Run code in a fresh process and list the heavy modules that it imported."""
    program = f"""
import json, sys
try:
    {code}
except SystemExit:
    pass
print(json.dumps([one for one in {HEAVY!r} if one in sys.modules]), file=sys.stderr)
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True)
    return json.loads(run.stderr.splitlines()[-1])


def verb(*arguments: object) -> str:
    return f"sys.argv = {['hipkg', *map(str, arguments)]!r}; from hipkg.cli import main; main()"
