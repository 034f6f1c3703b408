"""What the tests of the loaders share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import shapely

from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import default_schema

FIXTURES = Path(__file__).parent.parent / "fixtures" / "loaders"


class Result:
    """All that a loader yields, sorted into ``assets`` (by id), ``links`` and ``rejects``."""

    def __init__(self, loader: Any, path: Path, **options: Any) -> None:
        made = loader.Options.model_validate(options)
        self.all = list(loader.records(path, made, default_schema()))
        self.assets = {r.id: r for r in self.all if isinstance(r, AssetRecord)}
        self.links = [(r.from_id, r.type, r.to_id) for r in self.all if isinstance(r, LinkRecord)]
        self.rejects = [r for r in self.all if isinstance(r, Reject)]
        self.inputs = loader.inputs(path, made)

    @property
    def places(self) -> list[tuple[str, str]]:
        """Where each reject points and its code."""
        return [(str(r.origin), r.code) for r in self.rejects]

    def shape(self, native: str) -> Any:
        """Geometry of an asset."""
        wkb = self.assets[native].geometry
        return None if wkb is None else shapely.from_wkb(wkb)


def check_against_schema(result: Result) -> None:
    """Every kind, property and end is one that the schema takes, and every end exists."""
    schema = default_schema()
    for asset in result.assets.values():
        assert set(asset.properties) <= set(schema.kind_properties(asset.kind)), asset
    for start, kind, end in result.links:
        assert schema.link_types[kind].allows(result.assets[start].kind, result.assets[end].kind), (start, kind, end)
