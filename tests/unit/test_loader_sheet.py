"""Loader ``sheet``: mappings of CSV, Excel, OpenDocument and Parquet, and whatever spreadsheets do to data."""

from __future__ import annotations

import datetime as dt
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loaders import sheet_csv, sheet_excel
from loaders.sheet import SheetLoader, SheetOptions, Tally
from loaders.sheet_cells import decimal_sign, letters, number_text
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import PLACES, QUICK, damage
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema.values import ValueProblem

FOLDER = FIXTURES / "sheet"
MAPPING = tomllib.loads((FOLDER / "mapping.toml").read_text(encoding="utf-8"))["import"][0]["options"]
SITE = {"kind": "site", "id": "Nr"}
BUS = {"kind": "bus", "id": "Nr", "properties": {"voltage_kv": "U"}}


def read(path: Path, loader: SheetLoader | None = None, **options: Any) -> Result:
    return Result(loader or SheetLoader(), path, **options)


def csv(tmp_path: Path, text: str | bytes, **options: Any) -> Result:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read(path, **options)


def book(tmp_path: Path, rows: list[list[Any]], name: str = "Blatt") -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(row)
    made.save(tmp_path / "t.xlsx")
    return tmp_path / "t.xlsx"


def test_worked_example() -> None:
    loader = SheetLoader()
    result = read(FOLDER, loader, **MAPPING)
    check_against_schema(result)
    assert list(result.assets) == [
        *("station/S1", "station/S2", "A-1", "A-2", "A-3", "A-4", "USV-6"),
        *("=1+2", "M-2", "M-3"),
    ]
    two = result.assets["A-2"]  # its site stands in a merged cell, its rating as text with German signs
    assert (two.kind, two.name, two.origin.row) == ("transformer", "T2 Nord", 5)
    assert two.properties == {
        "voltage_kv": 110.0,
        "capacity_mva": 31.5005,
        "operator": "Stadtwerke",
        "ref": "Trafo 2 in Werk Nord",
        "status": "in_service",
    }
    assert result.shape("station/S1").distance(result.shape("=1+2")) < 0.05
    assert ("station/S1", "CONTAINS", "A-2") in result.links
    assert ("A-3", "CONDUCTS", "A-1") in result.links
    assert ("A-2", "POWERS", "USV-6") in result.links
    # T1 Süd is planned after the date of the filter: the UPS names an asset that is not taken
    assert result.places == [("inventar.xlsx/Anlagen:10:Speisung", "missing_end")]
    assert result.rejects[0].link == ("POWERS", "", "USV-6")
    assert loader.tallies == {
        "Standorte": Tally(2, 2, 0, 0),
        "Anlagen": Tally(7, 5, 2, 1),
        "messstellen": Tally(3, 3, 0, 0),
    }
    assert result.inputs == [FOLDER / "inventar.xlsx", FOLDER / "messstellen.csv"]
    group = next(r for r in result.all if isinstance(r, LinkRecord) and r.to_id == "USV-6")
    assert (group.group, group.need) == ("netz", "1")


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        *(("1.234,5", None, 1234.5), ("1,234.5", None, 1234.5), ("0,125", None, 0.125), ("12", None, 12)),
        *(("1.234", ",", 1234), ("1,234", ".", 1234), ("1,234", ",", 1.234), ("1.234", ".", 1.234)),
        *(("1 234,5", ",", 1234.5), ("1'234.5", ".", 1234.5), ("-7,25", ",", -7.25), ("1.234.567", None, 1234567)),
        *(("1e3", None, 1000), ("1,5e3", ",", 1500), ("1234,567", None, 1234.567), ("+3,5", None, 3.5)),
    ],
)
def test_numbers(text: str, decimal: str | None, number: float) -> None:
    assert float(number_text("x", text, decimal)) == number


@pytest.mark.parametrize(("text", "decimal"), [("1.234", None), ("12,345", None), ("0.5", ","), ("220.5", ",")])
def test_numbers_that_can_be_read_in_two_ways(text: str, decimal: str | None) -> None:
    with pytest.raises(ValueProblem):
        number_text("x", text, decimal)


@given(number=st.decimals(-10_000_000, 10_000_000, places=2))
def test_numbers_of_every_locale(number: Any) -> None:
    english = f"{number:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for text, decimal in ((english, "."), (german, ","), (german.replace(".", " "), ","), (f"{number:.2f}", ".")):
        assert float(number_text("x", text, decimal)) == float(number)


def test_decimal_sign_is_of_the_column(tmp_path: Path) -> None:
    text = "Nr;U;X\n1;1.100;0.5\n2;20,5;0.25\n"
    result = csv(tmp_path, text, assets={"a": BUS})
    assert result.assets["1"].properties["voltage_kv"] == 1100
    assert result.assets["2"].properties["voltage_kv"] == 20.5
    assert decimal_sign(["0.5", "0,5"]) is None
    doubtful = csv(tmp_path, "Nr;U\n1;1.100\n", assets={"a": BUS})
    assert doubtful.places == [("t.csv:2:U", "wrong_type")]
    assert "decimal" in doubtful.rejects[0].fix
    told = csv(tmp_path, "Nr;U\n1;1.100\n", assets={"a": BUS}, tables={"t": {"decimal": "."}})
    assert told.assets["1"].properties["voltage_kv"] == 1.1


def test_units(tmp_path: Path) -> None:
    how = {"column": "U", "unit": "V"}
    block = {**BUS, "properties": {"voltage_kv": how}}
    result = csv(tmp_path, "Nr,U\n1,110000\n2,110 kV\n3,20 MW\n", assets={"a": block})
    assert [a.properties["voltage_kv"] for a in result.assets.values()] == [110, 110]
    assert result.places == [("t.csv:4:U", "unknown_unit")]
    wrong = csv(tmp_path, "Nr,U\n1,2\n", assets={"a": {**BUS, "properties": {"voltage_kv": {**how, "unit": "kg"}}}})
    assert [r.code for r in wrong.rejects] == ["unknown_unit"]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimiters_and_encodings(tmp_path: Path, sign: str, encoding: str) -> None:
    text = sign.join(["Nr", "Größe"]) + "\n" + sign.join(["1", "Süd"]) + "\n"
    result = csv(tmp_path, text.encode(encoding), assets={"a": {**SITE, "name": "Größe"}})
    assert result.rejects == []
    assert result.assets["1"].name == "Süd"


def test_damaged_utf8_is_no_cp1252(tmp_path: Path) -> None:
    data = "Nr,Name\n1,Süd Größe\n2,Öl\n".encode() + b"3,\xff\n"
    result = csv(tmp_path, data, assets={"a": {**SITE, "name": "Name"}})
    assert list(result.assets) == ["1", "2"]
    assert result.places == [("t.csv:4:Name", "bad_encoding")]


def test_formulas_are_text(tmp_path: Path) -> None:
    result = csv(tmp_path, "Nr,U\n=cmd|x,1\n@SUM(A1),=1+1\n", assets={"a": BUS}, tables={"t": {"delimiter": ","}})
    assert list(result.assets) == ["=cmd|x"]
    assert result.places == [("t.csv:3:U", "wrong_type")]


def test_headers(tmp_path: Path) -> None:
    text = "Liste,,\nA,A,\n1,2,x\n"
    table = {"t": {"header": 2}}
    with pytest.raises(LoaderOptionError, match="2 times"):
        csv(tmp_path, text, tables=table, assets={"a": {"kind": "site", "id": "A"}})
    for name, native in (("A#2", "2"), ("@B", "2"), ("@C", "x"), ("{A#1}-{@C}", "1-x")):
        result = csv(tmp_path, text, tables=table, assets={"a": {"kind": "site", "id": name}})
        assert list(result.assets) == [native]
    with pytest.raises(LoaderOptionError, match="Did you mean"):
        csv(tmp_path, "Nummer,B\n1,2\n", assets={"a": {"kind": "site", "id": "Numer"}})
    block = {"kind": "bus", "id": "Daten Nr", "properties": {"voltage_kv": "Daten U"}, "name": "Ort"}
    both = csv(tmp_path, "Daten,,Ort\nNr,U,Ort\n7,20,x\n", tables={"t": {"header": [1, 2]}}, assets={"a": block})
    assert both.assets["7"].properties == {"voltage_kv": 20}
    assert both.assets["7"].name == "x"


def test_rows_that_are_not_right(tmp_path: Path) -> None:
    text = 'Nr,Name\n1,a,extra\n,b\n\n , \n2\n3,c,\n"4,d\n'
    result = csv(tmp_path, text, assets={"a": {**SITE, "name": "Name"}}, tables={"t": {"delimiter": ","}})
    assert list(result.assets) == ["3"]
    assert sorted(result.places) == [
        ("t.csv:2", "bad_row"),
        ("t.csv:3:Nr", "missing_value"),
        ("t.csv:6", "bad_row"),
        ("t.csv:8", "bad_row"),
    ]


def test_filters_and_what_they_leave_out(tmp_path: Path) -> None:
    text = "Nr,Typ,U,Datum\n1,a,110,01.02.2020\n2,b,20,01.02.2030\n3,,,\n4,a,x,01.01.2020\n"
    table = {"t": {"dates": "%d.%m.%Y"}}

    def taken(where: dict[str, Any]) -> list[str]:
        loader = SheetLoader()
        (tmp_path / "t.csv").write_text(text)
        result = read(tmp_path / "t.csv", loader, tables=table, assets={"a": {**SITE, "where": where}})
        tally = loader.tallies["t"]
        assert tally.rows == tally.taken + tally.left_out == 4
        assert tally.taken == len(result.assets) + len(result.rejects)
        return [*result.assets, *(f"{r.origin.row}!" for r in result.rejects)]

    assert taken({"Typ": "a"}) == ["1", "4"]
    assert taken({"Typ": ["a", "b"], "Nr": {"not": 4}}) == ["1", "2"]
    assert taken({"Nr": {"is": [1, 2]}}) == ["1", "2"]
    assert taken({"Typ": {"empty": True}}) == ["3"]
    assert taken({"U": {"min": 100}}) == ["1", "5!"]
    assert taken({"Datum": {"max": "2025-12-31"}}) == ["1", "4"]
    left = csv(tmp_path, text, tables={"t": {"unused": "reject"}}, assets={"a": {**SITE, "where": {"Typ": "b"}}})
    assert left.places == [("t.csv:2", "bad_row"), ("t.csv:4", "bad_row"), ("t.csv:5", "bad_row")]


def test_dates_become_iso_with_the_time_zone(tmp_path: Path) -> None:
    path = book(tmp_path, [["Nr", "Tag", "Zeit"], [1, dt.date(2020, 1, 2), "03.07.2020 12:00"]])
    properties = {"ref": "Tag", "contact": {"column": "Zeit", "date": "%d.%m.%Y %H:%M"}}
    result = read(path, tables={"t": {"timezone": "Europe/Berlin"}}, assets={"a": {**SITE, "properties": properties}})
    assert result.assets["1"].properties == {"ref": "2020-01-02", "contact": "2020-07-03T12:00:00+02:00"}


def test_one_asset_in_many_rows(tmp_path: Path) -> None:
    text = "Nr,Ort,U\n1,x,20\n2,x,20\n3,x,110\n"
    block = {"kind": "bus", "id": "Ort", "repeated": "same", "properties": {"voltage_kv": "U"}}
    result = csv(tmp_path, text, assets={"a": block})
    assert list(result.assets) == ["x"]
    assert result.places == [("t.csv:4", "conflicting_value")]


def test_kinds_by_a_column(tmp_path: Path) -> None:
    block = {"kind": {"column": "T", "values": {"t": "transformer", "s": "site"}}, "id": "Nr"}
    block["properties"] = {"capacity_mva": "S"}
    result = csv(tmp_path, "Nr,T,S\n1,t,40\n2,s,\n3,x,1\n4,,1\n5,s,7\n", assets={"a": block})
    assert {i: a.kind for i, a in result.assets.items()} == {"1": "transformer", "2": "site"}
    assert [r.code for r in result.rejects] == ["unknown_kind", "missing_value", "unknown_property"]


def test_references_by_any_column(tmp_path: Path) -> None:
    text = "Nr,Name,Von\n1,a,\n2,b,a\n3,c,zz\n4,a2,b;c\n5,c,\n"
    link = {"type": "POWERS", "from": {"asset": "x", "by": "Name", "column": "Von", "separator": ";"}}
    options: dict[str, Any] = {"assets": {"x": {"kind": "feeder", "id": "F{Nr}"}}}
    result = csv(tmp_path, text, **options, links={"l": {**link, "to": {"asset": "x"}}})
    assert result.links == [("F1", "POWERS", "F2"), ("F2", "POWERS", "F4")]
    assert [(r.origin.row, r.code, r.link) for r in result.rejects] == [
        (4, "missing_end", ("POWERS", "", "F3")),
        (5, "missing_end", ("POWERS", "", "F4")),  # c is the name of two
    ]
    plain = csv(tmp_path, text, **options, links={"l": {"type": "POWERS", "from": "other:{Von}", "to": "F{Nr}"}})
    assert plain.links[0] == ("other:a", "POWERS", "F2")
    needed = csv(tmp_path, text, **options, links={"l": {**link, "to": {"asset": "x"}, "required": True}})
    assert [r.code for r in needed.rejects if r.origin.row in (2, 6)] == ["missing_value", "missing_value"]


def test_joins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Nr,Ort\n1,x\n2,\n3,zz\n")
    (tmp_path / "orte.csv").write_text("Key,Name\nx,Werk\ny,Halle\n")
    join = {"ort": {"table": "orte", "column": "Ort", "key": "Key"}}
    block = {"table": "a", "kind": "site", "id": "Nr", "name": "ort.Name"}
    result = read(tmp_path, tables={"a": {"join": join}, "orte": {}}, assets={"a": block})
    assert {i: a.name for i, a in result.assets.items()} == {"1": "Werk", "2": None}
    assert result.places == [("a.csv:4:Ort", "missing_end")]
    join["ort"]["required"] = False  # type: ignore[assignment]
    assert len(read(tmp_path, tables={"a": {"join": join}, "orte": {}}, assets={"a": block}).assets) == 3
    (tmp_path / "orte.csv").write_text("Key,Name\nx,Werk\nx,Halle\n")
    with pytest.raises(SourceUnreadable, match="stands twice"):
        read(tmp_path, tables={"a": {"join": join}, "orte": {}}, assets={"a": block})
    circle = {"a": {"table": "a", "column": "Nr", "key": "Nr"}}
    with pytest.raises(LoaderOptionError, match="circle"):
        read(tmp_path, tables={"a": {"join": circle}}, assets={"a": {**block, "name": None}})


def test_coordinates(tmp_path: Path) -> None:
    place = {"lon": "X", "lat": "Y"}
    text = "Nr;X;Y\n1;9,5;52,25\n2;;\n3;9,5;\n4;565000;5930000\n5;abc;1\n"
    result = csv(tmp_path, text, assets={"a": {**SITE, **place}})
    assert result.shape("1").wkt == "POINT (9.5 52.25)"
    assert result.shape("2") is None
    assert sorted(result.places) == [
        ("t.csv:4:Y", "missing_value"),
        ("t.csv:5:X", "out_of_range"),
        ("t.csv:6:X", "wrong_type"),
    ]
    projected = csv(tmp_path, "Nr,X,Y\n1,565000,5930000\n", assets={"a": {**SITE, **place, "crs": "EPSG:25832"}})
    assert (round(projected.shape("1").x, 2), round(projected.shape("1").y, 2)) == (9.98, 53.51)
    wrong = csv(tmp_path, "Nr,X,Y\n1,1,2\n", assets={"a": {**SITE, **place, "crs": "EPSG:0"}})
    assert [r.code for r in wrong.rejects] == ["wrong_crs"]
    lines = "Nr;G\n1;LINESTRING (1 2, 3 4)\n2;LINE\n"
    drawn = csv(tmp_path, lines, assets={"a": {"kind": "power_line", "id": "Nr", "wkt": "G"}})
    assert drawn.shape("1").wkt == "LINESTRING (1 2, 3 4)"
    assert drawn.places == [("t.csv:3:G", "bad_geometry")]


def test_excel_errors_and_formulas_never_computed(tmp_path: Path) -> None:
    path = book(tmp_path, [["Nr", "U"], [1, "=1/0"], [2, 20], [3, None]])
    result = read(path, assets={"a": BUS})
    assert list(result.assets) == ["2", "3"]
    assert result.places == [("t.xlsx/Blatt:2:U", "missing_value")]
    data = {n: zipfile.ZipFile(path).read(n) for n in zipfile.ZipFile(path).namelist()}
    sheet = data["xl/worksheets/sheet1.xml"].replace(
        b'<c r="B2"><f>1/0</f><v></v></c>', b'<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    )
    assert b"#DIV" in sheet
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (data | {"xl/worksheets/sheet1.xml": sheet}).items():
            archive.writestr(name, content)
    error = read(path, assets={"a": BUS})
    assert error.places == [("t.xlsx/Blatt:2:U", "wrong_type")]
    assert "#DIV/0!" in error.rejects[0].message


def test_sheets_by_name_and_number(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    for name in ("eins", "zwei"):
        sheet = made.create_sheet(name)
        sheet.append(["Nr"])
        sheet.append([name])
    made.save(tmp_path / "t.xlsx")
    for key, table in (("zwei", {}), ("t", {"sheet": 3}), ("t", {"sheet": "zwei"})):
        result = read(tmp_path / "t.xlsx", tables={key: table}, assets={"a": SITE})
        assert list(result.assets) == ["zwei"]
    for sheet in (None, "Zwei", 9):
        with pytest.raises(SourceUnreadable, match="it has Sheet, eins, zwei"):
            read(tmp_path / "t.xlsx", tables={"t": {"sheet": sheet}}, assets={"a": SITE})


def test_parquet(tmp_path: Path) -> None:
    table = pa.table({"Nr": ["a", "b", "c"], "U": [1.5, None, 3.0], "L": [[1], [2], [3]]})
    pq.write_table(table, tmp_path / "t.parquet")
    result = read(tmp_path / "t.parquet", assets={"a": BUS})
    assert {i: a.properties for i, a in result.assets.items()} == {
        "a": {"voltage_kv": 1.5},
        "b": {},
        "c": {"voltage_kv": 3.0},
    }
    assert result.assets["c"].origin.row == 4
    lists = read(tmp_path / "t.parquet", assets={"a": {**SITE, "name": "L"}})
    assert [r.code for r in lists.rejects] == ["wrong_type"] * 3


def test_zip_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path, [["Nr"], [1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/big", b"\0" * (80 << 20))
    with pytest.raises(SourceUnreadable, match="would unpack to"):
        read(path, assets={"a": SITE})
    far = book(tmp_path, [["Nr"], [1]])
    made = openpyxl.load_workbook(far)
    made.active["XFD1048576"] = 1  # type: ignore[index]
    made.save(far)
    with pytest.raises(SourceUnreadable, match="cells"):
        read(far, assets={"a": SITE})
    monkeypatch.setattr(sheet_excel, "MAX_UNPACKED", 10)
    with pytest.raises(SourceUnreadable, match="would unpack to"):
        read(book(tmp_path, [["Nr"], [1]]), assets={"a": SITE})


def test_ods(tmp_path: Path) -> None:
    result = read(ods(tmp_path, ROWS), assets={"a": BUS})
    assert {i: a.properties for i, a in result.assets.items()} == {"1": {"voltage_kv": 110.5}}
    bomb = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="float" '
        'office:value="1" table:number-columns-repeated="16384"/></table:table-row>'
    )
    with pytest.raises(SourceUnreadable, match="cells"):
        read(ods(tmp_path, ROWS + bomb), assets={"a": BUS})


ROWS = (
    '<table:table-row><table:table-cell office:value-type="string"><text:p>Nr</text:p></table:table-cell>'
    '<table:table-cell office:value-type="string"><text:p>U</text:p></table:table-cell></table:table-row>'
    '<table:table-row><table:table-cell office:value-type="float" office:value="1"><text:p>1</text:p>'
    "</table:table-cell>"
    '<table:table-cell office:value-type="float" office:value="110.5"><text:p>110,5</text:p></table:table-cell>'
    "</table:table-row>"
)


def ods(tmp_path: Path, rows: str) -> Path:
    names = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    content = (
        f'<office:document-content{names} office:version="1.3"><office:body><office:spreadsheet>'
        f'<table:table table:name="T">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{manifest}"><manifest:file-entry manifest:full-path="/" '
            f'manifest:media-type="{kind}"/></manifest:manifest>',
        )
        archive.writestr("content.xml", content)
    return tmp_path / "t.ods"


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_csv, "MAX_LINE", 100)
    result = csv(tmp_path, "Nr,Name\n1,a\n2," + "x" * 500 + "\n", assets={"a": SITE}, tables={"t": {"delimiter": ","}})
    assert list(result.assets) == ["1"]
    assert result.places == [("t.csv:3", "value_too_long")]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "at least one block"),
        ({"assets": {"a": {"kind": "site"}}}, "id"),
        ({"tables": {"a": {}, "b": {}}, "assets": {"a": SITE}}, "needs `table`"),
        ({"assets": {"a": {**SITE, "lon": "X"}}}, "both"),
        ({"assets": {"a": {**SITE, "properties": {"ref": {"unit": "kV"}}}}}, "one of"),
        ({"links": {"l": {"type": "POWERS", "from": "A", "to": {"asset": "zz"}}}}, "zz"),
        ({"tables": {"t": {"timezone": "Mars/X"}}, "assets": {"a": SITE}}, "time zone"),
        ({"tables": {"t": {"encoding": "utf-99"}}, "assets": {"a": SITE}}, "encoding"),
    ],
)
def test_options_that_are_not_right(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SheetOptions.model_validate(options)


def test_what_the_schema_does_not_have(tmp_path: Path) -> None:
    block = {"kind": "substaton", "id": "Nr"}
    assert [r.code for r in csv(tmp_path, "Nr\n1\n", assets={"a": block}).rejects] == ["unknown_kind"]
    block = {**SITE, "properties": {"voltag_kv": "Nr"}}
    assert [r.code for r in csv(tmp_path, "Nr\n1\n", assets={"a": block}).rejects] == ["unknown_property"]
    links = {"l": {"type": "POWER", "from": "Nr", "to": "Nr"}}
    assert [r.code for r in csv(tmp_path, "Nr\n1\n", links=links).rejects] == ["unknown_link_type"]


def test_files_that_are_not_there_or_empty(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "no.csv", assets={"a": SITE})
    with pytest.raises(SourceUnreadable, match="no file for the table"):
        read(tmp_path, assets={"a": SITE})
    (tmp_path / "x").mkdir()
    with pytest.raises(LoaderOptionError, match="out of the folder"):
        read(tmp_path / "x", tables={"t": {"file": "../t.csv"}}, assets={"a": SITE})
    for text in ("", "\n\n", "Nr,B\n"):
        assert [r.code for r in csv(tmp_path, text, assets={"a": SITE}).rejects] == ["empty_file"]
    assert letters(0) + letters(25) + letters(26) + letters(16383) == "AZAAXFD"


def read_damaged(path: Path, **options: Any) -> None:
    """No traceback; every row of every table is taken, rejected or left out by a filter."""
    loader = SheetLoader()
    try:
        result = read(path, loader, **options)
    except (SourceUnreadable, LoaderOptionError):
        return
    for record in result.all:
        assert isinstance(record, AssetRecord | LinkRecord | Reject)
    for reject in result.rejects:
        assert reject.message
        assert reject.fix
        str(reject.to_dict()).encode()
    for asset in result.assets.values():
        asset.id.encode()
    for table, tally in loader.tallies.items():
        assert tally.rows == tally.taken + tally.left_out
        said = {r.origin for r in result.all if r.origin.row and r.origin.file.removesuffix(".csv").endswith(table)}
        assert len({origin.row for origin in said}) == tally.taken


@QUICK
@given(places=PLACES, name=st.sampled_from(["messstellen.csv", "inventar.xlsx"]))
def test_damaged_files(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int, bytes]], name: str
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    for file in ("messstellen.csv", "inventar.xlsx"):
        data = (FOLDER / file).read_bytes()
        (folder / file).write_bytes(damage(data, places) if file == name else data)
    read_damaged(folder, **MAPPING)


@QUICK
@given(places=PLACES, part=st.sampled_from(["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"]))
def test_damaged_parts_of_a_workbook(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, int, bytes]], part: str
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    (folder / "messstellen.csv").write_bytes((FOLDER / "messstellen.csv").read_bytes())
    with zipfile.ZipFile(FOLDER / "inventar.xlsx") as old, zipfile.ZipFile(folder / "inventar.xlsx", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, damage(data, places) if name == part else data)
    read_damaged(folder, **MAPPING)


@QUICK
@given(content=st.one_of(st.binary(max_size=200), st.text(alphabet='Nr,;\t|"\n\r=1.ü\0', max_size=80).map(str.encode)))
def test_anything(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    for head in (b"", b"Nr,U\n"):
        path.write_bytes(head + content)
        read_damaged(path, tables={"any": {}}, assets={"a": {**BUS, "id": "@A", "properties": {}, "name": "@A"}})
        read_damaged(path, tables={"any": {}}, assets={"a": BUS})
