"""The first load of an empty managed store, the bulk way: CSV files for Neo4j's own offline import, then publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import accumulate, islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import csv as pc

from twin.collector import paused
from twin.errors import StoreQueryError
from twin.ingest.apply import Applier
from twin.ingest.matching.matcher import ENRICHED, SAID
from twin.ingest.origins import packed
from twin.ingest.publish import publish
from twin.ingest.rows import FROM_AS, TO_AS
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
BATCH = 20_000
#: Files of one kind or link type that have columns of their own.
FILES = 8
ARROW = {"string": pa.string(), "double": pa.float64(), "long": pa.int64(), "boolean": pa.bool_()}
#: Rows of a file as columns, and how many there are; None for a column without any value.
Columns = tuple[int, list[Sequence[Any] | None]]


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
            with paused():
                nodes = list(self._nodes(folder))
                links = list(self._links(folder))
            self._progress("loading offline", 0, None)
            self._server.load(nodes, links)
            self._store.begin_anew()
            self._progress("making indexes", 0, None)
            self._store.prepare(self._schema, search=False)
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
        """Files for each kind, with its labels."""
        first = 0
        for stream in self._plan.spool.streams("asset.create."):
            kind = self._schema.kinds[stream.removeprefix("asset.create.")]
            own = {name: TYPES[p.type] for name, p in self._schema.kind_properties(kind.name).items()} | TOLD
            head = {"id:ID": "string", "ord:long": "long"} | {f"{name}:string": "string" for name in ASSET}
            head |= {"location:point{crs:WGS-84}": "string", "geometry:byte[]": "string", "origin_at:long": "long"}
            fixed = (kind.name, kind.domain)
            path = folder / f"nodes-{kind.name}.csv"
            batches = self._plan.spool.batches(stream, BATCH)
            starts = accumulate(repeat(BATCH), initial=first)
            made = (self._node_columns(rows, at, fixed, own) for rows, at in zip(batches, starts, strict=False))
            labels = ":".join(["Asset", *self._labels(kind.name)])
            yield from ((labels, file) for file in self._write_files(path, head | _headed(own), made))
            first += self._plan.spool.count(stream)

    def _node_columns(
        self, rows: list[tuple[Any, ...]], first: int, fixed: tuple[str, str], own: Mapping[str, str]
    ) -> Columns:
        n = len(rows)
        ids, natives, _, names, lons, lats, shapes, properties, hashes, files, places = zip(*rows, strict=True)
        sources = [name.partition(":")[0] for name in ids]
        points = [
            None if lon is None else f"{{longitude: {lon!r}, latitude: {lat!r}}}"
            for lon, lat in zip(lons, lats, strict=True)
        ]
        geometries = [None if wkb is None else ";".join(map(str, memoryview(wkb).cast("b").tolist())) for wkb in shapes]
        origins = [packed(self._plan.files, file, row) for file, row in zip(files, places, strict=True)]
        head: list[Sequence[Any] | None] = [ids, range(first, first + n), natives, names, hashes]
        head += [[fixed[0]] * n, [fixed[1]] * n, sources, [self._id] * n]
        head += [points if any(points) else None, geometries if any(geometries) else None, origins]
        return n, head + _property_columns(properties, own)

    def _links(self, folder: Path) -> Iterator[tuple[str, Path]]:
        """Files for each link type."""
        known = {name: TYPES[p.type] for name, p in self._schema.link_properties.items()} | STITCHED
        head = dict.fromkeys((":START_ID", ":END_ID", *(f"{word}:string" for word in LINK)), "string")
        for stream in self._plan.spool.streams("link.create."):
            name = stream.removeprefix("link.create.")
            path = folder / f"links-{name}.csv"
            rows = self._plan.plain_links(stream)
            batches = iter(lambda rows=rows: list(islice(rows, BATCH)), [])  # type: ignore[misc]
            made = (self._link_columns(batch, known) for batch in batches)
            yield from ((name, file) for file in self._write_files(path, head | _headed(known), made))

    def _link_columns(self, rows: list[tuple[str, Any]], known: Mapping[str, str]) -> Columns:
        sources, links = zip(*rows, strict=True)
        starts, _, ends, groups, needs, properties, keys, hashes, _, _ = zip(*links, strict=True)
        if any(properties):
            unknown = set().union(*properties) - known.keys()
            if unknown:  # they would be lost without a word
                raise StoreQueryError(f"a link has properties that the bulk way does not know: {sorted(unknown)}")
        head: list[Sequence[Any] | None] = [starts, ends, keys, hashes]
        head += [*(column if any(column) else None for column in (groups, needs)), sources, [self._id] * len(rows)]
        return len(rows), head + _property_columns(properties, known)

    def _write_files(self, path: Path, head: Mapping[str, str], batches: Iterable[Columns]) -> Iterator[Path]:
        """Batches with the same columns go into one file: most links have few of them, and the tool reads each cell."""
        every = tuple(head)
        with ExitStack() as opened:
            writers: dict[tuple[str, ...], Any] = {}
            for n, columns in batches:
                filled = dict(zip(head, columns, strict=True))
                names = tuple(name for name in every if filled[name] is not None)
                names = names if names in writers or len(writers) < FILES else every
                schema = pa.schema([(name, ARROW[head[name]]) for name in names])
                if names not in writers:
                    made = path.with_name(f"{path.stem}-{len(writers)}.csv")
                    file = opened.enter_context(made.open("wb"))
                    file.write((",".join(names) + "\n").encode())
                    how = pc.WriteOptions(include_header=False)
                    writers[names] = opened.enter_context(pc.CSVWriter(file, schema, write_options=how))
                    yield made
                cells = [
                    pa.nulls(n, field.type) if filled[field.name] is None else pa.array(filled[field.name], field.type)
                    for field in schema
                ]
                writers[names].write_batch(pa.record_batch(cells, schema=schema))
                self._done += n
                self._progress("writing files", self._done, self._plan.changed)


def _headed(properties: Mapping[str, str]) -> dict[str, str]:
    """Columns of properties, by the name that tells the import tool their type."""
    return {f"{name}:{type_}": type_ for name, type_ in properties.items()}


def _property_columns(rows: Sequence[Mapping[str, Any]], known: Iterable[str]) -> list[Sequence[Any] | None]:
    """One column for each of *known*; None where no row has it."""
    there = set().union(*filter(None, rows))
    return [[row.get(name) for row in rows] if name in there else None for name in known]
