"""Who says what about an asset, and where sources do not agree: answered from the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from twin.errors import ApplyInProgress, UnknownAsset
from twin.ingest.matching.said import Described, Said, shown, where
from twin.ingest.stored import plain
from twin.ingest.view import StoreView
from twin.schema import Schema, load_schema

if TYPE_CHECKING:
    from twin.store import Store


def conflicts(store: Store) -> list[dict[str, Any]]:
    """Every value that the sources of an asset do not agree on.

    Returns:
        Rows of ``asset, kind, property, taken`` (the source that counts), ``distance_m`` (of places; else None) and
        ``values``: ``source, id, value, run, file, row`` of each record that gives one. Sorted by asset and property.

    Raises:
        ApplyInProgress: the store is between two states.
    """
    schema = _settled(store)
    found = []
    for _, text in StoreView(store, 1).said():
        whole = Described.read(text)
        found += list(whole.conflicts(_known(schema, whole.own.kind)))
    return sorted(found, key=lambda row: (row["asset"], row["property"]))


def provenance(store: Store, asset_id: str) -> dict[str, Any]:
    """Who says what about one asset, asked for by its own id or by one that another source gives it.

    Returns:
        ``id, kind``, ``records`` (``source, id, rule, distance_m, run, file, row, imported_at``; the asset's own
        first) and ``properties``: ``property, value, source, id, run, file, row`` of the value that counts, and
        ``others``: the same of what other records say.

    Raises:
        UnknownAsset: nothing is known by this id. ApplyInProgress: the store is between two states.
    """
    schema = _settled(store)
    whole = _described(store, asset_id)
    known = _known(schema, whole.own.kind)
    rows = []
    for name, (value, said) in whole.values(known).items():
        others = [other for other in whole.ranked(name) if other is not said and name in other.values]
        rows.append(
            {
                "property": name,
                **_says(name, value, said),
                "others": [_says(name, other.values[name], other) for other in others],
            }
        )
    runs = {said.run: None for said in (whole.own, *whole.others)}
    at = {run: _finished(store, run) for run in runs}
    records = [
        {"source": said.source, "id": said.id, "rule": said.rule or None, "distance_m": said.distance_m,
         **where(said), "imported_at": at[said.run]}
        for said in (whole.own, *whole.others)
    ]  # fmt: skip
    return {"id": whole.own.id, "kind": whole.own.kind, "records": records, "properties": rows}


def _settled(store: Store) -> Schema:
    """The vocabulary of the twin, whose state is a published one."""
    state = store.state()
    if state.applying is not None:
        raise ApplyInProgress(f"the import {state.applying} is being applied")
    return load_schema(state.schema)


def _described(store: Store, asset_id: str) -> Described:
    view = StoreView(store, 1)
    found = next(view.contents([asset_id]), None)
    if found is not None:
        text = next(view.said_of([asset_id]), None)
        return Described.read(text) if text is not None else Described(Said.of(*found))
    for _, text in view.said():
        whole = Described.read(text)
        if asset_id in whole.aliases:
            return whole
    raise UnknownAsset(f"there is no asset {asset_id!r}", id=asset_id)


def also_known(view: StoreView, names: list[str]) -> dict[str, str]:
    """Those of *names* that are other ids of assets -> the asset."""
    if not names or view.empty:
        return {}
    wanted = set(names)
    found = ((alias, asset) for asset, text in view.said() for alias in Described.read(text).aliases)
    return {alias: asset for alias, asset in found if alias in wanted}


def _says(name: str, value: Any, said: Said) -> dict[str, Any]:
    return {"value": shown(name, value), "source": said.source, "id": said.id, **where(said)}


def _known(schema: Schema, kind: str) -> Mapping[str, Any]:
    return schema.kind_properties(kind) if kind in schema.kinds else {}


def _finished(store: Store, run: str) -> Any:
    rows = store.rows("ingest.run", run=run)
    return plain(rows[0]["run"].get("finished_at")) if rows else None
