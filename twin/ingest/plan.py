"""The import plan: what would be created, updated, left, removed or rejected; nothing is written yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from twin.ingest.dates import Dated
from twin.ingest.manifest import Manifest
from twin.ingest.rejects import Rejects
from twin.ingest.rows import LinkRow
from twin.ingest.spool import Spool
from twin.model import Finding

#: The fields of a :class:`LinkRow` as a plain tuple.
PlainLink = tuple[Any, ...]
OPERATIONS = ("create", "update", "unchanged", "missing", "remove")


@dataclass
class Counts:
    """How many assets or links a plan creates, updates, leaves, misses in the export, and removes."""

    create: int = 0
    update: int = 0
    unchanged: int = 0
    missing: int = 0
    remove: int = 0

    @property
    def changed(self) -> int:
        """Rows to write."""
        return self.create + self.update + self.remove

    def to_dict(self) -> dict[str, int]:
        """The counts as plain data."""
        return {name: getattr(self, name) for name in OPERATIONS}


@dataclass
class SourcePlan:
    """What happens to one source.

    Attributes:
        stamp: digest of its input. skipped: the input is the one imported last, nothing was read.
        rejected: records that cannot be taken. held_assets, held_links: what the store has of it now.
        exact: after the run the store holds just what the export says.
        records: assets and links that the loader gave; told: rejects that it gave itself; refused: records that became
            rejects. Each record is either in ``assets`` or ``links``, refused, or ``described``: it adds to an asset
            of another source, or is a link inside of one.
        left_out: table -> rows that no block of a mapping takes, of loaders that count them.
        merged: assets of it that go because they are found to be assets of others.
        dated: when the export was made, as far as that is known.
    """

    source: str
    loader: str
    stamp: str
    skipped: bool = False
    assets: Counts = field(default_factory=Counts)
    links: Counts = field(default_factory=Counts)
    rejected: int = 0
    records: int = 0
    told: int = 0
    refused: int = 0
    described: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    held_assets: int = 0
    held_links: int = 0
    exact: bool = True
    merged: int = 0
    dated: Dated | None = None

    def to_dict(self) -> dict[str, Any]:
        """The plan of the source as plain data."""
        return {
            "source": self.source,
            "loader": self.loader,
            "unchanged_input": self.skipped,
            "assets": self.assets.to_dict(),
            "links": self.links.to_dict(),
            "rejected": self.rejected,
            "records": self.records,
            "refused": self.refused,
            "described": self.described,
            "left_out": self.left_out,
        }

    def check(self) -> None:
        """Every record that came in was taken or refused, and nothing was refused without a reject.

        Raises:
            RuntimeError: a fault of ours; nothing was written.
        """
        taken = self.described + sum(c.create + c.update + c.unchanged for c in (self.assets, self.links))
        if self.skipped or (taken + self.refused == self.records and self.rejected >= self.told + self.refused):
            return
        raise RuntimeError(
            f"{self.source}: {self.records:,} records came in, {taken:,} were taken and {self.refused:,} refused, with "
            f"{self.rejected:,} rejects ({self.told:,} of them of the loader {self.loader})"
        )


@dataclass
class RulePlan:
    """What one stitch rule does: links, and assets that found no partner.

    ``skipped``: it did not run, for nothing that it looks at changed since it ran last.
    """

    name: str
    rule: str
    links: Counts = field(default_factory=Counts)
    unmatched: int = 0
    skipped: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The plan of the rule as plain data."""
        return {
            "name": self.name,
            "rule": self.rule,
            "untouched": self.skipped,
            "links": self.links.to_dict(),
            "unmatched": self.unmatched,
        }


@dataclass
class MatchPlan:
    """What one match rule finds.

    Attributes:
        matched: records that describe assets of others. unmatched: that describe none. doubtful: that might describe
            several, or share one. conflicts: values that do not agree.
    """

    name: str
    rule: str
    matched: int = 0
    unmatched: int = 0
    doubtful: int = 0
    conflicts: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The plan of the rule as plain data."""
        return asdict(self)


@dataclass
class Plan:
    """Everything an import would do; the rows are in the spool.

    Streams: ``asset.create.KIND``, ``asset.update.KIND`` (AssetRow), ``asset.relabel`` (id, old kind, new kind),
    ``asset.delete`` (id), ``link.create.TYPE``, ``link.update.TYPE`` (source, LinkRow), ``link.delete`` (HeldEnds).

    Attributes:
        digest: identifies the command: inputs, options, schema, rules. revision: of the state it was planned on.
        refused: (source, key) of links that gate checks rejected. dangling: other source -> links that go
        because an end goes. notes: (source or ``stitch:RULE``, finding); a later run of the same replaces them.
        kept_needs: (consumer, service, group) -> need that its links take over from links that go; ``gate_of``
        names the gate of (consumer, type, group).
        edited: the rows come from edits by hand; what is known of the exports stays.
        matches: what each match rule found. elsewhere: assets and links of sources that are not read, which change
        because a match does; ``moved``: such links as they are to be (see :mod:`twin.ingest.matching.moved`).
        files: file -> its number in this run. touched: kinds of assets that are created, changed or removed.
        rule_digests: stitch rule -> digest of what it says.
    """

    manifest: Manifest
    digest: str
    revision: int
    spool: Spool
    rejects: Rejects
    sources: dict[str, SourcePlan] = field(default_factory=dict)
    rules: dict[str, RulePlan] = field(default_factory=dict)
    refused: set[tuple[str, str]] = field(default_factory=set)
    dangling: dict[str, int] = field(default_factory=dict)
    notes: list[tuple[str, Finding]] = field(default_factory=list)
    kept_needs: dict[tuple[str, str, str], str] = field(default_factory=dict)
    edited: bool = False
    matches: dict[str, MatchPlan] = field(default_factory=dict)
    elsewhere: int = 0
    moved: list[list[Any]] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    rule_digests: dict[str, str] = field(default_factory=dict)
    gate_of: Callable[[str, str, str | None], tuple[str, str, str] | None] = lambda *_: None

    @property
    def findings(self) -> list[Finding]:
        """What is wrong or missing but does not stop the import."""
        return [finding for _, finding in self.notes]

    @property
    def changed(self) -> int:
        """Rows to write (assets, links, and links that go with their ends)."""
        parts = [c for s in self.sources.values() for c in (s.assets, s.links)] + [r.links for r in self.rules.values()]
        return sum(c.changed for c in parts) + sum(self.dangling.values()) + self.elsewhere

    def changed_links(self, types: set[str]) -> Iterator[tuple[str, LinkRow]]:
        """Links of these types to create or update, rejected ones left out."""
        for stream in (*self.spool.streams("link.create."), *self.spool.streams("link.update.")):
            if stream.rpartition(".")[2] not in types:
                continue
            yield from self.link_rows(stream)

    def plain_links(self, stream: str) -> Iterator[tuple[str, PlainLink]]:
        """Like :meth:`link_rows`, as plain tuples: three times as fast where nothing was rejected or taken over."""
        return self.link_rows(stream) if self.refused or self.kept_needs else self.spool.rows(stream)

    def link_rows(self, stream: str) -> Iterator[tuple[str, LinkRow]]:
        """The links of one stream as they are to be written, rejected ones left out.

        A need that was taken over is not part of the hash: the same export is the same content next time.
        """
        for source, plain in self.spool.rows(stream):
            row = LinkRow._make(plain)
            if self.refused and (source, row.key) in self.refused:
                continue
            if self.kept_needs and row.need is None:
                gate = self.gate_of(row.to_id, row.type, row.group)
                row = row._replace(need=self.kept_needs.get(gate)) if gate is not None else row
            yield source, row

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain data."""
        return {
            "sources": [s.to_dict() for s in self.sources.values()],
            "matches": [m.to_dict() for m in self.matches.values()],
            "stitches": [r.to_dict() for r in self.rules.values()],
            "elsewhere": self.elsewhere,
            "dangling": dict(self.dangling),
            "rejected": self.rejects.count,
            "changed": self.changed,
        }
