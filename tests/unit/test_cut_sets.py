"""Cut sets, unavailability and importances against brute force over the slow reference, on random cyclic systems."""

from __future__ import annotations

import itertools
import math
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reference.steady import baseline, finite_standby, operating
from tests.reference.system import System as Reference
from tests.reference.timed import Run
from tests.reference.verdicts import Verdicts
from tests.unit.strategies import SeededPicker, Tables, Traits, event, generate
from twin import Snapshot
from twin.errors import InvalidParameter, LimitExceeded, UnknownAsset
from twin.impact.cutsets import CutSets, find
from twin.impact.cutsets.structure import upstream
from twin.impact.cutsets.witness import Witnesses

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
SEEDS = 2_000 if SOAK else 80
BLOCKS = 5
METHODS = ("bdd", "search")


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way to the sets; where a search could do, the diagram is not tried with two nodes."""
    found: str = request.param
    if found == "search":
        monkeypatch.setattr(find, "TRY_NODES", 2)
    return found


class Brute:
    """The definition, by the reference: every subset is tried."""

    def __init__(self, tables: Tables) -> None:
        with tempfile.TemporaryDirectory() as folder:
            tables.write(Path(folder))
            self.system = Reference.read(folder, tables.schema)
            self.snapshot = Snapshot.from_tables(folder, schema=tables.schema)
        self.before = baseline(self.system)
        self.mute = finite_standby(self.system)

    def down(self, target: str, failed: set[str]) -> bool:
        return target not in operating(self.system, self.before - failed, self.mute)

    def cuts(self, target: str, order: int, can_fail: set[str]) -> list[list[str]]:
        found: list[set[str]] = []
        for size in range(1, order + 1):
            for chosen in itertools.combinations(sorted(can_fail & self.before), size):
                failed = set(chosen)
                if not any(cut <= failed for cut in found) and self.down(target, failed):
                    found.append(failed)
        return sorted(sorted(cut) for cut in found)

    def unavailability(self, target: str, chance: dict[str, float]) -> float:
        total = 0.0
        names = sorted(chance)
        for states in itertools.product((False, True), repeat=len(names)):
            p = float(np.prod([chance[n] if down else 1 - chance[n] for n, down in zip(names, states, strict=True)]))
            if p and self.down(target, {n for n, down in zip(names, states, strict=True) if down}):
                total += p
        return total


def sets(result: CutSets) -> list[list[str]]:
    return sorted(entry["assets"] for entry in result.sets)


def systems(block: int, largest: int) -> Any:
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        traits = Traits(user_types=seed % 3 == 0, largest=8 if seed % 2 else largest)
        yield seed, Brute(generate(SeededPicker(seed), traits))


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_sets_are_those_of_the_definition(block: int, method: str) -> None:
    used = 0
    for seed, brute in systems(block, 14):
        for target in random.Random(seed).sample(sorted(brute.before), min(3, len(brute.before))):
            free = brute.snapshot.cut_sets(target, 1)
            result = brute.snapshot.cut_sets(target, min(3, free.can_fail))
            wanted = brute.cuts(target, result.order or 0, set(brute.before))
            assert sets(result) == wanted, f"seed {seed} {target}"
            assert sum(result.counts[: (result.order or 0) + 1]) == len(wanted)
            used += result.method == method
    assert used


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_set_and_only_some_kinds(block: int) -> None:
    """All orders at once, when only some kinds can fail."""
    for seed, brute in systems(block, 8):
        rng = random.Random(seed)
        kinds = {a.id: a.kind for a in brute.system.assets.values()}
        chosen = sorted({kinds[name] for name in rng.sample(sorted(kinds), min(3, len(kinds)))})
        may = {name for name, kind in kinds.items() if kind in chosen}
        for target in sorted(brute.before)[:2]:
            result = brute.snapshot.cut_sets(target, None, can_fail=chosen)
            assert sets(result) == brute.cuts(target, len(may), may), f"seed {seed} {target}"
            assert result.complete
            assert result.counts == [sum(len(s) == k for s in sets(result)) for k in range(len(result.counts))]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_unavailability_and_importances_by_enumeration(block: int) -> None:
    for seed, brute in systems(block, 8):
        rng = random.Random(seed)
        chance = {
            name: rng.choice((0.0, 0.01, 0.2, 0.5, 1.0))
            for name in rng.sample(sorted(brute.before), min(5, len(brute.before)))
        }
        for target in sorted(brute.before)[-2:]:
            result = brute.snapshot.cut_sets(target, 1, probabilities=chance)
            mine = {name: p for name, p in chance.items() if name in _upstream(brute.snapshot, target)}
            if not mine:
                assert result.unavailability is None
                continue
            assert result.unavailability is not None
            p = brute.unavailability(target, mine)
            assert result.unavailability["value"] == pytest.approx(p, abs=1e-12), f"seed {seed} {target}"
            assert result.unavailability["with_data"] == len(mine)
            listed = {entry["id"]: entry for entry in result.importances}
            assert set(listed) <= {name for name, q in mine.items() if q > 0}
            for name, q in mine.items():
                up, down = (brute.unavailability(target, {**mine, name: x}) for x in (0.0, 1.0))
                if name not in listed:
                    assert q * (down - up) == 0 or p == 0
                    continue
                entry = listed[name]
                assert entry["birnbaum"] == pytest.approx(down - up, abs=1e-12)
                assert entry["fussell_vesely"] == pytest.approx((p - up) / p)
                assert entry["raw"] == pytest.approx(down / p)
                assert entry["rrw"] == (pytest.approx(p / up) if up > p * 1e-9 else None)


def _upstream(snapshot: Snapshot, target: str) -> set[str]:
    return {target, *(step["id"] for step in snapshot.dependencies(target))}


def test_bounds_hold_where_no_diagram_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "_by_diagram", _no_diagram)
    monkeypatch.setattr(find, "Structure", _no_diagram)
    tight = wide = 0
    for seed, brute in itertools.chain.from_iterable(systems(block, 8) for block in range(BLOCKS)):
        rng = random.Random(seed)
        chance = {
            name: rng.choice((0.01, 0.2, 0.5)) for name in rng.sample(sorted(brute.before), min(6, len(brute.before)))
        }
        for target in sorted(brute.before)[-2:]:
            for order in (1, 2):
                if order > len(_upstream(brute.snapshot, target) & brute.before):
                    continue
                result = brute.snapshot.cut_sets(target, order, probabilities=chance)
                if result.unavailability is None:
                    continue
                assert result.unavailability["value"] is None
                p = brute.unavailability(target, chance)
                lower, upper = result.unavailability["lower"], result.unavailability["upper"]
                assert lower - 1e-12 <= p <= upper + 1e-12, f"seed {seed} {target}"
                tight += upper - lower < 1e-12
                wide += upper - lower >= 1e-12
    assert tight
    assert wide


def _no_diagram(*args: Any) -> Any:
    raise find.NodeLimit("none in this test")


def test_single_sets_are_what_the_steady_cascade_says(method: str) -> None:
    for seed in range(40):
        snapshot = Brute(generate(SeededPicker(1000 + seed), Traits(largest=25))).snapshot
        working = snapshot.steady([])
        alone = {name: snapshot.steady([name]) for name in working}
        for target in sorted(working)[:3]:
            wanted = sorted([name] for name in working if target not in alone[name])
            assert sets(snapshot.cut_sets(target, 1)) == wanted, f"seed {seed} {target}"


@pytest.mark.parametrize("block", range(BLOCKS))
def test_in_time_by_the_reference(block: int) -> None:
    """Every event of two assets at most is run by the reference."""
    later = 0
    for seed, brute in systems(block, 8):
        if seed % 2 == 0 and not SOAK:
            continue
        names, run = sorted(brute.before), Run(brute.system)
        events = [set(chosen) for size in (1, 2) for chosen in itertools.combinations(names, size)]
        for horizon in (math.inf, 20.0):
            down: list[tuple[set[str], set[str]]] = []
            for failed in events:
                answers = Verdicts(brute.system, failed, horizon, run).answers()
                down.append((failed, {v for v, a in answers.items() if a.verdict in ("failed", "down")}))
            for target in names[-2:]:
                taking = [failed for failed, gone in down if target in gone]
                wanted = sorted(sorted(a) for a in taking if not any(b < a for b in taking))
                order = min(2, len(_near(brute.snapshot, target)))
                how = {"timeline": True, "horizon_s": None if horizon == math.inf else horizon}
                result = brute.snapshot.cut_sets(target, order, **how)
                assert sets(result) == [c for c in wanted if len(c) <= order], f"seed {seed} {target} {horizon}"
                later += sets(result) != sets(brute.snapshot.cut_sets(target, 1))
    assert later


def _near(snapshot: Snapshot, target: str) -> list[int]:
    system = snapshot.system
    return [v for v in upstream(system, snapshot.catalogue.row(target), callers=True) if system.baseline[v]]


# -- what it refuses ----------------------------------------------------------------------------------------


@pytest.fixture
def chain(tmp_path: Path) -> Snapshot:
    """Two plants feed a bus, the bus a load; a second bus is dead, a third one planned."""
    made = Tables(
        [
            {"id": "p1", "kind": "power_plant"},
            {"id": "p2", "kind": "power_plant"},
            {"id": "bus", "kind": "bus"},
            {"id": "load", "kind": "load"},
            {"id": "a", "kind": "bus"},
            {"id": "b", "kind": "bus"},
            {"id": "spare", "kind": "bus", "status": "planned"},
        ],
        [
            {"from": "p1", "type": "POWERS", "to": "bus"},
            {"from": "p2", "type": "POWERS", "to": "bus"},
            {"from": "bus", "type": "POWERS", "to": "load"},
            {"from": "a", "type": "CONDUCTS", "to": "b"},
        ],
    )
    return Snapshot.from_tables(made.write(tmp_path))


def test_a_small_answer_in_full(chain: Snapshot) -> None:
    result = chain.cut_sets("load", 2, probabilities={"p1": 0.1, "p2": 0.2, "bus": 0.0}).to_dict()
    assert [s["assets"] for s in result["sets"]] == [["bus"], ["load"], ["p1", "p2"]]
    assert [s["probability"] for s in result["sets"]] == [0.0, None, pytest.approx(0.02)]
    assert result["counts"] == [0, 2, 1]
    assert result["total"] == 3
    assert result["can_fail"] == 4
    assert result["state"] == "steady"
    assert result["asset"]["id"] == "load"
    assert result["assets"]["p1"] == {"kind": "power_plant", "domain": "energy", "name": None}
    known = result["unavailability"]
    assert (known["value"], known["with_data"], known["without_data"]) == (pytest.approx(0.02), 3, 1)
    assert len(chain.cut_sets("load", 2).to_dict(limit=1)["sets"]) == 1
    by_kind = chain.cut_sets("load", 2, probabilities={"p1": 0.5}, kind_probabilities={"power_plant": 0.1})
    assert by_kind.unavailability is not None
    assert by_kind.unavailability["value"] == pytest.approx(0.05)


def test_times_give_the_unavailability(tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text(
        "id,kind,name,unavailability,mttf_h,mttr_h\np,power_plant,P,,999,1\nbus,bus,B,0.25,1,1\nload,load,L,,5,\n"
    )
    (tmp_path / "links.csv").write_text("from,type,to\np,POWERS,bus\nbus,POWERS,load\n")
    result = Snapshot.from_tables(tmp_path, strict=True).cut_sets("load")
    assert result.unavailability is not None
    assert result.unavailability["value"] == pytest.approx(1 - 0.999 * 0.75)
    assert (result.unavailability["with_data"], result.unavailability["without_data"]) == (2, 1)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"order": 0}, "the order is 0; 4 assets"),
        ({"order": 5}, "Give 1 to 4"),
        ({"horizon_s": 5}, "needs the run in time"),
        ({"timeline": True, "horizon_s": -1}, "the horizon is -1"),
        ({"kind_probabilities": {"buss": 0.1}}, "Did you mean bus"),
        ({"can_fail": ["buss"]}, "Did you mean bus"),
        ({"probabilities": {"p1": 1.5}}, "the unavailability of p1 is 1.5"),
        ({"probabilities": {"p1": float("nan")}}, "the unavailability of p1 is nan"),
    ],
)
def test_what_cannot_be_asked_is_refused(chain: Snapshot, how: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        chain.cut_sets("load", **how)
    assert says in f"{caught.value.detail} {caught.value.fix}"


def test_unknown_assets_are_refused(chain: Snapshot) -> None:
    with pytest.raises(UnknownAsset, match="load"):
        chain.cut_sets("loads")
    with pytest.raises(UnknownAsset):
        chain.cut_sets("load", probabilities={"p9": 0.1})


@pytest.mark.parametrize(("name", "says"), [("a", "does not operate"), ("spare", "is not in service")])
def test_what_is_down_already_has_no_cut_sets(chain: Snapshot, name: str, says: str) -> None:
    with pytest.raises(InvalidParameter, match=says):
        chain.cut_sets(name)


def test_the_order_nobody_asked_for_is_no_error(chain: Snapshot) -> None:
    assert sets(chain.cut_sets("p1")) == [["p1"]]
    with pytest.raises(InvalidParameter, match="the order is 2; 1 asset that p1 rests on can fail"):
        chain.cut_sets("p1", 2)


def test_no_cascade_or_run_after_the_time_there_is(chain: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceeded, match="in the time there is: those of fewer than"):
        chain.cut_sets("load", 2, timeline=True, limit_s=-1)
    monkeypatch.setattr(find, "TRY_NODES", 2)
    with pytest.raises(LimitExceeded, match="in the time there is: those of fewer than"):
        chain.cut_sets("load", 2, limit_s=-1)


def test_too_much_is_refused_with_what_was_reached(chain: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceeded, match="2 nodes"):
        chain.cut_sets("load", None, max_nodes=2)
    with pytest.raises(LimitExceeded, match="all orders"):
        chain.cut_sets("load", None, timeline=True)
    with pytest.raises(LimitExceeded, match="fewer than 1 assets are complete"):
        chain.cut_sets("load", 2, timeline=True, max_steps=2)
    monkeypatch.setattr(find, "TRY_NODES", 2)
    with pytest.raises(LimitExceeded) as caught:
        chain.cut_sets("load", 2, max_steps=4)
    assert caught.value.extra == {"complete_order": 1, "found": 2}
    assert "--order 1" in caught.value.fix
    monkeypatch.setattr(find, "MAX_SETS", 2)
    with pytest.raises(LimitExceeded, match="3 minimal cut sets"):
        chain.cut_sets("load", 2)


def test_a_path_set_keeps_the_asset_up_whatever_else_fails() -> None:
    """By the reference; and it is hardly ever all that works."""
    small = 0
    for seed in range(60):
        pick = SeededPicker(2000 + seed)
        tables = generate(pick, Traits(user_types=seed % 3 == 0, largest=25))
        brute = Brute(tables)
        system, catalogue = brute.snapshot.system, brute.snapshot.catalogue
        failed = set(event(pick, tables)[:1])
        working = brute.snapshot.steady(failed)
        for target in sorted(working)[:4]:
            row = catalogue.row(target)
            flags = np.zeros(system.n, bool)
            flags[[catalogue.row(name) for name in working]] = True
            kept = set(catalogue.ids(Witnesses(system, row, upstream(system, row)).of(flags)))
            assert target in kept <= working, f"seed {seed} {target}"
            assert target in operating(brute.system, kept, brute.mute), f"seed {seed} {target}"
            small += len(kept) < len(working & _upstream(brute.snapshot, target))
    assert small > 40
