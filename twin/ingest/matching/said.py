"""What several sources say about one asset, kept with it; which value counts, and where they do not agree.

An asset that only its own source describes keeps nothing of this: all that it carries comes from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson
from pyproj import Geod

from twin.ingest.matching.spec import ALL
from twin.ingest.rows import AssetRow
from twin.model import ALSO, BETWEEN

GEOD = Geod(ellps="WGS84")
#: Values that every asset may have beside its properties; ``location`` is longitude, latitude and geometry together.
NAME, PLACE = "name", "location"
#: Source of what was set by hand; it counts before all others.
BY_HAND = "manual"
SAME = 1e-9


@dataclass(frozen=True)
class Said:
    """What one record says about an asset.

    Attributes:
        source, id: of the record; the asset's own record has the asset's id. kind: as the record has it.
        place: lon, lat (degrees) and WKB as hexadecimal digits (None: no more than the point), or None.
        hash: content hash of the record. run, file, row: where it was last read with this content.
        rule, owner: the match rule and the manifest that joined it, "" for the asset's own record.
        distance_m: from the asset's own place, None if one has none.
    """

    source: str
    id: str
    kind: str
    name: str | None
    place: tuple[float, float, str | None] | None
    properties: dict[str, Any]
    hash: str
    run: str
    file: str
    row: int | None
    rule: str = ""
    owner: str = ""
    distance_m: float | None = None

    @classmethod
    def of(cls, row: AssetRow, run: str, **more: Any) -> Said:
        """What a valid row of an export says."""
        place = None
        if row.lon is not None and row.lat is not None:
            place = (row.lon, row.lat, None if row.geometry is None else bytes(row.geometry).hex())
        source = row.id.partition(":")[0]
        return cls(source, row.id, row.kind, row.name, place, row.properties, row.hash, run, row.file, row.row, **more)

    @property
    def values(self) -> dict[str, Any]:
        """Everything it says, by property; what it does not say is absent."""
        own = {NAME: self.name, PLACE: self.place}
        return {**{key: value for key, value in own.items() if value is not None}, **self.properties}

    def restamped(self, old: Said | None) -> Said:
        """The same with the stamps of *old* where it says nothing else than that."""
        if old is None or replace_stamps(self) != replace_stamps(old):
            return self
        return old


def replace_stamps(said: Said) -> dict[str, Any]:
    """What a record says without where it was read."""
    return {key: value for key, value in asdict(said).items() if key not in ("run", "file", "row")}


@dataclass(frozen=True)
class Described:
    """All that is said about one asset.

    Attributes:
        own: the record that makes the asset. others: the records that describe it too.
        authority: property or ``*`` -> sources, who counts first first. tolerance_m: places closer than this agree.
    """

    own: Said
    others: tuple[Said, ...] = ()
    authority: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tolerance_m: float = 100.0

    @classmethod
    def read(cls, text: str) -> Described:
        """From the text that the store keeps."""
        kept = orjson.loads(text)
        by = [Said(**{**entry, "place": _tuple(entry["place"])}) for entry in kept["by"]]
        authority = {name: tuple(sources) for name, sources in kept["authority"].items()}
        return cls(by[0], tuple(by[1:]), authority, kept["tolerance_m"])

    def text(self) -> str:
        """For the store; equal text says the same, from the same runs."""
        by = [asdict(said) for said in (self.own, *self.others)]
        whole = {"by": by, "authority": self.authority, "tolerance_m": self.tolerance_m}
        return orjson.dumps(whole, option=orjson.OPT_SORT_KEYS).decode()

    def ranked(self, name: str) -> list[Said]:
        """The records, who counts for a property first."""
        order = (BY_HAND, *self.authority.get(name, self.authority.get(ALL, ())))
        rank = {source: at for at, source in reversed(list(enumerate(order)))}
        return sorted((self.own, *self.others), key=lambda said: rank.get(said.source, len(order)))

    def values(self, known: Sequence[str] | Mapping[str, Any]) -> dict[str, tuple[Any, Said]]:
        """Property -> the value that counts, and who said it; of the properties *known* of the asset's kind."""
        names = {name: None for said in (self.own, *self.others) for name in said.values}
        found = {}
        for name in names:
            if name in known or name in (NAME, PLACE):
                said = next(said for said in self.ranked(name) if name in said.values)
                found[name] = (said.values[name], said)
        return found

    def set_by_hand(self, row: AssetRow, old: Mapping[str, Any], run: str, name: str | None) -> Described:
        """The same after an edit: what the edit says counts before all others; None takes a value away.

        Args:
            row: the asset as it is to be. old: its properties and *name* before the edit. run: of the edit.
        """
        before = next((said for said in self.others if said.source == BY_HAND), None)
        said = Said.of(row, run)
        keys = {key: None for key in (*old, *row.properties) if row.properties.get(key) != old.get(key) and key != ALSO}
        properties = {**(before.properties if before else {}), **{key: row.properties.get(key) for key in keys}}
        held = self.values(dict.fromkeys(row.properties))
        moved = said.place is not None and said.place != held.get(PLACE, (None, None))[0]
        edit = Said(
            BY_HAND, row.id, row.kind, said.name if row.name != name else before.name if before else None,
            said.place if moved else before.place if before else None, properties, "", run, row.file, row.row,
        )  # fmt: skip
        others = (edit, *(said for said in self.others if said.source != BY_HAND))
        return replace(self, own=replace(self.own, id=row.id, kind=row.kind), others=others)

    def not_taken(self, known: Sequence[str] | Mapping[str, Any]) -> list[str]:
        """Properties that records of other kinds say, and that the asset's kind does not have; sorted."""
        names = {name for said in self.others for name in said.properties}
        return sorted(name for name in names if name not in known)

    @property
    def aliases(self) -> list[str]:
        """The other ids that the asset is known under."""
        return [said.id for said in self.others if said.source != BY_HAND]

    def conflicts(self, known: Sequence[str] | Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Where the records do not agree: property, all values with who said them, and which one counts."""
        for name, (taken, winner) in self.values(known).items():
            saying = [said for said in (self.own, *self.others) if name in said.values]
            if all(self._agree(name, taken, said.values[name]) for said in saying):
                continue
            apart = max((_metres(taken, said.values[name]) for said in saying), default=0.0) if name == PLACE else None
            yield {
                "asset": self.own.id,
                "kind": self.own.kind,
                "property": name,
                "taken": winner.source,
                "distance_m": None if apart is None else round(apart, 1),
                "values": [
                    {"source": said.source, "id": said.id, "value": shown(name, said.values[name]), **where(said)}
                    for said in saying
                ],
            }

    def _agree(self, name: str, a: Any, b: Any) -> bool:
        if name == PLACE:
            return _metres(a, b) <= self.tolerance_m
        if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
            return abs(a - b) <= SAME * max(abs(a), abs(b))
        if isinstance(a, str) and isinstance(b, str):
            return a.casefold().split() == b.casefold().split()
        return bool(a == b)

    def row(self, known: Sequence[str] | Mapping[str, Any]) -> AssetRow:
        """The asset as it is to be written, with the values that count; its hash is that of its own record."""
        values = {name: value for name, (value, _) in self.values(known).items() if value is not None}
        name, place = values.pop(NAME, None), values.pop(PLACE, None)
        lon, lat, shape = place if place is not None else (None, None, None)
        if self.aliases:
            before = [text for text in str(values.get(ALSO, "")).split(BETWEEN) if text]
            values[ALSO] = BETWEEN.join(dict.fromkeys([*before, *self.aliases]))
        own = self.own
        native = own.id.partition(":")[2]
        wkb = None if shape is None else bytes.fromhex(shape)
        return AssetRow(own.id, native, own.kind, name, lon, lat, wkb, values, own.hash, own.file, own.row)


def where(said: Said) -> dict[str, Any]:
    """Where a record was read."""
    return {"run": said.run, "file": said.file, "row": said.row}


def shown(name: str, value: Any) -> Any:
    """A value as people read it: of a place longitude and latitude."""
    return [value[0], value[1]] if name == PLACE else value


def _metres(a: Any, b: Any) -> float:
    """Metres between two places: from a point to a geometry's nearest point would hide a shift, so of the points."""
    return 0.0 if a == b else float(GEOD.inv(a[0], a[1], b[0], b[1])[2])


def apart(a: Said, b: Said) -> float | None:
    """Metres between the places that two records give, None if one gives none."""
    return None if a.place is None or b.place is None else round(_metres(a.place, b.place), 1)


def _tuple(value: Any) -> Any:
    return None if value is None else tuple(value)
