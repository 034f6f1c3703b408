"""Infrastructure twin: power grids, telecom networks and data centres as one graph.

``Twin.open()`` is the whole product over a Neo4j store, ``Twin.connect(url)`` the same behind its HTTP API, and
``Snapshot`` answers questions without a database. ``Event``, ``Hazard`` and ``Random`` say what fails.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.impact import Snapshot
    from twin.impact.events.event import Event
    from twin.impact.events.hazard import Hazard
    from twin.impact.failures.scenarios import Random
    from twin.remote import RemoteTwin
    from twin.service import Twin

__all__ = ["Event", "Hazard", "Random", "RemoteTwin", "Snapshot", "Twin"]
__version__ = "0.1.0"

#: Name -> where it is: loaded on first use, so that ``import twin`` stays quick.
_HOMES = {
    "Event": "twin.impact.events.event",
    "Hazard": "twin.impact.events.hazard",
    "Random": "twin.impact.failures.scenarios",
    "RemoteTwin": "twin.remote",
    "Snapshot": "twin.impact",
    "Twin": "twin.service",
}


def __getattr__(name: str) -> Any:
    """Load an entry point on first use."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'twin' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names of the module, those that are not loaded yet too."""
    return sorted({*globals(), *__all__})
