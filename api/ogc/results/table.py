"""What the answer to a question says of assets and links, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.ogc.columns import Column


@dataclass(frozen=True, slots=True)
class Nodes:
    """Rows about assets: the asset of each, and what is said of it."""

    description: str
    assets: Sequence[str]
    columns: Sequence[Column]
    values: Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Links:
    """Rows about pairs of assets, from the cause to the effect."""

    description: str
    sources: Sequence[str]
    targets: Sequence[str]
    columns: Sequence[Column]
    values: Mapping[str, Sequence[Any]]
