"""A router that is not asked about addresses that begin otherwise than its own."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from api.addresses import below_root


class Section(APIRouter):
    """Routes, found by the first word of their addresses before any of them is compared.

    FastAPI asks router after router, and each compares the address with all its routes: with some forty routers that
    is half the time of a small request.
    """

    _made: int = -1
    _heads: frozenset[str] | None = None

    def heads(self) -> frozenset[str] | None:
        """First words of the addresses, as ``assets`` of ``/assets/{id}``; None where any word may be the first."""
        if self._made != len(self.routes):
            words = [_head(route.path) if isinstance(route, APIRoute) else "{" for route in self.routes]
            self._heads = None if any("{" in word for word in words) else frozenset(words)
            self._made = len(self.routes)
        return self._heads

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether one of the routes is for this request."""
        heads = self.heads()
        if heads is not None and _head(below_root(scope)) not in heads:
            return Match.NONE, {}
        return super().matches(scope)


def _head(path: str) -> str:
    return path.lstrip("/").partition("/")[0]
