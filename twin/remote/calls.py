"""A question as one calls it in Python, as the API keeps it by name; and kept answers as what the call gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from twin.display import Answer, Findings, Rows
from twin.errors import InvalidParameter
from twin.impact.cutsets import CutSets
from twin.impact.events.compare import CompareResult
from twin.impact.events.explain import ExplainResult
from twin.impact.events.story import TimelineResult
from twin.impact.failures.criticality import CriticalityResult
from twin.impact.failures.exposed import ExposedResult
from twin.impact.failures.screen import ScreenResult
from twin.impact.failures.single import SpofResult
from twin.impact.meshes import DominatorResult, MeshResult
from twin.impact.paths import PathsResult
from twin.impact.result import ImpactResult
from twin.impact.starting.coldstart import ColdStart, Deadlocks
from twin.remote.asked import edits_body, event_body, geojson, scenarios_body
from twin.remote.questions import RemoteQuestions
from twin.remote.records import Server
from twin.schema import suggest

#: What each question answers with; lists of assets are :class:`twin.display.Rows`.
ANSWERS: dict[str, type[Answer]] = {
    "impact": ImpactResult,
    "timeline": TimelineResult,
    "explain": ExplainResult,
    "compare": CompareResult,
    "exposed": ExposedResult,
    "screen": ScreenResult,
    "criticality": CriticalityResult,
    "single-points-of-failure": SpofResult,
    "cut-sets": CutSets,
    "cold-start": ColdStart,
    "deadlocks": Deadlocks,
    "dependencies": Rows,
    "dependents": Rows,
    "paths": PathsResult,
    "mesh": MeshResult,
    "dominators": DominatorResult,
    "findings": Findings,
}
#: The member that a question lists, where the server lists so many at most; and its name of that bound.
LISTED = {
    "exposed": "exposed", "screen": "items", "cut-sets": "sets", "dependencies": "items", "dependents": "items",
    "mesh": "cuts", "dominators": "items", "findings": "items",
}  # fmt: skip
#: Parameters that the API calls otherwise.
NAMES = {
    "asset_id": "id",
    "name": "mesh",
    "top": "limit",
    "often": "assets",
    "limit_s": "time_limit_s",
    "probabilities": "unavailability",
    "kind_probabilities": "kind_unavailability",
}
#: Parameters that are no plain data, and what the API takes in their place.
MADE: dict[str, Callable[[Any], dict[str, Any]]] = {
    "event": event_body,
    "scenarios": scenarios_body,
    "hazards": lambda hazards: {"hazards": [geojson(hazard) for hazard in hazards]},
}
OF_ONE: dict[str, dict[str, Callable[[Any], dict[str, Any]]]] = {
    "compare": {"a": lambda event: {"a": event_body(event)}, "b": lambda event: {"b": event_body(event)}},
    "paths": {"a": lambda name: {"from": name}, "b": lambda name: {"to": name}},
}


def asked_of(question: str, args: tuple[Any, ...], named: Mapping[str, Any], most: int) -> tuple[str, dict[str, Any]]:
    """The name and the body of a question.

    Args:
        question: its method (``cut_sets``) or its name in the API (``cut-sets``). args, named: as its method takes
            them; besides ``what_if``, edits to suppose. most: rows of a list that the server may cut.

    Raises:
        InvalidParameter: there is no such question. TypeError: the method does not take these.
    """
    name = question.replace("_", "-")
    if name not in ANSWERS:
        raise InvalidParameter(
            f"there is no question {question!r}.{suggest(name, list(ANSWERS))}", fix=f"Ask one of {', '.join(ANSWERS)}."
        )
    given = dict(named)
    supposed = given.pop("what_if", None)
    method = _findings if name == "findings" else getattr(RemoteQuestions, name.replace("-", "_"))
    bound = inspect.signature(method).bind(None, *args, **given)
    bound.apply_defaults()  # Python's own, which need not be those of the API
    body: dict[str, Any] = {} if name not in LISTED else {"limit": most}
    for parameter, value in list(bound.arguments.items())[1:]:
        make = OF_ONE.get(name, MADE).get(parameter, MADE.get(parameter))
        if make is not None and value is not None:
            body |= make(value)
        elif value is not None or parameter == "order":  # None is all orders; else what is not said
            body[NAMES.get(parameter, parameter)] = value
    if supposed is not None:
        body["what_if"] = edits_body(supposed)
    return name, body


def answer_of(server: Server, question: str, asked: Mapping[str, Any], document: dict[str, Any]) -> Answer:
    """The answer that a method gives, from the document that the server kept.

    Raises:
        InvalidParameter: it is the answer to a question that this version does not know.
    """
    if question not in ANSWERS:
        raise InvalidParameter(f"this version does not know the question {question!r}", fix="Install a newer version.")
    member = LISTED.get(question)
    if member and document["total"] > len(document[member]) and "notes" in document:
        note = f"The API lists the first {len(document[member]):,} of {document['total']:,}."
        document = {**document, "notes": [*document["notes"], note]}
    cls = ANSWERS[question]
    if cls is Rows:
        return Rows(document["items"], question, asked.get("id")).placed(server.places)
    if cls is Findings:
        return Findings.from_dict(document).placed(server.places)
    return cls.from_dict(document).placed(server.places)


def _findings(self: Any, *, code: str | None = None, severity: str | None = None) -> None:
    """What may be asked of findings."""
