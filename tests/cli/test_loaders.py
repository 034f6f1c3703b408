"""``twin loaders``, ``twin map`` and ``twin import --guess``: no server is needed for any of these."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.loader_tools import FIXTURES

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]


def test_loaders_are_listed(twin: Cli) -> None:
    answer = twin("loaders")
    assert answer.code == 0
    names = [line.split()[0] for line in answer.out.splitlines()]
    assert {"gis", "pypsa", "sheet", "tables", "topohub"} <= set(names)
    listed = json.loads(twin("loaders", "--json").out)["loaders"]
    assert [each["name"] for each in listed] == names[1:]
    assert all(each["title"] and each["formats"] for each in listed)


def test_the_options_of_a_loader(twin: Cli) -> None:
    answer = twin("loaders", "sheet")
    rows = {line.split()[0]: line for line in answer.out.splitlines() if line}
    assert "needed" in rows["assets.NAME.id"]
    assert "Decimal sign" in rows["tables.NAME.decimal"]
    assert "What supplies" in rows["links.NAME.from"]
    options = json.loads(twin("loaders", "tables", "--json").out)["options"]
    assert {
        "option": "delimiter",
        "type": "text",
        "default": '","',
        "description": "What separates the cells.",
    } in options
    missing = twin("loaders", "shet")
    assert missing.code == 2
    assert "sheet" in missing.err


def test_a_mapping_is_written(twin: Cli, tmp_path: Path) -> None:
    target = tmp_path / "twin.toml"
    answer = twin("map", str(FIXTURES / "sheet"), "--source", "werk", "-o", str(target))
    assert answer.code == 0
    made = tomllib.loads(target.read_text(encoding="utf-8"))["import"][0]
    assert made["source"] == "werk"
    assert (tmp_path / made["path"]).resolve() == (FIXTURES / "sheet").resolve()
    again = twin("map", str(FIXTURES / "sheet"), "-o", str(target))
    assert (again.code, "nothing is overwritten" in again.err) == (2, True)
    shown = twin("map", str(FIXTURES / "gis"), "--json")
    assert json.loads(shown.out)["loader"] == "gis"
    assert tomllib.loads(twin("map", str(FIXTURES / "gis")).out)["import"][0]["loader"] == "gis"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("map", "nowhere"), "source_unreadable"),
        (("map", str(FIXTURES / "topohub" / "ring.json")), "invalid_parameter"),
        (("map", str(FIXTURES / "sheet"), "--loader", "pypsa"), "invalid_parameter"),
        (("map", str(FIXTURES / "sheet"), "--source", "A B"), "invalid_parameter"),
        (("map", str(FIXTURES / "sheet"), "-o", "nowhere/twin.toml"), "invalid_parameter"),
        (("import", "--guess"), "invalid_parameter"),
        (("import", "--guess", "nowhere"), "source_unreadable"),
        (("import", "--guess", "x", "--loader", "gis"), "invalid_parameter"),
    ],
)
def test_what_cannot_be(twin: Cli, words: tuple[str, ...], code: str) -> None:
    answer = twin(*words, "--json")
    assert answer.code == 2
    assert json.loads(answer.out or answer.err)["error"]["code"] == code


def test_guess(twin: Cli) -> None:
    answer = twin("import", "--guess", str(FIXTURES / "pypsa"))
    assert answer.code == 0
    assert "97% pypsa: a folder with buses.csv and lines.csv" in answer.err
    assert "sheet" in answer.err
    assert tomllib.loads(answer.out)["import"][0]["loader"] == "pypsa"
    document = json.loads(twin("import", "--guess", str(FIXTURES / "gis"), "--json").out)
    assert document["guesses"][0]["loader"] == "gis"
    assert tomllib.loads(document["toml"])["import"][0]["options"]["layers"].keys() >= {"busbars", "stations"}
