"""What an import did, as an object for CLI, API and Python."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from twin.errors import NotFound
from twin.ingest.plan import Plan
from twin.model import Finding, Reject

#: Rejects and findings that a report lists; the rejects file has all.
LISTED = 1_000
#: Newest runs whose folder (report, rejects) is kept, dry ones among them; and what such folders are called.
KEPT = 50
RUN = re.compile(r"(dry-)?\d{8}-\d{6}-[0-9a-f]{4}\Z")


def prune(reports: Path) -> None:
    """Keep the folders of the newest runs; what is not called like a run stays."""
    with suppress(OSError):
        folders = [folder for folder in reports.iterdir() if RUN.match(folder.name)]
        folders.sort(key=lambda folder: folder.name.removeprefix("dry-"))
        for folder in folders[:-KEPT]:
            shutil.rmtree(folder, ignore_errors=True)


def kept(reports: Path, run: str) -> ImportReport:
    """The report of a run, from its folder. Raises NotFound: it is not kept there."""
    path = reports / run / "report.json"
    try:
        if not RUN.match(run):
            raise FileNotFoundError(run)
        return ImportReport.from_dict(orjson.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotFound(
            f"The report of the run {run} is not kept here",
            fix=f"The newest {KEPT} are kept, in the home folder that imported; the run itself is in the list of runs.",
        ) from error


@dataclass
class ImportReport:
    """Result of one import command.

    Attributes:
        status: ``applied``, ``unchanged``, ``planned`` (dry run) or ``rejected`` (nothing was written).
        run: id of the run, None if nothing was written. revision: of the twin now.
        plan: what was (or would be) created, updated, removed, per source and stitch rule.
        rejects: the first ones; ``rejected`` is their full number and ``rejects_file`` has them all.
        resumed: the run was cut off before; ``plan`` is that of the whole run, and ``written_before`` how many
            assets and links of it were written or removed by then.
        report_file: where this report lies, None if it could not be written.
        seconds: duration. rows: records handled.
    """

    status: str
    run: str | None
    revision: int
    plan: dict[str, Any]
    rejected: int = 0
    by_code: dict[str, int] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: Path | None = None
    findings: list[Finding] = field(default_factory=list)
    resumed: bool = False
    written_before: dict[str, int] = field(default_factory=lambda: {"assets": 0, "links": 0})
    report_file: Path | None = None
    seconds: float = 0.0

    @classmethod
    def of(cls, plan: Plan, status: str, run: str | None, revision: int, seconds: float) -> ImportReport:
        """The report of a plan."""
        rejects = plan.rejects
        return cls(
            status,
            run,
            revision,
            plan.to_dict(),
            rejects.count,
            dict(rejects.by_code.most_common()),
            list(rejects.first),
            rejects.path if rejects.count else None,
            plan.findings,
            seconds=round(seconds, 3),
        )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> ImportReport:
        """The report with this plain form; rejects and findings are those that it lists."""
        names = ("status", "run", "revision", "plan", "rejected", "resumed", "written_before", "seconds")
        files = ("rejects_file", "report_file")
        paths: dict[str, Any] = {name: Path(document[name]) if document[name] else None for name in files}
        return cls(
            **{name: document[name] for name in names},
            **paths,
            by_code=document["rejected_by_code"],
            rejects=[Reject.from_dict(item) for item in document["rejects"]],
            findings=[Finding.from_dict(item) for item in document["findings"]],
        )

    def save(self, folder: Path) -> None:
        """Write ``report.json`` into the run's folder, and remove the folders of all but the newest runs beside it.

        A disk that takes no report does not undo the import: then there is no ``report_file``.
        """
        path = folder / "report.json"
        self.report_file = path
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(orjson.dumps(self.to_dict(), option=orjson.OPT_INDENT_2))
        except OSError:
            self.report_file = None
        prune(folder.parent)

    @property
    def rows(self) -> int:
        """Assets and links that the exports had."""
        parts = [c for s in self.plan["sources"] for c in (s["assets"], s["links"])]
        parts += [r["links"] for r in self.plan["stitches"]]
        return sum(int(c["create"] + c["update"] + c["unchanged"]) for c in parts)

    @property
    def ok(self) -> bool:
        """Whether nothing was rejected and no finding is an error."""
        return not self.rejected and all(f.severity != "error" for f in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "status": self.status,
            "run": self.run,
            "revision": self.revision,
            "resumed": self.resumed,
            "written_before": self.written_before,
            "seconds": self.seconds,
            "plan": self.plan,
            "rejected": self.rejected,
            "rejected_by_code": self.by_code,
            "rejects": [r.to_dict() for r in self.rejects[:LISTED]],
            "rejects_file": str(self.rejects_file) if self.rejects_file else None,
            "report_file": str(self.report_file) if self.report_file else None,
            "findings": [f.to_dict() for f in self.findings[:LISTED]],
        }
