"""``twin.subscriptions``: told when the answer to a question changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from twin.display import Answer
from twin.errors import NotFound
from twin.remote.calls import answer_of, asked_of
from twin.remote.records import Collection, Record, Server
from twin.remote.stream import told
from twin.remote.wire import path_of


@dataclass(frozen=True)
class Change:
    """One change of an answer.

    Attributes:
        place: in the stream; ``changes(since=place)`` goes on after it. at: when it was seen (UTC, ISO 8601).
        before, after: revisions of the twin. error_before, error: codes of the errors that the question ended in, if
            it did. added, removed: names of rows that came and went; changed: ``id``, ``before`` and ``after`` of rows
            that say something else; of each the first 100, and ``totals`` counts them all.
    """

    place: int
    id: str
    subscription: str
    name: str
    question: str
    asked: dict[str, Any]
    before: int
    after: int
    error_before: str | None
    error: str | None
    added: list[str]
    removed: list[str]
    changed: list[dict[str, Any]]
    totals: dict[str, int]
    at: str
    result: str | None
    _server: Server = field(repr=False, compare=False)

    @classmethod
    def of(cls, server: Server, place: int, body: Mapping[str, Any]) -> Change:
        """The change that a notice tells."""
        lists = ("added", "removed", "changed")
        result = body["result"]
        return cls(
            place=place,
            **{name: body[name] for name in ("id", "subscription", "name", "question", "asked", "at")},
            before=body["before"]["revision"],
            after=body["after"]["revision"],
            error_before=body["before"]["error"],
            error=body["after"]["error"],
            **{name: body["changed"][name] for name in lists},
            totals={name: body["changed"][f"{name}_total"] for name in lists},
            result=None if result is None else result.rpartition("/")[2],
            _server=server,
        )

    def answer(self) -> Answer:
        """The whole new answer, of the class that the question's method gives.

        Raises:
            NotFound: the question ended in an error, or the answer is not kept any more.
        """
        if self.result is None:
            raise NotFound(f"The question ended in the error {self.error}: it has no answer", fix="See the change.")
        saved = self._server.wire.get(path_of("results", self.result))
        return answer_of(self._server, saved["question"], saved["asked"], saved["answer"])


@dataclass(repr=False)
class Subscription(Record):
    """A question that is asked again with each new revision.

    Attributes:
        name: what it is called. question, asked: as the API takes them. webhook: where changes are posted, or None.
        revision: that it was looked at last. error: code of the error that the question ends in now.
        trouble: why it could not be asked last; it is tried again. secret: signs what is posted; told once, by
            :meth:`Subscriptions.make`, else None.
        notices: the newest 100 with their deliveries, newest first; None in a list.
    """

    NOUN: ClassVar[str] = "subscriptions"

    name: str
    question: str
    asked: dict[str, Any]
    webhook: str | None
    revision: int
    error: str | None
    trouble: str | None
    notices: list[dict[str, Any]] | None
    secret: str | None

    def _said(self) -> str:
        state = self.trouble or self.error or f"revision {self.revision}"
        return f"{self.name or 'without a name'}, {self.question}, {state}"

    def changes(self, since: int | None = None) -> Iterator[Change]:
        """Changes as they happen, without an end; a line that breaks is taken up again.

        Args:
            since: also what came after this place (0: everything that is kept); None: from now on.

        Raises:
            TwinError: the server cannot be reached. NotFound: the subscription was removed.

        Example:
            >>> for change in twin.subscriptions.make("dependencies", "dc:hall-1").changes():  # doctest: +SKIP
            ...     print(change.after, change.added, change.removed)
        """
        start = 0 if since is None else max(1, since)  # at place 0 the stream says where now is
        for event in told(self.server.wire, path_of("subscriptions", self.id, "events"), start):
            if event.name == "changed":
                yield Change.of(self.server, event.place, event.data)

    def remove(self) -> None:
        """Nothing is told any more. Raises NotFound: it was removed already."""
        self._removed()


class Subscriptions(Collection[Subscription]):
    """Subscriptions of the key that asks (an admin's: all of them), newest first."""

    _of = Subscription

    def make(
        self, question: str, /, *args: Any, title: str | None = None, webhook: str | None = None,
        secret: str | None = None, **asked: Any,
    ) -> Subscription:  # fmt: skip
        """Be told when the answer to a question changes with a new revision; see docs/jobs.md.

        Args:
            question: a method of the twin, such as ``"dependencies"``. args, asked: as that method takes them; besides
                ``what_if=`` edits that are supposed. title: what it is called. webhook: address that changes are
                posted to, signed with *secret* (one is made when it is absent); without it see
                :meth:`Subscription.changes`.

        Raises:
            InvalidParameter: there is no such question, or the webhook may not be.
            TwinError: as the question's method. TypeError.
        """
        wire = self._server.wire

        def make(most: int) -> dict[str, Any]:
            name, body = asked_of(question, args, asked, most)
            about = {"name": title, "question": name, "asked": body, "webhook": webhook, "secret": secret}
            return wire.send("POST", "/subscriptions", about)

        return Subscription.of(self._server, wire.fitting(make))
