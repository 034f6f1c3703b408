# mypy: disable-error-code="no-untyped-def"
"""The compiled loops that cut shapes to a tile: simplify, clip, round, drop what degenerates, and put in order.

Geometry is written as the commands of the Mapbox Vector Tile specification 2.1, section 4.3: MoveTo 1, LineTo 2 and
ClosePath 7 with a count, then zigzag-coded steps; y points down. Import this module inside functions.
"""

from __future__ import annotations

import numpy as np

from twin.impact.compiled import compiled

#: Units of a tile's edge, and of the margin around it that shapes are cut to.
EXTENT, MARGIN = 4096, 64
MOVE, LINE, CLOSE = 1, 2, 7
#: Bits of world coordinates, and of units inside a tile.
WORLD_BITS, EXTENT_BITS = 31, 12


@compiled
def zigzag(value):
    """A step as the specification codes it: 0, -1, 1, -2 ... as 0, 1, 2, 3."""
    return np.uint32((value << 1) ^ (value >> 63))


@compiled
def _roomy(array, size):
    """*array*, made longer where it cannot take *size* items."""
    if size <= len(array):
        return array
    longer = np.empty(max(size, 2 * len(array)), array.dtype)
    longer[: len(array)] = array
    return longer


@compiled
def _gathered(ptr, x, y, weight, part, scale, left, top, tolerance, px, py):
    """The vertices of a part that stay at this zoom, in units of the tile; how many."""
    count = 0
    for v in range(ptr[part], ptr[part + 1]):
        if weight[v] > tolerance:
            px[count] = (x[v] - left) / scale
            py[count] = (y[v] - top) / scale
            count += 1
    return count


@compiled
def _step(geom, count, px, py, i, cx, cy):
    """One vertex as a step from (cx, cy)."""
    geom[count] = zigzag(np.int64(px[i] - cx))
    geom[count + 1] = zigzag(np.int64(py[i] - cy))
    return count + 2, px[i], py[i]


@compiled
def _run(qx, qy, length, geom, count, cx, cy, area):
    """A polyline or ring (without its last vertex) of whole units as commands."""
    geom = _roomy(geom, count + 2 * length + 3)
    geom[count] = np.uint32(MOVE | (1 << 3))
    count, cx, cy = _step(geom, count + 1, qx, qy, 0, cx, cy)
    geom[count] = np.uint32(LINE | ((length - 1) << 3))
    count += 1
    for i in range(1, length):
        count, cx, cy = _step(geom, count, qx, qy, i, cx, cy)
    if area:
        geom[count] = np.uint32(CLOSE | (1 << 3))
        count += 1
    return geom, count, cx, cy


@compiled
def _rounded(value):
    return np.int64(np.floor(value + 0.5))


@compiled
def _inside(ax, ay, dx, dy):
    """Between which shares of it the step (dx, dy) from (ax, ay) is in the tile and its margin; t0 > t1: nowhere."""
    low, high = float(-MARGIN), float(EXTENT + MARGIN)
    t0, t1 = 0.0, 1.0
    for p, q in ((-dx, ax - low), (dx, high - ax), (-dy, ay - low), (dy, high - ay)):
        if p < 0.0:
            t0 = max(t0, q / p)
        elif p > 0.0:
            t1 = min(t1, q / p)
        elif q < 0.0:
            t1 = -1.0
    return t0, t1


@compiled
def cut_lines(chosen, part_ptr, ptr, x, y, weight, scale, left, top, tolerance):
    """Lines cut to the tile and its margin (Liang and Barsky 1984).

    Args:
        chosen: (f,) features. part_ptr: parts of a feature. ptr, x, y, weight: vertices of a part, world units.
        scale: world units in one unit of the tile. left, top: its north-west corner, world units.
        tolerance: world units; vertices of less weight are left out.

    Returns:
        kept (f,) features of which something is left, geom_ptr (f + 1,), geom: their commands.
    """
    kept, geom_ptr = np.empty(len(chosen), np.int64), np.zeros(len(chosen) + 1, np.int64)
    geom = np.empty(1024, np.uint32)
    px, py = np.empty(256), np.empty(256)
    qx, qy = np.empty(256, np.int64), np.empty(256, np.int64)
    number, count = 0, 0
    for feature in chosen:
        cx, cy = np.int64(0), np.int64(0)
        for part in range(part_ptr[feature], part_ptr[feature + 1]):
            size = ptr[part + 1] - ptr[part]
            px, py = _roomy(px, size), _roomy(py, size)
            qx, qy = _roomy(qx, 2 * size), _roomy(qy, 2 * size)
            size = _gathered(ptr, x, y, weight, part, scale, left, top, tolerance, px, py)
            length, joined = 0, False
            for i in range(1, size):
                ax, ay, dx, dy = px[i - 1], py[i - 1], px[i] - px[i - 1], py[i] - py[i - 1]
                t0, t1 = _inside(ax, ay, dx, dy)
                if t0 <= t1:
                    if not joined or t0 > 0.0:
                        if length > 1:
                            geom, count, cx, cy = _run(qx, qy, length, geom, count, cx, cy, False)
                        qx[0], qy[0] = _rounded(ax + t0 * dx), _rounded(ay + t0 * dy)
                        length = 1
                    bx, by = _rounded(ax + t1 * dx), _rounded(ay + t1 * dy)
                    if bx != qx[length - 1] or by != qy[length - 1]:
                        qx[length], qy[length] = bx, by
                        length += 1
                joined = t0 <= t1 and t1 >= 1.0
            if length > 1:
                geom, count, cx, cy = _run(qx, qy, length, geom, count, cx, cy, False)
        if count > geom_ptr[number]:
            kept[number] = feature
            number += 1
            geom_ptr[number] = count
    return kept[:number], geom_ptr[: number + 1], geom[:count]


@compiled
def _half(px, py, size, side, ox, oy):
    """A ring cut by one edge of the tile (Sutherland and Hodgman 1974); its new size."""
    edge = float(-MARGIN) if side < 2 else float(EXTENT + MARGIN)
    count = 0
    for i in range(size):
        ax, ay = px[i - 1 if i else size - 1], py[i - 1 if i else size - 1]
        bx, by = px[i], py[i]
        a, b = (ax, bx) if side % 2 == 0 else (ay, by)
        a_in, b_in = (a >= edge, b >= edge) if side < 2 else (a <= edge, b <= edge)
        if a_in != b_in:
            t = (edge - a) / (b - a)
            ox[count] = edge if side % 2 == 0 else ax + t * (bx - ax)
            oy[count] = ay + t * (by - ay) if side % 2 == 0 else edge
            count += 1
        if b_in:
            ox[count], oy[count] = bx, by
            count += 1
    return count


@compiled
def _tidy(px, py, size, qx, qy):
    """A ring in whole units without repeated vertices, twice its area (positive: clockwise on the map), its size."""
    length = 0
    for i in range(size):
        bx, by = _rounded(px[i]), _rounded(py[i])
        if length == 0 or bx != qx[length - 1] or by != qy[length - 1]:
            qx[length], qy[length] = bx, by
            length += 1
    while length > 1 and qx[length - 1] == qx[0] and qy[length - 1] == qy[0]:
        length -= 1
    area = np.int64(0)
    for i in range(length):
        j = i + 1 if i + 1 < length else 0
        area += qx[i] * qy[j] - qx[j] * qy[i]
    return length, area


@compiled
def cut_areas(chosen, part_ptr, ptr, x, y, weight, hole, scale, left, top, tolerance):
    """Polygons cut to the tile and its margin; rings without area are dropped, with an outer ring its holes.

    Args and returns as :func:`cut_lines`; parts are rings, ``hole`` (p,) says which are inner ones (after their outer
    one). Outer rings go clockwise on the map, inner ones the other way, as the specification asks.
    """
    kept, geom_ptr = np.empty(len(chosen), np.int64), np.zeros(len(chosen) + 1, np.int64)
    geom = np.empty(1024, np.uint32)
    px, py, ox, oy = np.empty(256), np.empty(256), np.empty(256), np.empty(256)
    qx, qy = np.empty(256, np.int64), np.empty(256, np.int64)
    number, count = 0, 0
    for feature in chosen:
        cx, cy = np.int64(0), np.int64(0)
        there = False
        for part in range(part_ptr[feature], part_ptr[feature + 1]):
            if hole[part] and not there:
                continue
            # a cut adds at most one vertex for each edge that crosses it
            most = 16 * (ptr[part + 1] - ptr[part]) + 16
            px, py, ox, oy = _roomy(px, most), _roomy(py, most), _roomy(ox, most), _roomy(oy, most)
            qx, qy = _roomy(qx, most), _roomy(qy, most)
            size = _gathered(ptr, x, y, weight, part, scale, left, top, tolerance, px, py) - 1  # closed: ends repeat
            for side in range(4):
                size = _half(px, py, size, side, ox, oy)
                px, py, ox, oy = ox, oy, px, py
            length, area = _tidy(px, py, size, qx, qy)
            if not hole[part]:
                there = length > 2 and area != 0
            if length < 3 or area == 0:
                continue
            if (area > 0) == bool(hole[part]):
                for i in range(1, (length + 1) // 2):
                    qx[i], qx[length - i] = qx[length - i], qx[i]
                    qy[i], qy[length - i] = qy[length - i], qy[i]
            geom, count, cx, cy = _run(qx, qy, length, geom, count, cx, cy, True)
        if count > geom_ptr[number]:
            kept[number] = feature
            number += 1
            geom_ptr[number] = count
    return kept[:number], geom_ptr[: number + 1], geom[:count]
