"""What the store holds of the assets and links that are edited."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import shapely

from twin.ingest.edits.edit import Set
from twin.ingest.rows import ASSET_OWN, LINK_OWN, link_key

if TYPE_CHECKING:
    from twin.store import Store

#: Ids asked for in one query.
ASKED = 1_000


@dataclass(frozen=True)
class Content:
    """One asset as it is, or is to be; ``hash`` is that of the store, None for a new one.

    ``said`` is what several sources say of it (:mod:`twin.ingest.matching.said`), None where only its own does.
    """

    id: str
    kind: str
    name: str | None
    properties: dict[str, Any]
    geometry: bytes | None
    hash: str | None
    said: str | None = None

    def changed(self, edit: Set, geometry: bytes | None) -> Content:
        """The same with what *edit* says; properties that it sets to None go."""
        properties = {**self.properties, **edit.properties}
        return replace(
            self,
            kind=edit.kind or self.kind,
            name=self.name if edit.name is None else edit.name or None,
            properties={key: value for key, value in properties.items() if value is not None},
            geometry=geometry or self.geometry,
        )

    def renamed(self, name: str) -> Content:
        """The same under another id."""
        return replace(self, id=name, hash=None)


@dataclass(frozen=True)
class LinkContent:
    """One link of the store with all that it carries."""

    from_id: str
    type: str
    to_id: str
    source: str
    key: str
    hash: str
    group: str | None
    need: str | None
    properties: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """The stitch rule that made it, "" for none."""
        return str(self.properties.get("rule", ""))

    def moved(self, old: str, new: str) -> LinkContent:
        """The same at the asset's new id; its key is made again when it is planned."""
        start, end = (new if name == old else name for name in (self.from_id, self.to_id))
        key = link_key(start, self.type, end, self.group, 0, f"moved {self.key}")
        return replace(self, from_id=start, to_id=end, key=key)


def read_assets(store: Store, ids: list[str]) -> dict[str, Content]:
    """Those of *ids* that are there."""
    found: dict[str, Content] = {}
    for start in range(0, len(ids), ASKED):
        for row in store.rows("ingest.edit_assets", ids=ids[start : start + ASKED]):
            held = row["properties"]
            geometry = held.get("geometry")
            if geometry is None and row["lon"] is not None:
                geometry = shapely.to_wkb(shapely.Point(row["lon"], row["lat"]), byte_order=1)
            own = {key: value for key, value in held.items() if key not in ASSET_OWN}
            wkb = None if geometry is None else bytes(geometry)
            found[held["id"]] = Content(
                held["id"], held["kind"], held.get("name"), own, wkb, held.get("hash"), held.get("said")
            )
    return found


def read_links(store: Store, ids: list[str]) -> list[LinkContent]:
    """All links of these assets, each once."""
    found: dict[tuple[str, str], LinkContent] = {}
    for start in range(0, len(ids), ASKED):
        for row in store.rows("ingest.edit_links", ids=ids[start : start + ASKED]):
            held = row["properties"]
            link = LinkContent(
                row["from_id"], row["type"], row["to_id"], held["source"], held["key"], held.get("hash", ""),
                held.get("group"), held.get("need"), {k: v for k, v in held.items() if k not in LINK_OWN},
            )  # fmt: skip
            found[link.source, link.key] = link
    return list(found.values())
