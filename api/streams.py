"""Server-sent events: a stream of what changes, taken up again where the client lost it.

``id`` of an event says how far the client is; it sends the last one back as ``Last-Event-ID``. A comment now and
then keeps the line open. After the last event the server closes; a client that asks once more gets 204, which
tells a browser to stop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, NamedTuple

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from twin.errors import InvalidParameter, Overloaded, TwinError

log = logging.getLogger("api")

MEDIA_TYPE = "text/event-stream"
#: Seconds between two looks, and of silence after which a comment is sent.
LOOK_S, BEAT_S = 0.2, 15.0
#: Streams of one app at once.
MAX_STREAMS = 500
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Event(NamedTuple):
    """One event: its place in the stream, its name, its data, and whether it is the last."""

    id: int
    name: str
    data: Mapping[str, Any]
    last: bool = False


#: What is new after a place in the stream.
Look = Callable[[int], list[Event]]


def text_of(event: Event) -> bytes:
    """An event as the stream says it."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.id, event.name.encode(), orjson.dumps(event.data, default=str))


class Streams:
    """The open streams of an app: so many at most, and all of them end when the app does."""

    def __init__(self, most: int = MAX_STREAMS) -> None:
        self._most = most
        self._many = 0
        self._closing = False

    def close(self) -> None:
        """End every stream soon."""
        self._closing = True

    def open(self) -> None:
        """Take streams again."""
        self._closing = False

    async def answer(self, request: Request, look: Look) -> Response:
        """The stream of what *look* gives, from where the client is.

        Raises:
            InvalidParameter: the client's place is none. Overloaded: too many streams are open.
        """
        place = last_seen(request)
        new = await run_in_threadpool(look, place)
        if not new and await run_in_threadpool(_is_over, look, place):
            return Response(status_code=204)
        if request.scope.get("state", {}).get("head"):
            return Response(headers=HEADERS, media_type=MEDIA_TYPE)
        if self._many >= self._most:
            raise Overloaded(f"{self._many:,} streams are open", fix="Ask again later, or without the stream.")
        return StreamingResponse(self._events(look, place, new), headers=HEADERS, media_type=MEDIA_TYPE)

    async def _events(self, look: Look, place: int, new: list[Event]) -> AsyncIterator[bytes]:
        self._many += 1
        try:
            yield b"retry: 2000\n\n"
            spoken = time.monotonic()
            while not self._closing:
                for event in new:
                    yield text_of(event)
                    place, spoken = event.id, time.monotonic()
                    if event.last:
                        return
                if time.monotonic() - spoken > BEAT_S:
                    yield b": still here\n\n"
                    spoken = time.monotonic()
                await asyncio.sleep(LOOK_S)
                try:
                    new = await run_in_threadpool(look, place)
                except TwinError as error:  # it was removed, or the library cannot be read: the client asks again
                    log.warning("a stream ends: %s", error.detail)
                    return
        finally:
            self._many -= 1


def _is_over(look: Look, place: int) -> bool:
    """Whether the client has seen the last event: looking from the start shows one."""
    return any(event.last and event.id <= place for event in look(0))


def last_seen(request: Request) -> int:
    """The place in the stream that the client saw last, 0 at the start. Raises InvalidParameter."""
    text = request.headers.get("last-event-id", "")
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 18:
        raise InvalidParameter("Last-Event-ID: it is no id of this stream", fix="Leave it out to start anew.")
    return int(text)
