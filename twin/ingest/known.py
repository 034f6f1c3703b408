"""What an import knows about assets: those it brings, and those that the store already holds."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from twin.model import Origin


class AssetIndex:
    """Kind and origin of every asset of this import, by full id, in few bytes each."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}
        self._kind = array("H")
        self._file = array("H")
        self._row = array("q")
        self._kinds: dict[str, int] = {}
        self._kind_names: list[str] = []
        self._files: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, asset_id: str) -> bool:
        return asset_id in self._at

    def add(self, asset_id: str, kind: str, origin: Origin) -> None:
        """Take an asset in; the caller has checked that it is new."""
        self._at[asset_id] = len(self._row)
        code = self._kinds.get(kind)
        if code is None:
            code = self._kinds[kind] = len(self._kinds)
            self._kind_names.append(kind)
        self._kind.append(code)
        self._file.append(self._files.setdefault(origin.file, len(self._files)))
        self._row.append(-1 if origin.row is None else origin.row)

    def drop(self, asset_id: str) -> None:
        """Take an asset out again: it turned out to be another one."""
        self._at.pop(asset_id, None)

    @property
    def files(self) -> dict[str, int]:
        """The files that the assets stand in, each with a number from 0 on, in the order they came."""
        return self._files

    def kind(self, asset_id: str) -> str | None:
        """Kind of an asset of this import, or None."""
        at = self._at.get(asset_id)
        return None if at is None else self._kind_names[self._kind[at]]

    def codes(self, asset_ids: Sequence[str]) -> list[int] | None:
        """A number for the kind of each asset (see :meth:`kind_of`), None if one is not of this import."""
        at = [self._at.get(asset) for asset in asset_ids]
        if None in at:
            return None
        kinds = self._kind
        return [kinds[place] for place in at]  # type: ignore[index]

    def kind_of(self, code: int) -> str:
        """The kind that a number of :meth:`codes` stands for."""
        return self._kind_names[code]

    def origin(self, asset_id: str) -> Origin:
        """Where the asset stands in the export."""
        at = self._at[asset_id]
        row = self._row[at]
        return Origin(list(self._files)[self._file[at]], None if row < 0 else row)

    def ids(self) -> list[str]:
        """All ids, in the order they came."""
        return list(self._at)


@dataclass
class Held:
    """What the store holds of one source.

    Attributes:
        assets: full id -> content hash. kinds: full id -> kind. links: key -> content hash.
        stamp: digest of the input that was imported last, None if something else wrote since.
        seen_assets, seen_links: how many of them this import has met.
    """

    source: str
    assets: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    stamp: str | None = None
