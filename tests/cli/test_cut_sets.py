"""``twin cut-sets`` over tables."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]


def test_sets_by_name_with_their_orders(twin: Cli, tables: str) -> None:
    answer = twin("cut-sets", "feeder", "--order", "2", "--tables", tables)
    assert answer.code == 0
    assert "Minimal cut sets of feeder (Village), of at most 2, steady, all buffers and fuel spent" in answer.out
    assert "3 of order 1; 5 assets can fail" in answer.out
    assert "plant (Nord)" in answer.out
    assert "How likely it is cannot be said" in answer.out
    assert "next:" in answer.err
    assert "next:" not in answer.out


def test_how_likely_it_is(twin: Cli, tables: str) -> None:
    words = ("--unavailability", "plant=0.1", "--kind-unavailability", "bus=0.01", "--tables", tables)
    answer = twin("cut-sets", "ups", "--can-fail", "bus,power_plant", *words)
    assert answer.code == 0
    assert "Unavailability: 0.11791, exact" in answer.out  # 1 - 0.9 * 0.99 * 0.99
    assert "fussell vesely" in answer.out
    document = twin("cut-sets", "ups", "--can-fail", "bus,power_plant", *words, "--json").json
    assert [entry["assets"] for entry in document["sets"]] == [["plant"], ["bus-a"], ["bus-b"]]
    assert document["unavailability"]["value"] == pytest.approx(1 - 0.9 * 0.99 * 0.99)
    assert {"revision", "model_level", "notice", "counts", "importances"} <= document.keys()


def test_in_time_a_buffer_counts(twin: Cli, tables: str) -> None:
    early = twin("cut-sets", "ups", "--order", "1", "--timeline", "-H", "5min", "--tables", tables, "--json").json
    assert [entry["assets"] for entry in early["sets"]] == [["ups"]]
    late = twin("cut-sets", "ups", "--order", "1", "--timeline", "-H", "20min", "--tables", tables, "--json").json
    assert [entry["assets"] for entry in late["sets"]] == [["bus-a"], ["bus-b"], ["line"], ["plant"], ["ups"]]


def test_sets_as_tables_and_never_as_a_layer(twin: Cli, tables: str, tmp_path: Path) -> None:
    words = ["cut-sets", "feeder", "--order", "2", "--tables", tables]
    wanted = [entry["assets"] for entry in twin(*words, "--json").json["sets"]]
    for suffix in (".parquet", ".arrow", ".csv", ".json"):
        assert twin(*words, "-o", str(tmp_path / f"sets{suffix}")).code == 0
    for table in (pq.read_table(tmp_path / "sets.parquet"), feather.read_table(tmp_path / "sets.arrow")):
        assert table["assets"].to_pylist() == wanted
        assert table["order"].to_pylist() == [len(names) for names in wanted]
    for suffix in (".gpkg", ".fgb", ".geojson"):
        refused = twin(*words, "-o", str(tmp_path / f"sets{suffix}"))
        assert refused.code == 2
        assert "cut sets have no place on a map" in refused.err
        assert ".json, .csv, .parquet, .arrow" in refused.err


def test_every_order_and_as_a_file(twin: Cli, tables: str, tmp_path: Path) -> None:
    target = tmp_path / "sets.csv"
    answer = twin("cut-sets", "feeder", "--order", "all", "--tables", tables, "-o", str(target))
    assert answer.code == 0
    assert answer.out == ""
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert {row["assets"] for row in rows} >= {"feeder", "plant"}
    assert [int(row["order"]) for row in rows] == sorted(int(row["order"]) for row in rows)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("feeder", "--order", "0"), "the order is 0"),
        (("feeder", "--order", "two"), "the order is 'two'"),
        (("feeder", "--order", "99"), "99"),
        (("feeder", "--can-fail", "buss"), "Did you mean bus"),
        (("feeder", "--unavailability", "plant"), "is not NAME=P"),
        (("feeder", "--unavailability", "plant=2"), "unavailability of plant is 2"),
        (("feeder", "--kind-unavailability", "x=0.1"), "no asset has the kind"),
        (("feder",), "Did you mean"),
        (("spare",), "is not in service"),
        (("feeder", "-H", "5min"), "--horizon needs --timeline"),
    ],
)
def test_what_cannot_be_asked(twin: Cli, tables: str, words: tuple[str, ...], says: str) -> None:
    answer = twin("cut-sets", *words, "--tables", tables)
    assert answer.code == 2
    assert says in answer.err
    assert "fix:" in answer.err
    assert answer.out == ""
