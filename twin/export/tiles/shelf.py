"""The tiles of the revisions that are in use."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

from twin.export.tiles.tiles import Tiles
from twin.impact.snapshot import Snapshot


class Shelf:
    """Keeps the tiles of each snapshot as long as somebody holds the snapshot."""

    def __init__(self) -> None:
        self._tiles: WeakKeyDictionary[Snapshot, Tiles] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, snapshot: Snapshot) -> Tiles:
        """The tiles of *snapshot*, prepared when it is asked about for the first time."""
        with self._lock:
            found = self._tiles.get(snapshot)
            if found is None:
                found = self._tiles[snapshot] = Tiles(snapshot)
            return found

    def warm(self, snapshot: Snapshot) -> None:
        """Prepare the tiles of *snapshot* and run the kernels once, so that the first map need not wait."""
        tiles = self.of(snapshot)
        for z in (0, 8):
            spots, side = tiles.sheet.spots, 31 - z
            x, y = (int(spots.x[0]) >> side, int(spots.y[0]) >> side) if len(spots.row) else (0, 0)
            tiles.zipped(z, x, y)
