"""Layers of answers whose assets have no place, in every format."""

from __future__ import annotations

from pathlib import Path

import geopandas
import pyarrow as pa
import pytest

from twin.export.layers import frame_of, write_layer


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".fgb", ".parquet"])
@pytest.mark.parametrize("placed", [True, False])
def test_rows_without_a_place_are_kept(tmp_path: Path, suffix: str, placed: bool) -> None:
    here = 9.5 if placed else None
    assets = pa.table(
        {
            "id": ["a", "b"],
            "lon": pa.array([here, None], pa.float64()),
            "lat": pa.array([here and 50.0, None], pa.float64()),
            "geometry": pa.nulls(2, pa.binary()),
        }
    )
    path = tmp_path / f"layer{suffix}"
    write_layer(frame_of(assets, [{"id": "a", "verdict": "down"}, {"id": "b", "verdict": "at_risk"}]), path)
    read = geopandas.read_parquet(path) if suffix == ".parquet" else geopandas.read_file(path, layer=0)
    assert sorted(read["id"]) == ["a", "b"]
    assert sorted(read["verdict"]) == ["at_risk", "down"]
