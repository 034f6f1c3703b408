"""The app in a process of its own, writing down each request: clients in the tests' process may hold its lock.

``python -m tests.ogc.server URI USER PASSWORD HOME SEEN PORT`` serves the twin in that Neo4j; SEEN gets one address a
line, as the client meant it, and PORT the port once it listens.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import uvicorn
from fastapi import FastAPI

from api.app import create_app
from twin.schema import default_schema
from twin.service import Twin
from twin.store import Store


class Seen:
    """Writes down each request, in front of the app."""

    def __init__(self, app: FastAPI, path: Path) -> None:
        self.app = app
        self.path = path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            query = scope["query_string"].decode().replace("+", " ")
            with self.path.open("a", encoding="utf-8") as file:
                file.write(unquote(scope["path"] + ("?" + query if query else "")) + "\n")
        await self.app(scope, receive, send)


class Server(uvicorn.Server):
    """Tells its port when it listens."""

    def __init__(self, config: uvicorn.Config, told: Path) -> None:
        super().__init__(config)
        self.told = told

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        part = self.told.with_suffix(".part")
        part.write_text(str(self.servers[0].sockets[0].getsockname()[1]), encoding="utf-8")
        part.rename(self.told)


def main(uri: str, user: str, password: str, home: str, seen: str, port: str) -> None:
    """Serve until killed."""
    with Store(uri, user, password, "neo4j") as store:
        app = Seen(create_app(Twin(store, default_schema(), Path(home))), Path(seen))
        Server(uvicorn.Config(app, port=0, log_level="error"), Path(port)).run()  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
