"""One line of the kernel benchmarks: what was asked, what was reached, beside whom, on which machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.clock import Times, load
from bench.rivals import library

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "bench" / "results"
PACKAGES = ("numpy", "numba", "scipy", "pyarrow", "networkx", "rustworkx", "igraph", "networkit", "python-graphblas")


@dataclass
class Target:
    """What was asked of a line.

    Attributes:
        asked: in words. reached: the figure, None where it could not be measured. least: or else *reached* is the
            most that is allowed. limit: of the figure. unit: ``x``, ``s``, ``bytes``, ...
    """

    asked: str
    reached: float | None
    limit: float
    least: bool
    unit: str = "x"

    @property
    def ok(self) -> bool:
        """Whether it was reached."""
        if self.reached is None:
            return False
        return self.reached >= self.limit if self.least else self.reached <= self.limit

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"asked": self.asked, "reached": self.reached, "unit": self.unit, "ok": self.ok}


@dataclass
class Result:
    """One measurement.

    Attributes:
        what: was done. size: on how much. answer: what came out, in words. ours: the product, first of *times*.
        others: the contestants of the same run. targets: asked of it. notes: what to know.
        before: load average when it began.
    """

    what: str
    size: str
    answer: str
    ours: Times
    others: list[Times] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    before: float = field(default_factory=load)
    after: float = field(default_factory=load)

    def times_of(self, name: str) -> Times | None:
        """A contestant by name, None if it was not there or was wrong."""
        for times in self.others:
            if times.name == name and times.seconds and not times.wrong:
                return times
        return None

    def ask_ratio(self, name: str, limit: float, words: str) -> None:
        """Ours must be *limit* times faster than a contestant that is there."""
        other = self.times_of(name)
        self.targets.append(Target(words, other.median / self.ours.median if other else None, limit, True))

    def ask_most(self, figure: float | None, limit: float, words: str, unit: str = "s") -> None:
        """A figure must be at most *limit*."""
        self.targets.append(Target(words, figure, limit, False, unit))

    @property
    def ok(self) -> bool:
        """Nothing missed, nobody gave another answer."""
        return all(t.ok for t in self.targets) and not any(t.wrong for t in (self.ours, *self.others))

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "what": self.what,
            "size": self.size,
            "answer": self.answer,
            "load": [self.before, self.after],
            "ours": self.ours.to_dict(),
            "others": [t.to_dict() for t in self.others],
            "targets": [t.to_dict() for t in self.targets],
            "notes": self.notes,
            "ok": self.ok,
        }


def save(part: str, results: list[Result], folder: Path = FOLDER) -> None:
    """Write the results of one part with when and where they were measured."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {
        "part": part,
        "made": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "machine": machine(),
        "results": [r.to_dict() for r in results],
    }
    (folder / f"{part}.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """The machine and the versions of everything that was measured."""
    library("numpy")  # puts the folder of the rivals on the path
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "python": platform.python_version(),
        "versions": found,
    }


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _commit() -> str:
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--", "twin", "bench/*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() + (" and changes" if changed.stdout.strip() else "")


def seconds(value: float | None) -> str:
    """A time with the unit that suits it."""
    if value is None:
        return "-"
    for limit, factor, unit in ((1e-3, 1e6, "us"), (1.0, 1e3, "ms")):
        if value < limit:
            return f"{value * factor:.3g} {unit}"
    return f"{value:.3g} s" if value < 1000 else f"{value:,.0f} s"


def figure(value: float | None, unit: str) -> str:
    """A reached figure with its unit."""
    if value is None:
        return "not measured"
    if unit == "s":
        return seconds(value)
    if unit == "x":
        return f"{value:,.0f}x" if value >= 100 else f"{value:.3g}x"
    return f"{value:.3g} {unit}"
