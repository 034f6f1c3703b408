"""Small systems written in one line each, for tests of answers about events."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.unit.strategies import Tables
from twin import Snapshot

MIN, H = 60, 3600


def tables(assets: dict[str, dict[str, Any]], links: Iterable[str]) -> Tables:
    """Assets ``{id: {property: value}}``, sites unless they say their kind; links ``"a TYPE b [group] [need=..]"``."""
    made = Tables()
    for name, properties in assets.items():
        made.assets.append({"id": name, "kind": "site", **{k: str(v) for k, v in properties.items()}})
    for link in links:
        start, kind, end, *rest = link.split()
        row = {"from": start, "type": kind, "to": end}
        for word in rest:
            row.update({"need": word[5:]} if word.startswith("need=") else {"group": word})
        made.links.append(row)
    return made


def snapshot(assets: dict[str, dict[str, Any]], links: Iterable[str]) -> Snapshot:
    """The same as a snapshot."""
    return read(tables(assets, links))


def read(made: Tables) -> Snapshot:
    """Tables as a snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        return Snapshot.from_tables(made.write(Path(folder)), schema=made.schema)


GENSET = {"standby": "true", "start_delay_s": 60, "endurance_s": 24 * H}


def one_load() -> Snapshot:
    """Mains and a genset into one load with a battery of 15 min (design §4)."""
    return snapshot(
        {"mains": {}, "genset": GENSET, "load": {"ride_through_power_s": 15 * MIN}},
        ["mains POWERS load", "genset POWERS load"],
    )


def behind_a_bus() -> Snapshot:
    """Mains and that genset on a bus, UPS behind it, rack behind that (design §4)."""
    return snapshot(
        {"mains": {}, "genset": GENSET, "bus": {}, "ups": {"ride_through_power_s": 15 * MIN}, "rack": {}},
        ["mains POWERS bus", "genset POWERS bus", "bus POWERS ups", "ups POWERS rack"],
    )
