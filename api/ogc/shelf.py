"""All collections: those of the twin at one revision, made once and kept with the snapshot, and saved results."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property

import numpy as np
import shapely

from api.library import Library, Saved
from api.ogc.asset_layers import asset_layers
from api.ogc.crs import Box, offered
from api.ogc.layer import Layer
from api.ogc.link_layers import link_layers
from api.ogc.results import result_layers, result_of
from api.ogc.table_layers import finding_layers
from twin.errors import NotFound
from twin.impact import Snapshot
from twin.model import Finding
from twin.schema import Schema, suggest

#: Results whose collections are listed, of how many of the newest; any other is had by its address.
LISTED_RESULTS, LOOKED_AT = 20, 500
#: Results whose collections are kept ready.
KEPT_RESULTS = 40


class Shelf:
    """The collections of one snapshot.

    Args:
        snapshot, schema: what they show. findings: gives those of the data and of the imports.
    """

    def __init__(self, snapshot: Snapshot, schema: Schema, findings: Callable[[], Sequence[Finding]]) -> None:
        self.snapshot = snapshot
        self._schema = schema
        self._findings = findings
        self._results: OrderedDict[tuple[str, str], dict[str, Layer]] = OrderedDict()
        self._lock = threading.Lock()

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """Collections by id: assets by kind, links by type, findings."""
        found = [
            *asset_layers(self.snapshot, self._schema),
            *link_layers(self.snapshot, self._schema),
            *finding_layers(self.snapshot, self._findings()),
        ]
        return {layer.about.id: layer for layer in found}

    @cached_property
    def extent(self) -> Box | None:
        """West, south, east, north of all assets; None where none has a place."""
        west, south, east, north = shapely.total_bounds(self.snapshot.places.shapes).tolist()
        return None if np.isnan(west) else (west, south, east, north)

    @cached_property
    def crs(self) -> tuple[str, ...]:
        """URIs of the coordinate reference systems that all collections offer, the default first."""
        return offered(self.extent)

    def of_result(self, saved: Saved, library: Library) -> dict[str, Layer]:
        """The collections of a saved result, drawn where the assets are; the last few results are kept.

        Args:
            saved: the result; its answer is read from *library* when it is needed.
        """
        key = (saved.id, saved.made_at)
        with self._lock:
            held = self._results.get(key)
            if held is not None:
                self._results.move_to_end(key)
                return held
        layers = result_layers(library.result(saved.id), self.snapshot, lambda name: library.event(name).event)
        found = {layer.about.id: layer for layer in layers}
        with self._lock:
            self._results[key] = found
            while len(self._results) > KEPT_RESULTS:
                self._results.popitem(last=False)
        return found


class Offer:
    """What one request may ask for: the shelf of its view, and the saved results of the library."""

    def __init__(self, shelf: Shelf, library: Library) -> None:
        self.shelf = shelf
        self.library = library
        self.crs = shelf.crs

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """All collections that are listed: those of the twin, and of the newest results that have a name.

        Raises:
            LibraryUnavailable: the file of saved results cannot be used.
        """
        found = dict(self.shelf.layers)
        named = [saved for saved in self.library.results(limit=LOOKED_AT) if saved.name is not None]
        for saved in named[:LISTED_RESULTS]:
            with suppress(NotFound):  # removed since
                found.update(self.shelf.of_result(saved, self.library))
        return found

    def of_result(self, id: str) -> dict[str, Layer]:
        """The collections of one saved result. Raises NotFound."""
        return self.shelf.of_result(self.library.result(id), self.library)

    def layer(self, name: str) -> Layer:
        """The collection of this id, listed or not. Raises NotFound."""
        found = self.shelf.layers.get(name)
        result = result_of(name)
        if found is None and result is not None:
            found = self.of_result(result).get(name)
        if found is None:
            raise NotFound(
                f"there is no collection {name[:100]!r}.{suggest(name, self.layers)}",
                fix="See /ogc/collections for the collections there are.",
            )
        return found


def shelf_of(snapshot: Snapshot, schema: Schema, findings: Callable[[], Sequence[Finding]]) -> Shelf:
    """The shelf of a snapshot, kept with it."""
    return snapshot.system.kept("ogc", lambda: Shelf(snapshot, schema, findings))
