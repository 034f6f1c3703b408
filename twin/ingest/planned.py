"""What a run set out to do, kept with it until it is published: a run that is taken up again sees only the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from twin.ingest.needs import LOST, Gate
from twin.ingest.plan import Plan
from twin.model import Finding

#: The property of a run that keeps it; gone once the run is published.
PLANNED = "planned"


@dataclass(frozen=True)
class Planned:
    """The plan of a run before its first row was written.

    Attributes:
        plan: its counts, as :meth:`Plan.to_dict` gives them. kept_needs, moved: see :class:`Plan`.
        notes: findings about needs of links that went; once these are gone they cannot be found again.
    """

    plan: dict[str, Any] = field(default_factory=dict)
    kept_needs: dict[Gate, str] = field(default_factory=dict)
    notes: list[tuple[str, Finding]] = field(default_factory=list)
    moved: list[list[Any]] = field(default_factory=list)

    @classmethod
    def of(cls, plan: Plan) -> Planned:
        """What to keep of a plan."""
        return cls(plan.to_dict(), dict(plan.kept_needs), [n for n in plan.notes if n[1].code == LOST], plan.moved)

    @classmethod
    def read(cls, run: Mapping[str, Any] | None) -> Planned:
        """What was kept with a run; nothing, if there is no run or an older version began it."""
        text = run.get(PLANNED) if run else None
        if not text:
            return cls()
        kept = orjson.loads(text)
        needs = {(owner, service, group): need for owner, service, group, need in kept["kept_needs"]}
        notes = [(scope, Finding(**{**entry, "assets": tuple(entry["assets"])})) for scope, entry in kept["notes"]]
        return cls(kept["plan"], needs, notes, kept.get("moved", []))

    def text(self) -> str:
        """The same as text, for a property of the run."""
        needs = [[*gate, need] for gate, need in self.kept_needs.items()]
        notes = [[scope, {**asdict(finding), "origin": None}] for scope, finding in self.notes]
        return orjson.dumps({"plan": self.plan, "kept_needs": needs, "notes": notes, "moved": self.moved}).decode()


def written(whole: Mapping[str, Any], rest: Mapping[str, Any]) -> dict[str, int]:
    """Assets and links that a run had written (or removed) when it was cut off, from its plan and that of the rest."""
    before, after = changed(whole), changed(rest)
    return {what: before[what] - after[what] for what in before}


def changed(plan: Mapping[str, Any]) -> dict[str, int]:
    """Assets and links that a plan writes or removes; links that go with their ends are among them."""
    total = {"assets": 0, "links": sum(plan["dangling"].values())}
    for what, counts in counted(plan):
        total[what] += counts["create"] + counts["update"] + counts["remove"]
    return total


def counted(plan: Mapping[str, Any]) -> list[tuple[str, Mapping[str, int]]]:
    """``assets`` or ``links``, and the counts, of every source and stitch rule of a plan."""
    found = [(what, source[what]) for source in plan["sources"] for what in ("assets", "links")]
    return found + [("links", rule["links"]) for rule in plan["stitches"]]
