"""Lists that know what they are about: they are plain lists, and answers too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from twin.display.answer import Answer
from twin.model import Finding


class Rows(Answer, list[dict[str, Any]]):
    """Rows of an answer: a list of dicts, and table, layer, graph and picture of it.

    Attributes:
        QUESTION: what the rows answer: ``assets``, ``dependencies``, ``dependents``, ``conflicts``, ``imports``.
        about: the asset that a walk starts from, else None.
    """

    QUESTION = "assets"

    def __init__(self, rows: Iterable[dict[str, Any]] = (), question: str = "assets", about: str | None = None) -> None:
        super().__init__(rows)
        self.QUESTION = question  # type: ignore[misc]
        self.about = about

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the rows as ``items``."""
        return {"items": list(self), **({} if self.about is None else {"id": self.about})}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The rows in ``items``."""
        return cls(document["items"], about=document.get("id"))


class Findings(Answer, list[Finding]):
    """Findings: a list of them, and table, layer and picture of it."""

    QUESTION = "findings"

    def to_dict(self) -> dict[str, Any]:
        """Plain data: the findings as ``items``."""
        return {"items": [finding.to_dict() for finding in self]}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The findings in ``items``."""
        return cls(Finding.from_dict(item) for item in document["items"])
