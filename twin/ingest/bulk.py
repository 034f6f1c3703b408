"""The first load of an empty managed store, the bulk way: CSV files for Neo4j's own offline import, then publish."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.errors import StoreQueryError
from twin.ingest.apply import Applier
from twin.ingest.matching.matcher import ENRICHED, SAID
from twin.ingest.origins import packed
from twin.ingest.publish import publish
from twin.ingest.rows import FROM_AS, TO_AS, AssetRow, LinkRow
from twin.schema import Property
from twin.store.bulk import marked

if TYPE_CHECKING:
    from twin.store.server import LocalServer
    from twin.store.store import Unit

#: What the import tool calls the types of properties.
TYPES = {"string": "string", "enum": "string", "number": "double", "integer": "long", "boolean": "boolean"}
#: What stitch rules write beside the properties of the schema.
STITCHED = {"rule": "string", "distance_m": "double", "confidence": "double", FROM_AS: "string", TO_AS: "string"}
#: What several sources say of an asset.
TOLD = {SAID: "string", ENRICHED: "boolean"}
ASSET = ("native_id", "name", "hash", "kind", "domain", "source", "run")
LINK = ("key", "hash", "group", "need", "source", "run")
WRITTEN = 100_000


class BulkApplier(Applier):
    """Writes one plan into the empty store behind a managed server, as one run."""

    def __init__(self, server: LocalServer, *how: Any) -> None:
        """Args: server: the managed server. how: what :class:`Applier` takes."""
        super().__init__(*how)
        self._server = server

    def apply(self, result: Callable[[], dict[str, Any]]) -> int:
        """Write everything and publish it; until then nobody sees any of it, and a load that is cut off is wiped.

        Args:
            result: properties of the finished run.

        Returns:
            The new revision.

        Raises:
            ServerError: the tool failed; the store is empty again.
        """
        try:
            return self._load(result)
        finally:
            self._store.begin_anew()  # also where it failed: then it is an empty one

    def _load(self, result: Callable[[], dict[str, Any]]) -> int:
        with marked(self._server) as folder:
            nodes = list(self._nodes(folder))
            links = list(self._links(folder))
            self._progress("loading offline", 0, None)
            self._server.load(nodes, links)
            self._store.begin_anew()
            self._progress("making indexes", 0, None)
            self._store.prepare(self._schema)
            revision = self._store.write(lambda unit: self._publish(unit, result))
        return revision

    def _publish(self, unit: Unit, result: Callable[[], dict[str, Any]]) -> int:
        known = unit.rows("ingest.run", run=self._id)
        if known:  # the commit went through and only its answer was lost
            return int(known[0]["run"]["revision"])
        unit.rows("ingest.claim", importer=self._claim.importer, free=[], stale_ms=0)
        self._begin(unit, None)
        return publish(unit, self._schema, self._plan, self._claim, self._id, result())

    def _nodes(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """One file for each kind."""
        ord_ = count()
        for stream in self._plan.spool.streams("asset.create."):
            kind = self._schema.kinds[stream.removeprefix("asset.create.")]
            labels = ":".join(["Asset", *self._labels(kind.name)])
            own = self._schema.kind_properties(kind.name)
            head = ["id:ID", "ord:long", *(f"{name}:string" for name in ASSET)]
            head += ["location:point{crs:WGS-84}", "geometry:byte[]", "origin_at:long"]
            head += [*_typed(own), *(f"{name}:{type_}" for name, type_ in TOLD.items())]
            rows = map(AssetRow._make, self._plan.spool.rows(stream))
            fixed = (kind.name, kind.domain)
            path = folder / f"nodes-{kind.name}.csv"
            self._write_file(path, head, (self._node(row, next(ord_), fixed, [*own, *TOLD]) for row in rows))
            yield labels, path

    def _node(self, row: AssetRow, ord_: int, fixed: tuple[str, str], own: list[str]) -> list[Any]:
        place = None if row.lon is None else f"{{longitude: {row.lon!r}, latitude: {row.lat!r}}}"
        shape = None if row.geometry is None else ";".join(map(str, memoryview(row.geometry).cast("b").tolist()))
        source = row.id.partition(":")[0]
        head = [row.id, ord_, row.native_id, row.name, row.hash, *fixed, source, self._id, place, shape]
        head.append(packed(self._plan.files, row.file, row.row))
        return head + [_cell(row.properties.get(name)) for name in own]

    def _links(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """One file for each link type."""
        known = {name: TYPES[p.type] for name, p in self._schema.link_properties.items()}
        columns = {**known, **STITCHED}
        for stream in self._plan.spool.streams("link.create."):
            name = stream.removeprefix("link.create.")
            head = [":START_ID", ":END_ID", *(f"{word}:string" for word in LINK)]
            head += [f"{word}:{type_}" for word, type_ in columns.items()]
            path = folder / f"links-{name}.csv"
            rows = ((source, LinkRow._make(row)) for source, row in self._plan.plain_links(stream))
            self._write_file(path, head, (self._link_cells(source, row, list(columns)) for source, row in rows))
            yield name, path

    def _link_cells(self, source: str, row: LinkRow, columns: list[str]) -> list[Any]:
        head = [row.from_id, row.to_id, row.key, row.hash, row.group, row.need, source, self._id]
        if not row.properties:
            return head + [None] * len(columns)
        if not row.properties.keys() <= set(columns):  # it would be lost without a word
            raise StoreQueryError(f"a link has properties that the bulk way does not know: {sorted(row.properties)}")
        return head + [_cell(row.properties.get(name)) for name in columns]

    def _write_file(self, path: Path, head: list[str], rows: Iterable[list[Any]]) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(head)
            for row in rows:
                writer.writerow(row)
                self._done += 1
                if self._done % WRITTEN == 0:
                    self._progress("writing files", self._done, self._plan.changed)


def _typed(properties: dict[str, Property]) -> list[str]:
    return [f"{name}:{TYPES[p.type]}" for name, p in properties.items()]


def _cell(value: Any) -> Any:
    """A value as the import tool reads it."""
    return ("true" if value else "false") if isinstance(value, bool) else value
