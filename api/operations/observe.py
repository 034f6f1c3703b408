"""The outermost layer: gives each request its id, and tells log, metrics and traces what became of it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.operations.logs import ACCESS
from api.operations.metrics import Metrics
from api.operations.tracing import trace_of

log = logging.getLogger(ACCESS)

SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
#: The client went away before there was an answer.
GONE = 499
#: Names of query parameters that one line of the log lists.
MAX_NAMES = 20


@dataclass(slots=True)
class Seen:
    """What is known of an answer so far."""

    status: int = GONE
    sent: int = 0


class Observe:
    """Sees every request and every answer. Gives the request an id: the client's own ``X-Request-ID`` if it is plain.

    Args:
        app: the layers below. metrics: what is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if SAFE_ID.match(given) else uuid4().hex
        state = scope.setdefault("state", {})
        state["request_id"], state["trace_id"] = request_id, trace_of(headers, request_id)
        method, seen, begun = scope["method"], Seen(), perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            elif message["type"] == "http.response.body":
                seen.sent += len(message.get("body", b""))
            await send(message)

        self.metrics.in_flight.inc()
        try:
            await self.app(scope, receive, watched)
        finally:
            self.metrics.in_flight.dec()
            seconds = perf_counter() - begun
            self.metrics.count(operation_of(scope), method, seen.status, seconds, seen.sent)
            if log.isEnabledFor(logging.INFO):
                log.info("request", extra={"request": _line(scope, method, seen, seconds)})


def operation_of(scope: Scope) -> str:
    """The operation that a request met: its ``operationId``, ``page`` for pages and files, ``none`` for neither."""
    route = scope.get("route")
    if route is None:
        return "none"
    return getattr(route, "operation_id", None) or "page"


def _line(scope: Scope, method: str, seen: Seen, seconds: float) -> dict[str, Any]:
    """A request as the log tells it: of the query only the names, for a value might be a secret."""
    state = scope["state"]
    asking = state.get("caller")
    try:
        names = [name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)]
    except ValueError:
        names = ["?"]
    path = scope.get("raw_path") or scope["path"].encode()
    told = {
        "method": method,
        "path": path.decode("latin-1")[:2000],
        "query": [name[:100] for name in names[:MAX_NAMES]],
        "operation": operation_of(scope),
        "status": seen.status,
        "ms": round(seconds * 1000, 3),
        "bytes": seen.sent,
        "request_id": state["request_id"],
        "key": asking.name if asking is not None else None,
    }
    return told | ({"trace_id": state["trace_id"]} if state["trace_id"] else {})
