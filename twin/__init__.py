"""Infrastructure twin: power grids, telecom networks and data centres as one graph.

``Snapshot`` answers questions without a database; ``Twin`` is the whole product over a Neo4j store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.impact import Snapshot
    from twin.service import Twin

__all__ = ["Snapshot", "Twin"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the two entry points on first use: ``import twin`` stays quick."""
    if name == "Snapshot":
        from twin.impact import Snapshot

        return Snapshot
    if name == "Twin":
        from twin.service import Twin

        return Twin
    raise AttributeError(f"module 'twin' has no attribute {name!r}")
