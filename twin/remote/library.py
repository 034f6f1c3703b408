"""``twin.library``: events and answers that a server keeps under names, each with a link to share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from twin.display import Answer
from twin.impact.events.event import Event
from twin.impact.events.hazard import Hazard
from twin.remote.asked import event_body
from twin.remote.calls import answer_of, asked_of
from twin.remote.records import Collection, Record, Server


@dataclass(repr=False)
class _Named(Record):
    def describe(self, name: str | None = None, note: str | None = None) -> Self:
        """Give it another name or note; None leaves it. This very object. Raises NotFound: it was removed."""
        told = {"name": name, "note": note}
        return self._take(
            self.server.wire.send("PATCH", self._path, {key: said for key, said in told.items() if said is not None})
        )

    def remove(self) -> None:
        """Remove it for everybody. Raises NotFound: it was removed already."""
        self._removed()


@dataclass(repr=False)
class SavedEvent(_Named):
    """An event under a name.

    Attributes:
        event: what fails, ready for every question about an event. name, note: free text.
    """

    NOUN: ClassVar[str] = "events"

    name: str
    note: str
    event: Event

    @classmethod
    def _read(cls, server: Server, document: Mapping[str, Any]) -> dict[str, Any]:
        return {"event": _event(document["event"])}

    def _said(self) -> str:
        return self.name


@dataclass(repr=False)
class SavedResult(_Named):
    """A question with its answer.

    Attributes:
        name: None for one that a job or a subscription kept by the way. note: free text.
        question, asked: as the API takes them. revision: of the twin, that the answer is of.
        size: bytes of the answer as JSON. stale: whether the twin has moved on since, None when that is not known.
    """

    NOUN: ClassVar[str] = "results"

    name: str | None
    note: str
    question: str
    asked: dict[str, Any]
    revision: int
    size: int
    stale: bool | None
    _answer: Answer | None

    @classmethod
    def _read(cls, server: Server, document: Mapping[str, Any]) -> dict[str, Any]:
        kept = document.get("answer")
        made = None if kept is None else answer_of(server, document["question"], document["asked"], kept)
        return {"_answer": made}

    @property
    def answer(self) -> Answer:
        """The answer as it was, of the class that the question's method gives; fetched when it is first looked at."""
        if self._answer is None:
            self.reload()
        assert self._answer is not None
        return self._answer

    def _said(self) -> str:
        stale = " (the twin has moved on)" if self.stale else ""
        return f"{self.name or 'without a name'}, {self.question}, revision {self.revision}{stale}"

    def refresh(self) -> Self:
        """Ask the same question of the twin as it is now; the new answer takes the place of the old one."""
        return self._take(self.server.wire.send("POST", self._path + "/refresh"))


class _Events(Collection[SavedEvent]):
    _of = SavedEvent


class Library(Collection[SavedResult]):
    """Answers (``all``, ``open``) and events (``events``, ``event``) that the server keeps."""

    _of = SavedResult

    def save(self, name: str, question: str, /, *args: Any, note: str = "", **asked: Any) -> SavedResult:
        """Ask a question and keep its answer under a name.

        Args:
            question: a method of the twin, such as ``"impact"``. args, asked: as that method takes them; besides
                ``what_if=`` edits that are supposed. note: free text.

        Raises:
            InvalidParameter: there is no such question. TwinError: as the question's method. TypeError.

        Example:
            >>> twin.library.save("Bus 417 lost", "impact", ["grid:bus/417"], horizon_s=8 * 3600).url  # doctest: +SKIP
        """
        wire = self._server.wire

        def keep(most: int) -> dict[str, Any]:
            method, body = asked_of(question, args, asked, most)
            return wire.send("POST", "/results", {"name": name, "note": note, "question": method, "asked": body})

        return SavedResult.of(self._server, wire.fitting(keep))

    def save_event(self, name: str, event: Event | Iterable[str], note: str = "") -> SavedEvent:
        """Keep what fails under a name. Raises InvalidParameter: it names nothing, or its hazard is not valid."""
        body = {"name": name, "note": note, "event": event_body(event)}
        return SavedEvent.of(self._server, self._server.wire.send("POST", "/events", body))

    def events(self, limit: int | None = None) -> list[SavedEvent]:
        """Every saved event (or the newest *limit*), newest first."""
        return _Events(self._server).all(limit)

    def event(self, id: str) -> SavedEvent:
        """A saved event. Raises NotFound."""
        return _Events(self._server).open(id)


def _event(body: Mapping[str, Any]) -> Event:
    hazard = body.get("hazard")
    how = {name: body[name] for name in ("buffer_m", "min_crossing_m") if body.get(name)}
    found = None if hazard is None else Hazard.from_geojson(hazard, **how)
    return Event(tuple(body.get("failed") or ()), body.get("where"), found)
