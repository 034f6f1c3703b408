"""Vector tiles of one revision: made when asked for, kept while there is room."""

from __future__ import annotations

import threading
import zlib
from collections import OrderedDict
from typing import Any, NamedTuple

import numpy as np

from twin.export.tiles.sheet import MAX_ZOOM, WORLD_BITS, Shapes, Sheet, Spots, sheet_of
from twin.export.tiles.values import KEYS, SITE_KEYS, Values
from twin.impact.snapshot import Snapshot
from twin.snapshot.arrays import Bools, Longs

#: Zoom from which assets are drawn one by one, if a tile has no more than so many.
POINTS_FROM, POINTS = 8, 10_000
#: A tile has ``2 ** levels`` cells of aggregates on each side: below that zoom, and in tiles with too many points.
COARSE, FINE = 3, 5
#: Units of a tile (4096 across) below which the longer side of an area is drawn as a point.
SMALL = 64
EXTENT_BITS = 12
#: Bytes of compressed tiles that are kept for one revision.
KEPT = 64 * 1024 * 1024
LAYERS = ("areas", "lines", "sites", "points")
_POINT, _LINE, _AREA = 1, 2, 3


class Frame(NamedTuple):
    """Where a tile lies, in world units: north-west corner, length of a side."""

    z: int
    left: int
    top: int
    side: int

    @property
    def unit(self) -> int:
        """World units in one unit of the tile."""
        return self.side >> EXTENT_BITS

    @property
    def small(self) -> int:
        """World units from which an area is drawn as an area."""
        return SMALL * self.unit


def exists(z: int, x: int, y: int) -> bool:
    """Whether there is such a tile: of a zoom that is served, inside the world."""
    return 0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z


class Tiles:
    """Mapbox vector tiles 2.1 (protocol buffers) of a snapshot in Web Mercator, extent 4096.

    Source layers ``points``, ``lines`` and ``areas`` hold single assets; where these would be too many or too small,
    ``sites`` counts them: at every zoom each placed asset that is no line and no region is in exactly one of
    ``points``, ``sites`` and, where it is large enough to be seen, ``areas``.

    Example:
        >>> Tiles(snapshot).tile(6, 33, 21)[:1]  # doctest: +SKIP
        b'\\x1a'
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.sheet: Sheet = sheet_of(snapshot)
        self._made: OrderedDict[tuple[int, int, int], bytes] = OrderedDict()
        self._kept = 0
        self._lock = threading.Lock()
        sheet = self.sheet
        names = [*sheet.values.domains]
        self._keys = {name: _packed_keys(KEYS) for name in ("points", "lines", "areas")}
        self._keys["sites"] = _packed_keys([*SITE_KEYS, *names])

    def zipped(self, z: int, x: int, y: int) -> bytes:
        """A tile, gzip-compressed; empty where nothing is. Kept while there is room.

        Args:
            z, x, y: zoom 0-14, column from the west, row from the north; see :func:`exists`.
        """
        asked = (z, x, y)
        with self._lock:
            found = self._made.get(asked)
            if found is not None:
                self._made.move_to_end(asked)
                return found
        made = zipped(self.tile(z, x, y))
        with self._lock:
            if asked not in self._made:
                self._made[asked] = made
                self._kept += len(made)
            while self._kept > KEPT:
                self._kept -= len(self._made.popitem(last=False)[1])
        return made

    def tile(self, z: int, x: int, y: int, only: Bools | None = None, name: str | None = None) -> bytes:
        """A tile, not compressed; empty where nothing is.

        Args:
            z, x, y: as of :meth:`zipped`.
            only: (n,) assets to draw, all if None.
            name: all features in one layer of this name; aggregates stay in ``sites``.
        """
        side = 1 << (WORLD_BITS - z)
        frame = Frame(z, x * side, y * side, side)
        parts = [
            self._areas(frame, only, name or "areas"),
            self._lines(frame, only, name or "lines"),
            self._spots(frame, only, name or "points"),
        ]
        return b"".join(parts)

    def _spots(self, frame: Frame, only: Bools | None, name: str) -> bytes:
        from twin.export.tiles import kernels
        from twin.export.tiles.index_kernels import quadkeys

        spots, values, z = self.sheet.spots, self.sheet.values, frame.z
        first = quadkeys(np.array([frame.left], np.int32), np.array([frame.top], np.int32))[0]
        low, high = np.searchsorted(spots.key, [first, first + (1 << 2 * (WORLD_BITS - z))]).tolist()
        if only is not None:
            spots = _chosen(spots, low + np.flatnonzero(only[spots.row[low:high]]))
            low, high = 0, len(spots.row)
        count = kernels.smaller(low, high, spots.size, frame.small)
        if not count:
            return b""
        if z >= POINTS_FROM and count <= POINTS:
            rows, ptr, geom = kernels.put_points(low, high, spots.x, spots.y, spots.size, spots.row, z, frame.small)
            return self._layer(name, "points", values.codes[rows], _POINT, ptr, geom)
        owner, counts, ptr, geom = kernels.put_sites(
            low, high, spots.key, spots.x, spots.y, spots.size, spots.row, values.domain, values.down, spots.root,
            z, COARSE if z < POINTS_FROM else FINE, frame.small, len(values.domains),
        )  # fmt: skip
        return self._layer("sites", "sites", _site_codes(values, owner, counts), _POINT, ptr, geom)

    def _lines(self, frame: Frame, only: Bools | None, name: str) -> bytes:
        from twin.export.tiles import clip_kernels

        lines = self.sheet.lines
        found = _found(lines, frame, only)
        found = found[lines.zoom[found] <= frame.z]
        if not len(found):
            return b""
        kept, ptr, geom = clip_kernels.cut_lines(
            found, lines.part_ptr, lines.ptr, lines.x, lines.y, lines.weight,
            float(frame.unit), frame.left, frame.top, frame.unit / 2,
        )  # fmt: skip
        return self._layer(name, "lines", self.sheet.values.codes[lines.row[kept]], _LINE, ptr, geom)

    def _areas(self, frame: Frame, only: Bools | None, name: str) -> bytes:
        from twin.export.tiles import clip_kernels

        areas = self.sheet.areas
        found = _found(areas, frame, only)
        found = found[areas.size[found] >= frame.small]
        if not len(found):
            return b""
        kept, ptr, geom = clip_kernels.cut_areas(
            found, areas.part_ptr, areas.ptr, areas.x, areas.y, areas.weight, areas.hole,
            float(frame.unit), frame.left, frame.top, frame.unit / 2,
        )  # fmt: skip
        return self._layer(name, "areas", self.sheet.values.codes[areas.row[kept]], _AREA, ptr, geom)

    def _layer(self, name: str, keys: str, codes: Longs, kind: int, ptr: Longs, geom: Any) -> bytes:
        from twin.export.tiles.kernels import layer

        if not len(codes):
            return b""
        values = self.sheet.values
        text = np.frombuffer(name.encode(), np.uint8)
        return bytes(layer(text, *self._keys[keys], codes, kind, ptr, geom, values.ptr, values.data))


def zipped(tile: bytes) -> bytes:
    """*tile* in gzip of the fastest level; nothing stays nothing."""
    if not tile:
        return b""
    maker = zlib.compressobj(1, zlib.DEFLATED, 31)
    return maker.compress(tile) + maker.flush()


def _found(shapes: Shapes, frame: Frame, only: Bools | None) -> Longs:
    """Features whose box touches the tile and its margin, in drawing order."""
    from twin.export.tiles.clip_kernels import MARGIN
    from twin.export.tiles.index_kernels import touching

    far = MARGIN * frame.unit
    box = (frame.left - far, frame.top - far, frame.left + frame.side + far, frame.top + frame.side + far)
    found: Longs = np.sort(shapes.leaf[touching(shapes.node, shapes.level, *box)])
    return found if only is None else found[only[shapes.row[found]]]


def _chosen(spots: Spots, at: Longs) -> Spots:
    return Spots(spots.row[at], spots.x[at], spots.y[at], spots.key[at], spots.size[at], spots.root[at])


def _site_codes(values: Values, owner: Longs, counts: Longs) -> Longs:
    from twin.export.tiles.kernels import ABSENT, OWN

    f = len(owner)
    codes = np.full((f, len(SITE_KEYS) + len(values.domains)), ABSENT, np.int64)
    one = owner >= 0
    codes[one, :4] = values.codes[owner[one], :4]
    codes[:, 4] = OWN - counts[:, 0]
    codes[:, 5] = OWN - counts[:, 1]
    codes[:, 6:] = OWN - counts[:, 2:]
    return codes


def _packed_keys(names: Any) -> tuple[Any, Any]:
    """Names as keys of a layer (field 3), one after the other: where each begins, and the bytes."""
    packed = []
    for name in names:
        text = name.encode()
        size = bytearray()
        left = len(text)
        while left > 127:
            size.append((left & 127) | 128)
            left >>= 7
        size.append(left)
        packed.append(b"\x1a" + bytes(size) + text)
    ptr = np.concatenate([[0], np.cumsum([len(part) for part in packed])]).astype(np.int64)
    return ptr, np.frombuffer(b"".join(packed), np.uint8)
