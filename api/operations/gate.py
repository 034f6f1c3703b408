"""How many questions are answered at once, and how long a client may take to send one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.addresses import below_root
from api.errors import twin_problem
from twin.errors import Overloaded


class Gate:
    """Takes so many requests at once; those beyond are told to come back.

    A place is held until the answer begins: a slow reader, or a stream of events, holds none.

    Args:
        app: what is behind the gate. places: requests at once. patience_s: seconds that the next part of a body
            may take; after that the client counts as gone.
        always: whether a path is let through in any case, such as health.
    """

    def __init__(self, app: ASGIApp, places: int, patience_s: float, always: Callable[[str], bool]) -> None:
        self.app = app
        self.places = places
        self.patience_s = patience_s
        self.always = always
        self.taken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or self.always(below_root(scope)):
            await self.app(scope, receive, send)
            return
        if self.taken >= self.places:
            error = Overloaded(f"{self.places} requests are being answered, as many as this server takes at once")
            response = twin_problem(Request(scope), error)
            response.headers["Retry-After"] = "1"
            await response(scope, receive, send)
            return
        self.taken += 1
        held = True

        def leave() -> None:
            nonlocal held
            if held:
                held = False
                self.taken -= 1

        async def answered(message: Message) -> None:
            leave()
            await send(message)

        try:
            await self.app(scope, _patient(receive, self.patience_s), answered)
        finally:
            leave()


def _patient(receive: Receive, patience_s: float) -> Receive:
    """*receive*, for which a client that stops sending in the middle of a body has gone."""
    whole = False

    async def received() -> Message:
        nonlocal whole
        if whole:  # what is waited for now is that the client goes
            return await receive()
        try:
            async with asyncio.timeout(patience_s):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return received
