"""The shapes of answers about subscriptions, for the OpenAPI document only."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.wire import Open, Page


class SubscriptionRow(Open):
    """A subscription in a list."""

    id: str
    name: str
    question: str
    asked: dict[str, Any]
    webhook: str | None
    revision: int = Field(description="Revision that the answer was looked at last.")
    error: str | None = Field(description="Code of the error that the question ends in now.")
    trouble: str | None = Field(description="Why it could not be asked last; it is tried again.")
    made_at: str
    made_by: str | None


class Revision(Open):
    """A revision, and the code of the error that the question ended in, if it did."""

    revision: int
    error: str | None


class Change(Open):
    """How one row changed."""

    id: str
    before: str | None
    after: str | None


class Changed(Open):
    """Rows that came, went and changed: the first 100 of each, and how many there are."""

    added: list[str]
    removed: list[str]
    changed: list[Change]
    added_total: int
    removed_total: int
    changed_total: int
    error: str | None


class NoticeBody(Open):
    """What is told of a change: the body of a webhook, and the data of the event `changed` of a stream."""

    id: str
    subscription: str
    name: str
    question: str
    before: Revision
    after: Revision
    changed: Changed
    result: str | None = Field(description="Address of the whole answer.")
    at: str


class NoticeRow(Open):
    """A notice, and how far its delivery is."""

    id: str
    state: Literal["kept", "waiting", "delivered", "given up"]
    attempts: int
    next_at: float | None = Field(description="Unix time of the next attempt.")
    last_error: str | None
    made_at: str
    notice: NoticeBody


class Subscription(SubscriptionRow):
    """A subscription with its newest notices."""

    notices: list[NoticeRow]


class MadeSubscription(Subscription):
    """A subscription that was just made."""

    secret: str | None = Field(description="Shown here and never again; null without a webhook.")


class SubscriptionPage(Page):
    """A page of subscriptions, newest first."""

    items: list[SubscriptionRow]
