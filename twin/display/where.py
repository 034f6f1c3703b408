"""Where the assets of an answer are: what a snapshot and a remote twin both can say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from twin.snapshot.arrays import Arrays


class Where(Protocol):
    """Knows the places of assets."""

    def shapes(self, ids: Sequence[str | None]) -> Any:
        """(n,) shapes in WGS 84, None for an asset without a place or an id that no asset has."""


class InArrays:
    """The places in the arrays of a snapshot."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = arrays

    def shapes(self, ids: Sequence[str | None]) -> Any:
        """See :class:`Where`."""
        import pyarrow as pa

        from twin.export.places import rows_of, shapes_of
        from twin.snapshot.catalogue import Catalogue

        catalogue = Catalogue(self._arrays)
        return shapes_of(catalogue.table, rows_of(catalogue, pa.chunked_array([list(ids)], pa.string())))
