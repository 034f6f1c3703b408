"""What an importer reads from the store, as columns collected on the server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.ingest.gates import HeldLink
from twin.ingest.known import Held
from twin.ingest.origins import unpacked
from twin.ingest.rows import ASSET_OWN, AssetRow

if TYPE_CHECKING:
    from twin.store import Store

#: Width of one chunk of ``ord``, and chunks asked for in one query.
STEP = 10_000
CHUNKS = 20
IDS = 5_000


class HeldEnds(NamedTuple):
    """A link of the store: key, hash, ends, type and stitch rule ("" for none)."""

    key: str
    hash: str
    from_id: str
    type: str
    to_id: str
    rule: str


class StoreView:
    """Reads for planning; every answer is of the published state or of the run that is being resumed."""

    def __init__(self, store: Store, next_ord: int) -> None:
        self._store = store
        self._next_ord = next_ord

    @property
    def empty(self) -> bool:
        """Whether no asset was ever written."""
        return self._next_ord == 0

    def held(self, source: str) -> Held:
        """Hashes and kinds of the assets, and hashes of the links, of one source."""
        held = Held(source)
        for row in self._chunks("ingest.source_assets", source=source):
            held.assets.update(zip(row["ids"], row["hashes"], strict=True))
            held.kinds.update(zip(row["ids"], row["kinds"], strict=True))
        for row in self._chunks("ingest.source_links", source=source):
            held.links.update(zip(row["keys"], row["hashes"], strict=True))
        return held

    def ends(self, source: str) -> Iterator[HeldEnds]:
        """All links of one source with their ends."""
        for row in self._chunks("ingest.source_link_ends", source=source):
            names = ("keys", "hashes", "from_ids", "types", "to_ids", "rules")
            yield from map(HeldEnds._make, zip(*(row[n] for n in names), strict=True))

    def kinds(self, ids: list[str]) -> dict[str, tuple[str, str]]:
        """Id -> (kind, source) of those of *ids* that are there."""
        found: dict[str, tuple[str, str]] = {}
        for part in _parts(ids, IDS):
            for row in self._store.rows("ingest.kinds", ids=part):
                found.update(zip(row["ids"], zip(row["kinds"], row["sources"], strict=True), strict=True))
        return found

    def gates(self, ids: Iterable[str], types: list[str], mesh: list[str]) -> Iterator[HeldLink]:
        """Links that make gates of these consumers."""
        for part in _parts(sorted(ids), IDS):
            for row in self._store.rows("ingest.gates", ids=part, types=types, mesh=mesh):
                names = ("owners", "types", "groups", "needs", "sources", "keys")
                yield from map(HeldLink._make, zip(*(row[n] for n in names), strict=True))

    def dangling(self, ids: list[str], sources: list[str]) -> dict[str, int]:
        """Source (``stitch:RULE`` for stitched ones) -> links of other sources that end at these assets."""
        found: dict[str, int] = {}
        for part in _parts(ids, IDS):
            for row in self._store.rows("ingest.dangling", ids=part, sources=sources):
                name = f"{row['source']}:{row['rule']}" if row["rule"] else row["source"]
                found[name] = found.get(name, 0) + row["links"]
        return found

    def rules_of(self, owner: str) -> set[str]:
        """Stitch rules that this manifest, and no other since, has run."""
        owners: dict[str, str] = {}
        for row in self._store.rows("ingest.rule_runs"):
            owners.update(dict.fromkeys(row["run"].get("rules", ()), row["run"].get("owner", "")))
        return {rule for rule, name in owners.items() if name == owner}

    def fresh_rules(self, owner: str) -> dict[str, str]:
        """Stitch rules -> digest, if the newest run is of this manifest: nothing was written since they ran."""
        for row in self._store.rows("ingest.newest_run"):
            if owner and row["owner"] == owner:
                return dict(zip(row["rules"], row["digests"], strict=False))
        return {}

    def said(self) -> Iterator[tuple[str, str]]:
        """Every asset that several sources describe: its id, and the text that says who says what."""
        for row in self._store.rows("ingest.said"):
            yield row["id"], row["said"]

    def said_of(self, ids: list[str]) -> Iterator[str]:
        """What several sources say of these assets; those that only their own describes are left out."""
        for row in self._store.rows("ingest.edit_assets", ids=ids):
            if row["properties"].get("said") is not None:
                yield row["properties"]["said"]

    def contents(self, ids: list[str]) -> Iterator[tuple[AssetRow, str]]:
        """Whole assets of the store, each with the run that wrote it; those that are not there are left out."""
        for part in _parts(ids, IDS):
            for row in self._store.rows("ingest.edit_assets", ids=part):
                yield _stored(row), str(row["properties"].get("run", ""))

    def links_of(self, ids: list[str]) -> Iterator[dict[str, Any]]:
        """All links of some assets, each with its ends, type and all that it carries."""
        for part in _parts(ids, IDS):
            yield from self._store.rows("ingest.edit_links", ids=part)

    def candidates(self, kinds: list[str], sources: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
        """Assets of some kinds with their properties, for stitch rules; *sources* bounds a kind to some sources."""
        yield from self._chunks("ingest.candidates", kinds=kinds, sources=sources)

    def _chunks(self, query: str, **params: Any) -> Iterator[dict[str, Any]]:
        starts = list(range(0, self._next_ord, STEP))
        for part in _parts(starts, CHUNKS):
            yield from self._store.rows(query, starts=part, step=STEP, **params)


def _stored(row: Mapping[str, Any]) -> AssetRow:
    """An asset of the store as a row; where it stands in its export is known by the run."""
    held = dict(row["properties"])
    own = {key: value for key, value in held.items() if key not in ASSET_OWN}
    geometry = held.get("geometry")
    return AssetRow(
        held["id"], held["native_id"], held["kind"], held.get("name"), row["lon"], row["lat"],
        None if geometry is None else bytes(geometry), own, held.get("hash", ""),
        *unpacked(held.get("origin_at"), row["files"]),
    )  # fmt: skip


def _parts(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
