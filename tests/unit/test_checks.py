"""What the data show to be doubtful: each check finds its case, and leaves what is fine alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from twin import Snapshot
from twin.impact.checks.doubles import _many_sources
from twin.model import Finding

HEAD = "id,kind,name,lon,lat,wkt,status,voltage_kv,length_km,black_start"
Ask = Callable[..., dict[str, list[Finding]]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Findings by code of assets (lines of a table) and links ("a TYPE b")."""

    def found(assets: list[str], links: list[str], head: str = HEAD) -> dict[str, list[Finding]]:
        rows = [row + "," * (head.count(",") - row.count(",")) for row in assets]
        (tmp_path / "assets.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
        lines = [",".join([a, t, b, *more]) for a, t, b, *more in (link.split() for link in links)]
        rows = [line + "," * (4 - line.count(",")) for line in lines]
        (tmp_path / "links.csv").write_text("\n".join(["from,type,to,group,need", *rows]) + "\n", encoding="utf-8")
        codes: dict[str, list[Finding]] = {}
        for finding in Snapshot.from_tables(tmp_path).findings:
            codes.setdefault(finding.code, []).append(finding)
        return codes

    return found


def test_the_missing_supplier_is_named_and_what_follows_is_not(ask: Ask) -> None:
    found = ask(
        ["g,generator,,,,,out_of_service", "h,generator", "b,bus", "l,load"],
        ["g POWERS b mains 2", "h POWERS b mains 2", "b POWERS l"],
    )
    (finding,) = found["no_supplier"]
    assert finding.assets == ("b",)
    assert "needs 2 of 2 and has 1: missing g (out_of_service)" in finding.message
    assert found["baseline_down"][0].count == 2


def test_one_cause_of_many_is_told_once(ask: Ask) -> None:
    """Gates that lack the same members are one finding, the one that takes most down first."""
    off = ",,,,,out_of_service"
    found = ask(
        [f"g,generator{off}", f"h,generator{off}", "x,bus", "a,bus", "b,bus", "c,bus", "d,bus"],
        ["h POWERS x", "g POWERS a", "g POWERS b", "g POWERS c", "g POWERS d", "h POWERS d"],
    )
    told = [(finding.assets, finding.count) for finding in found["no_supplier"]]
    assert told == [(("a", "b", "c"), 3), (("x",), 1), (("d",), 1)]
    first, *_ = found["no_supplier"]
    assert first.message == (
        "3 assets do not operate because gates power/power of theirs lack members: missing g (out_of_service)"
    )


def test_lines_joined_at_one_end_are_told(ask: Ask) -> None:
    assets = ["g,generator", "a,bus", "b,bus", "l,power_line", "k,power_line", "m,power_line", "v,load"]
    assets += ["r,router", "s,span", "t,span", "q,router", "p,power_line,,,,,planned"]
    links = ["g POWERS a", "a CONDUCTS l", "l CONDUCTS b", "a CONDUCTS k", "a CONDUCTS k", "a CONDUCTS m"]
    links += ["m POWERS v", "r TRANSPORTS s", "q TRANSPORTS s", "r TRANSPORTS t", "a CONDUCTS p"]
    found = ask(assets, links)["dangling_end"]
    assert [(finding.assets, finding.severity) for finding in found] == [(("k",), "warning"), (("t",), "warning")]


def test_a_loop_without_a_source_is_told_once(ask: Ask) -> None:
    found = ask(
        ["a,bus", "b,bus", "l,power_line", "x,load", "g,generator", "c,bus"],
        ["a CONDUCTS l", "l CONDUCTS b", "b POWERS x", "g POWERS c"],
    )
    (finding,) = found["no_source"]
    assert set(finding.assets) == {"a", "b", "l"}
    assert "no_supplier" not in found


def test_a_loop_that_a_dead_supplier_would_feed_blames_the_supplier(ask: Ask) -> None:
    found = ask(
        ["a,bus", "l,power_line", "b,bus", "t,transformer", "g,generator,,,,,out_of_service"],
        ["a CONDUCTS l", "l CONDUCTS b", "t POWERS a", "g POWERS t"],
    )
    assert [f.assets for f in found["no_supplier"]] == [("t",)]
    assert "no_source" not in found


def test_a_circuit_whose_ends_are_not_joined(ask: Ask) -> None:
    links = ["r1 TRANSPORTS s", "r1 CONNECTS c", "r2 CONNECTS c"]
    assets = ["r1,router", "r2,router", "s,span", "c,circuit"]
    assert ask(assets, links)["circuit_without_route"][0].assets == ("c",)
    assert "circuit_without_route" not in ask(assets, [*links, "s TRANSPORTS r2"])


def test_assets_without_any_link(ask: Ask) -> None:
    found = ask(["a,bus", "g,generator", "alone,bus", "other,load", "place,country"], ["g POWERS a"])
    assert {f.assets for f in found["isolated_asset"]} == {("alone",), ("other",)}


def test_parts_of_a_mesh(ask: Ask) -> None:
    assets = ["a,bus", "b,bus", "c,bus", "d,bus", "l,power_line", "m,power_line", "g,generator"]
    links = ["a CONDUCTS l", "l CONDUCTS b", "c CONDUCTS m", "g POWERS a", "g POWERS c"]
    (finding,) = ask(assets, links)["mesh_islands"]
    assert set(finding.assets) == {"c", "m"}
    assert "2 parts: the largest has 3 assets" in finding.message
    assert "mesh_islands" not in ask(assets, [*links, "b CONDUCTS m"])


def test_two_voltages_without_a_transformer(ask: Ask) -> None:
    assets = ["a,bus,,,,,,110", "l,power_line,,,,,,380", "t,transformer,,,,,,380", "b,bus,,,,,,400", "g,generator"]
    found = ask(assets, ["a CONDUCTS l", "l CONDUCTS b", "t CONDUCTS a", "g POWERS a"])
    (finding,) = found["voltage_mismatch"]
    assert set(finding.assets) == {"a", "l"}  # 380 and 400 kV are one level, a transformer may have two
    assert "a (110 kV) at l (380 kV)" in finding.message


def test_lines_without_length(ask: Ask) -> None:
    rows = ["g,generator", "a,bus", "z,power_line,,,,,,,0", "ok,power_line,,,,,,,3", "blank,power_line"]
    drawn = 'p,power_line,,,,"LINESTRING (9 52;9 52)"'.replace(";", ",")
    long = 'q,power_line,,,,"LINESTRING (9 52;9 53)"'.replace(";", ",")
    (finding,) = ask([*rows, drawn + ",,,,", long + ",,,,"], ["g POWERS a"])["zero_length"]
    assert finding.assets == ("z", "p")


@pytest.mark.parametrize(
    ("row", "code"),
    [("x,bus,,52.1,9.1", "swapped_coordinates"), ("x,bus,,-70,9", "far_off"), ("x,bus,,0,0", "null_island")],
)
def test_coordinates_that_cannot_be_right(ask: Ask, row: str, code: str) -> None:
    fine = [f"b{i},bus,,{9 + i / 10},{52 + i / 10}" for i in range(8)]
    found = ask([*fine, row], [])
    assert [f.assets for f in found[code]] == [("x",)]
    assert not {"swapped_coordinates", "far_off", "null_island"} & set(ask(fine, []))


def test_the_same_asset_twice(ask: Ask) -> None:
    found = ask(
        ["a,substation,Nord,9,52", "b,substation,NORD,9.00001,52", "c,substation,Süd,9,52", "d,load,Nord,9,52"], []
    )
    (finding,) = found["duplicate_place"]
    assert set(finding.assets) == {"a", "b"}


def test_two_sources_at_one_place() -> None:
    place, source = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 2, 2, 0])
    assert _many_sources(place, source).tolist() == [True, True, False, False, False]


def test_a_standby_source_that_needs_what_it_supplies(ask: Ask) -> None:
    found = ask(
        ["g,genset,,,,,,,,,true", "b,bus,,,,,,,,,true", "l,load"],
        ["g POWERS b", "b POWERS l"],
        head=f"{HEAD},standby",
    )
    (finding,) = found["standby_not_source"]
    assert finding.assets == ("b",)
