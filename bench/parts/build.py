"""From what the store gives to a snapshot, opening a saved one, and the memory that the kernels need."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import stock
from bench.clock import Contestant, Times, interleaved, load
from bench.infrastructure import Infrastructure
from bench.parts import Scale
from bench.result import Result
from twin import Snapshot
from twin.impact.cascade import Cascade
from twin.schema import default_schema
from twin.snapshot.arrays import Arrays
from twin.snapshot.build import build

BUILD_S, OPEN_S, BYTES = 2.0, 0.1, 150.0
#: Arrays of a snapshot that no kernel reads: the links as given and their places.
FOR_LISTS = ("link_from", "link_to", "link_type", "link_group", "link_need", "out_ptr", "in_ptr", "in_link", "place")
FOR_NAMES = ("id_hash", "id_row")


def measure(scale: Scale) -> Iterator[Result]:
    """Build, open and weigh."""
    yield _build(scale.n)
    yield _open(scale.n)
    yield _memory(scale.n)


def _build(n: int) -> Result:
    before = load()
    made = Infrastructure(n)
    assets, links = made.assets(stored=True), made.links(stored=True)
    schema = default_schema()
    del made
    times = interleaved([Contestant("ours", lambda: build(assets, links, schema, file=None), turns=3)], seconds=30.0)
    result = Result(
        "snapshot built from the columns that the store gives",
        f"{n:,} assets, {links.num_rows:,} links",
        f"{assets.nbytes / n:.0f} + {links.nbytes / n:.0f} bytes an asset in",
        times["ours"],
        before=before,
    )
    result.ask_most(result.ours.median, BUILD_S, "<= 2 s after the read")
    return result


def _open(n: int) -> Result:
    before = load()
    snapshot = stock.snapshot(n)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "snapshot"
        snapshot.save(folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        times = interleaved([Contestant("ours", lambda: Snapshot.load(folder))])
    result = Result(
        "saved snapshot opened and checked",
        f"{n:,} assets",
        f"{size / 1e6:,.0f} MB on disk",
        times["ours"],
        before=before,
    )
    result.ask_most(result.ours.median, OPEN_S, "<= 0.1 s")
    return result


def _memory(n: int) -> Result:
    snapshot = stock.snapshot(n)
    cascade = Cascade(snapshot.system)
    cascade.lost(np.array([0], np.int32))
    lists = FOR_LISTS + FOR_NAMES
    held = sum(a.nbytes for name, a in _arrays(snapshot.arrays) if name not in lists)
    listed = sum(a.nbytes for name, a in _arrays(snapshot.arrays) if name in lists)
    standing = cascade.standing
    scratch = _own(standing._idle, snapshot.arrays)
    own = _own(cascade, snapshot.arrays) - scratch
    result = Result(
        "memory of the kernel tables",
        f"{n:,} assets, {snapshot.n_links:,} links",
        f"{held / n:.0f} bytes an asset in the snapshot, {own / n:.0f} in the state before any event",
        Times("ours"),
    )
    result.ask_most((held + own) / n, BYTES, "<= 150 bytes an asset", "bytes")
    result.notes.append(
        f"Not counted: what each thread works in ({scratch / n:.0f} bytes an asset); links as given and the id table, "
        f"for lists and look-ups ({listed / n:.0f}); the attribute columns ({snapshot.arrays.assets.nbytes / n:.0f})."
    )
    largest = sorted(((a.nbytes / n, name) for name, a in _arrays(snapshot.arrays) if name not in lists), reverse=True)
    result.notes.append("Largest: " + ", ".join(f"{name} {size:.1f}" for size, name in largest[:12]) + ".")
    return result


def _arrays(holder: Arrays) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Every array of a snapshot with its name."""
    for item in fields(holder):
        yield from _below(item.name, getattr(holder, item.name))


def _below(name: str, value: Any) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    if isinstance(value, np.ndarray):
        yield name, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _below(f"{name}.{key}", part)
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from _below(f"{name}.{item.name}", getattr(value, item.name))


def _own(holder: Any, arrays: Arrays) -> int:
    """Bytes of all arrays that hang on *holder* and are not those of the snapshot."""
    seen: set[int] = set()
    spans: dict[int, int] = {}
    of_snapshot = {_address(a) for _, a in _arrays(arrays)}

    def walk(value: Any) -> None:
        if id(value) in seen or isinstance(value, Arrays):
            return
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            if _address(value) not in of_snapshot:
                spans[_address(value)] = max(spans.get(_address(value), 0), value.nbytes)
        elif isinstance(value, dict):
            for part in value.values():
                walk(part)
        elif isinstance(value, list | tuple | set | deque):
            for part in value:
                walk(part)
        elif type(value).__module__.startswith("twin."):
            walk(vars(value))

    walk(holder)
    return sum(spans.values())


def _address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])
