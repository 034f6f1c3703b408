"""The attribute side of a snapshot: names, properties, search."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import cached_property, reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from twin.errors import InvalidParameter, UnknownAsset
from twin.model import ALSO, BETWEEN
from twin.schema import suggest
from twin.snapshot.arrays import Arrays, Bools, Ints, Longs
from twin.snapshot.build import BASE_COLUMNS
from twin.snapshot.ids import find_row

MAX_SUGGEST = 200_000
#: Status of an asset that says nothing of it.
IN_SERVICE = "in_service"


class Catalogue:
    """Look-ups by id and by filters over the asset attributes."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.table = arrays.assets

    @cached_property
    def _names(self) -> list[str]:
        """Ids of all assets that are there, in the order of lists."""
        return self.ids(self.listing)

    @cached_property
    def listing(self) -> Longs:
        """Rows of the assets that are there, in the order of lists: that in which they were given."""
        rows = np.argsort(self.arrays.place, kind="stable")
        return rows[~self.arrays.removed[rows]]

    def listed(self, rows: Longs | Ints) -> Longs:
        """*rows* in the order of lists."""
        found: Longs = np.asarray(rows, np.int64)[np.argsort(self.arrays.place[rows], kind="stable")]
        return found

    def find(self, asset_id: str) -> int | None:
        """Row of an asset by its id, or by another id that a source knows it by; None if there is none."""
        row = find_row(asset_id, self.arrays.id_hash, self.arrays.id_row, self.table["id"])
        if row is None or self.arrays.removed[row]:
            row = self._also.get(asset_id)
        return None if row is None or self.arrays.removed[row] else row

    @cached_property
    def _also(self) -> dict[str, int]:
        """Row of each other id that assets are known by."""
        if ALSO not in self.table.column_names:
            return {}
        column = self.table[ALSO]
        rows = np.flatnonzero(column.is_valid().to_numpy()).tolist()
        return {name: row for row in reversed(rows) for name in column[row].as_py().split(BETWEEN)}

    def row(self, asset_id: str) -> int:
        """Row of an asset. Raises UnknownAsset, with the nearest ids."""
        row = self.find(asset_id)
        if row is None:
            raise UnknownAsset(f"no asset has the id {asset_id!r}.{self._hint(asset_id)}", id=asset_id)
        return row

    def _hint(self, asset_id: str) -> str:
        if self.arrays.n > MAX_SUGGEST:
            return ""
        ending = [name for name in self._names if name.endswith((":" + asset_id, "/" + asset_id))][:3]
        return f" Did you mean {' or '.join(ending)}?" if ending else suggest(asset_id, self._names)

    def ids(self, rows: Longs | Ints | Sequence[int]) -> list[str]:
        """Ids of rows, in their order."""
        names: list[str] = self.table["id"].take(pa.array(np.asarray(rows, np.int64))).to_pylist()
        return names

    def brief(self, rows: Longs | Ints) -> list[dict[str, Any]]:
        """``id, kind, domain, name`` of rows."""
        chosen = self.table.select(["id", "kind", "domain", "name"]).take(pa.array(rows))
        return list(chosen.to_pylist())

    def in_domains(self, domains: Sequence[str]) -> Bools:
        """(n,) assets of these domains. Raises InvalidParameter for one that no asset has."""
        known = sorted({d for d in pc.unique(self.table["domain"]).to_pylist() if d})
        for domain in domains:
            if domain not in known:
                raise InvalidParameter(
                    f"unknown domain {domain!r}.{suggest(domain, known)}",
                    fix=f"Use one of: {', '.join(sorted(known))}.",
                )
        chosen: Bools = _among(self.table["domain"], domains)
        return chosen

    def gate_name(self, gate: int) -> tuple[str | None, str | None]:
        """Service and group of a gate; of the transport mesh (-1) nothing."""
        if gate < 0:
            return None, None
        a = self.arrays
        return a.services[a.gates.service[gate]], a.groups[a.gates.group[gate]]

    def gates(self, row: int) -> list[dict[str, Any]]:
        """The gates of an asset: service, group, need, effect and members."""
        g = self.arrays.gates
        found = []
        for gate in range(int(g.own_ptr[row]), int(g.own_ptr[row + 1])):
            service, group = self.gate_name(gate)
            members = self.brief(self.listed(g.member[g.ptr[gate] : g.ptr[gate + 1]]))
            found.append(
                {
                    "gate": gate,
                    "service": service,
                    "group": group,
                    "need": int(g.need[gate]),
                    "effect": "degrade" if g.degrade[gate] else "outage",
                    "joined": bool(g.joined[gate]),
                    "ride_through_s": float(g.buffer_s[gate]),
                    "members": members,
                }
            )
        return found

    def asset(self, row: int) -> dict[str, Any]:
        """All that an asset carries; properties without value are left out, the geometry is GeoJSON."""
        whole = self.table.slice(row, 1).to_pylist()[0]
        found = {name: whole.get(name) for name in BASE_COLUMNS if name != "geometry"}
        found["properties"] = {k: x for k, x in whole.items() if k not in BASE_COLUMNS and x is not None}
        found["geometry"] = geojson(whole.get("geometry"), whole.get("lon"), whole.get("lat"))
        return found

    def search(
        self,
        kind: str | None,
        domain: str | None,
        text: str | None,
        bbox: Sequence[float] | None,
        after: str | None,
        limit: int,
    ) -> tuple[list[dict[str, Any]], str | None, int]:
        """Assets by filters as plain rows; see :meth:`found`."""
        page, cursor, total = self.found(kind, domain, text, bbox, after, limit)
        return page.to_pylist(), cursor, total

    def found(
        self,
        kind: str | None = None,
        domain: str | None = None,
        text: str | None = None,
        bbox: Sequence[float] | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[pa.Table, str | None, int]:
        """Assets by filters, in the order in which they were given.

        Args:
            kind, domain: exact names. text: words, each of them part of an id or the name, case ignored.
            bbox: west, south, east, north in degrees; west > east crosses the antimeridian.
            after: cursor of the page before. limit: most rows.

        Returns:
            Columns ``id, kind, domain, name, lon, lat, status``, the next cursor or None, and how many match in all.
        """
        rows = self.listing
        if kind is not None or domain is not None or text or bbox is not None:
            rows = rows[self._matching(kind, domain, text, bbox)[rows]]
        total = len(rows)
        if after:
            rows = rows[self.arrays.place[rows] > self.arrays.place[self._row_after(after)]]
        names = [c for c in ("id", "kind", "domain", "name", "lon", "lat", "status") if c in self.table.column_names]
        page = self.table.select(names).take(pa.array(rows[:limit]))
        stated = _stated(page["status"] if "status" in names else pa.nulls(len(page), pa.string()))
        page = page.select([name for name in names if name != "status"]).append_column("status", stated)
        more = len(rows) > limit
        return page, (_cursor(page["id"][-1].as_py()) if more else None), total

    def _matching(self, kind: str | None, domain: str | None, text: str | None, bbox: Sequence[float] | None) -> Bools:
        mask = np.ones(self.arrays.n, bool)
        if kind is not None:
            mask &= _among(self.table["kind"], [kind])
        if domain is not None:
            mask &= _among(self.table["domain"], [domain])
        columns = [self.table[name] for name in ("id", "name", ALSO) if name in self.table.column_names]
        for word in (text or "").split():
            found = [pc.match_substring(column, word, ignore_case=True).fill_null(False) for column in columns]
            mask &= reduce(pc.or_, found).to_numpy(zero_copy_only=False)
        if bbox is not None:
            mask &= self._inside(bbox)
        return mask

    def _row_after(self, cursor: str) -> int:
        try:
            row = self.find(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
        except (ValueError, binascii.Error):
            row = None
        if row is None:
            raise InvalidParameter(
                f"the cursor {cursor!r} is not one of ours, or the asset it names is gone",
                fix="Start again without a cursor.",
            )
        return row

    def _inside(self, bbox: Sequence[float]) -> Bools:
        if len(bbox) != 4 or not all(np.isfinite(bbox)) or bbox[1] > bbox[3]:
            raise InvalidParameter(f"bbox is {list(bbox)}", fix="Give west,south,east,north in degrees.")
        west, south, east, north = bbox
        lon = self.table["lon"].to_numpy(zero_copy_only=False)
        lat = self.table["lat"].to_numpy(zero_copy_only=False)
        across = (lon >= west) | (lon <= east) if west > east else (lon >= west) & (lon <= east)
        inside: Bools = across & (lat >= south) & (lat <= north)
        return inside


def _stated(status: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """The column of states with that of assets that say nothing of it."""
    if status.null_count == len(status):
        return pa.repeat(IN_SERVICE, len(status))
    known = status.cast(pa.string())
    return pc.if_else(pc.fill_null(pc.not_equal(known, ""), False), known, IN_SERVICE)


def _among(column: pa.ChunkedArray, words: Sequence[str]) -> Bools:
    found: Bools = (
        pc.is_in(pc.cast(column, pa.string()), value_set=pa.array(list(words), pa.string()))
        .to_numpy(zero_copy_only=False)
        .astype(bool)
    )
    return found


def geojson(wkb: bytes | None, lon: float | None, lat: float | None) -> dict[str, Any] | None:
    """A geometry as GeoJSON: from WKB, else the point, else None."""
    if wkb:
        found: dict[str, Any] = shapely.geometry.mapping(shapely.from_wkb(wkb))
        return found
    if lon is None or lat is None:
        return None
    return {"type": "Point", "coordinates": [lon, lat]}


def _cursor(asset_id: str) -> str:
    """The id of the last row: it still shows the place when assets were added or removed meanwhile."""
    return base64.urlsafe_b64encode(asset_id.encode()).decode().rstrip("=")
