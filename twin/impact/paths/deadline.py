"""How much time a question has left."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

#: Told seconds that are over and seconds in all; whatever it raises ends the work.
Told = Callable[[int, int], None]


class Deadline:
    """An instant that work looks at as it goes: nothing is interrupted.

    Args:
        seconds: from now on; may be infinite. told: told of the time at each look; it may raise to end the work.
    """

    def __init__(self, seconds: float, told: Told | None = None) -> None:
        self._begun = time.monotonic()
        self._until = self._begun + seconds
        self._told = told

    @property
    def left(self) -> float:
        """Seconds left, 0 when it is over."""
        return max(0.0, self._until - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether no time is left. Raises what *told* raises."""
        self.tell()
        return self.left <= 0.0

    def tell(self) -> None:
        """Tell of the time, here too. Raises what *told* raises."""
        if self._told is not None:
            whole = self._until - self._begun
            done = min(time.monotonic() - self._begun, whole)
            self._told(int(done), 0 if math.isinf(whole) else math.ceil(whole))

    def part(self, share: float) -> Deadline:
        """One for the first *share* (0 to 1) of the time that is left; it tells of the whole."""
        return Deadline(self.left * share, None if self._told is None else lambda done, total: self.tell())


#: No limit.
ENDLESS = Deadline(float("inf"))
