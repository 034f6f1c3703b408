"""A small real system, imported into the real Neo4j, served by the real app."""

from __future__ import annotations

from pathlib import Path

SYSTEM = Path(__file__).parent / "system"
