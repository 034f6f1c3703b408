"""Vector tiles: one revision of the twin as Mapbox vector tiles, encoded by kernels of our own."""

from __future__ import annotations

from twin.export.tiles.described import vector_layers
from twin.export.tiles.sheet import MAX_ZOOM
from twin.export.tiles.shelf import Shelf
from twin.export.tiles.tiles import LAYERS, Tiles, exists, zipped

__all__ = ["LAYERS", "MAX_ZOOM", "Shelf", "Tiles", "exists", "vector_layers", "zipped"]
