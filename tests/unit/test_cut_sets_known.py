"""Cut sets and probabilities that are published or have a closed form."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest

from tests.openpsa import EVENT_KIND, FaultTree, read_mef
from tests.unit.strategies import Tables
from twin import Snapshot
from twin.impact.cutsets.bdd import FALSE, TRUE, Diagrams, NodeLimit
from twin.impact.cutsets.minsol import minimal_solutions

TREES = Path(__file__).resolve().parents[1] / "fixtures" / "faulttrees"
NODES = 1_000_000

#: Minimal cut sets by order from 1 on, and P(top) with the probabilities of the tree.
KNOWN = {
    "theatre": ([0, 2], 0.00207),
    "two_train": ([0, 4], 0.7225),
    "chinese": ([0, 12, 0, 24, 188, 168], 0.0045691),
    "baobab1": ([0, 1, 1, 70, 400, 2212, 14748, 8460, 10624, 6600, 3072], 1.2823e-6),
    "baobab2": ([0, 6, 121, 268, 630, 3780], 7.13018e-4),
}
TOTAL = {"theatre": 2, "two_train": 4, "chinese": 392, "baobab1": 46_188, "baobab2": 4_805}
#: P(top) when every basic event has 0.01, as published with the benchmark.
ALL_ALIKE = {"chinese": 1.17058e-3, "baobab1": 1.01708e-4, "baobab2": 7.13018e-4}


def tree(name: str) -> FaultTree:
    return read_mef((TREES / f"{name}.xml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("link", ["POWERS", "SERVES"])
def test_published_trees(name: str, link: str, tmp_path: Path) -> None:
    found = tree(name)
    snapshot = Snapshot.from_tables(found.tables(tmp_path, link))
    result = snapshot.cut_sets(found.top, None, can_fail=[EVENT_KIND])
    counts, p = KNOWN[name]
    assert result.counts == [0, *counts]
    assert len(result.sets) == sum(counts) == TOTAL[name]
    assert result.unavailability is not None
    assert result.unavailability["value"] == pytest.approx(p, rel=1e-4)
    if name in ALL_ALIKE:
        alike = snapshot.cut_sets(found.top, 1, probabilities=dict.fromkeys(found.chances, 0.01), can_fail=[EVENT_KIND])
        assert alike.unavailability is not None
        assert alike.unavailability["value"] == pytest.approx(ALL_ALIKE[name], rel=1e-5)


@pytest.mark.parametrize("name", ["theatre", "chinese", "baobab2"])
def test_trees_straight_into_the_diagram(name: str, tmp_path: Path) -> None:
    found = tree(name)
    diagrams = Diagrams(NODES)
    root, events = found.diagram(diagrams)
    families, family = minimal_solutions(diagrams, root, NODES)
    straight = sorted(sorted(events[i] for i in cut) for cut in families.sets(family, 99))
    result = Snapshot.from_tables(found.tables(tmp_path)).cut_sets(found.top, None, can_fail=[EVENT_KIND])
    assert straight == sorted(entry["assets"] for entry in result.sets)
    p, _ = diagrams.probability(root, [found.chances[name] for name in events])
    assert result.unavailability is not None
    assert result.unavailability["value"] == pytest.approx(p, rel=1e-12)


def test_the_theatre_by_name(tmp_path: Path) -> None:
    found = tree("theatre")
    result = Snapshot.from_tables(found.tables(tmp_path)).cut_sets("Theatre", 2, can_fail=[EVENT_KIND])
    assert [entry["assets"] for entry in result.sets] == [["Mains_Fail", "Relay_Fail"], ["Gen_Fail", "Mains_Fail"]]
    assert result.unavailability is not None
    assert result.unavailability["rare_event"] == pytest.approx(0.0021)
    shares = {entry["id"]: entry["fussell_vesely"] for entry in result.importances}
    assert shares == {
        "Mains_Fail": pytest.approx(1.0),
        "Relay_Fail": pytest.approx(0.03 * 0.05 * 0.98 / 0.00207),
        "Gen_Fail": pytest.approx(0.03 * 0.02 * 0.95 / 0.00207),
    }


def bridge() -> Tables:
    """Five parts between source and load: two feeders, two branches, and a tie that conducts both ways."""
    assets = [{"id": name, "kind": "bus"} for name in ("A", "B", "T")]
    assets += [{"id": name, "kind": "power_plant"} for name in ("feeder 1", "feeder 2")]
    assets += [{"id": name, "kind": "power_line"} for name in ("tie", "branch 1", "branch 2")]
    rows = [
        ("feeder 1", "POWERS", "A"),
        ("feeder 2", "POWERS", "B"),
        ("A", "CONDUCTS", "tie"),
        ("tie", "CONDUCTS", "B"),
    ]
    rows += [("A", "POWERS", "branch 1"), ("B", "POWERS", "branch 2")]
    rows += [("branch 1", "POWERS", "T"), ("branch 2", "POWERS", "T")]
    return Tables(assets, [{"from": a, "type": t, "to": b} for a, t, b in rows])


@pytest.mark.parametrize(
    ("p", "up"), [(0.9, 0.97848), (0.95, 0.994780625), (0.99, 0.9997980498), (0.5, 0.5)], ids=lambda x: str(x)
)
def test_the_bridge_network(p: float, up: float, tmp_path: Path) -> None:
    parts = ("feeder 1", "feeder 2", "tie", "branch 1", "branch 2")
    snapshot = Snapshot.from_tables(bridge().write(tmp_path))
    result = snapshot.cut_sets(
        "T", 3, probabilities=dict.fromkeys(parts, 1 - p), can_fail=["power_plant", "power_line"]
    )
    assert up == pytest.approx(2 * p**2 + 2 * p**3 - 5 * p**4 + 2 * p**5)
    assert result.unavailability is not None
    assert result.unavailability["value"] == pytest.approx(1 - up)
    assert [set(entry["assets"]) for entry in result.sets] == [
        {"branch 1", "branch 2"},
        {"feeder 1", "feeder 2"},
        {"branch 1", "feeder 2", "tie"},
        {"branch 2", "feeder 1", "tie"},
    ]


def test_two_of_three(tmp_path: Path) -> None:
    units = [{"id": f"unit {i}", "kind": "power_plant"} for i in range(3)]
    links = [{"from": unit["id"], "type": "POWERS", "to": "load", "need": "2"} for unit in units]
    snapshot = Snapshot.from_tables(Tables([*units, {"id": "load", "kind": "load"}], links).write(tmp_path))
    result = snapshot.cut_sets("load", probabilities={unit["id"]: 0.1 for unit in units})
    assert result.unavailability is not None
    assert 1 - result.unavailability["value"] == pytest.approx(0.972)
    assert result.counts == [0, 1, 3]


# -- the layers below ---------------------------------------------------------------------------------------


def random_tree(seed: int) -> FaultTree:
    """Up to eight basic events, gates that share them, k of n of anything."""
    rng = random.Random(seed)
    made = FaultTree(chances={f"e{i}": rng.random() for i in range(rng.randint(2, 8))})
    names = list(made.chances)
    for i in range(rng.randint(1, 9)):
        members = rng.sample(names, rng.randint(1, min(4, len(names))))
        made.gates[f"g{i}"] = (rng.randint(1, len(members)), members)
        names.append(f"g{i}")
    used = {m for _, members in made.gates.values() for m in members}
    loose = [name for name in names if name not in used]
    made.gates["top"] = (rng.randint(1, len(loose)), loose)
    made.top = "top"
    return made


def happens(made: FaultTree, failed: set[str]) -> bool:
    def value(name: str) -> bool:
        if name not in made.gates:
            return name in failed
        least, members = made.gates[name]
        return sum(value(m) for m in members) >= least

    return value(made.top)


@pytest.mark.parametrize("block", range(4))
def test_random_trees_by_truth_table(block: int) -> None:
    for seed in range(block * 50, (block + 1) * 50):
        made = random_tree(seed)
        diagrams = Diagrams(NODES)
        root, events = made.diagram(diagrams)
        names = sorted(made.chances)
        subsets = [set(c) for size in range(len(names) + 1) for c in itertools.combinations(names, size)]
        down = [failed for failed in subsets if happens(made, failed)]
        minimal = sorted(sorted(a) for a in down if not any(b < a for b in down))
        families, family = minimal_solutions(diagrams, root, NODES)
        for largest in (1, 2, 99):
            found = sorted(sorted(events[i] for i in cut) for cut in families.sets(family, largest))
            assert found == [cut for cut in minimal if len(cut) <= largest], f"seed {seed}"
        assert sum(families.counts(family)) == len(minimal)
        exact = 0.0
        for failed in down:
            p = 1.0
            for name in names:
                p *= made.chances[name] if name in failed else 1 - made.chances[name]
            exact += p
        assert diagrams.probability(root, [made.chances[name] for name in events])[0] == pytest.approx(exact)


def test_constants_and_limits() -> None:
    diagrams = Diagrams(4)
    one, two = diagrams.var(0), diagrams.var(1)
    assert diagrams.at_least(0, [one]) == TRUE
    assert diagrams.at_least(2, [one]) == FALSE
    assert diagrams.probability(TRUE, []) == (1.0, {})
    with pytest.raises(NodeLimit):
        diagrams.both(one, two)


HOUSE = """<opsa-mef><define-fault-tree name="t">
<define-gate name="top"><or><and><basic-event name="a"/><house-event name="on"/></and>
<atleast min="2"><basic-event name="b"/><basic-event name="c"/><house-event name="off"/></atleast></or></define-gate>
<define-house-event name="on"><constant value="true"/></define-house-event>
<define-house-event name="off"><constant value="false"/></define-house-event>
<define-basic-event name="a"><exponential><float value="0.001"/><float value="100"/></exponential></define-basic-event>
<define-basic-event name="b"><float value="0.2"/></define-basic-event>
<define-basic-event name="c"><float value="0.3"/></define-basic-event>
</define-fault-tree></opsa-mef>"""


def test_house_events_nested_formulas_and_exponentials(tmp_path: Path) -> None:
    found = read_mef(HOUSE)
    result = Snapshot.from_tables(found.tables(tmp_path)).cut_sets("top", None, can_fail=[EVENT_KIND])
    assert [entry["assets"] for entry in result.sets] == [["a"], ["b", "c"]]
    a = 1 - 2.718281828459045**-0.1
    assert result.unavailability is not None
    assert result.unavailability["value"] == pytest.approx(a + 0.06 - a * 0.06)


@pytest.mark.parametrize(
    "text",
    [
        HOUSE.replace("<or>", "<xor>").replace("</or>", "</xor>"),
        HOUSE.replace('<define-basic-event name="b">', '<define-basic-event name="d">'),
        HOUSE.replace("exponential", "weibull"),
        HOUSE.replace(
            "</define-fault-tree>", "<define-gate name='x'><basic-event name='a'/></define-gate></define-fault-tree>"
        ),
    ],
)
def test_what_the_reader_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not read|not defined|top gates"):
        read_mef(text)
