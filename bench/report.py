"""One line of the table for each measurement, and the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Line:
    """One measurement.

    Attributes:
        what: what was done. size: on how much. value, unit: what came out. beside: what it is compared with.
        floor: the least (or with ``at_most`` the most) that ``judged`` may be, None for information only.
        judged: the figure that the floor is about, by default the value.
    """

    what: str
    size: str
    value: float
    unit: str
    beside: str = ""
    floor: float | None = None
    at_most: bool = False
    judged: float | None = None

    @property
    def ok(self) -> bool | None:
        """Whether the floor holds; None without one."""
        if self.floor is None:
            return None
        figure = self.value if self.judged is None else self.judged
        return figure <= self.floor if self.at_most else figure >= self.floor

    def cells(self) -> tuple[str, ...]:
        """The line as the table shows it."""
        asked = "" if self.floor is None else f"{'<=' if self.at_most else '>='} {self.floor:g}"
        got = "" if self.judged is None else f"{self.judged:.2f}"
        mark = {None: "", True: "ok", False: "MISSED"}[self.ok]
        return (self.what, self.size, f"{number(self.value)} {self.unit}", self.beside, got, asked, mark)


def number(value: float) -> str:
    """A figure with three or so digits that matter."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def show(lines: list[Line]) -> None:
    """Print the table."""
    table = Table("what", "size", "result", "beside", "ratio", "floor", "", title="make bench")
    for line in lines:
        table.add_row(*line.cells())
    Console(width=160).print(table)


def timed(work: Callable[..., Any], *args: Any, **options: Any) -> tuple[float, Any]:
    """Seconds that *work* took, and what it gave."""
    began = time.perf_counter()
    result = work(*args, **options)
    return time.perf_counter() - began, result


median = statistics.median
