"""The id table: sorted checksums beside their assets, so that an id is found without a pass over all of them."""

from __future__ import annotations

import zlib

import numpy as np
import pyarrow as pa

from twin.snapshot.arrays import Indices, Ints


def hashed(ids: pa.ChunkedArray) -> Indices:
    """(n,) CRC-32 of each id in UTF-8."""
    from twin.snapshot import kernels

    whole = ids.cast(pa.large_string()).combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], pa.large_string())
    if not len(whole):
        return np.zeros(0, np.uint32)
    _, offsets, data = whole.buffers()
    offset = np.frombuffer(offsets, np.int64)[whole.offset : whole.offset + len(whole) + 1]
    text = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, np.uint8)
    found: Indices = kernels.checksums(offset, text)
    return found


def id_table(ids: pa.ChunkedArray) -> tuple[Indices, Indices]:
    """Sorted checksums of the ids, and the row of each."""
    from twin.snapshot import kernels

    found = hashed(ids)
    low, high = (found & np.uint32(0xFFFF)).astype(np.int32), (found >> np.uint32(16)).astype(np.int32)
    _, order = kernels.count_sort(low, 1 << 16)
    _, order = kernels.count_sort_again(high, order, 1 << 16)
    return found[order], order


def find_row(name: str, id_hash: Indices, id_row: Indices, ids: pa.ChunkedArray) -> int | None:
    """Row of an id, or None; checksums that fall together are told apart by the ids themselves."""
    key = np.uint32(zlib.crc32(name.encode("utf-8", "surrogatepass")))
    for place in range(int(np.searchsorted(id_hash, key)), len(id_hash)):
        if id_hash[place] != key:
            return None
        row = int(id_row[place])
        if ids[row].as_py() == name:
            return row
    return None


def with_ids(id_hash: Indices, id_row: Indices, names: list[str], first: int) -> tuple[Indices, Indices]:
    """The table with further ids, of rows *first* and on."""
    added = np.array([zlib.crc32(name.encode("utf-8")) for name in names], np.uint32)
    order = np.argsort(added, kind="stable")
    at = np.searchsorted(id_hash, added[order], side="right")
    rows: Ints = (first + order).astype(np.int32)
    return np.insert(id_hash, at, added[order]), np.insert(id_row, at, rows)
