"""Where assets are, as the API says."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from twin.errors import UnknownAsset
from twin.remote.wire import Wire, path_of

#: So many assets are looked up one by one; for more, all places are read once per revision.
FEW = 20


class RemotePlaces:
    """The places of assets; kept until the twin changes. See :class:`twin.display.Where`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._lock = threading.Lock()
        self._held: dict[str, Any] = {}
        self._revision = -1

    def shapes(self, ids: Sequence[str | None]) -> Any:
        """(n,) shapes in WGS 84, None for no place."""
        import shapely

        wanted = {name for name in ids if name is not None}
        known = self._few(wanted) if len(wanted) <= FEW else self._all()
        found = np.full(len(ids), None, object)
        found[:] = [None if name is None else known.get(name) for name in ids]
        there = np.array([shape is not None for shape in found], bool)
        if there.any():
            found[there] = shapely.from_geojson(found[there])
        return found

    def _few(self, ids: set[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for name in ids:
            try:
                shape = self._wire.get(path_of("assets", name)).get("geometry")
            except UnknownAsset:
                shape = None
            found[name] = None if shape is None else json.dumps(shape)
        return found

    def _page(self, cursor: str | None, most: int) -> dict[str, Any]:
        return self._wire.features("/assets", {"limit": most, "cursor": cursor})

    def _all(self) -> dict[str, str | None]:
        with self._lock:
            page = self._wire.get("/assets", {"limit": 1})
            if page["revision"] == self._revision:
                return self._held
            held: dict[str, str | None] = {}
            cursor = None
            while True:
                page = self._wire.fitting(partial(self._page, cursor))
                for feature in page["features"]:
                    shape = feature["geometry"]
                    held[feature["id"]] = None if shape is None else json.dumps(shape)
                cursor = page.get("cursor")
                if cursor is None:
                    break
            self._held, self._revision = held, page["revision"]
            return held
