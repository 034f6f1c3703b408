"""Making the import plan: read the exports, validate, compare with the store, stitch. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from twin.errors import SourceUnreadable
from twin.ingest.dates import dated
from twin.ingest.digest import command_digest, input_digest, rule_digest, with_rules
from twin.ingest.ends import LinkPlanner, Written
from twin.ingest.gates import GateCheck, HeldLink
from twin.ingest.known import Held
from twin.ingest.loader import Loader, load_loader, parse_options, read
from twin.ingest.manifest import STITCH, ImportSpec, Manifest
from twin.ingest.matching.matcher import Matcher, involved
from twin.ingest.matching.moved import move_links, move_on
from twin.ingest.matching.told import about_inside
from twin.ingest.needs import keep_needs
from twin.ingest.plan import Counts, Plan, SourcePlan
from twin.ingest.planned import Planned
from twin.ingest.rejects import Rejects
from twin.ingest.rows import AssetRow
from twin.ingest.rules import check_rules
from twin.ingest.spool import Spool
from twin.ingest.stitch import Candidates, Stitcher
from twin.ingest.validate import CHUNK, Validator
from twin.ingest.view import StoreView
from twin.model import AssetRecord, Finding, LinkColumns, LinkRecord, Reject
from twin.schema import Schema

#: Called with a phase, how much of it is done, and how much there is (None: not known).
Progress = Callable[[str, int, int | None], None]

Spec = tuple[ImportSpec, Loader, BaseModel]


@dataclass(frozen=True)
class Flags:
    """How an import is to be done; the names are those of the command line."""

    replace: bool = False
    force: bool = False
    full: bool = False
    skip_rejects: bool = False


class Planner:
    """Makes one :class:`Plan`.

    Args:
        view: reads from the store. stamps: source -> (digest of the input imported last, exact) as stored.
        resuming: a run of the same command was cut off; then nothing is taken as unchanged unseen.
    """

    def __init__(
        self,
        view: StoreView,
        schema: Schema,
        manifest: Manifest,
        flags: Flags,
        spool: Spool,
        rejects: Rejects,
        progress: Progress,
        run: str = "",
    ) -> None:
        self._run = run
        check_rules(manifest, schema)
        self._view = view
        self._schema = schema
        self._manifest = manifest
        self._flags = flags
        self._spool = spool
        self._rejects = rejects
        self._progress = progress
        self._specs: dict[str, list[Spec]] = {}
        self._needs: dict[str, dict[Written, None]] = {}
        for spec in manifest.imports:
            loader = load_loader(spec.loader)
            self._specs.setdefault(spec.source, []).append((spec, loader, parse_options(loader, spec.options)))
        self.stamps = {source: input_digest(specs, schema) for source, specs in self._specs.items()}
        self._joined, self._outside = involved(manifest)
        for source in self._joined:
            self.stamps[source] = with_rules(self.stamps[source], manifest.matches)
        self.digest = command_digest(self.stamps, manifest, schema, flags.replace, flags.skip_rejects)

    def plan(
        self, revision: int, stored: dict[str, tuple[str | None, bool]], resuming: bool, earlier: Planned | None = None
    ) -> Plan:
        """The plan against the state at *revision*.

        Args:
            stored: source -> (digest of the input imported last, whether nothing else is there of it).
            resuming: a run of the same command was cut off; then nothing counts as unchanged unread.
            earlier: what that run set out to do.

        Raises:
            SourceUnreadable: an export cannot be read. ManifestError: a stitch rule does not fit.
        """
        plan = Plan(self._manifest, self.digest, revision, self._spool, self._rejects)
        if earlier is not None:
            plan.kept_needs, plan.notes = dict(earlier.kept_needs), list(earlier.notes)
            plan.moved = list(earlier.moved)
        validator = Validator(self._schema, self._rejects)
        candidates = Candidates(self._manifest.stitches, self._spool)
        matcher = self._matcher = Matcher(
            self._schema, self._manifest, self._view, plan, self._run, self._flags.replace
        )
        held: dict[str, Held] = {}
        together = all(self._is_unchanged(source, stored) for source in self._joined) and not self._outside
        for source, specs in self._specs.items():
            part = SourcePlan(source, ", ".join(dict.fromkeys(s.loader for s, _, _ in specs)), self.stamps[source])
            plan.sources[source] = part
            part.skipped = not resuming and self._is_unchanged(source, stored)
            part.skipped = part.skipped and (together or source not in self._joined)
            if part.skipped:
                continue
            part.dated = dated(specs)
            known = source in stored or resuming
            held[source] = self._view.held(source) if known else Held(source)
            part.held_assets, part.held_links = len(held[source].assets), len(held[source].links)
            self._read(part, specs, validator, candidates, held[source])
        self._match(plan, matcher, validator, candidates, held)
        plan.files = validator.index.files
        links = self._link_planner(plan, validator, held, matcher)
        for source in held:
            self._plan_source_links(plan, links, source)
        self._vanished(plan, validator, links, held, matcher)
        plan.touched |= {stream.rpartition(".")[2] for stream in self._spool.streams("asset.create.")}
        plan.touched |= {stream.rpartition(".")[2] for stream in self._spool.streams("asset.update.")}
        plan.touched |= {old for _, old, _ in self._spool.rows("asset.relabel")}
        plan.rule_digests = {s.name: rule_digest(self._manifest, s.name, self._schema) for s in self._manifest.stitches}
        anew = resuming or self._flags.full
        how = (self._schema, self._manifest, self._view, plan, candidates, links)
        Stitcher(*how, replace=self._flags.replace, anew=anew).run(validator.index, self._progress)
        self._follow(plan, links, matcher, held)
        if not self._view.empty:
            keep_needs(plan, self._schema, self._view)
        self._check_gates(plan, links)
        for part in plan.sources.values():
            part.check()
        return plan

    def _plan_source_links(self, plan: Plan, links: LinkPlanner, source: str) -> None:
        before = links.duplicates
        self._plan_links(plan.sources[source], links, source)
        if links.duplicates > before:
            plan.notes.append((source, _duplicates(links.duplicates - before)))
        if source in links.inside:
            plan.sources[source].described += len(links.inside[source])
            plan.notes.append((source, about_inside(links.inside[source])))

    def _is_unchanged(self, source: str, stored: dict[str, tuple[str | None, bool]]) -> bool:
        stamp, exact = stored.get(source, (None, False))
        if self._flags.full or self._flags.force or stamp != self.stamps[source]:
            return False
        return exact or not self._flags.replace

    def _read(
        self, part: SourcePlan, specs: list[Spec], validator: Validator, candidates: Candidates, held: Held
    ) -> None:
        before, done = self._rejects.count, 0
        self._rejects.scope = part.source
        chunk: list[AssetRecord] = []
        raws = f"raw.{part.source}"
        needs = self._needs[part.source] = {}
        for spec, loader, options in specs:
            found = 0
            for record in self._records(part, spec, loader, options):
                kind = type(record)
                if kind is LinkColumns:
                    part.refused += self._take_links(validator, record, raws, needs)  # type: ignore[arg-type]
                    done += len(record.rows)  # type: ignore[union-attr]
                    found += 1
                    self._progress(f"reading {part.source}", done, None)
                    continue
                done += 1
                found += 1
                if kind is LinkRecord:
                    part.refused += self._take_link(validator, record, raws, needs)  # type: ignore[arg-type]
                elif kind is AssetRecord:
                    chunk.append(record)  # type: ignore[arg-type]
                    if len(chunk) >= CHUNK:
                        self._take_assets(part, validator, chunk, candidates, held)
                        chunk.clear()
                else:
                    part.told += 1
                    self._rejects.add(record)  # type: ignore[arg-type]
                if done % CHUNK == 0:
                    self._progress(f"reading {part.source}", done, None)
            if not found:
                raise SourceUnreadable(
                    f"{', '.join(str(p) for p in spec.paths)}: the loader {spec.loader} found nothing in it",
                    fix="Check the path, and that the export has rows.",
                )
        self._take_assets(part, validator, chunk, candidates, held)
        self._progress(f"reading {part.source}", done, done)
        part.records += done - part.told
        part.rejected += self._rejects.count - before

    def _records(
        self, part: SourcePlan, spec: ImportSpec, loader: Loader, options: BaseModel
    ) -> Iterator[AssetRecord | LinkRecord | LinkColumns | Reject]:
        """What an import reads, path by path; what its mapping leaves out is noted."""
        for path in spec.paths:
            yield from read(loader, path, options, self._schema)
            for table, rows in getattr(loader, "left_out", {}).items():
                part.left_out[table] = part.left_out.get(table, 0) + rows

    def _take_assets(
        self, part: SourcePlan, validator: Validator, chunk: list[AssetRecord], candidates: Candidates, held: Held
    ) -> None:
        rows = validator.assets(part.source, chunk)
        part.refused += len(chunk) - len(rows)
        if not self._matcher.idle:
            rows = [row for row in rows if not self._matcher.takes(row)]
        self._compare(part, rows, candidates, held)

    def _take_links(self, validator: Validator, block: LinkColumns, stream: str, needs: dict[Written, None]) -> int:
        """Returns how many were refused."""
        rows = validator.links(block)
        if rows is None:
            return sum(self._take_link(validator, record, stream, needs) for record in block.records())
        self._spool.extend(stream, rows)
        needs.update({(end, type_, group, need): None for _, type_, end, group, need, *_ in rows if need is not None})
        return 0

    def _take_link(self, validator: Validator, record: LinkRecord, stream: str, needs: dict[Written, None]) -> bool:
        """Returns whether it was refused."""
        raw = validator.link(record)
        if raw is None:
            return True
        self._spool.add(stream, tuple(raw))
        if raw.need is not None:
            needs[raw.to_id, raw.type, raw.group, raw.need] = None
        return False

    def _match(
        self, plan: Plan, matcher: Matcher, validator: Validator, candidates: Candidates, held: dict[str, Held]
    ) -> None:
        """Match rules: what waited is planned, as assets of their own or as what another source says of one."""
        if matcher.idle:
            return
        self._progress("matching", 0, None)
        matcher.decide(validator.index, held)

        def take(source: str, row: AssetRow) -> None:
            self._compare(plan.sources[source], [row], candidates, held[source])

        matcher.merge(validator.index, held, take, candidates)

    def _follow(self, plan: Plan, links: LinkPlanner, matcher: Matcher, held: dict[str, Held]) -> None:
        """Links of sources that are not read follow the records that describe other assets than before."""
        changed = {} if matcher.idle else matcher.changed(held)
        own = {spec.name for spec in self._manifest.stitches}
        if plan.moved:
            move_on(plan, links, self._view, plan.moved)
        elif changed:
            move_links(plan, links, self._view, changed, lambda source, rule: source in held or rule in own)

    def _compare(self, part: SourcePlan, rows: list[AssetRow], candidates: Candidates, held: Held) -> None:
        counts = part.assets
        for row in rows:
            candidates.take(part.source, row)
            old = held.assets.get(row.id)
            if old == row.hash:
                counts.unchanged += 1
                continue
            if old is None:
                counts.create += 1
                self._spool.add(f"asset.create.{row.kind}", tuple(row))
                continue
            counts.update += 1
            self._spool.add(f"asset.update.{row.kind}", tuple(row))
            if held.kinds[row.id] != row.kind:
                self._spool.add("asset.relabel", (row.id, held.kinds[row.id], row.kind))

    def _link_planner(self, plan: Plan, validator: Validator, held: dict[str, Held], matcher: Matcher) -> LinkPlanner:
        outside: dict[str, str] = {}
        if not self._flags.replace:
            for one in held.values():
                outside.update(one.kinds)
        replaced = set(held) if self._flags.replace else set()

        def find_kinds(ids: list[str]) -> dict[str, str]:
            found = self._view.kinds(ids) if not self._view.empty else {}
            return {asset: kind for asset, (kind, source) in found.items() if source not in replaced}

        planned = {**held, STITCH: Held(STITCH)}
        how = (self._schema, validator.index, outside, planned, self._spool, self._rejects, find_kinds)
        return LinkPlanner(*how, aliases=matcher.aliases())

    def _plan_links(self, part: SourcePlan, links: LinkPlanner, source: str) -> None:
        before = self._rejects.count
        self._rejects.scope = source
        total = self._spool.count(f"raw.{source}")
        links.plan(
            source,
            self._counted(self._spool.batches(f"raw.{source}", CHUNK), f"checking links of {source}", total),
            self._needs.pop(source),
        )
        part.rejected += self._rejects.count - before
        part.refused += links.refused.get(source, 0)
        part.links.create = links.created.get(source, 0)
        part.links.update = links.updated.get(source, 0)
        part.links.unchanged = links.unchanged.get(source, 0)

    def _counted(self, blocks: Iterable[list[Any]], phase: str, total: int) -> Iterator[list[Any]]:
        for number, block in enumerate(blocks):
            self._progress(phase, number * CHUNK, total)
            yield block
        self._progress(phase, total, total)

    def _vanished(
        self, plan: Plan, validator: Validator, links: LinkPlanner, held: dict[str, Held], matcher: Matcher
    ) -> None:
        """What the store holds and the exports no longer have; with ``--replace`` it is to be removed.

        Assets that are found to be assets of others go at any rate: all that they carried is there.
        """
        gone: list[str] = []
        aliases = matcher.aliases()
        for source, one in held.items():
            part = plan.sources[source]
            merged = [asset for asset in one.assets if asset in aliases]
            part.merged = part.assets.remove = len(merged)
            self._spool.extend("asset.delete", merged)
            plan.touched |= {one.kinds[asset] for asset in merged}
            assets = [asset for asset in one.assets if asset not in validator.index and asset not in aliases]
            keys = links.missing(source)
            part.assets.missing, part.links.missing = len(assets), len(keys)
            part.exact = self._flags.replace or not (assets or keys)
            if not self._flags.replace:
                continue
            part.assets.remove, part.links.remove = len(assets) + len(merged), len(keys)
            self._spool.extend("asset.delete", assets)
            plan.touched |= {one.kinds[asset] for asset in assets}
            gone += assets
            if keys:
                wanted = set(keys)
                for link in self._view.ends(source):
                    if link.key in wanted:
                        self._spool.add("link.delete", (source, link))
        if gone:
            own = {f"{STITCH}:{spec.name}" for spec in self._manifest.stitches}
            found = self._view.dangling(gone, list(held))
            plan.dangling = {name: count for name, count in found.items() if name not in own}

    def _check_gates(self, plan: Plan, links: LinkPlanner) -> None:
        check = GateCheck(self._schema, self._rejects)

        everything = set(self._schema.link_types)

        def stored(owners: set[str]) -> Iterator[HeldLink]:
            touched = {(s, row.key) for s, row in plan.changed_links(everything)}
            touched |= {(s, link.key) for s, link in self._spool.rows("link.delete")}
            gone = set(self._spool.rows("asset.delete"))
            for link in self._view.gates(owners - gone, check.gated, check.mesh):
                if (link.source, link.key) not in touched:
                    yield link

        refused = check.check(plan.changed_links, None if self._view.empty else stored, links.ways)
        for (source, key), row in refused.items():
            part = plan.sources.get(source)
            rule = plan.rules.get(row.properties.get("rule", ""))
            counts = part.links if part is not None else rule.links if rule is not None else Counts()
            if part is not None:
                part.rejected += 1
                part.refused += 1
            if links.is_held(source, key):
                counts.update -= 1
            else:
                counts.create -= 1
        plan.refused = set(refused)


def _duplicates(count: int) -> Finding:
    return Finding(
        "duplicate_link",
        "info",
        f"{count:,} links agree with another one in ends, type and group",
        "Leave them out of the export unless they are parallel connections; they count as one supplier.",
        count=count,
    )
