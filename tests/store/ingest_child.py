"""An import in a process of its own, with small batches, to be killed: FOLDER URI USER PASSWORD [FLAG...].

Prints ``begin`` when the plan is about to be made and ``done`` when the import is published.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.store.ingest_tables import load
from twin.ingest import apply, turns
from twin.store import Store


def main(folder: str, uri: str, user: str, password: str, *flags: str) -> None:
    apply.SMALL, turns.TRANSACTION, apply.ASSETS, apply.LINKS, apply.SORTED = 20, 8, 7, 9, 50
    with Store(uri, user, password, "neo4j") as store:
        print("begin", flush=True)
        report = load(store, Path(folder), **dict.fromkeys(flags, True))
        print(f"done {report.status} {report.resumed}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
