"""The guard in front of the routes: whose request is it, and did a foreign web page send it?

It stands before the body is read, so nobody without a key makes the server read one.
"""

from __future__ import annotations

import ipaddress
from base64 import b64decode
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.addresses import below_root
from api.errors import twin_problem
from api.security.access import Access
from api.security.roles import ANYBODY, SAFE_METHODS, VISITOR, Caller
from twin.errors import RequestRefused, TwinError, Unauthenticated

#: Open without a key: pages and their files (a prefix ends with a slash), the document, and health.
OPEN = frozenset({"/", "/docs", "/openapi.json", "/health", "/favicon.ico"})
OPEN_BELOW = ("/docs/", "/health/", "/web/")
REALM = 'realm="infrastructure twin"'
#: What ``Sec-Fetch-Site`` says of requests that no other page caused.
OWN_SITE = frozenset({"same-origin", "none"})


class Guard:
    """Lets a request through with its :class:`Caller`, or answers 401 or 403.

    Args:
        app: what it guards. access: whom to let in.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            required = self.access.required
            if not required and self.access.local_only:
                _local(scope, headers)
            if scope["method"] not in SAFE_METHODS or headers.get("sec-fetch-mode") not in (None, "navigate"):
                _own_page(headers, self.access.origins)
            scope.setdefault("state", {})["caller"] = self._caller(scope, headers) if required else ANYBODY
        except TwinError as error:
            response = twin_problem(Request(scope), error)
            if isinstance(error, Unauthenticated):
                response.headers["WWW-Authenticate"] = _challenge(headers)
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _caller(self, scope: Scope, headers: Headers) -> Caller:
        """Who asks. Raises Unauthenticated: somebody without a key, and the page is not open."""
        path = below_root(scope)
        presented = presented_key(headers)
        keyring = self.access.keyring
        found = keyring.caller(presented) if keyring is not None and presented else None
        if found is not None:
            return found
        if is_open(path, scope["method"]):
            return VISITOR
        raise Unauthenticated(
            "This server does not know the API key" if presented else "This server answers to API keys only"
        )


def is_open(path: str, method: str = "GET") -> bool:
    """Whether a path (without the root path) is open to everybody."""
    return method in SAFE_METHODS and (path in OPEN or path.startswith(OPEN_BELOW))


def presented_key(headers: Headers) -> str | None:
    """The key in ``Authorization`` (Bearer, or the password of Basic) or ``X-API-Key``; None without one."""
    scheme, _, value = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
        except ValueError:
            return value  # somebody tried: a key that fits nothing
        return password or user or None
    return headers.get("x-api-key", "").strip() or None


def _challenge(headers: Headers) -> str:
    """What to send: not Basic to scripts of a page, for whom the browser would open its own prompt."""
    by_script = headers.get("sec-fetch-mode", "navigate") != "navigate"
    return f"Bearer {REALM}" if by_script else f'Bearer {REALM}, Basic {REALM}, charset="UTF-8"'


def _local(scope: Scope, headers: Headers) -> None:
    """Refuse what does not come from this machine, or comes under a name that is not this machine's.

    A page whose name was made to lead here (DNS rebinding) would read the answers as its own.
    """
    server = scope.get("server")
    if server is not None and server[1] is not None and not is_loopback(str(server[0])):
        raise RequestRefused(
            "Without API keys this server answers its own machine only",
            fix="Make keys on the server: twin keys add NAME --role read",
        )
    host = headers.get("host", "")
    if host and not is_loopback(_name(host)):
        raise RequestRefused(
            "Without API keys this server answers to the names of its own machine only",
            fix="Ask localhost or 127.0.0.1, or make keys on the server: twin keys add NAME --role read",
        )


def _name(host: str) -> str:
    """The name in a ``Host`` header, without its port; empty when there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "") if "@" not in host else ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _own_page(headers: Headers, origins: tuple[str, ...]) -> None:
    """Refuse a request that a page of another origin made the browser send. Programs send none of these headers."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin in origins or (origin is None and site is None):
        return
    if site is not None:
        own = site in OWN_SITE
    else:
        own = (origin or "").partition("://")[2].lower() == headers.get("host", "").lower() != ""
    if not own:
        raise RequestRefused(
            "A page of another origin sent this request",
            fix="Let the origin in where the server is started: twin serve --cors-origin https://that.page",
        )
