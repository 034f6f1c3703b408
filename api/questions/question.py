"""A question: its name, what may be asked, and the function that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from api.deps import View
from api.limits import Limits

#: Told (done, total); whatever it raises ends the work.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work an answer may take.

    Attributes:
        patient: nobody holds the line (a job): the bounds on time and work of a request do not count.
        tell: told how far the work is, where it can be; it may raise to end the work.
    """

    patient: bool = False
    tell: Tell | None = None

    def bounds(self, **of_a_request: Any) -> dict[str, Any]:
        """The bounds of a request as arguments, or none."""
        return {} if self.patient else of_a_request


#: Somebody holds the line.
HURRIED = Effort()

Answer = Callable[[View, Any, Limits, Effort], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        name: as in its route. model: what may be asked.
        answer: from the twin as it is asked about (edits supposed), what was asked, limits and effort, to the plain
            data of its route.
    """

    name: str
    model: type[BaseModel]
    answer: Answer
