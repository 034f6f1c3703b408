"""Python's cycle collector, out of the way of long loops that make millions of plain rows."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Without the cycle collector: it would walk growing lists again and again, and rows make no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def settled() -> Iterator[None]:
    """What is there now is left out of the cycle collector's walks; what comes is collected as ever.

    For long loops that make garbage in cycles (a transaction of the driver and its parameters are one) beside millions
    of rows that stay.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
