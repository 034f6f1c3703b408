"""The tables of a pandapower JSON file: nested objects with data frames as text, read without pandapower."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from loaders.fields import text_of
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

#: Bytes of a file; characters of one text.
MAX_BYTES = 1 << 30
FIX = 'Write it with pandapower.to_json(net, "net.json"), without encryption.'
#: What starts the name of a table that holds results or templates, not the network.
NOT_NETWORK = ("res_", "_")
#: Columns whose cells may be lists or objects.
PLACES = ("geo", "coords")


class Row(NamedTuple):
    """One element: its place in the table (from 1), its index as text, and its cells that are not null."""

    number: int
    key: str
    cells: dict[str, Any]


class Frame:
    """One table.

    Attributes:
        name: of the table.
        columns: its columns.
        rejects: what cannot be read.
        rows: the rows that can, in order.
    """

    def __init__(self, file: str, name: str, raw: Any) -> None:
        self.file, self.name = f"{file}/{name}", name
        self.columns: list[str] = []
        self.rejects: list[Reject] = []
        self.rows: list[Row] = []
        try:
            self._read(raw)
        except _Damaged as error:
            self.rejects.append(self.reject(None, None, "bad_row", f"table {name} {error}", "Export the net again."))

    def reject(self, number: int | None, column: str | None, code: str, message: str, fix: str) -> Reject:
        """A reject that points into this table."""
        return Reject(Origin(self.file, number, column), code, message, fix)

    def _read(self, raw: Any) -> None:
        content = raw.get("_object")
        if isinstance(content, str):
            try:
                content = json.loads(content)
            except (ValueError, RecursionError) as error:
                raise _Damaged(f"is not valid JSON: {str(error)[:100]}") from None
        if not isinstance(content, dict):
            raise _Damaged("is no object")
        if raw.get("is_multiindex") or raw.get("is_multicolumn"):
            raise _Damaged("has an index or columns of several levels")
        seen: set[str] = set()
        for number, (index, cells) in enumerate(self._cells(content, raw.get("orient", "split")), start=1):
            nested = isinstance(index, dict | list)
            name = "" if nested else text_of(index)
            if isinstance(cells, str):
                self.rejects.append(self.reject(number, None, "bad_row", cells, "Export the net again."))
            elif not name or name in seen or len(name) > 200 or not name.isprintable():
                code = "duplicate_id" if name in seen else "missing_value"
                message = (
                    f"the index {name[:60]!r} stands twice" if name in seen else "the row has no index that can be used"
                )
                self.rejects.append(self.reject(number, "index", code, message, "Give every row an index of its own."))
            else:
                seen.add(name)
                self.rows.append(
                    Row(number, name, dict(_cell(k, v) for k, v in cells.items() if v is not None and v == v))
                )

    def _cells(self, content: dict[str, Any], orient: Any) -> Iterator[tuple[Any, dict[str, Any] | str]]:
        """Index and cells of each row, or what is wrong with it."""
        if orient == "split":
            columns, index, data = (content.get(key) for key in ("columns", "index", "data"))
            if not (isinstance(columns, list) and isinstance(index, list) and isinstance(data, list)):
                raise _Damaged("has no columns, index and data")
            if len(index) != len(data):
                raise _Damaged(f"has {len(index)} indices and {len(data)} rows")
            self.columns = [str(column) for column in columns]
            for name, values in zip(index, data, strict=True):
                if isinstance(values, list) and len(values) == len(columns):
                    yield name, dict(zip(self.columns, values, strict=True))
                else:
                    yield name, f"the row has not the {len(columns)} cells of the columns"
        elif orient in ("columns", "index"):
            rows: dict[str, dict[str, Any]] = {}
            for first, inner in content.items():
                if not isinstance(inner, dict):
                    raise _Damaged("is no table")
                for second, value in inner.items():
                    index, column = (second, first) if orient == "columns" else (first, second)
                    rows.setdefault(index, {})[column] = value
            self.columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
            yield from rows.items()
        else:
            raise _Damaged(f"is written in a way that is not known: orient {str(orient)[:30]!r}")


class _Damaged(Exception):
    pass


def _cell(column: str, value: Any) -> tuple[str, Any]:
    """A cell; lists and objects only where places are."""
    return column, "[...]" if isinstance(value, dict | list) and column not in PLACES else value


def read_net(path: Path) -> tuple[dict[str, Frame], list[Reject]]:
    """The tables of the network that have rows or problems, by name; and rejects about the whole file.

    Raises:
        SourceUnreadable: the file is missing, too large, no JSON or no pandapower network.
    """
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise SourceUnreadable(f"{path} is larger than {MAX_BYTES >> 20} MiB", fix="Export a smaller network.")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SourceUnreadable(f"{path} does not exist", fix=FIX) from None
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be opened: {error.strerror}", fix=FIX) from error
    if not raw.strip():
        return {}, [Reject(Origin(path.name), "empty_file", f"{path.name} is empty", "Export the network again.")]
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        message = f"the file is not UTF-8: {error.reason} at byte {error.start}"
        return {}, [Reject(Origin(path.name, row), "bad_encoding", message, "Save the file as UTF-8.")]
    except (ValueError, RecursionError) as error:
        raise SourceUnreadable(f"{path} is not valid JSON, perhaps cut off or encrypted: {error}", fix=FIX) from error
    content = document.get("_object") if isinstance(document, dict) else None
    if not isinstance(content, dict) or document.get("_class") != "pandapowerNet":
        raise SourceUnreadable(f"{path} is no pandapower network: its _class is not pandapowerNet", fix=FIX)
    frames: dict[str, Frame] = {}
    for name, one in content.items():
        if isinstance(one, dict) and one.get("_class") == "DataFrame" and not name.startswith(NOT_NETWORK):
            frame = Frame(path.name, name.encode("ascii", "backslashreplace").decode()[:200], one)
            if frame.rows or frame.rejects:
                frames[name] = frame
    if "bus" not in frames:
        message = f"{path.name} has no buses"
        return frames, [Reject(Origin(path.name), "empty_file", message, "Export the network again.")]
    return frames, []
