"""What commands print: results to stdout, hints and notices to stderr, files by suffix."""

from __future__ import annotations

import csv
import io
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from twin.errors import InvalidParameter
from twin.export.files import SUFFIXES

if TYPE_CHECKING:
    import geopandas
    import pyarrow as pa

    from twin.export.layer import Layer

#: Width where nobody looks at a terminal: wide enough that no id is ever cut.
UNBOUNDED = 1000
TABULAR = (".json", ".csv")
MAPS = tuple(suffix for suffix in SUFFIXES if suffix not in (".csv", ".parquet"))
SPATIAL = (*MAPS, ".parquet")
#: For rows that have no place.
TABLES = (*TABULAR, ".parquet", ".arrow")


def console(stream: IO[str]) -> Console:
    """A console on *stream*: plain text without colours unless it is a terminal (and NO_COLOR is not set)."""
    terminal = stream.isatty()
    return Console(
        file=stream,
        markup=False,
        highlight=False,
        emoji=False,
        no_color=not terminal or "NO_COLOR" in os.environ,
        force_terminal=terminal,
        width=None if terminal else UNBOUNDED,
        soft_wrap=not terminal,
    )


def plain(value: Any) -> str:
    """*value* as text that is safe on a terminal: no control characters from somebody's export."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.10g}"
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def number(value: Any) -> str:
    """A number as a table shows it: two decimals from 10 on, four digits below; anything else as :func:`plain`."""
    if not isinstance(value, float) or not math.isfinite(value):
        return plain(value)
    size = abs(value)
    if value == round(value) and size < 1e15:
        return f"{value:,.0f}"
    if not 1e-4 <= size < 1e15:
        return f"{value:.4g}"
    decimals = 2 if size >= 10 else 3 - math.floor(math.log10(size))
    return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")


def say(text: str = "", style: str = "") -> None:
    """One line of the result."""
    console(sys.stdout).print(Text(text, style=style))


def note(text: str, style: str = "dim") -> None:
    """One line beside the result, to stderr."""
    console(sys.stderr).print(Text(text, style=style))


def hints(lines: Sequence[str]) -> None:
    """The next useful commands, to stderr."""
    if lines:
        note("next:")
        for line in lines:
            note(f"  {line}")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[str] = (), title: str = "") -> None:
    """Rows as an aligned table on stdout; columns named in *right* hold numbers, see :func:`number`."""
    made = Table(box=None, pad_edge=False, title=Text(title) if title else None, title_justify="left")
    for name in columns:
        made.add_column(
            Text(name, style="bold"), justify="right" if name in right else "left", overflow="fold", no_wrap=False
        )
    said = [number if name in right else plain for name in columns]
    for row in rows:
        cells = (cell if isinstance(cell, Text) else Text(told(cell)) for told, cell in zip(said, row, strict=True))
        made.add_row(*cells)
    _print(made)


def _print(made: RenderableType) -> None:
    """Print to stdout; away from a terminal without the blanks that pad the last column."""
    out = console(sys.stdout)
    if out.is_terminal:
        out.print(made)
        return
    with out.capture() as held:
        out.print(made)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in held.get().splitlines())


def tree(made: RenderableType) -> None:
    """A tree on stdout."""
    _print(made)


def line(text: Text) -> None:
    """A styled line of the result."""
    console(sys.stdout).print(text)


def facts(pairs: Mapping[str, Any]) -> None:
    """Names and values, one pair a line; empty values are left out."""
    grid = Table.grid(padding=(0, 2))
    for name, value in pairs.items():
        if value is not None and value != "":
            grid.add_row(Text(name, style="bold"), Text(plain(value)))
    _print(grid)


def emit_json(data: Any) -> None:
    """*data* as one JSON document on stdout."""
    sys.stdout.write(dumps(data).decode())
    sys.stdout.write("\n")


def dumps(data: Any) -> bytes:
    """*data* as indented JSON; numbers that JSON cannot say become null."""
    import orjson

    return orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY, default=str)


def check_target(path: Path | None, spatial: bool = False, what: str = "") -> None:
    """Refuse a file name before any work is done for it.

    Args:
        path: the file. spatial: its rows may have a place. what: its rows have none; what they are called.

    Raises:
        InvalidParameter: its suffix names no format, or none for such rows, or its folder is not there.
    """
    if path is None:
        return
    from twin.schema import suggest  # the schema's parser is slow to import

    known = list(TABLES) if what else [*TABULAR, *(SPATIAL if spatial else ())]
    if what and path.suffix.lower() in MAPS:
        raise InvalidParameter(f"{path}: {what} have no place on a map", fix=f"Use one of: {', '.join(known)}.")
    if path.suffix.lower() not in known:
        raise InvalidParameter(
            f"{path}: no format has the suffix {path.suffix!r}.{suggest(path.suffix, known)}",
            fix=f"Use one of: {', '.join(known)}.",
        )
    if not path.parent.is_dir():
        raise InvalidParameter(f"{path.parent} is not a folder", fix="Make the folder first, or choose another.")


def write(
    path: Path,
    document: Any,
    rows: Sequence[Mapping[str, Any]],
    frame: Callable[[], geopandas.GeoDataFrame] | None = None,
    table: pa.Table | None = None,
) -> None:
    """Write a result to *path* in the format of its suffix, whole or not at all.

    Args:
        path: the file. document: what ``.json`` holds. rows: what ``.csv`` holds.
        frame: makes the layer for the formats of :mod:`twin.export.files`.
        table: of rows that have no place, for ``.parquet`` and ``.arrow``.
    """
    check_target(path, spatial=frame is not None, what="these rows" if table is not None else "")
    suffix, placeless = path.suffix.lower(), None
    with whole(path) as part:
        if suffix == ".json":
            part.write_bytes(dumps(document) + b"\n")
        elif suffix == ".csv":
            part.write_text(to_csv(rows), encoding="utf-8", newline="")
        elif table is not None:
            _write_table(table, part)
        elif frame is not None:
            from twin.export.layers import placeless_note, write_layer

            made = frame()
            placeless = placeless_note(made)
            write_layer(made, part)
    _wrote(path, len(rows), placeless)


def write_assets(path: Path, layer: Layer) -> None:
    """Write assets to *path*, whole or not at all; a layer for each kind where the format takes several."""
    from twin.export.files import format_of
    from twin.export.files import write as write_file
    from twin.export.layer import layers_by_kind

    form = format_of(path)
    with whole(path) as part:
        write_file(layers_by_kind(layer) if form and form.several else layer, part)
    _wrote(path, len(layer.shapes), layer.note)


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A file, or a folder that the caller makes, that takes the place of *path* when all went well.

    Raises:
        InvalidParameter: the folder that it is to be in is not there.
    """
    if not path.parent.is_dir():
        raise InvalidParameter(f"{path.parent} is not a folder", fix="Make the folder first, or choose another.")
    with tempfile.TemporaryDirectory(prefix=".twin-", dir=path.parent) as scratch:
        part = Path(scratch) / path.name
        yield part
        part.replace(path)


def _wrote(path: Path, rows: int, placeless: str | None) -> None:
    note(f"wrote {path} ({rows:,} {'row' if rows == 1 else 'rows'})")
    if placeless:
        note(placeless, style="yellow")


def _write_table(table: pa.Table, path: Path) -> None:
    """As Parquet, or as an Arrow file."""
    import pyarrow.feather
    import pyarrow.parquet

    if path.suffix.lower() == ".parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        pyarrow.feather.write_feather(table, path, compression="zstd")


def to_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV; lists and objects in a cell are JSON; text that a spreadsheet would run gets an apostrophe."""
    from twin.export.comma import guarded

    names = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    cells = ([_csv_cell(row.get(name)) for name in names] for row in rows)
    writer.writerows(
        [_one_line_end(guarded(cell)) if isinstance(cell, str) else cell for cell in line] for line in cells
    )
    return out.getvalue()


def _one_line_end(text: str) -> str:
    """*text* with ends of lines that the writer puts between quotes: it does not for a carriage return alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple):
        import orjson

        return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str).decode()
    return value
