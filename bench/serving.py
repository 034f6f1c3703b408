"""The API with a floor and rivals beside it, for the part ``http``: ``uvicorn bench.serving:made --factory``.

The same server, layers and rows; what differs is how an answer is made.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

import orjson
from fastapi import FastAPI, Request
from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.app import create_app

ROWS = 100_000


class Row(BaseModel):
    """An asset of the list, as a response model checks it."""

    id: str
    kind: str
    domain: str
    name: str | None
    lon: float | None
    lat: float | None
    status: str


class Clock:
    """Keeps how long the server took for the last answer: until its first byte is handed over."""

    def __init__(self, app: ASGIApp) -> None:
        """Args: app: what is timed."""
        self.app = app
        self.last = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; ``/bench/last`` says what the one before took."""
        if scope["type"] == "http" and scope["path"] == "/bench/last":
            await Response(repr(self.last))(scope, receive, send)
            return
        began = perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.last = perf_counter() - began
            await send(message)

        await self.app(scope, receive, timed)


def made() -> ASGIApp:
    """The app that the settings name, with the routes of the benchmark."""
    app = create_app()
    _add(app)
    return Clock(app)


def _add(app: FastAPI) -> None:
    @app.get("/bench/empty", include_in_schema=False)
    async def empty() -> Response:
        return Response(b"{}", media_type="application/json")

    @app.get("/bench/rows", include_in_schema=False)
    def rows(request: Request) -> Response:
        return Response(orjson.dumps({"items": _rows(request)}), media_type="application/json")

    @app.get("/bench/model", include_in_schema=False, response_model=list[Row])
    def model(request: Request) -> Any:
        return _rows(request)


def _rows(request: Request) -> list[dict[str, Any]]:
    twin = request.app.state.holder.get()
    rows: list[dict[str, Any]] = twin.snapshot().assets(limit=ROWS)[0]
    return rows
