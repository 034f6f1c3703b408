"""How much time a question has left."""

from __future__ import annotations

import time


class Deadline:
    """An instant that work looks at as it goes: nothing is interrupted."""

    def __init__(self, seconds: float) -> None:
        """Args: seconds: from now on; may be infinite."""
        self._until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, 0 when it is over."""
        return max(0.0, self._until - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return self.left <= 0.0

    def part(self, share: float) -> Deadline:
        """One for the first *share* (0 to 1) of the time that is left."""
        return Deadline(self.left * share)


#: No limit.
ENDLESS = Deadline(float("inf"))
