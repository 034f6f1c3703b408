# mypy: disable-error-code="no-untyped-def"
"""The compiled vector tile encoder: features and their values as protocol buffers, straight into one buffer.

Written after the Mapbox Vector Tile specification 2.1 (section 4, and its ``vector_tile.proto``): a layer is field 3
of the tile; in it version 15, name 1, features 2, keys 3, values 4, extent 5; in a feature tags 2, type 3, geometry 4.
Import this module inside functions: loading the compiler takes a moment.
"""

from __future__ import annotations

import numpy as np

from twin.export.tiles.clip_kernels import EXTENT, EXTENT_BITS, WORLD_BITS, zigzag
from twin.impact.compiled import compiled

#: A value that a feature does not have; a whole number v of its own is ``OWN - v``, any other a place in the pool.
ABSENT, OWN = -1, -2


@compiled
def _size(value):
    """Bytes of a varint."""
    count = 1
    while value > 127:
        value >>= 7
        count += 1
    return count


@compiled
def _varint(out, at, value):
    while value > 127:
        out[at] = np.uint8((value & 127) | 128)
        value >>= 7
        at += 1
    out[at] = np.uint8(value)
    return at + 1


@compiled
def _bytes(out, at, data, low, high):
    for i in range(low, high):
        out[at + i - low] = data[i]
    return at + high - low


@compiled
def packed_texts(offset, data):
    """Texts as values of a layer (field 4, in it field 1), one after the other.

    Args:
        offset: (n + 1,) where each begins in *data*, UTF-8 bytes.

    Returns:
        (n + 1,) where each value begins, and the bytes.
    """
    n = len(offset) - 1
    ptr = np.zeros(n + 1, np.int64)
    for i in range(n):
        size = np.int64(offset[i + 1] - offset[i])
        inner = 1 + _size(size) + size
        ptr[i + 1] = ptr[i] + 1 + _size(inner) + inner
    out = np.empty(ptr[n], np.uint8)
    for i in range(n):
        size = np.int64(offset[i + 1] - offset[i])
        out[ptr[i]] = 0x22
        at = _varint(out, ptr[i] + 1, 1 + _size(size) + size)
        out[at] = 0x0A
        at = _varint(out, at + 1, size)
        _bytes(out, at, data, offset[i], offset[i + 1])
    return ptr, out


@compiled
def smaller(low, high, size, cap):
    """How many of a range of points have a size below *cap*."""
    count = 0
    for i in range(low, high):
        count += size[i] < cap
    return count


@compiled
def put_points(low, high, x, y, size, row, z, cap):
    """Points of one tile, each at the unit that it lies in.

    Args:
        low, high: range of the tile in the arrays, which are sorted by quadkey. x, y: world units. row: the asset.
        size: of its shape, world units; only those below *cap* are drawn as points.

    Returns:
        rows (f,), geom_ptr (f + 1,), geom, as :func:`twin.export.tiles.clip_kernels.cut_lines` gives them.
    """
    shift = WORLD_BITS - EXTENT_BITS - z
    rows, geom = np.empty(high - low, np.int64), np.empty(3 * (high - low), np.uint32)
    count = 0
    for i in range(low, high):
        if size[i] < cap:
            rows[count] = row[i]
            geom[3 * count] = 9
            geom[3 * count + 1] = zigzag(np.int64((x[i] >> shift) & (EXTENT - 1)))
            geom[3 * count + 2] = zigzag(np.int64((y[i] >> shift) & (EXTENT - 1)))
            count += 1
    return rows[:count], 3 * np.arange(count + 1), geom[: 3 * count]


@compiled
def put_sites(low, high, key, x, y, size, row, domain, down, root, z, levels, cap, n_domains):
    """Points of one tile, counted by the cells of a grid.

    Args:
        low, high, x, y, size, row, cap: as of :func:`put_points`. key: quadkeys. root: the outermost asset that
            houses this one, else itself. domain, down: of each asset, its domain's number, and that it does not work.
        levels: the tile has ``2 ** levels`` cells on each side.

    Returns:
        owner (f,) the one site of a cell, -1 where it has several; count (f, 2 + domains): all, not operating, by
        domain; geom_ptr, geom: the middle of what is in the cell.
    """
    shift = WORLD_BITS - EXTENT_BITS - z
    cell = 2 * (WORLD_BITS - z - levels)
    most = min(high - low, 1 << (2 * levels))
    owner, counts = np.full(most, -1, np.int64), np.zeros((most, 2 + n_domains), np.int64)
    geom = np.empty(3 * most, np.uint32)
    f = -1
    last = np.int64(-1)
    sum_x, sum_y = 0.0, 0.0
    for i in range(low, high):
        if size[i] >= cap:
            continue
        if key[i] >> cell != last:
            last = key[i] >> cell
            f += 1
            owner[f] = root[i]
            sum_x, sum_y = 0.0, 0.0
        elif owner[f] != root[i]:
            owner[f] = -1
        counts[f, 0] += 1
        counts[f, 1] += down[row[i]]
        counts[f, 2 + domain[row[i]]] += 1
        sum_x += x[i]
        sum_y += y[i]
        geom[3 * f] = 9
        geom[3 * f + 1] = zigzag((np.int64(sum_x / counts[f, 0]) >> shift) & (EXTENT - 1))
        geom[3 * f + 2] = zigzag((np.int64(sum_y / counts[f, 0]) >> shift) & (EXTENT - 1))
    f += 1
    return owner[:f], counts[:f], 3 * np.arange(f + 1), geom[: 3 * f]


@compiled
def _numbered(codes):
    """Which number each value of a layer gets: (f, k) numbers, and the values in order."""
    f, k = codes.shape
    room = 16
    while room < 2 * f * k:
        room *= 2
    slot, number = np.full(room, ABSENT, np.int64), np.empty(room, np.int32)
    local, order = np.full((f, k), -1, np.int32), np.empty(f * k, np.int64)
    count = 0
    for i in range(f):
        for j in range(k):
            code = codes[i, j]
            if code == ABSENT:
                continue
            at = np.int64((np.uint64(code) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & (room - 1)
            while slot[at] != ABSENT and slot[at] != code:
                at = (at + 1) & (room - 1)
            if slot[at] == ABSENT:
                slot[at], number[at] = code, count
                order[count] = code
                count += 1
            local[i, j] = number[at]
    return local, order[:count]


@compiled
def _sizes(local, place, geom_ptr, geom):
    """(f, 3) bytes of each feature's tags, of its geometry, and of the whole message."""
    f, k = local.shape
    found = np.zeros((f, 3), np.int64)
    for i in range(f):
        for j in range(k):
            if local[i, j] >= 0:
                found[i, 0] += _size(place[j]) + _size(local[i, j])
        for j in range(geom_ptr[i], geom_ptr[i + 1]):
            found[i, 1] += _size(geom[j])
        tags = 1 + _size(found[i, 0]) + found[i, 0] if found[i, 0] else 0
        found[i, 2] = tags + 2 + 1 + _size(found[i, 1]) + found[i, 1]
    return found


@compiled
def layer(name, key_ptr, key_bytes, codes, kind, geom_ptr, geom, pool_ptr, pool):
    """One layer of a tile, with the prefix that makes it a field of the tile.

    Args:
        name: bytes of its name. key_ptr, key_bytes: its k keys, ready as fields of a layer.
        codes: (f, k) values; see ``ABSENT`` and ``OWN``. kind: 1 points, 2 lines, 3 polygons.
        geom_ptr, geom: commands of feature i are ``geom[geom_ptr[i]:geom_ptr[i + 1]]``.
        pool_ptr, pool: values, ready as fields of a layer.

    Returns:
        uint8.
    """
    f, k = codes.shape
    local, order = _numbered(codes)
    place, used = np.full(k, -1, np.int64), 0
    for j in range(k):
        if (local[:, j] >= 0).any():
            place[j] = used
            used += 1
    size = _sizes(local, place, geom_ptr, geom)
    total = 2 + 1 + _size(len(name)) + len(name) + 1 + _size(EXTENT)
    for i in range(f):
        total += 1 + _size(size[i, 2]) + size[i, 2]
    for j in range(k):
        total += key_ptr[j + 1] - key_ptr[j] if place[j] >= 0 else 0
    for code in order:
        total += pool_ptr[code + 1] - pool_ptr[code] if code >= 0 else 3 + _size(OWN - code)
    out = np.empty(1 + _size(total) + total, np.uint8)
    out[0] = 0x1A
    at = _varint(out, 1, total)
    out[at], out[at + 1], out[at + 2] = 0x78, 2, 0x0A
    at = _varint(out, at + 3, len(name))
    at = _bytes(out, at, name, 0, len(name))
    for i in range(f):
        at = _feature(out, at, local[i], place, size[i], kind, geom, geom_ptr[i], geom_ptr[i + 1])
    for j in range(k):
        if place[j] >= 0:
            at = _bytes(out, at, key_bytes, key_ptr[j], key_ptr[j + 1])
    for code in order:
        if code >= 0:
            at = _bytes(out, at, pool, pool_ptr[code], pool_ptr[code + 1])
        else:
            out[at], out[at + 1], out[at + 2] = 0x22, 1 + _size(OWN - code), 0x28
            at = _varint(out, at + 3, OWN - code)
    out[at] = 0x28
    at = _varint(out, at + 1, EXTENT)
    return out


@compiled
def _feature(out, at, local, place, size, kind, geom, low, high):
    out[at] = 0x12
    at = _varint(out, at + 1, size[2])
    if size[0]:
        out[at] = 0x12
        at = _varint(out, at + 1, size[0])
        for j in range(len(local)):
            if local[j] >= 0:
                at = _varint(out, at, place[j])
                at = _varint(out, at, local[j])
    out[at], out[at + 1], out[at + 2] = 0x18, kind, 0x22
    at = _varint(out, at + 3, size[1])
    for j in range(low, high):
        at = _varint(out, at, geom[j])
    return at
