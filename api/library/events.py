"""Saved events: what fails, under a name, to be asked about again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from api.library.database import Database, Row
from api.library.naming import new_id, now
from twin.errors import LimitExceeded, NotFound

MAX_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class SavedEvent:
    """A saved event.

    Attributes:
        id: unguessable; ``saved_event`` of a question takes it.
        name, note: free text.
        event: what fails, as the questions take it (``failed``, ``where``, ``hazard`` ...).
        made_at: when (UTC, ISO 8601). made_by: name of the API key, None without keys.
        seq: place in the list.
    """

    id: str
    name: str
    note: str
    event: dict[str, Any]
    made_at: str
    made_by: str | None
    seq: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "id": self.id,
            "name": self.name,
            "note": self.note,
            "event": self.event,
            "made_at": self.made_at,
            "made_by": self.made_by,
        }


def keep(database: Database, name: str, event: dict[str, Any], note: str = "", by: str | None = None) -> SavedEvent:
    """Keep an event. Raises LimitExceeded: there are too many."""
    saved = SavedEvent(new_id(), name, note, event, now(), by)
    with database.writing() as connection:
        if connection.execute("SELECT count(*) FROM events").fetchone()[0] >= MAX_EVENTS:
            raise LimitExceeded(f"{MAX_EVENTS:,} events are saved already", fix="Remove some: DELETE /events/{id}")
        connection.execute(
            "INSERT INTO events (id, name, note, event, made_at, made_by) VALUES (?, ?, ?, ?, ?, ?)",
            (saved.id, name, note, orjson.dumps(event).decode(), saved.made_at, by),
        )
    return saved


def event(database: Database, id: str) -> SavedEvent:
    """A saved event. Raises NotFound."""
    row = database.row("SELECT * FROM events WHERE id = ?", id)
    if row is None:
        raise missing(id)
    return _saved(row)


def events(database: Database, before: int | None = None, limit: int = -1) -> list[SavedEvent]:
    """Saved events, newest first; those *before* a place in the list, *limit* at most."""
    rows = database.rows(
        "SELECT * FROM events WHERE ? IS NULL OR seq < ? ORDER BY seq DESC LIMIT ?", before, before, limit
    )
    return [_saved(row) for row in rows]


def describe(database: Database, id: str, name: str | None, note: str | None) -> SavedEvent:
    """Give an event another name or note; None leaves it. Raises NotFound."""
    changed = database.run(
        "UPDATE events SET name = coalesce(?, name), note = coalesce(?, note) WHERE id = ?", name, note, id
    )
    if not changed:
        raise missing(id)
    return event(database, id)


def remove(database: Database, id: str) -> None:
    """Remove an event. Raises NotFound."""
    if not database.run("DELETE FROM events WHERE id = ?", id):
        raise missing(id)


def missing(id: str) -> NotFound:
    """The error about an event that is not there."""
    return NotFound(f"There is no saved event {id}", fix="List them with GET /events.")


def _saved(row: Row) -> SavedEvent:
    return SavedEvent(
        row["id"], row["name"], row["note"], orjson.loads(row["event"]), row["made_at"], row["made_by"], row["seq"]
    )
