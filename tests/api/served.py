"""The app behind a real uvicorn on a free port, for what a test client cannot show: streams, disconnects, restarts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
import uvicorn
from fastapi import FastAPI


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the running server; the server stops as on Ctrl-C."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def events(lines: Iterator[str]) -> Iterator[tuple[int, str, Any]]:
    """Id, name and data of each event of a stream; comments are skipped."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line and "data" in fields:
            yield int(fields["id"]), fields["event"], orjson.loads(fields["data"])
        if not line:
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


def timeless(answer: Any) -> Any:
    """*answer* without ages, which grow while one looks."""
    if isinstance(answer, dict):
        return {name: timeless(value) for name, value in answer.items() if name != "age_s"}
    return [timeless(value) for value in answer] if isinstance(answer, list) else answer


def until(holds: Any, seconds: float = 30.0) -> Any:
    """What *holds* gives once it is true."""
    for _ in range(int(seconds / 0.02)):
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came to hold")
