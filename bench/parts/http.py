"""The API over loopback: a small question beside an empty endpoint, and long lists in their formats."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench import store
from bench.clock import Times, load
from bench.parts import Scale
from bench.result import Result
from bench.serving import ROWS
from bench.system import System
from twin import Snapshot
from twin.impact.cascade import Cascade
from twin.service import Twin
from twin.store import Endpoint

QUESTION_S, ARROW_S, COLUMNS_S = 3e-3, 15e-3, 40e-3
#: Questions of each size, times that each is asked, and turns of the lists.
EVENTS, ASKED, TURNS = 8, 40, 15


def measure(scale: Scale) -> Iterator[Result]:
    """Lines for questions that lose one, about ten and about thirty assets; then for the list of all assets."""
    n = min(scale.n, ROWS)
    with store.server() as made, tempfile.TemporaryDirectory(prefix="twin-bench-http-") as name:
        folder = Path(name)
        System(n).write(folder / "tables")
        store.ours(made.store, folder / "tables")
        with Twin(made.store, store.SCHEMA, folder / "home") as twin:
            snapshot = twin.snapshot()
            with served(made.endpoint, folder / "home") as port:
                client = Client(port)
                yield from _questions(client, snapshot)
                yield _lists(client, n)


class Client:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        """Args: port: of the server on this machine."""
        self.line = http.client.HTTPConnection("127.0.0.1", port)

    def ask(self, path: str, body: Any = None) -> bytes:
        """The answer, which must be a good one."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        self.line.request("GET" if body is None else "POST", path, None if body is None else json.dumps(body), headers)
        answer = self.line.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:500]!r}")
        return content

    def server_time(self, path: str) -> float:
        """Seconds that the server takes for an answer, until its first byte."""
        self.ask(path)
        return float(self.ask("/bench/last"))


def _questions(client: Client, snapshot: Snapshot) -> Iterator[Result]:
    every = np.arange(snapshot.n_assets, dtype=np.int32)
    lost = Cascade(snapshot.system).singles(every, np.ones((snapshot.n_assets, 1)))[:, 0]
    for wanted in (1, 10, 30):
        before = load()
        events = [snapshot.catalogue.ids([row]) for row in np.argsort(np.abs(lost - wanted), kind="stable")[:EVENTS]]
        affected = [len(json.loads(client.ask("/impact", {"failed": event}))["affected"]) for event in events]
        ours, empty, state = Times("ours"), Times("an empty endpoint"), Times("the library, in process")
        for _ in range(ASKED):
            for event in events:
                _timed(ours, lambda asked=event: client.ask("/impact", {"failed": asked}))  # type: ignore[misc]
                _timed(empty, lambda: client.ask("/bench/empty"))
                _timed(state, lambda asked=event: snapshot.impact(asked))  # type: ignore[misc]
        result = Result(
            f"impact over HTTP, about {wanted} lost",
            f"{snapshot.n_assets:,} assets",
            f"{np.median(affected):,.0f} affected (median of {len(events)} events); p50 of {len(ours.seconds)}",
            ours,
            [empty, state],
            before=before,
            notes=["Every question asks the database for its revision first: a round trip over Bolt is part of it."],
        )
        if wanted == 1:
            result.ask_most(ours.median, QUESTION_S, "p50 <= 3 ms over loopback")
        yield result


def _lists(client: Client, n: int) -> Result:
    before = load()
    asked = {
        "ours": f"/assets?limit={n}&f=arrow",
        "ours, columnar JSON": f"/assets?limit={n}&f=columns",
        "ours, Parquet": f"/assets?limit={n}&f=parquet",
        "rows as dicts, orjson": "/bench/rows",
        "pydantic response model": "/bench/model",
        "an empty endpoint": "/bench/empty",
    }
    times = {name: Times(name) for name in asked}
    sizes = {name: len(client.ask(path)) for name, path in asked.items()}
    for turn in range(TURNS):
        for name, path in asked.items():
            if "pydantic" not in name or turn < 3:
                times[name].seconds.append(client.server_time(path))
    ours = times.pop("ours")
    result = Result(
        "list of all assets over HTTP, server time, as Arrow",
        f"{n:,} rows of 7 columns",
        ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items() if size > 1000),
        ours,
        list(times.values()),
        before=before,
    )
    if n == ROWS:
        result.ask_most(ours.median, ARROW_S, "Arrow in <= 15 ms of server time")
        result.ask_most(times["ours, columnar JSON"].median, COLUMNS_S, "columnar JSON in <= 40 ms")
    return result


def _timed(times: Times, run: Callable[[], Any]) -> None:
    began = time.perf_counter()
    run()
    times.seconds.append(time.perf_counter() - began)


@contextmanager
def served(endpoint: Endpoint, home: Path) -> Iterator[int]:
    """The port of a server of our own on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "bench.serving:made", "--factory", "--port", str(port)]
    given = {
        "TWIN_NEO4J_URI": endpoint.uri,
        "TWIN_NEO4J_USER": endpoint.user,
        "TWIN_NEO4J_PASSWORD": endpoint.password,
        "TWIN_HOME": str(home),
    }
    server = subprocess.Popen([*command, "--log-level", "warning"], env={**os.environ, **given})
    try:
        _wait(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise RuntimeError("the server ended")
        try:
            Client(port).ask("/assets?limit=1")
        except (OSError, RuntimeError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the server does not answer")
