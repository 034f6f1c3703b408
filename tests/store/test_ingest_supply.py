"""Rows that are left out must not turn their consumer into a source that nobody hears of (design §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.store.ingest_tables import load, write
from twin.ingest.rollback import rollback
from twin.ingest.run import quiet
from twin.service import Twin
from twin.store import Endpoint, Store

pytestmark = pytest.mark.store

#: A power plant requires no service: without a link it would be a plain source.
ASSETS = [("g", "generator"), ("b", "bus"), ("d", "data_centre"), ("s", "power_plant")]
GOOD = [("g", "POWERS", "b"), ("b", "POWERS", "d")]
CODE = "supplier_skipped"


@pytest.fixture
def twin(endpoint: Endpoint, store: Store, tmp_path: Path) -> Iterator[Callable[[], Twin]]:
    """Opens the twin anew, as the next question does."""
    opened: list[Twin] = []

    def make() -> Twin:
        opened.append(Twin.connect(endpoint.uri, endpoint.user, endpoint.password, home=tmp_path / "home"))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def told(store: Store) -> list[tuple[str, list[str], str]]:
    return [(r["severity"], r["assets"], r["scope"]) for r in store.rows("ingest.findings") if r["code"] == CODE]


@pytest.mark.parametrize(
    "bad",
    [
        ("nowhere", "POWERS", "s"),
        ("b", "POWRS", "s"),
        ("", "POWERS", "s"),
        ("b", "POWERS", "s", "", "minus one"),
        ("b", "CARRIES", "s"),
    ],
    ids=["missing end", "unknown type", "missing value", "bad need", "disallowed ends"],
)
def test_a_skipped_supplier_is_told_in_every_answer_that_rests_on_it(
    store: Store, twin: Callable[[], Twin], tmp_path: Path, bad: tuple[str, ...]
) -> None:
    links = [*GOOD, ("s", "POWERS", "d"), bad]
    load(store, write(tmp_path / "x", ASSETS, links), skip_rejects=True)
    assert ("error", ["grid:s"], "grid") in told(store)
    answer = twin().impact(["grid:g"])
    assert answer.assumptions["assumed_supplied"] == 1
    assert any("grid:s" in note for note in answer.notes)
    found = [f for f in twin().findings() if f.code == CODE]
    assert len(found) == len(set(found)) == len(told(store))
    load(store, write(tmp_path / "x", ASSETS, [*links[:-1], ("b", "POWERS", "s")]))
    assert told(store) == []
    calm = twin().impact(["grid:g"])
    assert (calm.assumptions["assumed_supplied"], [n for n in calm.notes if "grid:s" in n]) == (0, [])


def test_a_consumer_with_another_supplier_is_not_told(store: Store, tmp_path: Path) -> None:
    links = [*GOOD, ("b", "POWERS", "s"), ("nowhere", "POWERS", "s")]
    load(store, write(tmp_path / "x", ASSETS, links), skip_rejects=True)
    assert told(store) == []


def test_both_ends_of_a_mesh_link_are_consumers(store: Store, tmp_path: Path) -> None:
    assets = [("a", "bus"), ("l", "power_line"), ("b", "bus")]
    load(store, write(tmp_path / "x", assets, [("a", "CONDUCTS", "b"), ("a", "CONDUCTS", "l")]), skip_rejects=True)
    assert sorted(asset for _, (asset,), _ in told(store)) == ["grid:b"], "a has the line; a bus does not conduct a bus"


def test_only_what_is_told_changed_and_yet_it_is_a_new_revision(
    store: Store, twin: Callable[[], Twin], tmp_path: Path
) -> None:
    first = load(store, write(tmp_path / "x", ASSETS, GOOD))
    assert twin().impact(["grid:g"]).assumptions["assumed_supplied"] == 0
    bad = [*GOOD, ("nowhere", "POWERS", "s")]
    second = load(store, write(tmp_path / "x", ASSETS, bad), skip_rejects=True)
    assert (second.status, second.revision) == ("applied", first.revision + 1)
    assert twin().impact(["grid:s"]).assumptions["assumed_supplied"] == 1
    again = load(store, tmp_path / "x", skip_rejects=True)
    assert (again.status, again.revision, len(told(store))) == ("unchanged", second.revision, 1)
    rollback(store, str(second.run), quiet)
    assert told(store) == []
    third = load(store, write(tmp_path / "x", ASSETS, bad), skip_rejects=True)
    mended = load(store, write(tmp_path / "x", ASSETS, GOOD))
    assert (mended.revision, told(store)) == (third.revision + 1, [])


def test_a_removed_last_supplier_is_told_in_the_answers_too(
    store: Store, twin: Callable[[], Twin], tmp_path: Path
) -> None:
    links = [*GOOD, ("b", "POWERS", "s"), ("s", "POWERS", "d")]
    load(store, write(tmp_path / "x", ASSETS, links))
    load(store, write(tmp_path / "x", ASSETS, [link for link in links if link[2] != "s"]), replace=True, force=True)
    answer = twin().impact(["grid:g"])
    assert answer.assumptions["assumed_supplied"] == 1
    assert any("grid:s" in note for note in answer.notes)
