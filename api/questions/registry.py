"""The questions by name, and asking one from a name and a body."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api.cut_sets_queries import CutSetsRequest
from api.deps import View
from api.event_queries import CompareRequest, ExplainRequest, ImpactRequest
from api.failure_queries import ExposedRequest, ScreenRequest
from api.lengths import check_length
from api.limits import Limits
from api.paths_queries import PathsRequest
from api.questions import events, failures, graph
from api.questions.models import (
    ColdStartAsked,
    CriticalityAsked,
    DeadlocksAsked,
    DominatorsAsked,
    FindingsAsked,
    MeshAsked,
    SinglePointsAsked,
    WalkAsked,
)
from api.questions.question import HURRIED, Effort, Question

Name = Literal[
    "impact", "timeline", "explain", "compare", "exposed", "screen", "criticality", "single-points-of-failure",
    "cut-sets", "cold-start", "deadlocks", "dependencies", "dependents", "paths", "mesh", "dominators", "findings",
]  # fmt: skip

QUESTIONS: dict[str, Question] = {
    question.name: question
    for question in (
        Question("impact", ImpactRequest, events.impact),
        Question("timeline", ImpactRequest, events.timeline),
        Question("explain", ExplainRequest, events.explain),
        Question("compare", CompareRequest, events.compare),
        Question("exposed", ExposedRequest, events.exposed),
        Question("screen", ScreenRequest, failures.screen),
        Question("criticality", CriticalityAsked, failures.criticality),
        Question("single-points-of-failure", SinglePointsAsked, failures.single_points),
        Question("cut-sets", CutSetsRequest, failures.cut_sets),
        Question("cold-start", ColdStartAsked, failures.cold_start),
        Question("deadlocks", DeadlocksAsked, failures.deadlocks),
        Question("dependencies", WalkAsked, graph.dependencies),
        Question("dependents", WalkAsked, graph.dependents),
        Question("paths", PathsRequest, graph.paths),
        Question("mesh", MeshAsked, graph.mesh),
        Question("dominators", DominatorsAsked, graph.dominators),
        Question("findings", FindingsAsked, graph.findings),
    )
}


def read(name: str, asked: dict[str, Any]) -> BaseModel:
    """*asked* as the question's model.

    Raises:
        RequestValidationError: it does not fit; each place begins with ``body.asked``.
    """
    try:
        orjson.dumps(asked)  # what cannot be kept (half characters, endless numbers) is refused before it is asked
        return QUESTIONS[name].model.model_validate(asked)
    except ValidationError as error:
        takes = {"takes": ", ".join(field.alias or key for key, field in QUESTIONS[name].model.model_fields.items())}
        found = [
            {**item, "loc": ("body", "asked", *item["loc"])}
            | ({"ctx": takes} if item["type"] == "extra_forbidden" and len(item["loc"]) == 1 else {})
            for item in error.errors()
        ]
        raise RequestValidationError(found) from None
    except TypeError as error:
        item = {"type": "value_error", "loc": ("body", "asked"), "msg": f"it cannot be kept: {error}"}
        raise RequestValidationError([item]) from None


def ask(
    name: str, asked: BaseModel, view: View, limits: Limits, effort: Effort = HURRIED
) -> dict[str, Any]:  # fmt: skip
    """The answer to a question, as plain data; *asked*: from :func:`read`. Raises TwinError."""
    found = QUESTIONS[name].answer(view.supposing(getattr(asked, "what_if", None)), asked, limits, effort)
    if not effort.patient:
        check_length(name, found, limits)
    return found
