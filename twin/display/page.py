"""An answer as a piece of HTML: a line of words, a map, a short table. All text is data, and escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.display.layer import shapes_of
from twin.display.said import said
from twin.display.svg import MOST, Mark, svg_of
from twin.errors import TwinError
from twin.export.styles import DOMAINS, OTHER, VERDICTS

if TYPE_CHECKING:
    import pyarrow as pa

    from twin.display.answer import Answer

#: Rows and columns of the table, characters of a cell and sentences of a proof at most.
ROWS, COLUMNS, LETTERS, SENTENCES = 8, 7, 34, 12
#: Columns that the short table leaves out.
HIDDEN = {"flags", "outages", "domain"}
#: Columns by which marks are coloured: the first one that a table has.
COLOURED = (("verdict", VERDICTS), ("verdict_a", VERDICTS), ("domain", DOMAINS))
#: What no mark of failed assets may be: nearly black is not seen on dark paper.
INK = "currentColor"
CELL = (
    "padding:2px 10px 2px 0;text-align:left;border-bottom:1px solid rgba(128,128,128,.3);"
    "vertical-align:top;white-space:nowrap"
)


def page_of(answer: Answer) -> str:
    """*answer* as HTML."""
    table = answer.to_arrow()
    name = type(answer).__name__
    parts = [
        '<div class="twin" style="font-size:13px;max-width:680px">',
        f"<div><b>{escape(name)}</b> {escape(said(answer))}</div>",
        *_map(answer, table),
        *_sentences(getattr(answer, "sentences", ())),
        *_table(table),
        *_notes(getattr(answer, "notes", ())),
        "</div>",
    ]
    return "\n".join(parts)


def _map(answer: Answer, table: pa.Table) -> list[str]:
    if answer._where is None or not table.num_rows:
        return []
    first = table.slice(0, MOST * 2)
    try:
        shapes = shapes_of(answer.QUESTION, first, answer._where)
    except TwinError as error:
        return [f"<div>No map: {escape(error.detail)}</div>"]
    column, colours = next(((c, k) for c, k in COLOURED if c in table.column_names), ("", {}))
    rows = first.to_pylist()
    marks = [
        Mark(shape, colour(colours, row.get(column)), _title(row))
        for row, shape in zip(rows, shapes, strict=True)
        if shape is not None
    ]
    if answer.QUESTION == "paths":
        marks += _ways(rows, shapes)
    drawn = svg_of(marks)
    if not drawn:
        return []
    placed = min(len(marks), MOST)
    more = "" if table.num_rows <= placed else f" Drawn: {placed:,} of {table.num_rows:,}."
    values = dict.fromkeys(row[column] for row in rows if column and row.get(column))
    return [drawn, f"<div>{_legend(colours, values)}{more}</div>"]


def colour(colours: dict[str, str], value: Any) -> str:
    """Of a mark with this verdict or domain; readable on light and dark paper."""
    return INK if value == "failed" else colours.get(str(value), OTHER)


def _title(row: dict[str, Any]) -> str:
    words = [row.get("name"), row.get("id") or row.get("asset") or row.get("scenario"), row.get("verdict")]
    return " - ".join(str(word) for word in words if word)


def _ways(rows: list[dict[str, Any]], shapes: Any) -> list[Mark]:
    """A line for each route, through the places of its assets."""
    import shapely

    found = []
    for number in dict.fromkeys(row["route"] for row in rows):
        here = np.array([row["route"] == number for row in rows], bool) & np.array([s is not None for s in shapes])
        points = shapely.point_on_surface(shapes[here])
        if len(points) > 1:
            found.append(Mark(shapely.linestrings(shapely.get_coordinates(points)), OTHER, f"route {number}"))
    return found


def _legend(colours: dict[str, str], values: Iterable[str]) -> str:
    return " ".join(
        f'<span style="white-space:nowrap"><span style="color:{colour(colours, value)}">&#9679;</span> '
        f"{escape(value.replace('_', ' '))}</span>"
        for value in values
    )


def _table(table: pa.Table) -> list[str]:
    if not table.num_rows:
        return []
    names = [name for name in table.column_names if name not in HIDDEN][:COLUMNS]
    shown = table.select(names).slice(0, ROWS).to_pylist()
    head = "".join(f'<th style="{CELL}">{escape(name)}</th>' for name in names)
    lines = ["".join(f'<td style="{CELL}">{_cell(row[name])}</td>' for name in names) for row in shown]
    more = table.num_rows - len(shown)
    return [
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;background:none;font-size:12px">',
        f"<thead><tr>{head}</tr></thead><tbody>",
        *(f"<tr>{line}</tr>" for line in lines),
        "</tbody></table></div>",
        *([f"<div>and {more:,} more</div>"] if more else []),
    ]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        text = ", ".join(_plain(item) for item in value[:5]) + (", ..." if len(value) > 5 else "")
    else:
        text = _plain(value)
    return escape(text if len(text) <= LETTERS else text[: LETTERS - 3] + "...")


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, dict):
        return " ".join(str(item) for item in value.values() if not isinstance(item, list))
    if isinstance(value, list):
        return " to ".join("..." if item is None else _plain(item) for item in value)
    return str(value)


def _sentences(sentences: Iterable[str]) -> list[str]:
    found = [f"<li>{escape(sentence)}</li>" for sentence in list(sentences)[:SENTENCES]]
    return [f"<ol>{''.join(found)}</ol>"] if found else []


def _notes(notes: Iterable[str]) -> list[str]:
    return [f'<div style="opacity:.75">{escape(note)}</div>' for note in list(notes)[:3]]
