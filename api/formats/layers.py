"""A layer as a file of a GIS format, in pieces."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from twin.export.files import FileFormat, stream, write
from twin.export.layer import Layer

PIECE = 1 << 18


def layer_parts(layer: Layer, form: FileFormat) -> Iterator[bytes]:
    """The bytes of a file with *layer*; what can be wrong with it is raised at once, not while it is sent.

    Raises:
        InvalidParameter: it cannot be written in this format.
    """
    layers = layer.split() if form.several else [layer]
    if form.streamed:
        return stream(layers, form)
    return _written(layers, form)


def _written(layers: list[Layer], form: FileFormat) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory(prefix="twin-answer-") as folder:
        path = Path(folder) / f"answer{form.suffix}"
        write(layers, path, form)
        file = path.open("rb")  # which goes on being there for us when the folder is gone

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(PIECE):
                yield piece

    return pieces()
