"""How long does the endpoint take for a named question when fifty clients ask a hundred times a second together?

Starts `hipkg serve` over the examples, opens the connections, and asks at fixed times, whether or not earlier answers
are there; what is told is the time from when a question was due to the end of its answer.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.ttl"))
HOST = "127.0.0.1"


async def answered(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; return how many bytes its body has."""
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    if found := re.search(rb"content-length: (\d+)", head, re.IGNORECASE):
        return len(await reader.readexactly(int(found[1])))
    size = 0
    while part := int(await reader.readline(), 16):
        size += len(await reader.readexactly(part + 2)) - 2
    await reader.readexactly(2)
    return size


async def client(port: int, path: str, due: list[float], took: list[float]) -> None:
    """Ask over one connection, at the times that are due."""
    reader, writer = await asyncio.open_connection(HOST, port)
    for moment in due:
        await asyncio.sleep(max(0, moment - time.monotonic()))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nAccept: text/csv\r\n\r\n".encode())
        await answered(reader)
        took.append(time.monotonic() - moment)
    writer.close()


async def measured(port: int, path: str, connections: int, rate: float, seconds: float) -> list[float]:
    """Let clients take turns; return how long each answer took."""
    start, took = time.monotonic() + 0.5, []
    due: list[list[float]] = [[] for _ in range(connections)]
    for turn, mine in zip(range(int(rate * seconds)), cycle(due), strict=False):
        mine.append(start + turn / rate)
    await asyncio.gather(*(client(port, path, mine, took) for mine in due))
    return sorted(took)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--rate", type=float, default=100.0, help="questions a second, of all connections together")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--question", default="indicated-actions")
    options = parser.parse_args()
    command = [sys.executable, "-m", "hipkg", "serve", "--port", "0", *map(str, EXAMPLES)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = next(one for one in server.stderr if "answers until" in one)
            port = int(re.search(r":(\d+)/", line)[1])
            path = f"/queries/{options.question}"
            asyncio.run(measured(port, path, 2, 10, 1))
            took = asyncio.run(measured(port, path, options.connections, options.rate, options.seconds))
        finally:
            server.terminate()
    p50, p95, p99 = (1000 * statistics.quantiles(took, n=100)[one - 1] for one in (50, 95, 99))
    print(f"{len(took)} answers to {options.question}, {options.connections} connections, {options.rate:g} a second")
    print(f"median {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, longest {1000 * took[-1]:.1f} ms")
    return 0 if p95 <= 50 else 1


if __name__ == "__main__":
    sys.exit(main())
