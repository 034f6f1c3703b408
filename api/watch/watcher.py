"""The thread that watches: on a new revision it asks again, and it delivers what is due."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi.exceptions import RequestValidationError

from api import questions
from api.deps import View, view_of
from api.errors import status_of
from api.holder import Holder
from api.library import Library
from api.library.naming import new_id, now
from api.limits import Limits
from api.watch.facts import Facts, changed, facts_of, facts_of_error
from api.watch.shelf import Notice, Subscription, Subscriptions
from api.watch.webhook import pause, send
from twin.errors import InvalidParameter, TwinError

log = logging.getLogger("api")

#: Seconds between two looks at the twin's state while somebody wants to know; deliveries at once.
LOOK_S, DELIVERIES = 3.0, 4


class Watcher:
    """Watches for an app; see the module. Safe to share between threads.

    Args:
        holder: of the twin. library: where subscriptions, notices and results are kept. limits: of a question.
    """

    def __init__(self, holder: Holder, library: Library, limits: Limits) -> None:
        self.subscriptions = Subscriptions(library.database)
        self._holder, self._library, self._limits = holder, library, limits
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Start watching."""
        self._stopping = False
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching, after what is being asked or delivered."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def look(self) -> None:
        """Look now: something was published, or there is a new subscription."""
        self._wake.set()

    def subscribe(
        self, name: str, question: str, asked: dict[str, Any], webhook: str | None, secret: str | None, by: str | None
    ) -> Subscription:  # fmt: skip
        """A new subscription: asks the question, to know what its answer says now.

        Raises:
            TwinError: the question cannot be answered. LimitExceeded: there are too many. RequestValidationError.
        """
        read = questions.read(question, asked)
        with self._holder.asking() as twin:
            view = view_of(twin, self._library)
        facts = facts_of(question, questions.ask(question, read, view, self._limits))
        about = (facts, view.snapshot.revision, view.snapshot.store_id)
        made = self.subscriptions.add(name, question, asked, webhook, secret, *about, by)
        self.look()
        return made

    def _watch(self) -> None:
        with ThreadPoolExecutor(DELIVERIES, "webhook") as pool:
            while not self._stopping:
                self._wake.clear()
                try:
                    if self._library.database.path.exists() and self.subscriptions.count():
                        self._ask_all()
                        list(pool.map(self._deliver, self.subscriptions.due(time.time())))
                except TwinError as error:  # the store or the library is down: another time
                    log.warning("subscriptions wait: %s", error.detail)
                except Exception as error:
                    log.error("subscriptions wait", exc_info=error)
                self._wake.wait(self._rest())

    def _rest(self) -> float:
        """Seconds to the next look."""
        try:
            due = self.subscriptions.next_due() if self._library.database.path.exists() else None
        except TwinError:
            due = None
        return LOOK_S if due is None else min(LOOK_S, max(0.05, due - time.time()))

    def _ask_all(self) -> None:
        """Ask again what was asked of another state of the twin."""
        with self._holder.asking() as twin:
            state = twin.store.state()
            behind = self.subscriptions.behind(state.revision, state.store_id)
            if not behind:
                return
            view = view_of(twin, self._library)
        for held in behind:
            if self._stopping:
                return
            if (held.revision, held.store_id) != (view.snapshot.revision, view.snapshot.store_id):
                self._ask(held, view)

    def _ask(self, held: Subscription, view: View) -> None:
        answer: dict[str, Any] | None = None
        try:
            read = questions.read(held.question, held.asked)
            answer = questions.ask(held.question, read, view, self._limits)
            facts = facts_of(held.question, answer)
        except RequestValidationError:
            facts = facts_of_error(InvalidParameter.code, "the question is not taken any more")
        except TwinError as error:
            if status_of(error) >= 500:  # of the server, not of the question
                self.subscriptions.trouble(held.id, error.detail)
                return
            facts = facts_of_error(error.code, error.detail)
        told = changed(held.facts, facts)
        body = None if told is None else self._notice(held, view, facts, told, answer)
        self.subscriptions.seen(held, facts, view.snapshot.revision, view.snapshot.store_id, body)

    def _notice(
        self, held: Subscription, view: View, facts: Facts, told: dict[str, Any], answer: dict[str, Any] | None
    ) -> dict[str, Any]:  # fmt: skip
        """What is told of a change, with a link to the whole answer."""
        result = None
        if answer is not None:
            store = view.snapshot.store_id
            note = f"of the subscription {held.name or held.id}"
            result = self._library.keep_result(held.question, held.asked, answer, store_id=store, note=note).id
        return {
            "id": new_id(),
            "subscription": held.id,
            "name": held.name,
            "question": held.question,
            "asked": held.asked,
            "before": {"revision": held.revision, "error": held.facts.error},
            "after": {"revision": view.snapshot.revision, "error": facts.error},
            "changed": told,
            "result": None if result is None else f"/results/{result}",
            "at": now(),
        }

    def _deliver(self, notice: Notice) -> None:
        if self._stopping or not self.subscriptions.take(notice, time.time()):
            return
        held = self.subscriptions.subscription(notice.subscription)
        if held.webhook is None:
            return
        why = send(held.webhook, held.secret or "", notice.id, notice.body, self._limits.private_webhooks)
        wait = None if why is None else pause(notice.attempts + 1)
        state = "delivered" if why is None else "given up" if wait is None else "waiting"
        self.subscriptions.tried(notice, state, None if wait is None else time.time() + wait, why)
        if why is not None:
            log.info("subscription %s: attempt %d failed: %s", held.id, notice.attempts + 1, why)
