"""What an answer rests on, in words: assumptions, what did not operate before, the age of the data, caveats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from twin.cli import output
from twin.durations import human


def show(assumptions: Mapping[str, Any], notes: Iterable[str] = (), before: str = "any event") -> None:
    """Print it; *assumptions* as every answer has them, see :class:`twin.impact.rests.Resting`."""
    assumed, down = assumptions["assumed_supplied"], assumptions["baseline_down"]
    if assumed:
        what, verb = ("asset", "counts") if assumed == 1 else ("assets", "count")
        output.say(f"Assumed: {assumed:,} {what} without a known supplier {verb} as supplied.")
    if down:
        what = "asset was" if down == 1 else "assets were"
        output.say(f"Left out: {down:,} {what} not operating before {before}.")
    if assumptions["sources"]:
        output.say(f"Data: {output.plain(', '.join(map(aged, assumptions['sources'])))}")
    for line in notes:
        output.say(f"Note: {output.plain(line)}", style="dim")


def aged(source: Mapping[str, Any]) -> str:
    """A source with the age of its export."""
    age = source.get("age_s")
    return f"{source['source']} ({human(age)} old)" if age is not None else str(source["source"])
