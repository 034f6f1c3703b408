"""What is asked, as the API takes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twin.errors import InvalidParameter
from twin.impact.events.event import Event
from twin.impact.events.hazard import Hazard
from twin.impact.events.select import worded
from twin.impact.failures.scenarios import Random

if TYPE_CHECKING:
    from pydantic import BaseModel


def event_body(asked: Event | Iterable[str]) -> dict[str, Any]:
    """An event as ``POST /impact`` takes it; a hazard is sent with its buffer in its shape."""
    event = asked if isinstance(asked, Event) else Event([asked] if isinstance(asked, str) else asked)
    ids = list(event.ids)
    body: dict[str, Any] = {"failed": ids} if ids or (event.where is None and event.hazard is None) else {}
    if event.where is not None:
        body["where"] = event.where if isinstance(event.where, str) else worded(event.where)
    if event.hazard is not None:
        body |= {"hazard": geojson(event.hazard), "min_crossing_m": event.hazard.min_crossing_m}
    return body


def geojson(hazard: Hazard | Mapping[str, Any]) -> Any:
    """A hazard as GeoJSON; GeoJSON as it is."""
    if not isinstance(hazard, Hazard):
        return hazard
    import shapely

    return shapely.geometry.mapping(hazard.area)


def scenarios_body(asked: Random | Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Scenarios as ``POST /screen`` takes them.

    Raises:
        InvalidParameter: chances in a table or a file, which the API does not take.
    """
    if not isinstance(asked, Random):
        return {"scenarios": {name: list(ids) for name, ids in asked.items()}}
    drawn: dict[str, Any] = {"count": asked.count, "seed": asked.seed, "failures": asked.failures}
    if isinstance(asked.probability, Mapping):
        drawn["by_kind"] = dict(asked.probability)
    elif asked.probability is None or isinstance(asked.probability, int | float):
        drawn["probability"] = asked.probability
    else:
        raise InvalidParameter("the API takes no table of chances", fix="Give a number, or chances per kind.")
    return {"random": {name: value for name, value in drawn.items() if value is not None}}


def edits_body(edits: Iterable[Any]) -> list[Any]:
    """Edits as plain data: their models, or plain data as it is."""
    return [_plain(edit) for edit in edits]


def _plain(edit: BaseModel | Any) -> Any:
    return edit.model_dump(by_alias=True, mode="json") if hasattr(edit, "model_dump") else edit


def commas(words: Sequence[str] | None) -> str | None:
    """A list as it stands in an address. Raises InvalidParameter: a word has a comma."""
    for word in words or ():
        if "," in word:
            raise InvalidParameter(f"{word!r} has a comma", fix="Give each word by itself.")
    return ",".join(words) if words else None
