"""The log on stderr: one line per request and event, as text or as JSON; secrets are taken out of every line."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from api.hidden import Hidden

Style = Literal["json", "text", "off"]
#: One record per request, with the members of :class:`api.operations.observe.Seen` in ``extra``.
ACCESS = "api.access"


def configure(style: Style, hidden: Hidden) -> None:
    """Log to stderr from now on: requests unless *style* is ``off``, and warnings of all libraries in any case.

    Args:
        style: how lines look. hidden: what they must not show.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(hidden) if style == "json" else TextLines(hidden))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(ACCESS).setLevel(logging.WARNING if style == "off" else logging.INFO)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time, level, logger``, then ``message`` or the members of a request."""

    def __init__(self, hidden: Hidden) -> None:
        super().__init__()
        self.hidden = hidden

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        body: dict[str, Any] = {
            "time": _time(record), "level": record.levelname.lower(), "logger": record.name,
        }  # fmt: skip
        request = getattr(record, "request", None)
        body |= request if request is not None else {"message": record.getMessage()}
        if record.exc_info:
            body["exception"] = self.formatException(record.exc_info)
        return self.hidden.clean(orjson.dumps(body, default=str).decode())


class TextLines(logging.Formatter):
    """One line a record; control characters are escaped, so nobody can forge a line."""

    def __init__(self, hidden: Hidden) -> None:
        super().__init__()
        self.hidden = hidden

    def format(self, record: logging.LogRecord) -> str:
        """The line; a traceback follows on lines of its own, indented."""
        request = getattr(record, "request", None)
        said = _request(request) if request is not None else f"{record.levelname.lower()}: {record.getMessage()}"
        line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in said)
        if record.exc_info:
            line += "".join(f"\n    {row}" for row in self.formatException(record.exc_info).splitlines())
        return self.hidden.clean(f"{_time(record)} {line}")


def _request(row: dict[str, Any]) -> str:
    who = f" key={row['key']}" if row["key"] else ""
    names = f"?{'&'.join(row['query'])}" if row["query"] else ""
    return (
        f"{row['status']} {row['method']} {row['path']}{names} {row['ms']:.1f} ms {row['bytes']} B"
        f"{who} id={row['request_id']}"
    )
