"""``python -m bench [--quick] [PART...]``: measure and print one table; exit code 1 when a floor is missed.

The parts of the kernels (``kernels`` names them all) are measured each in a process of its own, kept under
``bench/results`` unless ``--quick``, and put into ``docs/benchmarks.md`` by ``python -m bench report``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator

from bench import impact, parts
from bench.report import Line, show

STORE = ("impact", "import", "snapshot", "bulk")
GROUPS = ("kernels", "report")


def lines(chosen: list[str], quick: bool) -> Iterator[Line]:
    """The measurements of import, snapshot and answers, in the order in which they are made."""
    if "impact" in chosen:
        yield from impact.measure((1_000, 10_000) if quick else impact.SIZES)
    if {"import", "snapshot"} & set(chosen):
        from bench import store

        with store.server() as made:
            print(f"Neo4j {made.store.version()}", flush=True)
            if "import" in chosen:
                yield from store.measure_import(made, 20_000 if quick else 200_000, 1 if quick else 3)
            if "snapshot" in chosen:
                yield from store.measure_snapshot(made, 50_000 if quick else 1_000_000)
    if "bulk" in chosen:
        from bench import store

        yield from store.measure_bulk(20_000 if quick else 1_000_000)


def kernel(part: str, quick: bool) -> bool:
    """Measure one part of the kernels here; whether nothing was missed."""
    from bench.result import save
    from bench.written import told

    found = []
    for result in parts.measure(part, parts.QUICK if quick else parts.FULL):
        found.append(result)
        print(told(result.to_dict()), flush=True)
    if not quick:
        save(part, found)
    return quick or all(result.ok for result in found)


def apart(part: str, quick: bool) -> bool:
    """The same in a process of its own: what one part leaves in memory does not slow the next."""
    command = [sys.executable, "-m", "bench", "--here", *(["--quick"] if quick else []), part]
    return subprocess.run(command, check=False).returncode == 0


def main() -> int:
    """Measure what the command line asks for."""
    known = [*STORE, *parts.PARTS, *GROUPS]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or several of {', '.join(known)}; all if none")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes and one turn: a minute or two, no floors of size"
    )
    parser.add_argument("--here", action="store_true", help="measure kernels in this process")
    given = parser.parse_args()
    unknown = set(given.parts) - set(known)
    if unknown:
        parser.error(f"unknown part {', '.join(sorted(unknown))}")
    chosen = given.parts or known
    made = []
    for line in lines(chosen, given.quick):
        made.append(line)
        print(" | ".join(cell for cell in line.cells() if cell), flush=True)
    good = all(line.ok is not False for line in made)
    for part in parts.PARTS:
        if part not in chosen and "kernels" not in chosen:
            continue
        if not parts.there(part):
            print(f"{part}: nothing to measure yet", flush=True)
        else:
            began = time.perf_counter()
            good &= (kernel if given.here else apart)(part, given.quick)
            if not given.here:
                print(f"{part}: {time.perf_counter() - began:.0f} s", flush=True)
    if made:
        show(made)
    if "report" in chosen and not given.quick:
        from bench.written import write

        print(write())
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
