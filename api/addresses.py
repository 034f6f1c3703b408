"""Addresses as the app sees them, wherever a proxy puts it."""

from __future__ import annotations

from starlette.types import Scope


def below_root(scope: Scope) -> str:
    """The path of a request below the one that the app is served at (``root_path``)."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if path == root or path.startswith(f"{root}/") else path
