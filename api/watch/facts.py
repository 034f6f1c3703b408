"""What an answer says, without when it was said: a digest to compare by, and its rows to say what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Any

import orjson

from twin.export.answers import MAIN

#: Members that change with the revision or the clock alone.
PASSING = frozenset({"revision", "notice", "age_s", "sources", "run", "next", "cursor", "request_id"})
#: Columns that name a row, the first that the answer has; and those that say its verdict.
KEYS = ("id", "takes_down", "scenario", "route", "assets")
VERDICTS = ("verdict", "what", "affected_by")
#: Rows of each list in what a notice says.
LISTED = 100


@dataclass(frozen=True, slots=True)
class Facts:
    """What an answer says.

    Attributes:
        digest: of all of it. rows: name of a row -> its verdict (or None) and a digest of it. error: its code, where
            the question cannot be answered any more.
    """

    digest: str
    rows: dict[str, list[str | None]]
    error: str | None = None

    def to_bytes(self) -> bytes:
        """For keeping."""
        return orjson.dumps([self.digest, self.rows, self.error])

    @classmethod
    def read(cls, content: bytes) -> Facts:
        """What was kept."""
        return cls(*orjson.loads(content))


def facts_of(question: str, answer: Mapping[str, Any]) -> Facts:
    """What an answer to a question says."""
    rows: dict[str, list[str | None]] = {}
    for number, row in enumerate(MAIN[question].table(answer).to_pylist()):
        verdict = next((str(row[name]) for name in VERDICTS if row.get(name) is not None), None)
        rows[_name(row, number, rows)] = [verdict, _short(row)]
    lasting = orjson.dumps(_lasting(answer), option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return Facts(sha256(lasting).hexdigest(), rows)


def facts_of_error(code: str, detail: str) -> Facts:
    """What it says that a question cannot be answered."""
    return Facts(sha256(f"{code} {detail}".encode()).hexdigest(), {}, code)


def _name(row: Mapping[str, Any], number: int, taken: Mapping[str, Any]) -> str:
    found = next((row[key] for key in KEYS if row.get(key) is not None), number)
    name = " + ".join(map(str, found)) if isinstance(found, list) else str(found)
    return name if name not in taken else f"{name} #{number}"


def _short(row: Mapping[str, Any]) -> str:
    lasting = orjson.dumps(_lasting(row), option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY, default=str)
    return blake2b(lasting, digest_size=8).hexdigest()


def _lasting(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _lasting(part) for name, part in value.items() if name not in PASSING}
    return [_lasting(part) for part in value] if isinstance(value, list | tuple) else value


def changed(before: Facts, after: Facts) -> dict[str, Any] | None:
    """What sets two answers apart, None when they say the same: rows that came, went and changed, of each the first."""
    if before.digest == after.digest:
        return None
    came = [name for name in after.rows if name not in before.rows]
    went = [name for name in before.rows if name not in after.rows]
    other = [name for name, row in after.rows.items() if name in before.rows and before.rows[name] != row]
    told = [{"id": name, "before": before.rows[name][0], "after": after.rows[name][0]} for name in other[:LISTED]]
    return {
        "added": came[:LISTED],
        "removed": went[:LISTED],
        "changed": told,
        "added_total": len(came),
        "removed_total": len(went),
        "changed_total": len(other),
        "error": after.error,
    }
