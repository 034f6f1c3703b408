"""``twin serve``: the HTTP API."""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from twin.cli import output
from twin.errors import InvalidParameter, KeysRequired

if TYPE_CHECKING:
    from api.operations.logs import Style

ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+\Z")
#: Seconds that answers may still take after Ctrl-C; streams of events would go on for ever.
GRACE_S = 5


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option("--cors-origin", help="A web page's origin that may ask, exactly: https://maps.example.org."),
    ] = None,
    root_path: Annotated[
        str, typer.Option("--root-path", help="Where a proxy in front shows the API, and what it strips: /twin.")
    ] = "",
    log: Annotated[
        Literal["text", "json", "off"], typer.Option("--log", help="A line per request to stderr, and how it looks.")
    ] = "text",
) -> None:
    """Serve the HTTP API and the map until Ctrl-C; its documentation is at /docs.

    Other machines are served only with API keys: twin keys add NAME.
    """
    if root_path and not ROOT_PATH.match(root_path):
        raise InvalidParameter(
            f"--root-path: {root_path!r} is no path", fix="Write it like /twin, without an end slash."
        )
    listening = _listen(host, port)
    try:
        _serve(listening, host, cors_origin or (), root_path, log)
    finally:
        listening.close()


def _serve(listening: socket.socket, host: str, origins: Sequence[str], root_path: str, log: Style) -> None:
    import uvicorn

    from api.app import access_of_settings, create_app
    from api.operations.logs import configure
    from api.security.guard import is_loopback

    access = access_of_settings(origins)
    address, port = listening.getsockname()[:2]
    if not access.required and not is_loopback(address):
        raise KeysRequired(f"{host} can be reached by other machines, and there are no API keys")
    app = create_app(access=access)
    configure(log, app.state.hidden)
    shown = f"[{host}]" if ":" in host else host
    keys = "  It answers to API keys only." if access.required else ""
    address = f"http://{shown}:{port}{root_path}/"
    output.note(f"The map and the API are served on {address}  (reference: /docs); stop it with Ctrl-C.{keys}")
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        root_path=root_path,
        http="h11",  # it bounds what the head of a request may take
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        output.note("Stopped.")


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket: a port that is taken is refused before anything else is started."""
    made: socket.socket | None = None
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, proto)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        if made is not None:
            made.close()
        raise InvalidParameter(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            fix="Choose another port with --port, or 0 for any free one.",
        ) from error
    return made


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(serve)
