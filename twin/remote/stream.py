"""Server-sent events as the API sends them, taken up again where a line broke."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx

from twin.errors import ApiUnavailable
from twin.remote.wire import Wire

#: Seconds before a line that broke is asked for again.
PAUSE_S = 1.0


class Told(NamedTuple):
    """One event: its place in the stream, its name and its data."""

    place: int
    name: str
    data: dict[str, Any]


def told(wire: Wire, path: str, after: int = 0) -> Iterator[Told]:
    """The events of a stream *after* a place, as they come, until the server says that there are no more.

    A line that breaks is taken up again: nothing is left out and nothing told twice.

    Raises:
        TwinError: the server refuses it, or cannot be reached for ``wire.patience_s``.
    """
    until = time.monotonic() + wire.patience_s
    while True:
        try:
            with wire.stream(path, {"Accept": "text/event-stream", "Last-Event-ID": str(after)}) as response:
                if response.status_code == httpx.codes.NO_CONTENT:
                    return
                for event in _events(response.iter_lines()):
                    after, until = event.place, time.monotonic() + wire.patience_s
                    yield event
        except ApiUnavailable:
            if time.monotonic() > until:
                raise
        time.sleep(PAUSE_S)


def _events(lines: Iterator[str]) -> Iterator[Told]:
    fields: dict[str, str] = {}
    for line in lines:
        if not line and "data" in fields:
            yield Told(int(fields["id"]), fields["event"], json.loads(fields["data"]))
        if not line:
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
