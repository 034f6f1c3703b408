"""The app's one twin: opened when needed, and not asked over and over while its store is down."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from api.errors import RETRY_AFTER_S
from twin.errors import StoreUnavailable
from twin.service import Twin


class Holder:
    """Holds the twin: given from outside, or opened on first use and closed with the app.

    A store that cannot be reached at the start is tried again later, so the API may be started before Neo4j
    is. Finding out that a server is gone takes the driver its retry time; therefore, once it is, one request
    in a while looks again, and the others are told at once.
    """

    def __init__(self, twin: Twin | None, opener: Callable[[], Twin] | None) -> None:
        self._twin = twin
        self._opener = opener
        self._opened = False
        self._lock = threading.Lock()
        self._probing = threading.Lock()
        self._failure: StoreUnavailable | None = None
        self._again_at = 0.0

    def get(self) -> Twin:
        """The twin, opened when it is not yet.

        Raises:
            TwinError: it cannot be opened.
        """
        if self._twin is not None:
            return self._twin
        with self._lock:
            if self._twin is None:
                if self._opener is None:
                    raise StoreUnavailable("The API is shutting down")
                self._twin, self._opened = self._opener(), True
            return self._twin

    @property
    def opened(self) -> bool:
        """Whether there is a twin already, so that :meth:`asking` does not wait."""
        return self._twin is not None

    def open(self) -> None:
        """Open the twin, if it is not yet. Raises TwinError; see :meth:`asking`."""
        with self.asking():
            pass

    def close(self) -> None:
        """Close what was opened here; a twin given from outside stays open."""
        with self._lock:
            if self._opened and self._twin is not None:
                self._twin.close()
                self._twin, self._opened, self._opener = None, False, None

    @contextmanager
    def asking(self) -> Iterator[Twin]:
        """The twin for one request, which is refused at once while the store is known to be down.

        Raises:
            StoreUnavailable: it was down a moment ago, or another request is finding out.
        """
        probing = self._may_probe()
        try:
            yield self.get()
        except StoreUnavailable as error:
            self._failure, self._again_at = error, monotonic() + RETRY_AFTER_S
            raise
        except BaseException:
            self._failure = None
            raise
        else:
            self._failure = None
        finally:
            if probing:
                self._probing.release()

    def _may_probe(self) -> bool:
        failure = self._failure
        if failure is None:
            return False
        if monotonic() >= self._again_at and self._probing.acquire(blocking=False):
            return True
        raise StoreUnavailable(failure.detail, fix=failure.fix)
