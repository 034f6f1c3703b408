"""Writing a plan: one transaction when it is small, else batches under a run marked ``applying`` (design §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from twin.collector import settled
from twin.errors import StoreConstraintError, StoreMoved
from twin.ingest.claim import Claim
from twin.ingest.origins import packed
from twin.ingest.plan import PlainLink, Plan
from twin.ingest.planner import Progress
from twin.ingest.publish import publish
from twin.ingest.rows import AssetRow, LinkRow
from twin.ingest.turns import Batch, Turns
from twin.schema import Schema
from twin.schema.generate import indexes

if TYPE_CHECKING:
    from twin.store.store import Store, Unit

#: Most changed rows that one transaction takes.
SMALL = 50_000
#: Rows of one batch.
ASSETS = 10_000
LINKS = 20_000
#: Places in a :class:`LinkRow`.
FROM, TO, GROUP, NEED, PROPERTIES, KEY, HASH = 0, 2, 3, 4, 5, 6, 7
PLAIN, WITH_PROPERTIES = itemgetter(TO, KEY, HASH, GROUP, NEED), itemgetter(TO, KEY, HASH, GROUP, NEED, PROPERTIES)
#: Rows sorted together by their ends: neighbours share pages and locks.
SORTED = 100_000


class Applier:
    """Writes one plan as one run."""

    def __init__(
        self, store: Store, schema: Schema, plan: Plan, claim: Claim, run: dict[str, Any], progress: Progress
    ) -> None:
        self._store = store
        self._schema = schema
        self._plan = plan
        self._claim = claim
        self._run = run
        self._progress = progress
        self._done = 0

    def apply(self, result: Callable[[], dict[str, Any]]) -> int:
        """Write everything and publish it.

        Args:
            result: properties of the finished run.

        Returns:
            The new revision.

        Raises:
            StoreMoved: the twin changed since it was planned; nothing was written.
        """
        if self._claim.applying is None and self._plan.changed <= SMALL:
            return self._store.write(lambda unit: self._small(unit, result))
        with settled():
            self._large()
        return self._store.write(lambda unit: publish(unit, self._schema, self._plan, self._claim, self._id, result()))

    def _large(self) -> None:
        """All batches. Where many assets are new, what is not needed meanwhile is indexed once they are there."""
        first, written = self._open()
        bulk = self._creates >= max(SMALL, self._claim.next_ord)
        if bulk:
            self._store.drop_indexes(self._schema)
        turns = Turns(self._store, self._claim.importer, self._id, self._write, written)
        turns.one_by_one(self._deletions())
        turns.overlapped(self._new_assets(first))
        turns.one_by_one(self._changed_assets())
        if bulk:
            self._store.create_indexes(indexes(self._schema))  # the server makes them beside the links
        turns.overlapped(self._new_links())
        turns.one_by_one(self._changed_links())
        if bulk:
            self._store.prepare(self._schema)

    @property
    def _id(self) -> str:
        return str(self._run["id"])

    @property
    def _creates(self) -> int:
        return sum(part.assets.create for part in self._plan.sources.values())

    def _small(self, unit: Unit, result: Callable[[], dict[str, Any]]) -> int:
        known = unit.rows("ingest.run", run=self._id)
        if known:  # the commit went through and only its answer was lost
            return int(known[0]["run"]["revision"])
        self._done = 0
        first = self._begin(unit, None)
        for number, batch in enumerate(self._batches(first), 1):
            self._write(unit, number, batch)
        return publish(unit, self._schema, self._plan, self._claim, self._id, result())

    def _begin(self, unit: Unit, applying: str | None) -> int:
        rows = unit.rows(
            "ingest.open_run",
            importer=self._claim.importer,
            revision=self._plan.revision,
            reserve=self._creates,
            run=self._run,
            applying=applying,
        )
        if not rows:
            raise StoreMoved("another import was published while this one was planned")
        return int(rows[0]["first"])

    def _open(self) -> tuple[int, int]:
        """First free ``ord`` and number of batches written before; a run that was cut off is taken up."""
        if self._claim.applying is not None:
            rows = self._store.rows(
                "ingest.resume_run", importer=self._claim.importer, run=self._id, reserve=self._creates
            )
            if not rows:
                raise StoreMoved("the run that was cut off is no longer open")
            return int(rows[0]["first"]), int(rows[0]["batch"])

        def start(unit: Unit) -> int:
            known = unit.rows("ingest.run", run=self._id)
            return int(known[0]["run"]["first_ord"]) if known else self._begin(unit, self._id)

        return self._store.write(start), 0

    def _write(self, unit: Unit, number: int, batch: Batch) -> None:
        params = {**batch.params, "run": self._id, "seq": number} if batch.images else batch.params
        done = sum(row["done"] for row in unit.rows(batch.query, **params))
        if batch.expected is not None and done != batch.expected:
            raise StoreConstraintError(
                f"{batch.query} wrote {done} of {batch.expected} rows: the graph was changed from outside",
                fix="Roll the run back, then import with --full.",
            )
        self._done += batch.size
        self._progress("writing", self._done, max(self._plan.changed, self._done))

    def _batches(self, first: int) -> Iterator[Batch]:
        yield from self._deletions()
        yield from self._new_assets(first)
        yield from self._changed_assets()
        yield from self._new_links()
        yield from self._changed_links()

    def _deletions(self) -> Iterator[Batch]:
        spool = self._plan.spool
        for rows in spool.batches("link.delete", LINKS):
            gone = [[link.from_id, link.to_id, link.key, source] for source, link in rows]
            yield Batch("ingest.link_delete", {"rows": gone}, len(rows), None, True)
        for ids in spool.batches("asset.delete", ASSETS):
            yield Batch("ingest.asset_links_delete", {"ids": ids}, 0, None, True)
        for ids in spool.batches("asset.delete", ASSETS):
            yield Batch("ingest.asset_delete", {"ids": ids}, len(ids), None, True)

    def _new_assets(self, first: int) -> Iterator[Batch]:
        spool, files = self._plan.spool, self._plan.files
        for stream in spool.streams("asset.create."):
            kind = stream.removeprefix("asset.create.")
            fixed = {"labels": self._labels(kind), "kind": kind, "domain": self._schema.kinds[kind].domain}
            for batch in spool.batches(stream, ASSETS):
                for source, same in groupby(batch, _source):
                    rows = [
                        [id_, native, name, content, lon, lat, shape, properties, packed(files, file, row)]
                        for id_, native, _, name, lon, lat, shape, properties, content, file, row in same
                    ]
                    params = {**fixed, "source": source, "run": self._id, "first": first, "rows": rows}
                    first += len(rows)
                    yield Batch("ingest.asset_create", params, len(rows), len(rows))

    def _changed_assets(self) -> Iterator[Batch]:
        spool = self._plan.spool
        for stream in spool.streams("asset.update."):
            for batch in spool.batches(stream, ASSETS):
                rows = [self._asset(AssetRow._make(row)) for row in batch]
                yield Batch("ingest.asset_update", {"rows": rows}, len(rows), len(rows), True)
        for batch in spool.batches("asset.relabel", ASSETS):
            swaps = [[asset, self._labels(old), self._labels(new)] for asset, old, new in batch]
            yield Batch("ingest.asset_relabel", {"rows": swaps}, 0, len(swaps))

    def _labels(self, kind: str) -> list[str]:
        known = self._schema.kinds.get(kind)
        return [] if known is None else [self._schema.domains[known.domain].label, known.label]

    def _asset(self, row: AssetRow) -> list[Any]:
        properties = dict(row.properties)
        properties["id"] = row.id
        properties["kind"] = row.kind
        properties["domain"] = self._schema.kinds[row.kind].domain
        properties["source"] = row.id.partition(":")[0]
        properties["native_id"] = row.native_id
        properties["hash"] = row.hash
        properties["run"] = self._id
        properties["origin_at"] = packed(self._plan.files, row.file, row.row)
        if row.name is not None:
            properties["name"] = row.name
        if row.geometry is not None:
            properties["geometry"] = row.geometry
        return [row.lon, row.lat, properties]

    def _new_links(self) -> Iterator[Batch]:
        for stream in self._plan.spool.streams("link.create."):
            for some in self._sorted(stream):
                for source, same in groupby(some, itemgetter(0)):
                    rows = [row for _, row in same]
                    params = {"type": stream.removeprefix("link.create."), "source": source, "run": self._id}
                    more = any(row[PROPERTIES] for row in rows)
                    query = "ingest.link_create" if more else "ingest.link_create_plain"
                    yield Batch(query, {**params, "rows": _by_start(rows, more)}, len(rows), len(rows))

    def _changed_links(self) -> Iterator[Batch]:
        for stream in self._plan.spool.streams("link.update."):
            for some in self._sorted(stream):
                changed = [self._link(source, LinkRow._make(row)) for source, row in some]
                yield Batch("ingest.link_update", {"rows": changed}, len(changed), len(changed), True)

    def _sorted(self, stream: str) -> Iterator[list[tuple[str, PlainLink]]]:
        """The links of one stream in batches, sorted by source and ends: neighbours share pages and locks."""
        found = iter(self._plan.plain_links(stream))
        while block := list(islice(found, SORTED)):
            block.sort(key=_ends)
            for start in range(0, len(block), LINKS):
                yield block[start : start + LINKS]

    def _link(self, source: str, row: LinkRow) -> list[Any]:
        properties = dict(row.properties)
        properties["key"] = row.key
        properties["source"] = source
        properties["hash"] = row.hash
        properties["run"] = self._id
        if row.group is not None:
            properties["group"] = row.group
        if row.need is not None:
            properties["need"] = row.need
        return [row.from_id, row.to_id, properties]


def _by_start(rows: list[PlainLink], properties: bool) -> list[list[Any]]:
    """Sorted links by their start, so that the server looks each start up once; see ``link_create.cypher``."""
    pick = WITH_PROPERTIES if properties else PLAIN
    return [[start, list(map(list, map(pick, same)))] for start, same in groupby(rows, itemgetter(FROM))]


def _ends(item: tuple[str, PlainLink]) -> tuple[str, str, str]:
    source, row = item
    return source, row[FROM], row[TO]


def _source(row: tuple[Any, ...]) -> str:
    text: str = row[0]
    return text.partition(":")[0]
