"""Every record that comes in is taken or refused with a reject, on every run; rows left out by a mapping are told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.store.ingest_tables import grid, load
from tests.store.test_export_tables import EXPORTS
from tests.unit.loader_tools import FIXTURES
from twin.cli.main import main
from twin.ingest.manifest import single
from twin.ingest.plan import SourcePlan
from twin.ingest.run import Flags, run_import
from twin.schema import default_schema
from twin.store import Store

pytestmark = pytest.mark.store

SHEET = """Nr;Art;U
1;Schiene;110
2;Schiene;380
3;Buero;
4;Buero;
5;Schiene;20
"""
OPTIONS = {
    "tables": {"a": {"file": "t.csv"}},
    "assets": {
        "bus": {"kind": "bus", "id": "Nr", "where": {"Art": "Schiene"}, "properties": {"voltage_kv": "U"}},
    },
}


def refused(part: dict[str, Any]) -> tuple[int, int, int]:
    taken = sum(part[what][op] for what in ("assets", "links") for op in ("create", "update", "unchanged"))
    return part["records"], taken, part["refused"]


def test_records_are_taken_or_refused(store: Store, tmp_path: Path) -> None:
    """Assets, links, ends and gates that cannot be taken, first in a new twin and then in one that has them."""
    folder = grid(tmp_path / "grid", 4)
    with (folder / "assets.csv").open("a", encoding="utf-8") as file:
        file.write("x,nokind,,,,,,,\nb0,bus,again,,,,,,\ny,bus,,200,50,,,,\nz,bus,,,,,high,,\n")
    with (folder / "links.csv").open("a", encoding="utf-8") as file:
        file.write("g,POWERS,nobody,,,,,\ng,CONTAINS,b0,,,,,\ng,NOTYPE,b1,,,,,\ng,POWERS,b2,,half,,,\n")
        file.write("g,POWERS,b1,,2,,,\ng,POWERS,b1,,all,,,\n")
    first = load(store, folder, skip_rejects=True).plan["sources"][0]
    records, taken, gone = refused(first)
    assert (records, gone, records) == (9 + 4 - 1 + 9 + 6, 8, taken + gone)
    assert first["rejected"] == gone + 1  # and one that the loader told by itself
    again = load(store, folder, skip_rejects=True, full=True).plan["sources"][0]
    assert refused(again) == (records, taken, gone)
    assert again["assets"]["unchanged"] + again["links"]["unchanged"] == taken


@pytest.mark.parametrize(
    ("loader", "path", "options"), [(name, *one) for name, some in EXPORTS.items() for one in some]
)
def test_every_loader(store: Store, tmp_path: Path, loader: str, path: str, options: dict[str, Any]) -> None:
    manifest = single(loader, "src", FIXTURES / path, options)
    how: dict[str, Any] = {"reports": tmp_path, "flags": Flags(skip_rejects=True), "dry_run": True}
    records, taken, gone = refused(run_import(store, default_schema(), manifest, **how).plan["sources"][0])
    assert records == taken + gone > 3


def test_what_does_not_add_up_is_a_fault(tmp_path: Path) -> None:
    part = SourcePlan("grid", "tables", "0", records=3)
    part.assets.create = 2
    with pytest.raises(RuntimeError, match="3 records came in, 2 were taken and 0 refused"):
        part.check()
    part.refused = 1
    with pytest.raises(RuntimeError, match="with 0 rejects"):
        part.check()
    part.rejected = 1
    part.check()


def test_rows_that_filters_leave_out_are_told(
    twin_env: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text(SHEET, encoding="utf-8")
    words = [f"--option={key}={json.dumps(value)}" for key, value in OPTIONS.items()]
    command = ["import", "--loader", "sheet", "--source", "sheet", *words, str(tmp_path)]
    assert main([*command, "--dry-run", "--json"]) == 0
    part = json.loads(capsys.readouterr().out)["plan"]["sources"][0]
    assert (part["left_out"], part["records"], part["refused"]) == ({"a": 2}, 3, 0)
    assert main(command) == 0
    assert "sheet: 2 rows of a left out by the mapping's filters" in capsys.readouterr().out
