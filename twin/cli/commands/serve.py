"""``twin serve``: the HTTP API."""

from __future__ import annotations

import ipaddress
import socket
from typing import Annotated

import typer

from twin.cli import output
from twin.errors import InvalidParameter


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", "-p", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
) -> None:
    """Serve the HTTP API until Ctrl-C; its documentation is at /docs."""
    listening = _listen(host, port)
    import uvicorn

    from api.app import create_app

    if not _loopback(host):
        output.note(
            f"warning: {host} can be reached by other machines, and the API asks for no password.", style="yellow"
        )
    shown = f"[{host}]" if ":" in host else host
    output.note(f"The API is served on http://{shown}:{listening.getsockname()[1]}  (/docs); stop it with Ctrl-C")
    config = uvicorn.Config(create_app(), host=host, port=port, log_level="warning", access_log=False)
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        output.note("Stopped.")
    finally:
        listening.close()


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


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(serve)
