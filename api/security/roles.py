"""Roles, the caller of a request, and the dependencies that routes say their role by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from twin.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Role(IntEnum):
    """What a key may do; each role may also do what those before it may."""

    read = 1
    write = 2
    admin = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the name of the key (None without keys) and what it may do."""

    name: str | None
    role: Role


#: Where no keys are configured, everybody who reaches the server may do everything.
ANYBODY = Caller(None, Role.admin)
#: Somebody without a key on the open pages, which nobody is asked for.
VISITOR = Caller(None, Role.read)


def caller(request: Request) -> Caller:
    """Who asks. A request that did not come through :class:`api.security.Guard` is nobody's, and may do nothing.

    Raises:
        Forbidden: nobody looked who asks.
    """
    found = getattr(request.state, "caller", None)
    if not isinstance(found, Caller):
        raise Forbidden("Nobody has looked at the key of this request")
    return found


def demand(request: Request, role: Role) -> None:
    """Refuse who may not do what *role* may. Raises Forbidden."""
    asking = caller(request)
    if asking.role < role:
        raise Forbidden(
            f"The key {asking.name} may {asking.role.name}; this needs the role {role.name}",
            fix=f"Use a key of the role {role.name}; an admin makes one with: twin keys add NAME --role {role.name}",
            needs=role.name,
        )


async def _asks(request: Request) -> None:
    demand(request, Role.read)


async def _writes(request: Request) -> None:
    demand(request, Role.write)


async def _admins(request: Request) -> None:
    demand(request, Role.admin)


#: A question: nothing is written, whatever the method is.
asks = Depends(_asks)
#: Changes what others see.
writes = Depends(_writes)
#: Takes back or looks into what others did.
admins = Depends(_admins)
MARKS = {_asks: Role.read, _writes: Role.write, _admins: Role.admin}


def marked(route: BaseRoute | None) -> Role | None:
    """The role that a route or its router names, the highest when there are several; None when it names none."""
    found = [MARKS[d.dependency] for d in getattr(route, "dependencies", ()) if d.dependency in MARKS]
    return max(found, default=None)


def needed(route: BaseRoute | None, method: str) -> Role:
    """The role that a request needs: the one that its route names, else by its method."""
    return marked(route) or (Role.read if method in SAFE_METHODS else Role.write)


async def _by_method(request: Request) -> None:
    demand(request, needed(request.scope.get("route"), request.method))


#: For the whole app.
by_method = Depends(_by_method)


def routes_of(routes: Iterable[Any]) -> Iterator[APIRoute]:
    """Every route of the API among *routes*, and of the routers that they include."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            included = getattr(route, "original_router", None)
            yield from routes_of(included.routes if included is not None else ())
