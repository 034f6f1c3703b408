"""The library of an app: what its routes ask for saved events and results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.library import events, results
from api.library.database import Database
from api.library.events import SavedEvent
from api.library.results import Saved


class Library:
    """Saved events and results. Safe with several threads and processes.

    Args:
        path: the SQLite file; it is made when something is first asked or kept.

    Every method raises LibraryUnavailable when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.database = Database(path)

    def result(self, id: str) -> Saved:
        """A saved result with its answer. Raises NotFound."""
        return results.result(self.database, id)

    def results(self, before: int | None = None, limit: int = -1) -> list[Saved]:
        """Saved results without their answers, newest first; *before*: ``seq`` of the last one seen."""
        return results.results(self.database, before, limit)

    def keep_result(self, question: str, asked: dict[str, Any], answer: dict[str, Any], **about: Any) -> Saved:
        """Keep an answer; *about*: see :func:`api.library.results.keep`. Raises LimitExceeded."""
        return results.keep(self.database, question, asked, answer, **about)

    def replace_result(self, saved: Saved, answer: dict[str, Any], store_id: str) -> Saved:
        """Keep a newer answer in place of the old one. Raises NotFound, LimitExceeded."""
        return results.replace(self.database, saved, answer, store_id)

    def describe_result(self, id: str, name: str | None, note: str | None) -> Saved:
        """Another name or note; None leaves it. Raises NotFound, LimitExceeded."""
        return results.describe(self.database, id, name, note)

    def remove_result(self, id: str) -> None:
        """Remove a result. Raises NotFound."""
        results.remove(self.database, id)

    def event(self, id: str) -> SavedEvent:
        """A saved event. Raises NotFound."""
        return events.event(self.database, id)

    def events(self, before: int | None = None, limit: int = -1) -> list[SavedEvent]:
        """Saved events, newest first; *before*: ``seq`` of the last one seen."""
        return events.events(self.database, before, limit)

    def keep_event(self, name: str, event: dict[str, Any], note: str = "", by: str | None = None) -> SavedEvent:
        """Keep an event. Raises LimitExceeded."""
        return events.keep(self.database, name, event, note, by)

    def describe_event(self, id: str, name: str | None, note: str | None) -> SavedEvent:
        """Another name or note; None leaves it. Raises NotFound."""
        return events.describe(self.database, id, name, note)

    def remove_event(self, id: str) -> None:
        """Remove an event. Raises NotFound."""
        events.remove(self.database, id)

    def count_events(self) -> int:
        """How many events are saved."""
        return int(self.database.rows("SELECT count(*) FROM events")[0][0])

    def count_results(self) -> int:
        """How many results are kept."""
        return int(self.database.rows("SELECT count(*) FROM results")[0][0])

    def close(self) -> None:
        """Close the file."""
        self.database.close()
