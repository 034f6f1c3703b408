"""``python -m bench [--quick] [PART...]``: measure and print one table; exit code 1 when a floor is missed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from bench import impact
from bench.report import Line, show

PARTS = ("impact", "import", "snapshot")


def lines(parts: list[str], quick: bool) -> Iterator[Line]:
    """The measurements of the parts, in the order in which they are made."""
    if "impact" in parts:
        yield from impact.measure((1_000, 10_000) if quick else impact.SIZES)
    if {"import", "snapshot"} & set(parts):
        from bench import store

        with store.server() as made:
            print(f"Neo4j {made.store.version()}", flush=True)
            if "import" in parts:
                yield from store.measure_import(made, 20_000 if quick else 200_000, 1 if quick else 3)
            if "snapshot" in parts:
                yield from store.measure_snapshot(made, 50_000 if quick else 1_000_000)


def main() -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or several of {', '.join(PARTS)}; all if none")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and one turn: a minute or two, no floors of size"
    )
    given = parser.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}")
    made = []
    for line in lines(given.parts or list(PARTS), given.quick):
        made.append(line)
        print(" | ".join(cell for cell in line.cells() if cell), flush=True)
    show(made)
    return 1 if any(line.ok is False for line in made) else 0


if __name__ == "__main__":
    raise SystemExit(main())
