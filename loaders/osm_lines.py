"""Lines of OpenStreetMap cut and joined: at stations, at devices, and where a line ends on another.

A node that two lines share joins them when it is the end of one of them and their voltages do not contradict each
other. Two lines that only share a tower, both going on, stay apart: they cross, or run on one pole.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from loaders.osm_read import Element


class Piece(NamedTuple):
    """A part of a line between two places: native id, first and last index of its nodes, and what it ends at."""

    id: str
    first: int
    last: int
    ends: tuple[str, str]


@dataclass
class Line:
    """One line: its element, voltages in kV (none: unknown), and whether it is power or data."""

    element: Element
    kv: frozenset[float]


def cut(lines: list[Line], fixed: dict[int, str], prefix: str) -> tuple[list[list[Piece]], dict[str, int]]:
    """Every line in pieces, and the node of each junction that they need.

    Args:
        lines: each with two nodes or more.
        fixed: node -> id of the station's bus or device there; a line that has the node is cut and ends there.
        prefix: what ids of junctions begin with.
    """
    users: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, line in enumerate(lines):
        for at, node in enumerate(line.element.nodes):
            users[node].append((row, at))
    junction: dict[tuple[int, int], str] = {}
    nodes: dict[str, int] = {}
    for node, uses in users.items():
        if node not in fixed and any(_is_end(lines[r], a) for r, a in uses):
            for number, group in enumerate(_groups(lines, uses)):
                if any(_is_end(lines[r], a) for r, a in uses if r in group):
                    name = f"{prefix}/{node}" + (f"/{number + 1}" if number else "")
                    nodes[name] = node
                    junction.update({(row, node): name for row in group})
    return [_pieces(row, line, fixed, junction) for row, line in enumerate(lines)], nodes


def _is_end(line: Line, at: int) -> bool:
    return at in (0, len(line.element.nodes) - 1)


def _groups(lines: list[Line], uses: list[tuple[int, int]]) -> list[set[int]]:
    """Lines at one node by voltages in common; those of unknown voltage join the only group that there is."""
    groups: list[tuple[set[float], set[int]]] = []
    rows = dict.fromkeys(row for row, _ in uses)
    for row in (r for r in rows if lines[r].kv):
        touching = [g for g in groups if g[0] & lines[row].kv]
        groups = [g for g in groups if g not in touching]
        groups.append((set(lines[row].kv).union(*(g[0] for g in touching)), {row}.union(*(g[1] for g in touching))))
    unknown = {r for r in rows if not lines[r].kv}
    if not unknown:
        return [g[1] for g in groups]
    if len(groups) == 1:
        return [groups[0][1] | unknown]
    return [*(g[1] for g in groups), unknown]


def _pieces(row: int, line: Line, fixed: dict[int, str], junction: dict[tuple[int, int], str]) -> list[Piece]:
    nodes = line.element.nodes
    stops = [(i, fixed.get(n) or junction.get((row, n))) for i, n in enumerate(nodes)]
    known = [(i, stop) for i, stop in stops if stop is not None]
    found = []
    for (i, start), (j, end) in pairwise(known):
        if start != end or start.startswith(("junction/", "joint/")):  # inside one station it is part of that station
            found.append((i, j, start, end))
    one = len(found) == 1
    ref = line.element.ref
    return [Piece(ref if one else f"{ref}/{k}", i, j, (s, e)) for k, (i, j, s, e) in enumerate(found, start=1)]
