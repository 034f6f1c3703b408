"""What if: the questions put to a snapshot as it would be with some edits, of which nothing is written.

The edits are those of :mod:`twin.ingest.edits.edit`, so what was tried can be made as it is. Of ``set`` a snapshot
knows only to take an asset out of service; ``rename`` changes no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import InvalidParameter, LimitExceeded
from twin.ingest.edits.edit import Add, Delete, Link, Set, Unlink, full_id, parse_edits
from twin.schema import Schema
from twin.snapshot import changes

if TYPE_CHECKING:
    from twin.impact import Snapshot

#: Edits of one what-if at most.
MAX_WHAT_IF = 1_000
NAMED = 3
#: Values of ``status`` that take an asset out of service.
OUT = ("out_of_service", "open")
#: Properties of links that answers (paths) rest on, and that a snapshot takes from the import alone.
MEASURED = ("length_km", "latency_ms")
FIX = "Make the edit, ask, and take it back with twin undo."


@dataclass
class _Batch:
    """Edits that can be put on a snapshot at once, because none needs to see another."""

    failed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    added: dict[str, dict[str, Any]] = field(default_factory=dict)
    links_added: list[changes.Link] = field(default_factory=list)
    links_removed: list[changes.Link] = field(default_factory=list)


def what_if(snapshot: Snapshot, edits: Iterable[Any], schema: Schema) -> tuple[Snapshot, str]:
    """The snapshot as it would be with *edits*, and a sentence that says so.

    Args:
        edits: as in docs/edits.md: models or plain data. Later ones see what earlier ones did. An id without a source
            stands for itself where there is such an asset, else for ``manual:id`` (in tables, without sources, never).

    Raises:
        UnknownAsset, InvalidParameter: an edit names what is not there, or is not allowed. LimitExceeded: too many.
    """
    given = list(edits)
    if len(given) > MAX_WHAT_IF:
        raise LimitExceeded(
            f"{len(given):,} edits; a what-if takes at most {MAX_WHAT_IF:,}",
            fix="Import what is planned into a twin of its own (TWIN_HOME), and ask that.",
        )
    made = _Maker(snapshot, schema)
    for number, edit in enumerate(parse_edits(given), 1):
        try:
            made.take(edit)
        except InvalidParameter as error:
            raise InvalidParameter(f"edit {number}: {error.detail}", fix=error.fix) from error
    return made.finished(), made.told()


class _Maker:
    def __init__(self, snapshot: Snapshot, schema: Schema) -> None:
        self._now, self._schema, self._batch = snapshot, schema, _Batch()
        self._said: dict[str, list[str]] = {}

    def take(self, edit: Any) -> None:
        if isinstance(edit, Add):
            self._add(edit)
        elif isinstance(edit, Delete):
            name = self._known(edit.id)
            self._batch.removed.append(name)
            self._say("removed", name)
        elif isinstance(edit, Set):
            self._set(edit)
        elif isinstance(edit, Link):
            self._link(edit)
        elif isinstance(edit, Unlink):
            self._unlink(edit)
        else:
            raise InvalidParameter("a new id changes no answer: a what-if takes no rename", fix="Leave it out.")

    def finished(self) -> Snapshot:
        """The snapshot with all that was taken."""
        batch, self._batch = self._batch, _Batch()
        if batch != self._batch:
            self._now = self._now.with_changes(
                schema=self._schema,
                failed=batch.failed,
                removed=batch.removed,
                added=list(batch.added.values()),
                links_added=batch.links_added,
                links_removed=batch.links_removed,
            )
        return self._now

    def told(self) -> str:
        """What is different, in a sentence."""
        parts = []
        for what, names in self._said.items():
            listed = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
            parts.append(f"{what} {listed}")
        return f"What if: {'; '.join(parts)}. Nothing of this is written."

    def _say(self, what: str, name: str) -> None:
        self._said.setdefault(what, []).append(name)

    def _id(self, text: str, settle: bool = False) -> str:
        """The id that *text* stands for.

        With *settle* what was taken so far is made first where it is about this asset.
        """
        name = text
        if text not in self._batch.added and self._now.catalogue.find(text) is None and self._now.store_id:
            name = full_id(text)
        if name in self._batch.removed or (settle and self._touched(name)):
            self.finished()
        return name

    def _known(self, text: str) -> str:
        """The id of an asset that is there. Raises UnknownAsset."""
        name = self._id(text, settle=True)
        self._now.catalogue.row(name)
        return name

    def _touched(self, name: str) -> bool:
        links = [*self._batch.links_added, *self._batch.links_removed]
        return name in self._batch.added or any(name in (link.source, link.target) for link in links)

    def _add(self, edit: Add) -> None:
        name = full_id(edit.id) if self._now.store_id else edit.id
        if name in self._batch.removed:
            self.finished()
        if name in self._batch.added:
            raise InvalidParameter(f"the asset {name!r} is added twice", fix="Give another id.")
        lon, lat = edit.lon, edit.lat
        if edit.geometry is not None:
            lon, lat = _point(edit.geometry)
        given = {key: value for key, value in edit.properties.items() if value is not None}
        self._batch.added[name] = {**given, "id": name, "kind": edit.kind, "name": edit.name, "lon": lon, "lat": lat}
        self._check(added=[name])
        self._say("added", name)

    def _check(self, *links: changes.Link, added: Iterable[str] = ()) -> None:
        """Say what is wrong with an edit while it is known which one it is."""
        found = [self._batch.added[name] for name in dict.fromkeys(added) if name in self._batch.added]
        changes.resolve(changes.Changes(added=found, links_added=links), self._now.arrays, self._schema)

    def _set(self, edit: Set) -> None:
        name = self._known(edit.id)
        status = edit.properties.get("status")
        other = [key for key in edit.properties if key != "status"]
        other += [key for key in ("name", "kind", "lon", "lat", "geometry") if getattr(edit, key) is not None]
        if other or status not in OUT:
            what = ", ".join(other) if other else f"status {status!r}"
            raise InvalidParameter(f"a what-if cannot set {what}: of set it takes only status={OUT[0]}", fix=FIX)
        self._batch.failed.append(name)
        self._say("out of service", name)

    def _link(self, edit: Link) -> None:
        wrong = [key for key in MEASURED if edit.properties.get(key) is not None]
        if wrong:
            raise InvalidParameter(f"a what-if cannot give a link {' or '.join(wrong)}", fix=f"Leave it out; or: {FIX}")
        start, to = self._id(edit.start), self._id(edit.to)
        need = "" if edit.need is None else str(edit.need)
        link = changes.Link(start, edit.type, to, edit.group or "", need)
        self._batch.links_added.append(link)
        self._check(link, added=(start, to))
        self._say("linked", _words(link))

    def _unlink(self, edit: Unlink) -> None:
        start, to = self._id(edit.start, settle=True), self._id(edit.to, settle=True)
        types = [edit.type] if edit.type is not None else self._types(start, to)
        links = [changes.Link(start, kind, to, edit.group or "") for kind in types]
        self._batch.links_removed += links
        changes.resolve(changes.Changes(links_removed=links), self._now.arrays, self._schema)
        for link in links:
            self._say("unlinked", _words(link))

    def _types(self, start: str, to: str) -> Sequence[str]:
        """Types of the links from one asset to the other; of meshes either way round."""
        arrays, row = self._now.arrays, self._now.catalogue.row
        a, b = row(start), row(to)
        found = {*_between(arrays, a, b)}
        found |= {name for name in _between(arrays, b, a) if self._schema.link_types[name].mesh}
        if not found:
            raise InvalidParameter(
                f"there is no link from {start} to {to}", fix=f"See what it has with: twin show {to}"
            )
        return sorted(found)


def _point(geometry: dict[str, Any]) -> tuple[float, float]:
    place = geometry.get("coordinates")
    good = isinstance(place, list | tuple) and len(place) in (2, 3) and all(type(x) in (int, float) for x in place)
    if geometry.get("type") != "Point" or not good:
        raise InvalidParameter("a what-if takes only a point as geometry", fix="Give lon and lat.")
    return float(place[0]), float(place[1])  # type: ignore[index]


def _between(arrays: Any, a: int, b: int) -> list[str]:
    rows = np.arange(int(arrays.out_ptr[a]), int(arrays.out_ptr[a + 1]))
    return [arrays.link_types[kind] for kind in arrays.link_type[rows[arrays.link_to[rows] == b]].tolist()]


def _words(link: changes.Link) -> str:
    return f"{link.source} {link.type}{f'/{link.group}' if link.group else ''} {link.target}"
