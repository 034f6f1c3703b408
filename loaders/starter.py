"""``twin map``: a starter mapping for ``gis`` and ``sheet`` from what a file holds, as TOML with comments.

What is written loads as it is; what was guessed says so. Columns whose values do not all fit are left out, with the
reason in a comment.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from loaders.starter_propose import Mapped, Proposal, Reference, propose
from loaders.starter_seen import see_layers, see_sheets
from loaders.starter_words import side_of, slug
from twin.errors import SourceUnreadable
from twin.schema import Schema

BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


def starter(path: Path, loader: str, schema: Schema, source: str | None = None, shown: str | None = None) -> str:
    """A manifest entry for the export at *path*.

    Args:
        path: file or folder. loader: ``gis`` or ``sheet``. source: prefix of the ids, by default by the file's name.
        shown: how the entry writes the path.

    Raises:
        SourceUnreadable: nothing in it can be read, or no table has rows that can be told apart.
    """
    seen = see_layers(path, schema) if loader == "gis" else see_sheets(path, schema)
    found = propose(seen, schema)
    usable = [p for p in found if (p.kinds and p.id and (loader == "sheet" or len(p.id) == 1)) or _is_list(p, loader)]
    sure = [p for p in usable if not p.guessed or p.place]
    usable = sure or usable
    if not usable:
        raise SourceUnreadable(
            f"{path} has no table with rows that can be told apart",
            fix="Give the rows an id; then run this again.",
        )
    for p in usable:
        p.references = [r for r in p.references if any(r.other is other for other in usable)]
    lines = [
        f"# A starter mapping of {_comment(path.name)}, made by looking at it.",
        "# Read the comments, mend what is guessed wrong, then try it: twin import THIS.toml --dry-run",
        "[[import]]",
        f"source = {_text(source or slug(path.stem))}",
        f'loader = "{loader}"',
        f"path = {_text(shown or str(path))}",
    ]
    lines += _layers(usable) if loader == "gis" else _sheets(usable)
    for left in found:
        if left not in usable:
            why = "nothing says what its rows are" if left.guessed and left.id else "no column identifies its rows"
            lines += ["", f"# {_comment(left.seen.key)}: not taken, {why}."]
    return "\n".join(lines) + "\n"


def _is_list(proposal: Proposal, loader: str) -> bool:
    """Whether a table has no kind of its own but two ends: a list of links."""
    return loader == "sheet" and not proposal.kinds and len(_two_ends(proposal)) == 2


def _two_ends(proposal: Proposal) -> list[Reference]:
    ends = [next((r for r in proposal.references if side_of(r.column) == side), None) for side in ("from", "to")]
    return [end for end in ends if end is not None]


def _sheets(found: list[Proposal]) -> list[str]:
    lines: list[str] = []
    for p in found:
        seen = p.seen
        lines += ["", f"[import.options.tables.{_key(seen.key)}]   # {seen.rows:,} rows looked at"]
        facts: dict[str, Any] = {"file": seen.file, "sheet": seen.sheet if seen.sheet != seen.key else None}
        facts |= {"header": seen.header if seen.header > 1 else None, **seen.said}
        lines += [f"{name} = {_value(value)}" for name, value in facts.items() if value is not None]
        lines += [f"# {_comment(note)}" for note in seen.notes]
    several = len([p for p in found if p.kinds]) > 1
    for p in found:
        if p.kinds:
            lines += _asset_block(p, several)
    for p in found:
        for number, reference in enumerate(p.references if p.kinds else [], 1):
            lines += _link_block(p, reference, number)
        if not p.kinds:
            lines += _list_block(p)
    return lines


def _asset_block(p: Proposal, several: bool) -> list[str]:
    lines = ["", f"# Kind {_comment(p.why)}.", f"[import.options.assets.{_key(p.block)}]"]
    lines.append(f"table = {_text(p.seen.key)}")
    if p.kind_column:
        lines.append(f"kind = {{ column = {_text(p.kind_column)}, values = {_inline(p.kinds)} }}")
        if set(p.seen.texts(p.kind_column)) - set(p.kinds):
            lines.append(f"where = {{ {_key(p.kind_column)} = [{', '.join(_text(w) for w in p.kinds)}] }}")
    else:
        lines.append(f"kind = {_text(p.all_kinds[0])}")
    pattern = "/".join(f"{{{column}}}" for column in p.id)
    lines.append(f"id = {_text(f'{p.block}/{pattern}' if several else pattern)}")
    if p.name:
        lines.append(f"name = {_text(p.name)}")
    if len(p.place) == 1:
        lines.append(f"wkt = {_text(p.place[0])}")
    elif p.place:
        lines += [f"lon = {_text(p.place[0])}", f"lat = {_text(p.place[1])}"]
        if p.crs:
            lines.append(f"crs = {_text(p.crs)}   # GUESSED by the size of the numbers: check it")
    return [*lines, *_properties(p, "column"), *_untaken(p)]


def _properties(p: Proposal, word: str) -> list[str]:
    lines = []
    for m in p.properties:
        note = f"   # {_comment(m.note)}" if m.note else ""
        lines.append(f"properties.{m.property} = {_mapped(m, word)}{note}")
    return lines


def _mapped(m: Mapped, word: str) -> str:
    parts = [f"{word} = {_text(m.column)}"]
    if m.unit:
        parts.append(f"unit = {_text(m.unit)}")
    if m.several:
        parts.append(f"several = {_text(m.several)}")
    if m.values:
        parts.append(f"values = {_inline(m.values)}")
    return _text(m.column) if len(parts) == 1 and "{" not in m.column else f"{{ {', '.join(parts)} }}"


def _untaken(p: Proposal) -> list[str]:
    lines = [f"# {_comment(column)}: {_comment(why)}" for column, why in p.untaken.items() if why]
    rest = [column for column, why in p.untaken.items() if not why]
    if rest:
        lines.append(f"# Not taken: {_comment(', '.join(rest))[:400]}")
    return lines


def _link_block(p: Proposal, r: Reference, number: int) -> list[str]:
    other = f"{{ asset = {_text(r.other.block)}, by = {_text(r.by)}, column = {_text(r.column)} }}"
    own = f"{{ asset = {_text(p.block)} }}"
    start, end = (own, other) if r.supplies else (other, own)
    return [
        "",
        f"# {_comment(r.column)!r} holds what stands in {_comment(r.by)!r} of {_comment(r.other.seen.key)}. Is it this "
        "type, in this direction (from what supplies)?",
        f"[import.options.links.{_key(f'{p.block}_{number}')}]",
        f"table = {_text(p.seen.key)}",
        f"type = {_text(r.type)}",
        f"from = {start}",
        f"to = {end}",
    ]


def _list_block(p: Proposal) -> list[str]:
    """A list of links as a comment: what its type is, nothing says."""
    start, end = _two_ends(p)
    return [
        "",
        f"# {_comment(p.seen.key)} lists pairs. Say what they are, and take the # away:",
        f"# [import.options.links.{_key(p.block)}]",
        f"# table = {_text(p.seen.key)}",
        '# type = "POWERS"',
        *(
            f"# {word} = {{ asset = {_text(r.other.block)}, by = {_text(r.by)}, column = {_text(r.column)} }}"
            for word, r in (("from", start), ("to", end))
        ),
    ]


def _layers(found: list[Proposal]) -> list[str]:
    lines: list[str] = []
    several = len(found) > 1
    for p in found:
        seen = p.seen
        lines += ["", f"# {seen.rows:,} features looked at ({seen.geometry or 'no'} geometry). Kind {_comment(p.why)}."]
        lines.append(f"[import.options.layers.{_key(seen.key)}]")
        facts = {"file": seen.file, "layer": seen.sheet, "kind": p.all_kinds[0], "id": p.id[0]}
        facts |= {"prefix": f"{p.block}/" if several else None, "name": p.name}
        lines += [f"{name} = {_value(value)}" for name, value in facts.items() if value is not None]
        lines += _properties(p, "field")
        ends = _two_ends(p)
        meshed = len(ends) == 2 and ends[0].type == ends[1].type
        if meshed:
            layers = ", ".join(_text(k) for k in dict.fromkeys(r.other.seen.key for r in ends))
            fields = f"from_field = {_text(ends[0].column)}, to_field = {_text(ends[1].column)}"
            open_end = any("" in p.seen.texts(r.column) for r in ends)
            line = f"ends = {{ type = {_text(ends[0].type)}, {fields}, layers = [{layers}] }}"
            lines.append(f"# {line}   # some are empty" if open_end else line)
        links = [r for r in p.references if not (meshed and r in ends)]
        if links:
            lines.append("# Are the links of this type, in this direction (from what supplies)?")
            lines.append(f"links = [{', '.join(_layer_link(r) for r in links)}]")
        if seen.geometry == "line" and not meshed:
            lines.append('# Where do the lines end? ends = { type = "...", layers = ["..."], tolerance_m = 25 }')
        lines += [f"# {_comment(note)}" for note in seen.notes] + _untaken(p)
    return lines


def _layer_link(r: Reference) -> str:
    side = "to_field" if r.supplies else "from_field"
    return f"{{ type = {_text(r.type)}, {side} = {_text(r.column)}, layer = {_text(r.other.seen.key)} }}"


def _text(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    return _text(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if BARE.match(name) else _text(name)


def _inline(pairs: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{_key(k)} = {_text(v)}" for k, v in pairs.items()) + " }"


def _comment(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
