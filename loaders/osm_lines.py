"""Lines of OpenStreetMap cut and joined: at stations, at devices, and where a line ends on another.

A node that two lines share joins them when it is the end of one of them and their voltages and frequencies do not
contradict each other. Two lines that only share a tower, both going on, stay apart: they cross, or run on one pole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from loaders.osm_tags import Level


class Piece(NamedTuple):
    """A part of a line between two places: native id, first and last index of its nodes, and what it ends at."""

    id: str
    first: int
    last: int
    ends: tuple[str, str]


@dataclass
class Line:
    """The circuits of one level on a way: native id, nodes, and what it ends at by index, as far as stations go.

    ``level`` may be inferred (:func:`infer`), ``kv`` is what the tags say.
    """

    id: str
    nodes: list[int]
    level: Level
    count: int | None = None
    kv: float | None = None
    stops: dict[int, str] = field(default_factory=dict)

    def is_end(self, at: int) -> bool:
        """Whether the node at this index is its first or last."""
        return at in (0, len(self.nodes) - 1)


class Joint(NamedTuple):
    """A junction: its node and the level of the lines there."""

    node: int
    level: Level


@dataclass
class Cut:
    """Pieces of each line, junctions by native id, and (device, junction) that touch."""

    pieces: list[list[Piece]] = field(default_factory=list)
    joints: dict[str, Joint] = field(default_factory=dict)
    taps: list[tuple[str, str]] = field(default_factory=list)


def cut(lines: list[Line], prefix: str, series: set[int], shunt: set[int]) -> Cut:
    """Every line in pieces, with the junctions that they need.

    Args:
        lines: each with two nodes or more; ``stops`` filled with the stations that they end at.
        prefix: what ids of junctions begin with.
        series: nodes with a switch: lines of one level end at it and are parted there.
        shunt: nodes with a transformer: it touches a junction of each level.
    """
    made = Cut()
    places = {line.nodes[at] for line in lines for at in (0, -1)} | series | shunt
    users: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, line in enumerate(lines):
        for at, node in enumerate(line.nodes):
            if node in places and at not in line.stops:
                users[node].append((row, at))
    for node, uses in users.items():
        _join(lines, node, uses, made, (prefix, node in series, node in shunt))
    made.pieces = [_pieces(line, prefix) for line in lines]
    return made


def _join(lines: list[Line], node: int, uses: list[tuple[int, int]], made: Cut, how: tuple[str, bool, bool]) -> None:
    prefix, switch, transformer = how
    groups = _groups(lines, uses)
    for number, (level, rows) in enumerate(groups):
        mine = [(row, at) for row, at in uses if row in rows]
        if switch and not number:
            stop = f"node/{node}"
        elif transformer or any(lines[row].is_end(at) for row, at in mine):
            stop = f"{prefix}/{node}" + (f"/{level.label or 'unknown'}" if len(groups) > 1 else "")
            made.joints[stop] = Joint(node, level)
            if transformer:
                made.taps.append((f"node/{node}", stop))
        else:
            continue
        for row, at in mine:
            lines[row].stops[at] = stop


def _groups(lines: list[Line], uses: list[tuple[int, int]]) -> list[tuple[Level, set[int]]]:
    """Lines at one node by level, most lines first; those of unknown voltage join the only level that there is."""
    groups: list[tuple[Level, set[int]]] = []
    rows = sorted(dict.fromkeys(row for row, _ in uses), key=lambda row: (-(lines[row].level.kv or 0), lines[row].id))
    for row in rows:
        level = lines[row].level
        if level.kv is None:
            same = [group for group in groups if group[0].hz == level.hz]
            found = same[-1] if same and (len(same) == 1 or same[-1][0].kv is None) else None
        else:
            found = next((group for group in groups if group[0].fits(level)), None)
        if found is None:
            groups.append((level, {row}))
        else:
            found[1].add(row)
    return sorted(groups, key=lambda group: (-len(group[1]), -(group[0].kv or 0)))


def _pieces(line: Line, prefix: str) -> list[Piece]:
    known = sorted(line.stops.items())
    found = []
    for (i, start), (j, end) in pairwise(known):
        if start != end or j - i > 1 or start.startswith(f"{prefix}/"):  # else it is part of that station
            found.append((i, j, start, end))
    one = len(found) == 1
    return [Piece(line.id if one else f"{line.id}/{k}", i, j, (s, e)) for k, (i, j, s, e) in enumerate(found, start=1)]


def infer(lines: list[Line], evidence: dict[int, list[Level]]) -> None:
    """Give lines of unknown voltage the level of what they meet: the highest where they meet several.

    Without this a line of unknown voltage between one of 132 kV and one of 11 kV would join them like a wire; so it
    joins the former, and its other end stays loose.

    Args:
        lines: their ``level`` is set. evidence: row -> levels of the stations that the line belongs to.
    """
    unknown = {row for row, line in enumerate(lines) if line.level.kv is None}
    wanted = {node for row in unknown for node in lines[row].nodes}
    users: dict[int, list[tuple[int, bool]]] = defaultdict(list)
    for row, line in enumerate(lines):
        for at, node in enumerate(line.nodes):
            if node in wanted:
                users[node].append((row, line.is_end(at)))
    nodes = [node for node, uses in users.items() if any(row not in unknown for row, _ in uses)]
    found = {row: list(levels) for row, levels in evidence.items() if row in unknown}
    spread: set[int] = set()
    while nodes or found:
        for node in nodes:
            _spread(lines, users[node], found)
        spread.update(nodes)
        news: dict[int, None] = {}
        for row, levels in found.items():
            line = lines[row]
            fits = [one for one in levels if one.hz == line.level.hz and one.kv is not None]
            if line.level.kv is None and fits:
                line.level = max(fits, key=lambda one: one.kv or 0)
                news.update(dict.fromkeys(line.nodes))
        nodes, found = [node for node in news if node not in spread], {}


def _spread(lines: list[Line], uses: list[tuple[int, bool]], found: dict[int, list[Level]]) -> None:
    """The levels at a node for the lines of unknown voltage that join there."""
    levels = {lines[row].level: False for row, _ in uses if lines[row].level.kv is not None}
    for row, end in uses:
        if lines[row].level in levels:
            levels[lines[row].level] |= end
    for row, end in uses:
        if lines[row].level.kv is None:
            joined = [level for level, other in levels.items() if end or other]
            if joined:
                found.setdefault(row, []).extend(joined)
