"""Subscriptions: told when the answer to a question changes, by webhook or by a stream."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api import wire_library
from api import wire_watch as wire
from api.answers import answer, tagged
from api.deps import NO_QUERY, LimitsDep
from api.errors import documented
from api.library_queries import ShelfQuery
from api.queries import LIMITS
from api.section import Section
from api.security import Role, writes
from api.security.roles import caller
from api.shelves import shelf_page, wanted
from api.streams import MEDIA_TYPE, Event, Streams
from api.watch import Subscription, Watcher
from api.watch.shelf import missing
from api.watch.targets import target_of
from api.watch_queries import NewSubscription

router = Section(tags=["subscriptions"])

SubscriptionId = Annotated[str, Path(max_length=LIMITS.text, description="Id of the subscription.")]


def _watcher(request: Request) -> Watcher:
    watcher: Watcher = request.app.state.watcher
    return watcher


WatcherDep = Annotated[Watcher, Depends(_watcher)]


@router.post(
    "/subscriptions",
    operation_id="subscribe",
    summary="Be told when an answer changes",
    status_code=201,
    dependencies=[NO_QUERY, writes],
    responses={201: {"model": wire.MadeSubscription}, **documented([400, 404, 409, 413, 415, 422])},
)
def subscribe(request: Request, body: NewSubscription, watcher: WatcherDep, limits: LimitsDep) -> Response:
    """Asks the question again with each new revision, and tells when the answer says something else than before.

    Webhooks are signed (`X-Twin-Signature`), tried again for hours, and lead to the open internet only, unless the
    server allows private networks.
    """
    secret = None
    if body.webhook is not None:
        target_of(body.webhook, limits.private_webhooks)
        secret = body.secret or secrets.token_urlsafe(32)
    made = watcher.subscribe(
        body.name or "", body.question, body.asked, body.webhook, secret, caller(request).name
    )  # fmt: skip
    return answer({**_whole(made, watcher), "secret": secret}, {"Location": f"/subscriptions/{made.id}"}, 201)


@router.get(
    "/subscriptions",
    operation_id="listSubscriptions",
    summary="Subscriptions",
    responses={200: {"model": wire.SubscriptionPage}, **documented([400])},
)
def list_subscriptions(
    request: Request, watcher: WatcherDep, limits: LimitsDep, query: Annotated[ShelfQuery, Query()]
) -> Response:
    """Subscriptions of the key that asks (an admin's: all of them), newest first, a page at a time."""
    asking = caller(request)
    every = asking.role >= Role.admin
    rows = watcher.subscriptions.subscriptions(asking.name, every, query.before, wanted(query, limits))
    return shelf_page(request, "subscriptions", query, rows, watcher.subscriptions.count(asking.name, every))


@router.get(
    "/subscriptions/{id}",
    operation_id="getSubscription",
    summary="One subscription",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.Subscription}, **documented([400, 404])},
)
def get_subscription(request: Request, id: SubscriptionId, watcher: WatcherDep) -> Response:
    """The question, the revision that it was looked at last, and the newest notices with their deliveries."""
    return tagged(request, _whole(_own(request, id, watcher), watcher))


@router.get(
    "/subscriptions/{id}/events",
    operation_id="watchSubscription",
    summary="Changes of an answer as they happen",
    dependencies=[NO_QUERY],
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}, 204: {}, **documented([400, 404])},
)
async def watch_subscription(request: Request, id: SubscriptionId, watcher: WatcherDep) -> Response:
    """Server-sent events: `watching` at first, then `changed` with the notice for each change from now on.

    A lost line is taken up with `Last-Event-ID`: what came meanwhile is told.
    """
    await run_in_threadpool(_own, request, id, watcher)
    start = await run_in_threadpool(watcher.subscriptions.newest, id)

    def look(place: int) -> list[Event]:  # a notice's place in the stream is one more than its number: 0 is the start
        held = watcher.subscriptions.subscription(id)
        if place == 0:
            return [Event(start + 1, "watching", {"subscription": id, "revision": held.revision})]
        return [Event(one.seq + 1, "changed", one.body) for one in watcher.subscriptions.notices(id, place - 1)]

    streams: Streams = request.app.state.streams
    return await streams.answer(request, look)


@router.delete(
    "/subscriptions/{id}",
    operation_id="unsubscribe",
    summary="Remove a subscription",
    dependencies=[NO_QUERY, writes],
    responses={200: {"model": wire_library.Removed}, **documented([400, 404])},
)
def unsubscribe(request: Request, id: SubscriptionId, watcher: WatcherDep) -> Response:
    """Nothing is told any more, and what waits is not delivered; its results stay for a while."""
    _own(request, id, watcher)
    watcher.subscriptions.remove(id)
    return answer({"id": id, "removed": True})


def _own(request: Request, id: str, watcher: Watcher) -> Subscription:
    """A subscription of the key that asks; an admin's are all. Raises NotFound."""
    held = watcher.subscriptions.subscription(id)
    asking = caller(request)
    if asking.role < Role.admin and held.made_by != asking.name:
        raise missing(id)
    return held


def _whole(held: Subscription, watcher: Watcher) -> dict[str, Any]:
    newest = watcher.subscriptions.notices(held.id)[::-1]
    return {**held.to_dict(), "notices": [notice.to_dict() for notice in newest]}
