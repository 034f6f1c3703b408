"""OpenTelemetry through its API only, for whoever installs and sets up an SDK.

FastAPI makes the spans of requests by itself as soon as a tracer provider is set (and takes ``traceparent``); here each
question becomes a span inside, and the request's id is told. Without an SDK nothing is made; the trace that the client
names is still in the log.
"""

from __future__ import annotations

import re
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider
from starlette.datastructures import Headers

from twin.impact import Snapshot

TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
NAME = "infrastructure-twin"


def trace_of(headers: Headers, request_id: str) -> str | None:
    """The trace that a request belongs to, 32 hexadecimal digits; its span, where there is one, learns *request_id*."""
    span = trace.get_current_span()
    context = span.get_span_context()
    if context.is_valid:
        span.set_attribute("twin.request_id", request_id)
        return f"{context.trace_id:032x}"
    found = TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return found.group(1) if found else None


class _Traced:
    """A snapshot whose questions are spans."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._snapshot, name)
        if not callable(found):
            return found

        def asked(*args: Any, **how: Any) -> Any:
            attributes = {"twin.revision": self._snapshot.revision, "twin.assets": self._snapshot.n_assets}
            with trace.get_tracer(NAME).start_as_current_span(f"question {name}", attributes=attributes):
                return found(*args, **how)

        return asked


def traced(snapshot: Snapshot) -> Snapshot:
    """The same snapshot; where an SDK is set up, each question to it is a span."""
    if isinstance(trace.get_tracer_provider(), ProxyTracerProvider):
        return snapshot
    return cast("Snapshot", _Traced(snapshot))
