"""Subscriptions and their notices in the library's file."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from typing import Any

import orjson

from api.library.database import Database, Row
from api.library.naming import new_id, now
from api.watch.facts import Facts
from twin.errors import LimitExceeded, NotFound

MAX_SUBSCRIPTIONS = 1_000
#: Notices of one subscription that are kept, the newest.
KEPT = 100
#: Seconds that one process has for a delivery before another takes it.
LEASE_S = 60.0


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to know of a question.

    Attributes:
        question, asked: as ``POST /results`` takes them. webhook: where to send notices, None for streams only.
        secret: signs what is sent. facts: what the answer said last. revision, store_id: of the twin then.
        trouble: why it could not be asked last.
    """

    seq: int
    id: str
    name: str
    question: str
    asked: dict[str, Any]
    webhook: str | None
    secret: str | None
    facts: Facts
    revision: int
    store_id: str
    trouble: str | None
    made_at: str
    made_by: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data without the secret."""
        return {
            "id": self.id,
            "name": self.name,
            "question": self.question,
            "asked": self.asked,
            "webhook": self.webhook,
            "revision": self.revision,
            "error": self.facts.error,
            "trouble": self.trouble,
            "made_at": self.made_at,
            "made_by": self.made_by,
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """One change of an answer, and how far its delivery is.

    Attributes:
        body: what is told. state: ``kept`` (no webhook), ``waiting``, ``delivered`` or ``given up``.
        attempts: of delivery. next_at: Unix time of the next one. last_error: of the last one.
    """

    seq: int
    id: str
    subscription: str
    body: dict[str, Any]
    made_at: str
    state: str
    attempts: int
    next_at: float | None
    last_error: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "id": self.id,
            "state": self.state,
            "attempts": self.attempts,
            "next_at": self.next_at,
            "last_error": self.last_error,
            "made_at": self.made_at,
            "notice": self.body,
        }


class Subscriptions:
    """The subscriptions of a library's file. Every method raises LibraryUnavailable when it cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, name: str, question: str, asked: dict[str, Any], webhook: str | None, secret: str | None, facts: Facts,
        revision: int, store_id: str, by: str | None,
    ) -> Subscription:  # fmt: skip
        """A new subscription. Raises LimitExceeded: there are too many."""
        id = new_id()
        with self._database.writing() as connection:
            if connection.execute("SELECT count(*) FROM subscriptions").fetchone()[0] >= MAX_SUBSCRIPTIONS:
                raise LimitExceeded(f"there are {MAX_SUBSCRIPTIONS:,} subscriptions already", fix="Remove some.")
            connection.execute(
                "INSERT INTO subscriptions (id, name, question, asked, webhook, secret, digest, facts, revision,"
                " store_id, made_at, made_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    id, name, question, orjson.dumps(asked).decode(), webhook, secret, facts.digest,
                    zlib.compress(facts.to_bytes(), 1), revision, store_id, now(), by,
                ),
            )  # fmt: skip
        return self.subscription(id)

    def subscription(self, id: str) -> Subscription:
        """A subscription. Raises NotFound."""
        row = self._database.row("SELECT * FROM subscriptions WHERE id = ?", id)
        if row is None:
            raise missing(id)
        return _subscription(row)

    def subscriptions(
        self, by: str | None, every: bool, before: int | None = None, limit: int = -1
    ) -> list[Subscription]:
        """Subscriptions of one key (or *every* one), newest first; those *before* a place in the list."""
        rows = self._database.rows(
            "SELECT * FROM subscriptions WHERE (? OR made_by IS ?) AND (? IS NULL OR seq < ?)"
            " ORDER BY seq DESC LIMIT ?",
            every, by, before, before, limit,
        )  # fmt: skip
        return [_subscription(row) for row in rows]

    def count(self, by: str | None = None, every: bool = True) -> int:
        """How many subscriptions there are."""
        rows = self._database.rows("SELECT count(*) FROM subscriptions WHERE ? OR made_by IS ?", every, by)
        return int(rows[0][0])

    def behind(self, revision: int, store_id: str) -> list[Subscription]:
        """Subscriptions whose answer is of another state of the twin."""
        rows = self._database.rows(
            "SELECT * FROM subscriptions WHERE revision <> ? OR store_id <> ?", revision, store_id
        )
        return [_subscription(row) for row in rows]

    def remove(self, id: str) -> None:
        """Remove a subscription and its notices. Raises NotFound."""
        if not self._database.run("DELETE FROM subscriptions WHERE id = ?", id):
            raise missing(id)

    def trouble(self, id: str, why: str) -> None:
        """Keep why a subscription could not be asked."""
        self._database.run("UPDATE subscriptions SET trouble = ? WHERE id = ?", why, id)

    def seen(
        self, held: Subscription, facts: Facts, revision: int, store_id: str, body: dict[str, Any] | None
    ) -> bool:  # fmt: skip
        """Keep what the answer says now, and a notice with *body* if there is one, both or none.

        False when another process was first.
        """
        with self._database.writing() as connection:
            first = connection.execute(
                "UPDATE subscriptions SET digest = ?, facts = ?, revision = ?, store_id = ?, trouble = NULL"
                " WHERE id = ? AND revision = ? AND store_id = ? AND digest = ?",
                (
                    facts.digest, zlib.compress(facts.to_bytes(), 1), revision, store_id, held.id, held.revision,
                    held.store_id, held.facts.digest,
                ),
            ).rowcount  # fmt: skip
            if first and body is not None:
                state, at = ("kept", None) if held.webhook is None else ("waiting", time.time())
                connection.execute(
                    "INSERT INTO notices (id, subscription, body, made_at, state, next_at) VALUES (?, ?, ?, ?, ?, ?)",
                    (body["id"], held.id, orjson.dumps(body).decode(), now(), state, at),
                )
                connection.execute(
                    "DELETE FROM notices WHERE subscription = ? AND seq NOT IN"
                    " (SELECT seq FROM notices WHERE subscription = ? ORDER BY seq DESC LIMIT ?)",
                    (held.id, held.id, KEPT),
                )
        return bool(first)

    def notices(self, id: str, after: int = 0, limit: int = KEPT) -> list[Notice]:
        """Notices of a subscription *after* a place, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM notices WHERE subscription = ? AND seq > ? ORDER BY seq LIMIT ?", id, after, limit
        )
        return [_notice(row) for row in rows]

    def newest(self, id: str) -> int:
        """The place of the newest notice of a subscription, 0 without one."""
        rows = self._database.rows("SELECT coalesce(max(seq), 0) FROM notices WHERE subscription = ?", id)
        return int(rows[0][0])

    def due(self, at: float) -> list[Notice]:
        """Notices to deliver: of each subscription only the oldest that waits, so that they come in order."""
        rows = self._database.rows(
            "SELECT * FROM notices AS n WHERE state = 'waiting' AND next_at <= ? AND NOT EXISTS"
            " (SELECT 1 FROM notices AS o WHERE o.subscription = n.subscription AND o.state = 'waiting'"
            "  AND o.seq < n.seq) ORDER BY seq LIMIT 100",
            at,
        )
        return [_notice(row) for row in rows]

    def next_due(self) -> float | None:
        """When the next delivery is to be tried (Unix time)."""
        row = self._database.row("SELECT min(next_at) AS at FROM notices WHERE state = 'waiting'")
        return row["at"] if row else None

    def take(self, notice: Notice, at: float) -> bool:
        """Take a delivery on; False when another process has."""
        return bool(
            self._database.run(
                "UPDATE notices SET next_at = ? WHERE id = ? AND state = 'waiting' AND next_at = ?",
                at + LEASE_S, notice.id, notice.next_at,
            )
        )  # fmt: skip

    def tried(self, notice: Notice, state: str, next_at: float | None, error: str | None) -> None:
        """Keep how a delivery went."""
        self._database.run(
            "UPDATE notices SET state = ?, attempts = attempts + 1, next_at = ?, last_error = ? WHERE id = ?",
            state, next_at, error, notice.id,
        )  # fmt: skip


def missing(id: str) -> NotFound:
    """The error about a subscription that is not there."""
    return NotFound(f"There is no subscription {id}", fix="List them with GET /subscriptions.")


def _subscription(row: Row) -> Subscription:
    return Subscription(
        row["seq"], row["id"], row["name"], row["question"], orjson.loads(row["asked"]), row["webhook"], row["secret"],
        Facts.read(zlib.decompress(row["facts"])), row["revision"], row["store_id"], row["trouble"], row["made_at"],
        row["made_by"],
    )  # fmt: skip


def _notice(row: Row) -> Notice:
    return Notice(
        row["seq"], row["id"], row["subscription"], orjson.loads(row["body"]), row["made_at"], row["state"],
        row["attempts"], row["next_at"], row["last_error"],
    )  # fmt: skip
