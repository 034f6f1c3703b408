"""What must be true of the arrays before a kernel may run on them: kernels check no bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from twin.errors import SnapshotError
from twin.snapshot.arrays import Arrays

DTYPES = {
    "Bools": np.bool_,
    "Floats": np.float64,
    "Ints": np.int32,
    "Longs": np.int64,
    "Bytes": np.uint8,
    "Indices": np.uint32,
}
FLAGS = ("in_service", "planned", "standby", "black_start", "manual_restart", "assumed", "removed")
PER_ASSET = (*FLAGS, "start_delay_s", "endurance_s", "place", "id_hash", "id_row")
PER_LINK = ("link_from", "link_to", "link_type", "link_group", "link_need", "in_link")
PER_GATE = ("service", "group", "need", "size", "degrade", "joined", "mesh", "buffer_s")


def opened(folder: Path) -> Arrays:
    """A saved snapshot by memory map, checked once: kernels do not check. Raises SnapshotError."""
    found = Arrays.load(folder)
    check(found, str(folder))
    return found


def check(arrays: Arrays, where: str) -> None:
    """Check types, lengths, ranges of every index, and that every row pointer rises from 0 to the end.

    Raises:
        SnapshotError: naming *where* and the first array that is wrong.
    """
    try:
        _check(arrays)
    except _Wrong as error:
        raise SnapshotError(f"{where}: {error}") from error


class _Wrong(Exception):
    """An array is not what it must be."""


def _check(arrays: Arrays) -> None:
    for name, value, kind in arrays.named():
        if value.dtype != DTYPES[kind] or value.ndim != 1:
            raise _Wrong(f"{name} is {value.dtype} of {value.ndim} dimensions")
    n, links, gates = arrays.n, len(arrays.link_from), len(arrays.gates.owner)
    nodes, members = n + len(arrays.carriers), len(arrays.gates.member)
    if arrays.assets.num_rows != n:
        raise _Wrong(f"{arrays.assets.num_rows} rows of attributes for {n} assets")
    _lengths(arrays, PER_ASSET, n)
    _lengths(arrays, PER_LINK, links)
    _lengths(arrays.gates, PER_GATE, gates)
    _lengths(arrays, ("need_all",), gates)
    _lengths(arrays.gates, ("member_mesh", "use_gate", "use_mesh"), members)
    services, groups, types = len(arrays.services), len(arrays.groups), len(arrays.link_types)
    for name, holder, below in (
        ("id_row", arrays, n),
        ("link_from", arrays, n),
        ("link_to", arrays, n),
        ("link_type", arrays, types),
        ("in_link", arrays, links),
        ("carriers", arrays, n),
        ("owner", arrays.gates, n),
        ("member", arrays.gates, n),
        ("use_gate", arrays.gates, gates),
        ("service", arrays.gates, services),
        ("group", arrays.gates, groups),
        ("to", arrays.down, nodes),
        ("to", arrays.up, nodes),
    ):
        _below(name, getattr(holder, name), below)
    _below("link_group", arrays.link_group, groups, -1)
    _below("measured", arrays.measured, links)
    _lengths(arrays, ("measured_km", "measured_ms"), len(arrays.measured))
    if (arrays.measured[1:] <= arrays.measured[:-1]).any():
        raise _Wrong("measured does not rise")
    for name, holder, size, end in (
        ("out_ptr", arrays, n, links),
        ("in_ptr", arrays, n, links),
        ("ptr", arrays.gates, gates, members),
        ("own_ptr", arrays.gates, n, gates),
        ("use_ptr", arrays.gates, n, members),
        ("ptr", arrays.down, nodes, len(arrays.down.to)),
        ("ptr", arrays.up, nodes, len(arrays.up.to)),
    ):
        _rises(name, getattr(holder, name), size, end)
    _lengths(arrays.down, ("service",), len(arrays.down.to))
    _lengths(arrays.up, ("service",), len(arrays.up.to))
    _orders_and_meshes(arrays, n, services)


def _orders_and_meshes(arrays: Arrays, n: int, services: int) -> None:
    for service, order in arrays.orders.items():
        _below("order", np.array([service], np.int32), services)
        _below("order.asset", order.asset, n)
        _lengths(order, ("component",), n)
        _below("order.component", order.component, len(order.start) - 1, -1)
        _rises("order.start", order.start, len(order.start) - 1, len(order.asset))
    for service, mesh in arrays.meshes.items():
        _below("mesh", np.array([service], np.int32), services)
        _below("mesh.to", mesh.to, n)
        _rises("mesh.ptr", mesh.ptr, n, len(mesh.to))


def _lengths(holder: Any, names: tuple[str, ...], size: int) -> None:
    for name in names:
        if len(getattr(holder, name)) != size:
            raise _Wrong(f"{name} has {len(getattr(holder, name))} entries, not {size}")


def _below(name: str, values: np.ndarray[Any, Any], limit: int, lowest: int = 0) -> None:
    if not len(values):
        return
    if values.max() >= limit or (values.dtype.kind == "i" and values.min() < lowest):
        raise _Wrong(f"{name} points outside its {limit} targets")


def _rises(name: str, ptr: np.ndarray[Any, Any], size: int, end: int) -> None:
    if len(ptr) != size + 1 or ptr[0] != 0 or ptr[-1] != end or (ptr[1:] < ptr[:-1]).any():
        raise _Wrong(f"{name} does not rise from 0 to {end} in {size} steps")
