"""``twin map``: a starter mapping loads as it is, and finds what the names say."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from loaders.gis import GisLoader
from loaders.sheet import SheetLoader
from loaders.starter import starter
from loaders.starter_words import kind_of, property_of, side_of, slug, status_of, unit_of
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from twin.errors import SourceUnreadable
from twin.ingest.manifest import read_manifest
from twin.schema import default_schema

SAMPLE = Path(__file__).parent.parent.parent / "samples" / "germany"
LOADERS: dict[str, Any] = {"gis": GisLoader, "sheet": SheetLoader}


def mapped(path: Path, loader: str, folder: Path) -> tuple[Result, str]:
    """What the loader reads by the mapping that was written, which the manifest's own reader takes."""
    text = starter(path, loader, default_schema())
    (folder / "twin.toml").write_text(text, encoding="utf-8")
    spec = read_manifest(folder / "twin.toml").imports[0]
    assert spec.loader == loader
    return Result(LOADERS[loader](), path, **spec.options), text


def loads_whole(result: Result) -> None:
    """No reject, every end there, every kind and property of the schema, no id twice."""
    assert result.rejects == []
    check_against_schema(result)
    assert len(result.assets) + len(result.links) == len(result.all)


def test_sheets(tmp_path: Path) -> None:
    result, text = mapped(FIXTURES / "sheet", "sheet", tmp_path)
    loads_whole(result)
    data = tomllib.loads(text)["import"][0]["options"]
    assert data["tables"]["Anlagen"]["header"] == 3
    assert data["tables"]["messstellen"] == {
        "file": "messstellen.csv",
        "encoding": "cp1252",
        "delimiter": ";",
        "decimal": ",",
    }
    anlagen = data["assets"]["anlagen"]
    assert anlagen["kind"]["values"] == {"Trafo": "transformer", "Sammelschiene": "bus", "USV": "ups"}
    assert anlagen["properties"]["voltage_kv"] == {"column": "U [kV]", "unit": "kV"}
    assert "Zaun are left out" in text
    assert "Leistung kVA: capacity_mva? a ups has none" in text
    assert data["assets"]["standorte"]["crs"] == "EPSG:25832"
    assert ("standorte/S1", "CONTAINS", "anlagen/1") in result.links
    assert result.assets["messstellen/=1+2"].properties == {"demand_mw": 1.2505, "customers": 1200}


def test_layers(tmp_path: Path) -> None:
    result, text = mapped(FIXTURES / "gis", "gis", tmp_path)
    loads_whole(result)
    assert "ends = { type = " in text
    assert "what do B, P mean?" in text  # one letter is no status
    assert {a.kind for a in result.assets.values()} == {"bus", "power_line", "substation"}


@pytest.mark.parametrize(("path", "loader"), [("grid/grid.gpkg", "gis"), ("generation", "sheet"), ("telecom", "sheet")])
def test_sample(tmp_path: Path, path: str, loader: str) -> None:
    result, text = mapped(SAMPLE / path, loader, tmp_path)
    loads_whole(result)
    if loader == "gis":
        assert 'from_field = "VON_SS", to_field = "NACH_SS"' in text
        assert len(result.assets) == 450 + 585 + 852 + 96


@pytest.mark.shared
def test_scigrid(tmp_path: Path, shared: Path) -> None:
    result, _ = mapped(shared / "data" / "scigrid-de", "sheet", tmp_path)
    loads_whole(result)
    assert len(result.assets) == 585 + 1423 + 852 + 489 + 38 + 96  # the time series are no assets
    supplies = [(a.split("/")[0], b.split("/")[0]) for a, kind, b in result.links if kind == "POWERS"]
    assert set(supplies) == {("generators", "buses"), ("buses", "loads"), ("storage_units", "buses")}


def test_tables_without_ids(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Typ,Wert\nx,1\nx,1\n")
    with pytest.raises(SourceUnreadable, match="told apart"):
        starter(tmp_path / "a.csv", "sheet", default_schema())


@pytest.mark.parametrize("name", ['a"b', "x\\y", "ü {z}", "[t]", "a # b", "a = 1"])
def test_names_that_toml_must_quote(tmp_path: Path, name: str) -> None:
    quoted = name.replace('"', '""')
    (tmp_path / "sites.csv").write_text(f'Nr,"{quoted}",Status\n1,u,aktiv\n2,v,geplant\n', encoding="utf-8")
    result, _ = mapped(tmp_path / "sites.csv", "sheet", tmp_path)
    loads_whole(result)
    assert [a.properties["status"] for a in result.assets.values()] == ["in_service", "planned"]


def test_columns_with_braces_are_no_patterns(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text("{Nr},{Name},Kürzel\n1,a,x\n2,b,y\n", encoding="utf-8")
    result, _ = mapped(tmp_path / "sites.csv", "sheet", tmp_path)
    loads_whole(result)
    assert list(result.assets) == ["x", "y"]


def test_words() -> None:
    kinds = default_schema().kinds
    assert [kind_of(n, kinds) for n in ("Trafos_2024", "UW", "LWL-Kabel", "Serverräume", "xyz")] == [
        "transformer",
        "substation",
        "fibre_cable",
        "server",
        None,
    ]
    assert [unit_of(n) for n in ("U_NENN_KV", "Länge [km]", "Leistung kW", "km", "Strom", "Rate (Gbps)")] == [
        "kV",
        "km",
        "kW",
        None,
        None,
        "Gbit/s",
    ]
    having = default_schema().kind_properties("power_line")
    assert property_of("LAENGE_KM", having) == "length_km"
    assert property_of("Leistung", having) is None  # of what? without a unit nothing is said
    assert property_of("S_NENN_MVA", having) == "capacity_mva"
    assert [status_of(w) for w in ("In Betrieb", "außer Betrieb", "A")] == ["in_service", "out_of_service", None]
    assert [side_of(n) for n in ("VON_SS", "bus1", "node_b", "Name")] == ["from", "to", "to", None]
    assert slug("Öl & Gas (2024)") == "oel_gas_2024"
