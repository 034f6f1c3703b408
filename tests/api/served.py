"""The app behind a real uvicorn on a free port, for what a test client cannot show: streams, disconnects, restarts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
from fastapi import FastAPI

from tests.api import serving


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """A client of the running server; the server stops as on Ctrl-C."""
    with serving.served(app) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


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
