"""Loader ``tables``: good files, and every way in which a file can be bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from loaders.tables import TablesLoader, TablesOptions
from tests.unit.loader_tools import FIXTURES, Result
from twin.errors import SourceUnreadable
from twin.model import LinkRecord, Origin

ASSETS = "id,kind,name,lon,lat,wkt\n"
LINKS = "from,type,to,group,need\n"


def folder(tmp_path: Path, assets: str | bytes = ASSETS + "a,bus,,,,\n", links: str | bytes = LINKS) -> Path:
    for name, content in (("assets.csv", assets), ("links.csv", links)):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
    return tmp_path


def read(tmp_path: Path, *files: str | bytes, **options: Any) -> Result:
    return Result(TablesLoader(), folder(tmp_path, *files), **options)


def test_fixture_is_read_as_written() -> None:
    result = Result(TablesLoader(), FIXTURES / "tables")
    assert result.rejects == []
    assert list(result.assets) == ["gen", "b1", "l1", "b2", "yard"]
    assert result.assets["gen"].name == "Kraftwerk Süd"
    assert result.assets["gen"].properties == {}
    assert result.assets["b1"].properties == {"voltage_kv": "380", "operator": "Netz, Nord"}
    assert result.assets["b2"].properties["ride_through_power_s"] == "28800"
    assert result.shape("b1").wkt == "POINT (9.52 52.36)"
    assert result.shape("l1").wkt == "LINESTRING (9.52 52.36, 9.11 52.54)"
    assert result.shape("yard").geom_type == "Polygon"
    assert result.assets["l1"].name == 'Line "one"'
    assert result.assets["l1"].origin == Origin("assets.csv", 4)
    links = [r for r in result.all if isinstance(r, LinkRecord)]
    assert links[2] == LinkRecord("l1", "CONDUCTS", "b2", None, None, {"length_km": "34.2"}, Origin("links.csv", 4))
    assert (links[3].from_id, links[3].group, links[3].need) == ("other:b9", "backup", "any")
    assert [p.name for p in result.inputs] == ["assets.csv", "links.csv"]


@pytest.mark.shared
def test_shared_cases(shared: Path) -> None:
    folders = [path for path in sorted((shared / "cases").iterdir()) if path.is_dir()]
    assert len(folders) >= 15
    for path in folders:
        result = Result(TablesLoader(), path)
        assert result.rejects == []
        assert len(result.assets) == len((path / "assets.csv").read_text().splitlines()) - 1
        assert len(result.links) == len((path / "links.csv").read_text().splitlines()) - 1


@pytest.mark.parametrize("given", ["", "assets.csv", "links.csv"])
def test_path_is_the_folder_or_one_of_its_files(tmp_path: Path, given: str) -> None:
    folder(tmp_path)
    assert list(Result(TablesLoader(), tmp_path / given).assets) == ["a"]


@pytest.mark.parametrize("separator", ["_", "-", ".", ""])
def test_path_is_a_prefix(tmp_path: Path, separator: str) -> None:
    (tmp_path / f"north{separator}assets.csv").write_text(ASSETS + "a,bus,,,,\n")
    (tmp_path / f"north{separator}links.csv").write_text(LINKS)
    result = Result(TablesLoader(), tmp_path / "north")
    assert list(result.assets) == ["a"]
    again = Result(TablesLoader(), tmp_path / f"north{separator}links.csv")
    assert again.inputs == result.inputs


def test_all_errors_at_once(tmp_path: Path) -> None:
    assets = (
        "id,kind,name,lon,lat,wkt,voltage_kw,operator\n"
        "a,bus,,,,,1,\n"
        ",bus,,,,,1,\n"
        "b,,,,,,1,\n"
        "c,bus,,9.5,,,1,\n"
        "d,bus,,,52.1,,1,\n"
        "e,bus,,nine,52.1,,1,\n"
        "f,bus,,nan,52.1,,1,\n"
        "g,bus,,9.5,inf,,1,\n"
        "h,bus,,9.5,91,,1,\n"
        "i,bus,,3512345,5412345,,1,\n"
        "j,bus,,,,POINT (9 x),1,\n"
        "k,bus,,,,POINT (190 10),1,\n"
        'l,bus,,,,"SRID=25832;POINT (500000 5700000)",1,\n'
        "m,bus,,,,POINT EMPTY,1,\n"
        'n,bus,,,,"POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))",1,\n'
        "o,bus,,,,1,\n"
        "\n"
        'p,"bus"x,,,,,1,\n'
        "q,bus,,,,,1,ok\n"
    )
    links = LINKS + "a,,q,,\n,POWERS,,,\na,POWERS,q,,,\na,POWERS,q,,\n"
    result = read(tmp_path, assets, links)
    assert list(result.assets) == ["a", "q"]
    assert result.assets["q"].properties == {"operator": "ok"}
    assert result.links == [("a", "POWERS", "q")]
    assert sorted(result.places) == sorted(
        [
            ("assets.csv:1:voltage_kw", "unknown_property"),
            ("assets.csv:3:id", "missing_value"),
            ("assets.csv:4:kind", "missing_value"),
            ("assets.csv:5:lat", "missing_value"),
            ("assets.csv:6:lon", "missing_value"),
            ("assets.csv:7:lon", "wrong_type"),
            ("assets.csv:8:lon", "not_finite"),
            ("assets.csv:9:lat", "not_finite"),
            ("assets.csv:10:lat", "out_of_range"),
            ("assets.csv:11:lon", "out_of_range"),
            ("assets.csv:12:wkt", "bad_geometry"),
            ("assets.csv:13:wkt", "out_of_range"),
            ("assets.csv:14:wkt", "wrong_crs"),
            ("assets.csv:15:wkt", "bad_geometry"),
            ("assets.csv:16:wkt", "bad_geometry"),
            ("assets.csv:17", "bad_row"),
            ("assets.csv:19", "bad_row"),
            ("links.csv:2:type", "missing_value"),
            ("links.csv:3:from", "missing_value"),
            ("links.csv:3:to", "missing_value"),
            ("links.csv:4", "bad_row"),
        ]
    )
    assert all(r.fix and r.message for r in result.rejects)
    assert "Did you mean voltage_kv" in next(r.message for r in result.rejects if r.code == "unknown_property")


@pytest.mark.parametrize("value", ["nan nan", "inf 1", "NaN 5"])
def test_wkt_without_finite_coordinates(tmp_path: Path, value: str) -> None:
    result = read(tmp_path, ASSETS + f"a,bus,,,,POINT ({value})\n")
    assert [r.code for r in result.rejects] in (["not_finite"], ["bad_geometry"])


@pytest.mark.parametrize("assets", ["", "\n\n", " \n"])
def test_empty_file(tmp_path: Path, assets: str) -> None:
    result = read(tmp_path, assets, LINKS + "a,POWERS,b,,\n")
    assert result.places == [("assets.csv", "empty_file")]
    assert result.links == [("a", "POWERS", "b")]


def test_no_rows_at_all(tmp_path: Path) -> None:
    result = read(tmp_path, ASSETS, LINKS)
    assert [r.code for r in result.rejects] == ["empty_file"]


def test_wrong_encoding_names_each_cell(tmp_path: Path) -> None:
    rows = ASSETS + "a,bus,Süd,,,\nb,bus,Nord,,,\nc,bus,Öst,,,\n"
    result = read(tmp_path, rows.encode("cp1252"))
    assert result.places == [("assets.csv:2:name", "bad_encoding"), ("assets.csv:4:name", "bad_encoding")]
    assert list(result.assets) == ["b"]
    named = read(tmp_path, rows.encode("cp1252"), encoding="cp1252")
    assert [a.name for a in named.assets.values()] == ["Süd", "Nord", "Öst"]
    assert all(r.message.encode() for r in result.rejects), "a message can be printed"


def test_wrong_encoding_in_the_header(tmp_path: Path) -> None:
    result = read(tmp_path, "id,kind,größe\na,bus,1\n".encode("cp1252"))
    assert result.places == [("assets.csv:1:column 3", "bad_encoding")]


def test_utf16(tmp_path: Path) -> None:
    result = read(tmp_path, (ASSETS + "a,bus,,,,\n").encode("utf-16"))
    assert result.places == [("assets.csv:1", "bad_encoding")]
    assert list(
        read(tmp_path, (ASSETS + "a,bus,,,,\n").encode("utf-16"), LINKS.encode("utf-16"), encoding="utf-16").assets
    )


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    text = (ASSETS + "a,bus,x,,,\n").replace("\n", "\r\n")
    result = read(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert result.rejects == []
    assert result.assets["a"].name == "x"


def test_nul_bytes(tmp_path: Path) -> None:
    result = read(tmp_path, ASSETS + "a,bus,x\0y,,,\nb,bus,,,,\n")
    assert result.places == [("assets.csv:2:name", "bad_row")]
    assert list(result.assets) == ["b"]


def test_huge_cells(tmp_path: Path) -> None:
    huge = "x" * 10_000_000
    result = read(
        tmp_path,
        ASSETS.strip() + f",operator\n{huge},bus,,,,,\nb,bus,{huge},,,,\nc,bus,,,,,{huge}\nd,bus,,,,{huge},\n",
        LINKS + f"b,POWERS,{huge},,\nb,POWERS,c,{huge},\n",
    )
    assert result.places == [
        ("assets.csv:2:id", "value_too_long"),
        ("assets.csv:3:name", "value_too_long"),
        ("assets.csv:5:wkt", "bad_geometry"),
        ("links.csv:2:to", "value_too_long"),
        ("links.csv:3:group", "value_too_long"),
    ]
    assert list(result.assets) == ["c"], "a long property value is for the validation to reject"
    assert max(len(r.message) for r in result.rejects) < 500


def test_several_long_but_allowed_cells_are_taken(tmp_path: Path) -> None:
    long = "x" * 6_000
    result = read(tmp_path, ASSETS + "a,bus,,,,\n", LINKS + f"{long},POWERS,{long},,\n")
    assert result.rejects == []
    assert len(result.links) == 1


def test_quote_never_closed(tmp_path: Path) -> None:
    result = read(tmp_path, ASSETS + 'a,bus,,,,\nb,bus,"open,,,\nc,bus,,,,\n')
    assert result.places == [("assets.csv:3", "bad_row")]


def test_line_break_in_quotes_is_one_row(tmp_path: Path) -> None:
    result = read(tmp_path, ASSETS + 'a,bus,"two\nlines",,,\nb,,,,,\n')
    assert result.assets["a"].name == "two\nlines"
    assert result.places == [("assets.csv:3:kind", "missing_value")]


def test_column_twice(tmp_path: Path) -> None:
    result = read(tmp_path, "id,kind,name,name\na,bus,x,y\n")
    assert ("assets.csv:1:name", "bad_row") in result.places


def test_column_without_a_name(tmp_path: Path) -> None:
    result = read(tmp_path, "id,kind,\na,bus,x\n")
    assert result.places == [("assets.csv:1:column 3", "unknown_property")]


def test_link_property_in_assets_is_unknown(tmp_path: Path) -> None:
    result = read(tmp_path, "id,kind,capacity\na,bus,1\n", "from,type,to,voltage_kv\na,POWERS,a,1\n")
    assert result.places == [
        ("assets.csv:1:capacity", "unknown_property"),
        ("links.csv:1:voltage_kv", "unknown_property"),
    ]


@pytest.mark.parametrize(
    ("assets", "word"),
    [
        ("ID,kind\na,bus\n", "id"),
        ("id,type\na,bus\n", "kind"),
        ("id;kind\na;bus\n", "delimiter"),
        ("x\ny\n", "id, kind"),
    ],
)
def test_missing_columns(tmp_path: Path, assets: str, word: str) -> None:
    with pytest.raises(SourceUnreadable) as caught:
        read(tmp_path, assets)
    assert word in caught.value.detail + caught.value.fix
    assert "assets.csv:1" in caught.value.detail


def test_other_delimiter(tmp_path: Path) -> None:
    result = read(tmp_path, "id;kind;name\na;bus;x,y\n", "from;type;to\n", delimiter=";")
    assert result.assets["a"].name == "x,y"


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"assets\.csv and .*links\.csv: no such file"):
        Result(TablesLoader(), tmp_path)
    (tmp_path / "assets.csv").write_text(ASSETS + "a,bus,,,,\n")
    with pytest.raises(SourceUnreadable, match=r"links\.csv: no such file") as caught:
        Result(TablesLoader(), tmp_path)
    assert 'links = ""' in caught.value.fix
    assert list(Result(TablesLoader(), tmp_path, links="").assets) == ["a"]
    with pytest.raises(SourceUnreadable, match="nor the beginning"):
        Result(TablesLoader(), tmp_path / "nowhere")


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").mkdir()
    (tmp_path / "links.csv").write_text(LINKS)
    with pytest.raises(SourceUnreadable, match="cannot be opened"):
        Result(TablesLoader(), tmp_path)


@pytest.mark.parametrize(
    "options", [{"asets": "a.csv"}, {"encoding": "utf-99"}, {"delimiter": ""}, {"encoding": "hex"}]
)
def test_bad_options(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TablesOptions.model_validate(options)
