"""All collections of the twin at one revision, made once and kept with the snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import shapely

from api.ogc.asset_layers import asset_layers
from api.ogc.crs import Box, offered
from api.ogc.layer import Layer
from api.ogc.link_layers import link_layers
from api.ogc.table_layers import finding_layers
from twin.errors import NotFound
from twin.impact import Snapshot
from twin.model import Finding
from twin.schema import Schema, suggest


class Shelf:
    """The collections of one snapshot.

    Args:
        snapshot, schema: what they show. findings: gives those of the data and of the imports.
    """

    def __init__(self, snapshot: Snapshot, schema: Schema, findings: Callable[[], Sequence[Finding]]) -> None:
        self.snapshot = snapshot
        self._schema = schema
        self._findings = findings

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

    def layer(self, name: str) -> Layer:
        """The collection of this id. Raises NotFound."""
        found = self.layers.get(name)
        if found is None:
            raise NotFound(
                f"there is no collection {name[:100]!r}.{suggest(name, self.layers)}",
                fix="See /ogc/collections for the collections there are.",
            )
        return found


def shelf_of(snapshot: Snapshot, schema: Schema, findings: Callable[[], Sequence[Finding]]) -> Shelf:
    """The shelf of a snapshot, kept with it."""
    return snapshot.system.kept("ogc", lambda: Shelf(snapshot, schema, findings))
