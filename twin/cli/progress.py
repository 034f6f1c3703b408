"""Progress on stderr: a bar on a terminal, elsewhere a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twin.cli.output import console, note

Tell = Callable[[int, int], None]
#: Seconds between two lines where stderr is no terminal.
EVERY_S = 5.0


@contextmanager
def bar(what: str) -> Iterator[Tell]:
    """A function to be told (done, total): a bar called *what* on a terminal, else a line every few seconds."""
    if not sys.stderr.isatty():
        yield Lines(what)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


class Lines:
    """Tells how far it is in a line, not more often than every *every_s* seconds: short work tells nothing."""

    def __init__(self, what: str, every_s: float = EVERY_S) -> None:
        self._what, self._every = what, every_s
        self._next = time.monotonic() + every_s

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + self._every
            share = f" ({100 * done // total} %)" if total else ""
            note(f"{self._what}: {done:,} of {total:,}{share}")
