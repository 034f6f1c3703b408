"""The values of a sheet's features, ready to be copied into tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from twin.impact.snapshot import Snapshot
from twin.snapshot.arrays import Bytes, Longs

#: Properties of single assets, in the order of the columns of codes.
KEYS = ("id", "kind", "domain", "name", "voltage_kv", "state", "site", "status")
#: Properties of an aggregate, before its counts by domain.
SITE_KEYS = ("id", "kind", "domain", "name", "count", "down")
OPERATING, DOWN = "operating", "down"
ABSENT = -1


@dataclass(frozen=True, eq=False)
class Values:
    """All values that features of one revision may have.

    Attributes:
        ptr, data: the values as fields of a layer; value c is ``data[ptr[c]:ptr[c + 1]]``.
        codes: (n, len(KEYS)) which value each asset has, -1 for none.
        root: (n,) the outermost asset that houses it, else itself.
        domains: names; domain: (n,) index into it. down: (n,) not operating before any event.
    """

    ptr: Longs
    data: Bytes
    codes: Longs
    root: Longs
    domains: list[str]
    domain: Longs
    down: npt.NDArray[np.bool_]


def values_of(snapshot: Snapshot, domains: Sequence[str]) -> Values:
    """The values of a snapshot's assets; *domains* come first among the counts of aggregates."""
    from twin.export.tiles.kernels import packed_texts

    table, n = snapshot.arrays.assets, snapshot.arrays.n
    down = ~snapshot.system.baseline
    root = _roots(snapshot)
    words = {name: pc.cast(_column(table, name), pa.string()) for name in ("id", "kind", "domain", "name", "status")}
    state = pa.array(np.where(down, DOWN, OPERATING), pa.string())
    status = pc.if_else(pc.equal(words["status"], "in_service"), pa.scalar(None, pa.string()), words["status"])
    texts = pa.concat_arrays([words["id"], words["kind"], words["domain"], words["name"], state, status])
    encoded = texts.dictionary_encode()
    code = pc.fill_null(encoded.indices, ABSENT).to_numpy(zero_copy_only=False).astype(np.int64).reshape(6, n)
    kv = pc.cast(_column(table, "voltage_kv", pa.float64()), pa.float64()).to_numpy(zero_copy_only=False)
    numbers, place = np.unique(kv[np.isfinite(kv)], return_inverse=True)
    known = encoded.dictionary.cast(pa.large_string())
    offset = np.frombuffer(known.buffers()[1], np.int64, len(known) + 1, 8 * known.offset)
    data = np.frombuffer(known.buffers()[2] or b"", np.uint8)
    text_ptr, text = packed_texts(offset, data)
    codes = np.full((n, len(KEYS)), ABSENT, np.int64)
    codes[:, [0, 1, 2, 3, 5, 7]] = code.T
    codes[np.isfinite(kv), 4] = len(known) + place
    codes[:, 6] = np.where(root != np.arange(n), code[0, root], ABSENT)
    names, domain = _domains(words["domain"], domains)
    return Values(
        np.concatenate([text_ptr, text_ptr[-1] + 11 * np.arange(1, len(numbers) + 1)]),
        np.concatenate([text, _doubles(numbers)]),
        codes,
        root,
        names,
        domain,
        down,
    )


def _column(table: pa.Table, name: str, kind: Any = None) -> pa.Array:
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind or pa.string())
    column = table[name].combine_chunks()
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _doubles(numbers: npt.NDArray[np.float64]) -> Bytes:
    """Numbers as values of a layer: field 4, in it field 3, 11 bytes each."""
    found = np.empty((len(numbers), 11), np.uint8)
    found[:, :3] = 0x22, 9, 0x19
    found[:, 3:] = numbers.astype("<f8").view(np.uint8).reshape(-1, 8)
    return found.reshape(-1)


def _domains(column: pa.Array, first: Sequence[str]) -> tuple[list[str], Longs]:
    used = [name for name in pc.unique(column).to_pylist() if name is not None]
    names = list(dict.fromkeys([*first, *sorted(used)]))
    index = pc.fill_null(pc.index_in(column, value_set=pa.array(names, pa.string())), 0)
    return names, index.to_numpy(zero_copy_only=False).astype(np.int64)


def _roots(snapshot: Snapshot) -> Longs:
    """(n,) the outermost asset that houses each one, else itself; in a ring of containers itself too."""
    g, services = snapshot.arrays.gates, snapshot.arrays.services
    parent = np.arange(snapshot.arrays.n, dtype=np.int64)
    gate = np.repeat(np.arange(len(g.owner)), g.ptr[1:] - g.ptr[:-1])
    housing = np.isin(g.service[gate], np.flatnonzero([name == "housing" for name in services]))
    # of several containers the first listed one
    member, owner = np.asarray(g.member, np.int64)[housing], np.asarray(g.owner, np.int64)[gate[housing]]
    order = np.argsort(snapshot.arrays.place[member], kind="stable")[::-1]
    parent[owner[order]] = member[order]
    root = parent
    for _ in range(len(parent).bit_length()):
        root = root[root]
    own = np.arange(len(root))
    return np.where(parent[root] == root, root, own)
