"""Long questions tell how far they are, end when whoever is told raises, and are refused after their time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.strategies import Tables
from twin import Snapshot
from twin.errors import LimitExceeded

Ask = Callable[..., Any]


class Enough(Exception):
    """Somebody wants no more."""


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A grid of routers (many routes), and rings that must be started by hand, with a standby feed each."""
    tables = Tables()
    side, rings = 4, 5
    routers = [[f"r{x}{y}" for y in range(side)] for x in range(side)]
    for name in (one for row in routers for one in row):
        tables.assets.append({"id": name, "kind": "router"})
    pairs = [(routers[x][y], routers[x + 1][y]) for x in range(side - 1) for y in range(side)]
    pairs += [(routers[x][y], routers[x][y + 1]) for x in range(side) for y in range(side - 1)]
    tables.links += [{"from": a, "type": "TRANSPORTS", "to": b} for a, b in pairs]
    for ring in range(rings):
        names = [f"{end}{ring}" for end in "abc"]
        tables.assets += [{"id": name, "kind": "site"} for name in names]
        tables.links += [
            {"from": a, "type": "SERVES", "to": b} for a, b in zip(names, names[1:] + names[:1], strict=True)
        ]
    tables.assets += [{"id": "grid", "kind": "bus"}, {"id": "plant", "kind": "power_plant"}]
    tables.assets += [{"id": "genset", "kind": "genset", "standby": "true", "start_delay_s": "60"}]
    tables.assets += [{"id": "load", "kind": "server"}]
    tables.links += [
        {"from": "plant", "type": "POWERS", "to": "grid"},
        {"from": "grid", "type": "POWERS", "to": "load"},
        {"from": "genset", "type": "POWERS", "to": "load"},
    ]
    return Snapshot.from_tables(tables.write(tmp_path_factory.mktemp("ending")))


QUESTIONS: dict[str, Ask] = {
    "routes": lambda s, **how: s.paths("r00", "r33", k=5, over=["TRANSPORTS"], **how),
    "routes that share no risk": lambda s, **how: s.paths(
        "r00", "r33", k=2, disjoint="risk", over=["TRANSPORTS"], **how
    ),
    "single points": lambda s, **how: s.single_points_of_failure("load", timeline=True, **how),
    "deadlocks": lambda s, **how: s.deadlocks(**how),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_tells_how_far_it_is_and_answers_the_same(snapshot: Snapshot, name: str) -> None:
    told: list[tuple[int, int]] = []
    ask = QUESTIONS[name]
    answer = ask(snapshot, progress=lambda done, total: told.append((done, total)))
    assert repr(answer) == repr(ask(snapshot))
    assert told
    assert all(0 <= done <= total or total == 0 for done, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_ends_at_any_time_it_tells(snapshot: Snapshot, name: str) -> None:
    ask, many = QUESTIONS[name], 0

    def count(done: int, total: int) -> None:
        nonlocal many
        many += 1

    ask(snapshot, progress=count)
    for last in {1, 2, many // 2 or 1}:
        seen = 0

        def stop(done: int, total: int) -> None:
            nonlocal seen
            seen += 1
            if seen == last:  # noqa: B023
                raise Enough

        if last <= many and (name != "routes that share no risk" or last == 1):  # how often depends on the solver
            with pytest.raises(Enough):
                ask(snapshot, progress=stop)
            assert seen == last


@pytest.mark.parametrize("name", ["deadlocks", "single points"])
def test_it_is_refused_after_its_time(snapshot: Snapshot, name: str) -> None:
    with pytest.raises(LimitExceeded) as caught:
        QUESTIONS[name](snapshot, limit_s=-1.0)
    assert "of" in caught.value.detail
    assert "no limit of time" in caught.value.fix


def test_places_for_portable_sources_are_as_before(snapshot: Snapshot) -> None:
    assert [(core.assets, core.exact) for core in snapshot.deadlocks()] == [
        ([f"{end}{ring}" for end in "abc"], True) for ring in range(5)
    ]


def test_a_part_of_the_time_tells_of_the_whole(tmp_path: Path) -> None:
    from twin.impact.paths.deadline import Deadline

    told: list[tuple[int, int]] = []
    whole = Deadline(100.0, lambda done, total: told.append((done, total)))
    assert not whole.part(0.5).over
    assert told == [(0, 100)]
    assert Deadline(0.0).over
    endless = Deadline(float("inf"), lambda done, total: told.append((done, total)))
    assert not endless.over
    assert told[-1] == (0, 0)
