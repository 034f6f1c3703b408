"""Random small systems of three domains, as tables: for hypothesis (``systems()``) and for long seeded runs.

One generator serves both: it asks a *picker* for every decision. ``SeededPicker`` is fast (thousands of
systems a minute), ``DrawnPicker`` asks hypothesis, which can then shrink a failing system.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st

from twin.schema.load import load_schema
from twin.schema.model import Schema

T = TypeVar("T")
ASSET_COLUMNS = ["id", "kind", "name", "lon", "lat", "wkt", "status", "standby", "start_delay_s", "endurance_s"]
ASSET_COLUMNS += ["black_start", "manual_restart"]
LINK_COLUMNS = ["from", "type", "to", "group", "need"]
SERVICES = ("power", "cooling", "data", "control", "hosting", "housing")
ASSET_COLUMNS += [f"ride_through_{s}_s" for s in SERVICES]

USER_TYPES = Path(__file__).parent.parent / "reference" / "user_types.toml"
DURATIONS = (1, 5, 10, 30, 60)
KINDS = ("bus", "power_plant", "genset", "ups", "power_line", "router", "span", "circuit", "cooling_unit")
KINDS += ("rtu", "site", "server", "vm", "workload", "hall", "load")


@lru_cache(maxsize=1)
def user_schema() -> Schema:
    """The built-in vocabulary and the link types of tests/reference/user_types.toml."""
    return load_schema([USER_TYPES])


class SeededPicker:
    """Decisions from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def choice(self, items: Sequence[T]) -> T:
        return self.random.choice(items)

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent


class DrawnPicker:
    """Decisions from hypothesis; zero and *no* are the simplest ones."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw

    def integer(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def choice(self, items: Sequence[T]) -> T:
        return items[self.integer(0, len(items) - 1)]

    def chance(self, percent: int) -> bool:
        return self.integer(0, 99) >= 100 - percent


Picker = SeededPicker | DrawnPicker


@dataclass
class Tables:
    """A system as rows, ready to be written as assets.csv and links.csv."""

    assets: list[dict[str, str]] = field(default_factory=list)
    links: list[dict[str, str]] = field(default_factory=list)
    user_types: bool = False

    @property
    def schema(self) -> Schema | None:
        return user_schema() if self.user_types else None

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.assets]

    def write(self, folder: Path) -> Path:
        """Write both files and return the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, columns, rows in (
            ("assets.csv", ASSET_COLUMNS, self.assets),
            ("links.csv", LINK_COLUMNS, self.links),
        ):
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(rows)
        return folder


@dataclass(frozen=True)
class Traits:
    """What a random system may contain."""

    buffers: bool = True
    standby: bool = True
    user_types: bool = False
    largest: int = 25
    standby_percent: int = 4
    buffer_percent: int = 35


def generate(pick: Picker, traits: Traits = Traits()) -> Tables:
    """One random system: half of them free in shape, half built like a grid with telecom and a data centre."""
    made = Tables(user_types=traits.user_types)
    if pick.chance(30):
        traits = replace(traits, standby_percent=15, buffer_percent=pick.choice((10, 80)))
    if pick.chance(50):
        _free(pick, traits, made)
    else:
        _three_domains(pick, traits, made)
    _needs(pick, made)
    return made


def event(pick: Picker, tables: Tables) -> list[str]:
    """One to four ids."""
    return sorted({pick.choice(tables.ids) for _ in range(pick.choice((1, 1, 2, 2, 3, 4)))})


# -- assets -------------------------------------------------------------------------------------------------


def _asset(pick: Picker, traits: Traits, made: Tables, kind: str, *, source: bool = False) -> str:
    row = {"id": f"{kind}-{len(made.assets)}", "kind": kind, "name": kind}
    if pick.chance(6):
        row["status"] = pick.choice(("planned", "out_of_service", "open", "in_service"))
    if traits.standby and pick.chance(60 if kind == "genset" else traits.standby_percent):
        row["standby"] = "true"
        if pick.chance(70):
            row["start_delay_s"] = str(pick.choice((0, 0, *DURATIONS)))
        if pick.chance(65):
            row["endurance_s"] = str(pick.choice((0, *DURATIONS, 100, 300)))
    if pick.chance(30 if source else 4):
        row["black_start"] = pick.choice(("false", "false", "true"))
    if pick.chance(5):
        row["manual_restart"] = "true"
    if traits.buffers and pick.chance(traits.buffer_percent):
        for service in {pick.choice(SERVICES[:3]), pick.choice(SERVICES)}:
            row[f"ride_through_{service}_s"] = str(pick.choice(DURATIONS))
    made.assets.append(row)
    return row["id"]


def _link(pick: Picker, made: Tables, a: str, kind: str, b: str, group: str = "") -> None:
    if a == b and not pick.chance(10):
        return
    made.links.append({"from": a, "type": kind, "to": b, "group": group})
    if pick.chance(3):
        made.links.append({"from": a, "type": kind, "to": b, "group": group})


def _is_standby(made: Tables, asset: str) -> bool:
    return any(row["id"] == asset and row.get("standby") == "true" for row in made.assets)


# -- shapes -------------------------------------------------------------------------------------------------

FREE_TYPES = ("POWERS",) * 7 + ("CONDUCTS",) * 5 + ("COOLS",) * 2 + ("SERVES",) * 3 + ("CARRIES",) * 2
FREE_TYPES += ("TRANSPORTS",) * 3 + ("CONNECTS",) * 2 + ("CONTROLS", "HOSTS", "CONTAINS", "WITHIN")
USER = ("WARMS", "EASES", "WARMS", "HINTS")


def _free(pick: Picker, traits: Traits, made: Tables) -> None:
    n = pick.integer(1, traits.largest)
    ids = [_asset(pick, traits, made, pick.choice(KINDS), source=pick.chance(20)) for _ in range(n)]
    types = FREE_TYPES + (USER if traits.user_types else ())
    for _ in range(pick.integer(0, n * 2 + 3)):
        kind = pick.choice(types)
        a, b = pick.choice(ids), pick.choice(ids)
        if kind == "TRANSPORTS" and (_is_standby(made, a) or _is_standby(made, b)):
            continue  # see tests/reference/README.md: standby transport before the event
        group = pick.choice(("A", "B")) if pick.chance(15) else ""
        _link(pick, made, a, kind, b, f"{group}-{kind}" if group and kind != "POWERS" else group)


def _three_domains(pick: Picker, traits: Traits, made: Tables) -> None:
    def some(kind: str, low: int, high: int, *, source: bool = False) -> list[str]:
        return [_asset(pick, traits, made, kind, source=source) for _ in range(pick.integer(low, high))]

    buses = some("bus", 1, 4)
    for _ in range(pick.integer(0, 4)):
        line = _asset(pick, traits, made, pick.choice(("power_line", "switch", "transformer")))
        _link(pick, made, line, "CONDUCTS", pick.choice(buses))
        _link(pick, made, pick.choice(buses), "CONDUCTS", line)
    plants = some("power_plant", 0, 2, source=True)
    for plant in plants:
        for _ in range(pick.integer(1, 2)):
            _link(pick, made, plant, "POWERS", pick.choice(buses))
    uses = [*buses]
    for ups in some("ups", 0, 3):
        for _ in range(pick.integer(1, 2)):
            _link(pick, made, pick.choice(uses), "POWERS", ups)
        uses.append(ups)
    if len(uses) > len(buses) and pick.chance(20):
        _link(pick, made, uses[-1], "POWERS", pick.choice(uses))
    for genset in some("genset", 0, 3):
        for _ in range(pick.integer(1, 2)):
            _link(pick, made, genset, "POWERS", pick.choice(uses))
    routers = some("router", 0, 4)
    for router in routers:
        for _ in range(pick.integer(0, 2)):
            _link(pick, made, pick.choice(uses), "POWERS", router, pick.choice(("", "", "", "B")))
    circuits = _telecom(pick, traits, made, routers, uses)
    _compute(pick, traits, made, uses, circuits, plants)


def _telecom(pick: Picker, traits: Traits, made: Tables, routers: list[str], uses: list[str]) -> list[str]:
    nodes = [r for r in routers if not _is_standby(made, r)]
    spans: list[str] = []
    if nodes:
        for i in range(pick.integer(0, 4)):
            span = _asset(pick, traits, made, "span")
            if _is_standby(made, span):
                continue
            _link(pick, made, nodes[i % len(nodes)], "TRANSPORTS", span)
            _link(pick, made, span, "TRANSPORTS", pick.choice(nodes))
            spans.append(span)
    circuits: list[str] = []
    for _ in range(pick.integer(0, 3) if routers else 0):
        circuit = _asset(pick, traits, made, "circuit")
        if pick.chance(50):
            for _ in range(pick.integer(1, 3)):
                _link(pick, made, pick.choice(routers), "CONNECTS", circuit)
        elif spans and pick.chance(70):
            for _ in range(pick.integer(1, 2)):
                path = _asset(pick, traits, made, "path")
                for _ in range(pick.integer(1, 2)):
                    _link(pick, made, pick.choice(spans + routers), "CARRIES", path)
                _link(pick, made, path, "SERVES", circuit)
        circuits.append(circuit)
    if circuits and pick.chance(60):
        rtu = _asset(pick, traits, made, "rtu")
        _link(pick, made, pick.choice(uses), "POWERS", rtu)
        _link(pick, made, pick.choice(circuits), "SERVES", rtu)
        _link(pick, made, rtu, "CONTROLS", pick.choice(uses))
    if circuits and pick.chance(50):
        _link(pick, made, pick.choice(circuits), "SERVES", pick.choice(made.ids))
    return circuits


def _compute(
    pick: Picker, traits: Traits, made: Tables, uses: list[str], circuits: list[str], plants: list[str]
) -> None:
    if len(made.assets) >= traits.largest or pick.chance(40):
        return
    hall = _asset(pick, traits, made, "hall")
    for _ in range(pick.integer(0, 3)):
        unit = _asset(pick, traits, made, "cooling_unit")
        _link(pick, made, pick.choice(uses), "POWERS", unit)
        _link(pick, made, unit, "COOLS", hall)
        if pick.chance(20):
            _link(pick, made, hall, "COOLS", unit)
    servers = [_asset(pick, traits, made, "server") for _ in range(pick.integer(1, 2))]
    workload = _asset(pick, traits, made, "workload")
    for server in servers:
        _link(pick, made, hall, "CONTAINS", server)
        _link(pick, made, pick.choice(uses), "POWERS", server, "A")
        _link(pick, made, pick.choice(uses), "POWERS", server, pick.choice(("A", "B")))
        _link(pick, made, server, "HOSTS", workload)
    if circuits:
        _link(pick, made, pick.choice(circuits), "SERVES", workload)
    if plants and pick.chance(40):
        _link(pick, made, workload, pick.choice(("SERVES", "CONTROLS", "HOSTS")), pick.choice(plants))
    if traits.user_types:
        for _ in range(pick.integer(0, 4)):
            _link(pick, made, pick.choice(made.ids), pick.choice(USER), pick.choice(made.ids))


# -- needs --------------------------------------------------------------------------------------------------


def _needs(pick: Picker, made: Tables) -> None:
    """Some gates get a ``need``, written on one or more of their directed rows; never two values in one gate."""
    chosen: dict[tuple[str, str, str], str] = {}
    for link in made.links:
        if link["type"] in ("CONDUCTS", "TRANSPORTS", "WITHIN", "EASES"):
            continue
        key = (link["to"], link["type"], link["group"])
        if key not in chosen:
            chosen[key] = pick.choice(("2", "all", "2", "any", "3")) if pick.chance(18) else ""
        if chosen[key] and pick.chance(70):
            link["need"] = chosen[key]


@st.composite
def systems(draw: Callable[[st.SearchStrategy[Any]], Any], traits: Traits = Traits()) -> Tables:
    """Hypothesis strategy of random systems."""
    return generate(DrawnPicker(draw), traits)


@st.composite
def systems_with_event(
    draw: Callable[[st.SearchStrategy[Any]], Any],
    traits: Traits = Traits(),
) -> tuple[Tables, list[str]]:
    """A random system and the ids of an event."""
    pick = DrawnPicker(draw)
    tables = generate(pick, traits)
    return tables, event(pick, tables)
