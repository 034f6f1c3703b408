"""An answer in a few words, for ``repr`` and the head of its picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from typing import Any

#: Verdicts that are counted, the worst first.
VERDICTS = ("failed", "down", "interrupted", "degraded", "at_risk")


def said(answer: Any) -> str:
    """What *answer* says, in one line."""
    parts = [_gist(answer), _revision(answer)]
    return "; ".join(part for part in parts if part)


def counted(summary: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Verdict -> assets, over all domains."""
    sums = {name: sum(entry.get(name, 0) for entry in summary.values()) for name in VERDICTS}
    return {name: count for name, count in sums.items() if count}


def number(count: int, word: str, plural: str | None = None) -> str:
    """*count* and *word*, in the plural where there is not one."""
    return f"{count:,} {word if count == 1 else plural or word + 's'}"


def _gist(answer: Any) -> str:
    question = answer.QUESTION
    if question in ("impact", "timeline"):
        found = counted(answer.summary)
        return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in found.items()) or "nothing is lost"
    if question == "explain":
        return f"{answer.asset['id']}: {answer.verdict.replace('_', ' ')}"
    if question == "compare":
        counts = answer.counts
        return f"{counts['only_a']:,} only in a, {counts['only_b']:,} only in b, {counts['both']:,} in both"
    if question in ("dependencies", "dependents"):
        return number(len(answer), "dependency" if question == "dependencies" else "dependent", question)
    if question in LISTS:
        member, *words = LISTS[question]
        return number(_size(answer, member), *words)
    return ""


#: Question -> attribute with its rows (empty: the answer is the list), and what one of them is.
LISTS: dict[str, tuple[str, ...]] = {
    "assets": ("", "asset"),
    "conflicts": ("", "conflict"),
    "imports": ("", "run"),
    "findings": ("", "finding"),
    "deadlocks": ("", "core"),
    "criticality": ("total", "single failure"),
    "screen": ("table", "scenario"),
    "exposed": ("exposed", "exposed asset"),
    "single-points-of-failure": ("down", "single point of failure", "single points of failure"),
    "cut-sets": ("sets", "minimal cut set"),
    "paths": ("routes", "route"),
    "mesh": ("cuts", "bridge or articulation point", "bridges and articulation points"),
    "dominators": ("items", "dominator"),
    "cold-start": ("started", "asset started", "assets started"),
    "completeness": ("rows", "row"),
}


def _size(answer: Any, member: str) -> int:
    found = getattr(answer, member) if member else answer
    if isinstance(found, int):
        return found
    if hasattr(found, "num_rows"):
        return int(found.num_rows)
    if isinstance(found, Sized):
        return len(found)
    assert isinstance(found, Iterable)
    return sum(1 for _ in found)


def _revision(answer: Any) -> str:
    revision = getattr(answer, "revision", None)
    return "" if revision is None else f"revision {revision}"
