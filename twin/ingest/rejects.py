"""Collecting what cannot be taken: counted by code, the first ones in memory, all of them in a CSV file."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from twin.model import Origin, Reject

COLUMNS = ("file", "row", "column", "code", "message", "fix")
#: Rejects kept in memory for the report; the file has all.
KEPT = 1_000
#: Rejects that an import with ``--skip-rejects`` keeps as findings.
STORED = 10_000


class Rejects:
    """All rejects of one import.

    Attributes:
        count: how many there are. by_code: code -> count. first: the first ones.
        scope: the source or ``stitch:RULE`` that is being read; rejects belong to it.
        unlinked: (scope, type, from, to) of each link that cannot be taken, ends as written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self.by_code: Counter[str] = Counter()
        self.first: list[Reject] = []
        self.scope = ""
        self.unlinked: dict[tuple[str, str, str, str], None] = {}
        self._about: list[tuple[str, str | None]] = []
        self._file: TextIO | None = None
        self._writer: Any = None

    def add(self, reject: Reject, asset: str | None = None) -> None:
        """Take one reject in; *asset* is the full id of the asset that lacks the row (best effort)."""
        self.count += 1
        self.by_code[reject.code] += 1
        if len(self.first) < KEPT:
            self.first.append(reject)
        if len(self._about) < STORED:
            self._about.append((self.scope, asset))
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow(COLUMNS)
        self._writer.writerow(list(reject.to_dict().values()))
        if reject.link is not None:
            self.without(*reject.link)

    def without(self, type_: str, start: str, end: str) -> None:
        """Note a link that is left out: whoever needs it may have no other supplier."""
        self.unlinked[self.scope, type_, start, end] = None

    def new(self, origin: Origin, code: str, message: str, fix: str, asset: str | None = None) -> None:
        """Take one reject in, from its parts."""
        self.add(Reject(origin, code, message, fix), asset)

    def close(self) -> None:
        """Finish the file; more rejects cannot be added."""
        if self._file is not None:
            self._file.close()

    def stored(self) -> Iterator[tuple[Reject, str, str | None]]:
        """The first ones with their scope and asset; call after :meth:`close`."""
        for reject, (scope, asset) in zip(self.all(), self._about, strict=False):
            yield reject, scope, asset

    def all(self) -> Iterator[Reject]:
        """Every reject, from the file; call after :meth:`close`."""
        if not self.count:
            return
        with self.path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                origin = Origin(row["file"], int(row["row"]) if row["row"] else None, row["column"] or None)
                yield Reject(origin, row["code"], row["message"], row["fix"])
