"""What every answer carries: security headers, and a problem document instead of a traceback."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.addresses import below_root
from api.errors import FAULTS, internal_problem, problem

UPLOADS = "/uploads"
SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class Envelope:
    """Gives each answer its headers, and makes a problem document of a fault that nobody caught."""

    def __init__(self, app: ASGIApp, max_body: int, max_upload: int) -> None:
        self.app = app
        self.max_body = max_body
        self.max_upload = max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; a fault nobody caught becomes a problem document and a log entry."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False
        head = scope["method"] == "HEAD"
        scope.setdefault("state", {})["head"] = head
        # Answered as GET without its body. The server's own scope stays: it goes by the method when it sends.
        asked: Scope = {**scope, "method": "GET"} if head else scope

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            elif head:
                message = {**message, "body": b""}
            await send(message)

        if self._declared_too_large(scope):
            # Starlette's limit answers this one in plain text; a body that only turns out too long is its.
            response = problem(Request(scope), 413, FAULTS[413], f"A body may have at most {self._most(scope):,} bytes")
            await response(scope, receive, send_with_headers)
            return
        try:
            await self.app(asked, receive, send_with_headers)
        except Exception as error:
            if started:
                raise
            response = internal_problem(Request(scope), error)
            await response(scope, receive, send_with_headers)
        finally:
            scope["route"] = asked.get("route")  # for those outside, who tell which operation it was

    def _declared_too_large(self, scope: Scope) -> bool:
        length = Headers(scope=scope).get("content-length", "")
        return length.isdecimal() and int(length[:20]) > self._most(scope)

    def _most(self, scope: Scope) -> int:
        """Bytes that a body may have: files come to one address only."""
        return self.max_upload if below_root(scope) == UPLOADS else self.max_body
