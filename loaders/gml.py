"""Reading GML (Graph Modelling Language, Himsolt 1997): keys with numbers, texts or lists in brackets."""

from __future__ import annotations

import html
import re
from typing import Any, NamedTuple

from twin.errors import SourceUnreadable

TOKEN = re.compile(
    r'(?P<space>[ \t\r\n]+|#[^\n]*)|(?P<key>[A-Za-z_][A-Za-z0-9_.-]*)|(?P<text>"[^"]*")|'
    r"(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:INF|NAN))|(?P<open>\[)|(?P<close>\])"
)
#: Brackets in brackets at most: graphs need three.
DEEPEST = 32


class Entry(NamedTuple):
    """One key with its value (a list of entries, or a plain value) and the line it stands in, from 1."""

    key: str
    value: Any
    line: int


def parse_gml(text: str, name: str) -> list[Entry]:
    """The entries of a GML file.

    Raises:
        SourceUnreadable: it is no GML; the message names the line.
    """
    stack: list[list[Entry]] = [[]]
    waiting: list[tuple[str, int]] = []
    key: tuple[str, int] | None = None
    line = 1
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise _broken(name, line, f"{text[place : place + 20]!r} is not expected")
        kind, word = str(found.lastgroup), found.group()
        at, line, place = line, line + word.count("\n"), found.end()
        if kind == "space":
            continue
        if kind == "key" and key is None:
            key = word, at
        elif kind == "close" and key is None and waiting:
            entries, (owner, where) = stack.pop(), waiting.pop()
            stack[-1].append(Entry(owner, entries, where))
        elif kind == "open" and key is not None:
            if len(stack) > DEEPEST:
                raise _broken(name, at, "lists are nested too deep")
            waiting.append(key)
            stack.append([])
            key = None
        elif kind in ("text", "number", "key") and key is not None:
            stack[-1].append(Entry(key[0], _plain(kind, word), key[1]))
            key = None
        else:
            raise _broken(name, at, f"{word[:20]!r} is not expected")
    if key is not None or waiting:
        raise _broken(name, line, "the file ends in the middle; perhaps it is cut off")
    return stack[0]


def _plain(kind: str, word: str) -> Any:
    if kind == "text":
        return html.unescape(word[1:-1])
    if kind == "number":
        try:
            return int(word)
        except ValueError:
            return float(word)
    return word


def _broken(name: str, line: int, what: str) -> SourceUnreadable:
    return SourceUnreadable(f"{name}, line {line}: no GML: {what}", fix="Export the graph again as GML or GraphML.")
