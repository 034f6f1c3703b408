"""Progress bars on stderr, only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from twin.cli.output import console

Tell = Callable[[int, int], None]


@contextmanager
def bar(what: str) -> Iterator[Tell]:
    """A function to be told (done, total); it draws a bar called *what* while stderr is a terminal."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(sys.stderr), transient=True) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)


def _silent(done: int, total: int) -> None:
    """Tell nobody."""
