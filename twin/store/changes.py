"""What changed in the store since the state that a snapshot shows, when that is known exactly and is less than all.

Each run notes the published states that it led from and to, so a chain of runs proves that nothing else was
published in between (no rollback, no restored backup). What a run wrote carries its id; what it replaced or removed
is in its before-images. Of several runs, only images of what is older than all of them count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from twin.errors import StoreError
from twin.schema import Schema
from twin.snapshot.arrays import Arrays, Longs
from twin.snapshot.refresh import Delta, merged
from twin.store.read import STEP, read_assets, read_links

if TYPE_CHECKING:
    from twin.store.store import State, Store

#: Most runs, and most changed rows for one row of the snapshot, that are read as changes.
RUNS = 10
SHARE = 0.2
COUNTED = ("created", "updated", "removed")


def read_changed(store: Store, schema: Schema, base: Arrays, state: State) -> tuple[pa.Table, pa.Table, Longs] | None:
    """Assets, links and ords of *state*, as :func:`twin.store.read.read_numbered` gives them.

    Args:
        base: the arrays of an earlier state of the same store.

    Returns:
        None when what changed since is not known exactly, or too much to be worth it; then everything must be read.
    """
    if not base.state_id or base.store_id != state.store_id or base.schema_digest != schema.digest:
        return None
    runs = _runs(store, base, state)
    if runs is None:
        return None
    try:
        delta = _delta(store, schema, runs)
        if store.state() != state:
            return None
        tables = merged(base, delta, schema)
    except (StoreError, ValueError, KeyError):  # whatever is odd is told by the full read
        return None
    counts = store.rows("store.counts")[0]
    if tables is None or (counts["assets"], counts["links"]) != (tables[0].num_rows, tables[1].num_rows):
        return None
    return tables


def _runs(store: Store, base: Arrays, state: State) -> list[dict[str, Any]] | None:
    """The runs that led from the base to *state*, newest first; None when that is not the whole story."""
    if state.applying is not None or state.revision <= base.revision:
        return None
    rows = store.rows("read.history", revision=base.revision, limit=RUNS)
    chain, at = [], state.state_id
    for row in rows:
        if not at or row["after"] != at or row["purged"]:
            return None
        chain.append(row)
        at = row["before"]
        if at == base.state_id:
            size = sum(row["counts"].get(op) or 0 for row in chain for op in COUNTED)
            return chain if size <= SHARE * (base.n + len(base.link_from)) else None
    return None


def _delta(store: Store, schema: Schema, runs: list[dict[str, Any]]) -> Delta:
    state = store.rows("store.state")[0]
    names = [row["run"] for row in runs]
    known = set(store.rows("read.property_keys")[0]["keys"])
    ords = store.rows("read.replaced_assets", runs=names)[0]["ords"]
    gone = store.rows("read.replaced_links", runs=names)[0]
    first = min(row["first_ord"] for row in runs)
    chunks = sorted({ord_ // STEP * STEP for ord_ in ords} | set(range(first // STEP * STEP, state["next_ord"], STEP)))
    columns = (gone[name] for name in ("from", "type", "to", "group", "need"))
    return Delta(
        gone_ords=ords,
        gone_links=list(zip(*columns, strict=True)),
        assets=read_assets(store, schema, chunks, known, "read.changed_assets", runs=names),
        links=read_links(store, schema, range(0, state["next_ord"], STEP), "read.changed_links", runs=names),
    )
