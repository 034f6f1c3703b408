"""The lines of the kernel benchmarks, part by part; each part runs in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from bench.result import Result


@dataclass(frozen=True)
class Scale:
    """Sizes: assets of most lines, and of those that show what does not grow."""

    n: int
    large: int


FULL, QUICK = Scale(1_000_000, 10_000_000), Scale(20_000, 100_000)
#: Part -> module of this package with a function ``measure(scale)``.
PARTS = {
    "reach": "reach",
    "small": "small",
    "cascade": "cascade",
    "line": "line",
    "singles": "singles",
    "meshes": "meshes",
    "dominators": "dominators",
    "screen": "screen",
    "hazard": "hazard",
    "build": "build",
    "tiles": "tiles",
    "answers": "answers",
    "http": "http",
    "cypher": "cypher",
}


def there(part: str) -> bool:
    """Whether the part can be measured: its module is there."""
    return find_spec(f"bench.parts.{PARTS[part]}") is not None


def measure(part: str, scale: Scale) -> Iterator[Result]:
    """The lines of one part."""
    work: Callable[[Scale], Iterator[Result]] = import_module(f"bench.parts.{PARTS[part]}").measure
    yield from work(scale)
