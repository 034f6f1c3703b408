"""Questions about the twin as it would be, on the command line; no server is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from twin import Snapshot
from twin.ingest.edits.what_if import what_if
from twin.schema import default_schema

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]
SECOND = {"op": "link", "from": "bus-a", "type": "POWERS", "to": "ups"}


def lost(document: Any) -> set[str]:
    return {row["id"] for row in document["affected"] if row["verdict"] in ("failed", "down")}


def test_each_option_is_an_edit(twin: Cli, tables: str, tmp_path: Path) -> None:
    snap = Snapshot.from_tables(tables)
    file = tmp_path / "plan.toml"
    file.write_text('[[edits]]\nop = "link"\nfrom = "bus-a"\ntype = "POWERS"\nto = "ups"\n', encoding="utf-8")
    listed = tmp_path / "plan.json"
    listed.write_text(json.dumps([SECOND]), encoding="utf-8")
    cases: list[tuple[list[str], dict[str, Any]]] = [
        (["--with", str(file)], SECOND),
        (["--with", str(listed)], SECOND),
        (["--add-link", "bus-a POWERS ups"], SECOND),
        (["--add-link", "bus-a POWERS/b ups"], {**SECOND, "group": "b"}),
        (["--without", "genset"], {"op": "delete", "id": "genset"}),
        (["--out-of-service", "genset"], {"op": "set", "id": "genset", "properties": {"status": "out_of_service"}}),
        (
            ["--without-link", "bus-a POWERS feeder"],
            {"op": "unlink", "from": "bus-a", "to": "feeder", "type": "POWERS"},
        ),
    ]
    seen = set()
    for words, edit in cases:
        answer = twin("impact", "line", *words, "--tables", tables, "--json")
        over, told = what_if(snap, [edit], default_schema())
        assert answer.json == {**json.loads(json.dumps(over.impact(["line"]).to_dict())), "notice": told}
        assert told in answer.err
        seen.add(frozenset(lost(answer.json)))
    assert len(seen) >= 3


def test_several_together_and_said_again_in_the_hints(twin: Cli, tables: str) -> None:
    words = ["--out-of-service", "genset", "--without", "feeder", "--add-link", "bus-a POWERS ups"]
    answer = twin("impact", "bus-b", *words, "--tables", tables)
    assert answer.code == 0
    assert "What if: removed feeder; out of service genset; linked bus-a POWERS ups." in answer.err
    hint = next(line for line in answer.err.splitlines() if "twin timeline" in line)
    assert "--without feeder --out-of-service genset --add-link 'bus-a POWERS ups'" in hint


@pytest.mark.parametrize(
    "question",
    [
        ["impact", "line"],
        ["timeline", "line"],
        ["explain", "rack-2", "--event", "line"],
        ["compare", "--a", "line", "--b", "bus-b"],
        ["exposed", "line"],
        ["criticality"],
        ["spof", "rack-2"],
        ["cut-sets", "rack-2"],
        ["screen", "--random", "3", "--failures", "2"],
        ["paths", "plant", "feeder"],
        ["mesh"],
        ["cold-start"],
        ["deadlocks"],
        ["dependencies", "rack-2"],
        ["dependents", "bus-b"],
    ],
    ids=lambda words: words[0],
)
def test_every_question_takes_them(twin: Cli, tables: str, question: list[str]) -> None:
    answer = twin(*question, "--without", "genset", "--tables", tables, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["notice"] == "What if: removed genset. Nothing of this is written."
    plain = twin(*question, "--tables", tables, "--json")
    assert plain.json["notice"] is None  # nothing of it is left behind


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--without", "gensets"], "Did you mean genset"),
        (["--add-link", "bus-a POWER ups"], "Did you mean POWERS"),
        (["--add-link", "bus-a ups"], "is no link"),
        (["--add-link", "bus-a POWERS upsi"], "Did you mean ups"),
        (["--add-link", "feeder COOLS ups"], "COOLS does not go from load to ups"),
        (["--without-link", "plant POWERS ups"], "there is no link"),
        (["--with", "nowhere.json"], "No such file"),
        (["--with", "DAMAGED"], "is no TOML"),
        (["--with", "OTHER"], "is no list of edits"),
    ],
)
def test_what_makes_no_sense_is_told(twin: Cli, tables: str, tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "damaged.toml").write_text("[[edits", encoding="utf-8")
    (tmp_path / "other.json").write_text('{"add": []}', encoding="utf-8")
    named = {"DAMAGED": str(tmp_path / "damaged.toml"), "OTHER": str(tmp_path / "other.json")}
    answer = twin("impact", "line", *(named.get(word, word) for word in words), "--tables", tables)
    assert answer.code == 2
    assert says in answer.err
    assert "fix:" in answer.err


def test_dependents_by_service_and_domain(twin: Cli, tables: str) -> None:
    def ids(*words: str) -> list[str]:
        return sorted(row["id"] for row in twin(*words, "--tables", tables, "--json").json["items"])

    every = ["bus-a", "feeder", "line", "rack-1", "rack-2", "server", "ups"]

    assert ids("dependents", "bus-b", "--service", "power") == every
    assert ids("dependents", "ups", "--service", "power", "--domain", "compute") == ["rack-1", "server"]
    assert ids("dependents", "ups", "--service", "housing") == []
    assert ids("dependents", "bus-b", "--service", "power", "--through", "energy") == [
        "bus-a",
        "feeder",
        "line",
        "ups",
    ]
    assert ids("dependents", "rack-1", "--service", "power", "--service", "housing") == ["server"]
    assert ids("dependents", "bus-b", "--hops", "1") == ids("dependents", "bus-b", "--depth", "1")
    for words, says in (
        (("--service", "powr"), "Did you mean power"),
        (("--through", "energi"), "Did you mean energy"),
    ):
        answer = twin("dependents", "bus-b", *words, "--tables", tables)
        assert answer.code == 2
        assert says in answer.err
