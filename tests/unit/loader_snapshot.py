"""What a loader read, as a snapshot, so that tests can ask what depends on what."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.unit.loader_tools import Result
from twin import Snapshot
from twin.model import LinkRecord


def snapshot_of(result: Result, folder: Path) -> Snapshot:
    """The records of *result* by way of the table format, which checks kinds, properties, ends and gates."""
    folder.mkdir(exist_ok=True)
    columns = sorted({name for asset in result.assets.values() for name in asset.properties})
    with (folder / "assets.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "kind", "name", *columns])
        writer.writeheader()
        for one in result.assets.values():
            values = {k: str(v).lower() if isinstance(v, bool) else v for k, v in one.properties.items()}
            writer.writerow({"id": one.id, "kind": one.kind, "name": one.name, **values})
    with (folder / "links.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["from", "type", "to", "group", "need"])
        for link in result.all:
            if isinstance(link, LinkRecord):
                rows.writerow([link.from_id, link.type, link.to_id, link.group, link.need])
    return Snapshot.from_tables(folder, strict=True)


def lost(snapshot: Snapshot, *failed: str) -> set[str]:
    """Ids that are down, without the failed ones."""
    return {one["id"] for one in snapshot.impact(failed).to_dict()["affected"] if one["verdict"] == "down"}


def verdict(snapshot: Snapshot, asset: str, *failed: str) -> str:
    """The verdict of *asset* when *failed* are lost."""
    affected = snapshot.impact(failed).to_dict()["affected"]
    return next((one["verdict"] for one in affected if one["id"] == asset), "unaffected")
