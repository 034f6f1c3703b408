"""Every question by its name: what may be asked, and the answer as the question's own route gives it."""

from __future__ import annotations

from api.questions.question import HURRIED, Effort, Question
from api.questions.registry import QUESTIONS, Name, ask, read

__all__ = ["HURRIED", "QUESTIONS", "Effort", "Name", "Question", "ask", "read"]
