"""Saved results: a question, its answer, and the revision that the answer is of."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from api.library.database import Database, Row
from api.library.naming import new_id, now
from twin.errors import LimitExceeded, NotFound

#: Results with a name at most; results without one that are kept, the newest, and how large an answer may be.
MAX_NAMED = 10_000
KEPT_UNNAMED = 200
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved result.

    Attributes:
        id: unguessable; the address ``/results/{id}`` is the link to share.
        name: None for one that was kept by the way: the oldest of those go.
        note: free text.
        question, asked: what was asked, as ``POST /results`` takes them.
        revision, store_id: the state of the twin that the answer is of.
        made_at: when it was answered (UTC, ISO 8601). made_by: name of the API key, None without keys.
        size: bytes of the answer as JSON.
        answer: the JSON answer of the question's route; None in a list.
        seq: place in the list.
    """

    id: str
    name: str | None
    note: str
    question: str
    asked: dict[str, Any]
    revision: int
    store_id: str
    made_at: str
    made_by: str | None
    size: int
    answer: dict[str, Any] | None = None
    seq: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data without the answer."""
        return {
            "id": self.id,
            "name": self.name,
            "note": self.note,
            "question": self.question,
            "asked": self.asked,
            "revision": self.revision,
            "made_at": self.made_at,
            "made_by": self.made_by,
            "size": self.size,
        }


def keep(
    database: Database, question: str, asked: dict[str, Any], answer: dict[str, Any], store_id: str,
    name: str | None = None, note: str = "", by: str | None = None,
) -> Saved:  # fmt: skip
    """Keep an answer. Raises LimitExceeded: it is too large, or there are too many with a name."""
    content, packed = packed_answer(answer)
    saved = Saved(
        new_id(), name, note, question, asked, int(answer["revision"]), store_id, now(), by, len(content), answer
    )
    values = (
        saved.id, name, note, question, orjson.dumps(asked).decode(), saved.revision, store_id, saved.made_at, by,
        saved.size, packed,
    )  # fmt: skip
    with database.writing() as connection:
        if name is not None:
            _room(connection.execute("SELECT count(*) FROM results WHERE name IS NOT NULL").fetchone()[0])
        connection.execute(
            "INSERT INTO results (id, name, note, question, asked, revision, store_id, made_at, made_by, size, answer)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        connection.execute(
            "DELETE FROM results WHERE name IS NULL AND seq NOT IN"
            " (SELECT seq FROM results WHERE name IS NULL ORDER BY seq DESC LIMIT ?)",
            (KEPT_UNNAMED,),
        )
    return saved


def _room(named: int) -> None:
    if named >= MAX_NAMED:
        raise LimitExceeded(
            f"{named:,} results are saved under a name already", fix="Remove some: DELETE /results/{id}"
        )


def packed_answer(answer: dict[str, Any]) -> tuple[bytes, bytes]:
    """An answer as JSON, and compressed. Raises LimitExceeded."""
    content = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)
    if len(content) > MAX_BYTES:
        raise LimitExceeded(
            f"the answer has {len(content):,} bytes, and at most {MAX_BYTES:,} are kept", fix="Ask with a lower limit."
        )
    return content, zlib.compress(content, 1)


def replace(database: Database, saved: Saved, answer: dict[str, Any], store_id: str) -> Saved:
    """Keep a newer answer in place of the old one. Raises NotFound, LimitExceeded."""
    content, packed = packed_answer(answer)
    changed = database.run(
        "UPDATE results SET revision = ?, store_id = ?, made_at = ?, size = ?, answer = ? WHERE id = ?",
        int(answer["revision"]), store_id, now(), len(content), packed, saved.id,
    )  # fmt: skip
    if not changed:
        raise missing(saved.id)
    return result(database, saved.id)


def result(database: Database, id: str) -> Saved:
    """A result with its answer. Raises NotFound."""
    row = database.row("SELECT * FROM results WHERE id = ?", id)
    if row is None:
        raise missing(id)
    return _saved(row, orjson.loads(zlib.decompress(row["answer"])))


def results(database: Database, before: int | None = None, limit: int = -1) -> list[Saved]:
    """Results without their answers, newest first; those *before* a place in the list, *limit* at most."""
    rows = database.rows(
        "SELECT * FROM result_rows WHERE ? IS NULL OR seq < ? ORDER BY seq DESC LIMIT ?", before, before, limit
    )
    return [_saved(row) for row in rows]


def describe(database: Database, id: str, name: str | None, note: str | None) -> Saved:
    """Give a result another name or note; None leaves it. Raises NotFound, LimitExceeded."""
    with database.writing() as connection:
        held = connection.execute("SELECT name FROM results WHERE id = ?", (id,)).fetchone()
        if held is None:
            raise missing(id)
        if name is not None and held["name"] is None:
            _room(connection.execute("SELECT count(*) FROM results WHERE name IS NOT NULL").fetchone()[0])
        connection.execute(
            "UPDATE results SET name = coalesce(?, name), note = coalesce(?, note) WHERE id = ?", (name, note, id)
        )
    return result(database, id)


def remove(database: Database, id: str) -> None:
    """Remove a result. Raises NotFound."""
    if not database.run("DELETE FROM results WHERE id = ?", id):
        raise missing(id)


def missing(id: str) -> NotFound:
    """The error about a result that is not there."""
    return NotFound(f"There is no saved result {id}", fix="List them with GET /results.")


def _saved(row: Row, answer: dict[str, Any] | None = None) -> Saved:
    return Saved(
        row["id"], row["name"], row["note"], row["question"], orjson.loads(row["asked"]), row["revision"],
        row["store_id"], row["made_at"], row["made_by"], row["size"], answer, row["seq"],
    )  # fmt: skip
