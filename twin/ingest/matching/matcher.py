"""Match rules at work inside a plan: which records describe assets of others, and what these carry then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from twin.ingest.known import AssetIndex, Held
from twin.ingest.manifest import Manifest
from twin.ingest.matching.find import find_pairs
from twin.ingest.matching.said import BY_HAND, Described, Said, apart
from twin.ingest.matching.spec import MatchSpec
from twin.ingest.matching.told import about_conflicts, about_kept, about_rule
from twin.ingest.plan import MatchPlan, Plan
from twin.ingest.rows import AssetRow
from twin.ingest.stitch import Candidates
from twin.ingest.stitch import Described as Offered
from twin.ingest.view import StoreView
from twin.model import Origin
from twin.schema import Schema

#: Properties that the store keeps what was said in, and finds such assets by.
SAID, ENRICHED = "said", "enriched"

#: Takes a row of a source that was read as it is: compared with the store, and planned.
Take = Callable[[str, AssetRow], None]


@dataclass(frozen=True)
class Joined:
    """Why a record is held to describe an asset."""

    asset: str
    rule: str
    owner: str


class Matcher:
    """Decides for one plan.

    Args:
        view: the store. candidates: of stitch rules, which see the assets as they will be.
        run: id of the run. replace: what vanished from an export goes.

    Attributes:
        joined: record -> the asset it describes. kept: assets that stay although their own export no longer has them.
    """

    def __init__(
        self, schema: Schema, manifest: Manifest, view: StoreView, plan: Plan, run: str, replace: bool
    ) -> None:
        self._schema = schema
        self._manifest = manifest
        self._view = view
        self._plan = plan
        self._run = run
        self._replace = replace
        self._specs = manifest.matches
        self._candidates = Candidates(self._specs, plan.spool)
        self._kinds = {kind for spec in self._specs for side in (spec.start, spec.end) for kind in side.kind}
        self.stored: dict[str, Described] = {}
        if not view.empty:
            self.stored = {asset: Described.read(text) for asset, text in view.said()}
        self._was = {said.id: (asset, said) for asset, whole in self.stored.items() for said in whole.others
                     if said.source != BY_HAND}  # fmt: skip
        self.joined: dict[str, Joined] = {}
        self.kept: set[str] = set()

    @property
    def idle(self) -> bool:
        """Whether there is no rule, and nothing that one joined before."""
        return not self._specs and not self._was and not self.stored

    def takes(self, row: AssetRow) -> bool:
        """Whether a row has to wait until everything was read; then it is kept."""
        if row.kind not in self._kinds and row.id not in self.stored and row.id not in self._was:
            return False
        source = row.id.partition(":")[0]
        self._plan.spool.add(f"match.row.{source}", tuple(row))
        if row.kind in self._kinds:
            self._candidates.take(source, row)
        return True

    def decide(self, index: AssetIndex, held: Mapping[str, Held]) -> None:
        """Find out which record describes which asset.

        Args:
            index: the assets that were read; records that describe others are taken out. held: sources read.
        """
        if self._specs and not self._view.empty:
            for row in self._view.candidates(self._candidates.kinds, self._candidates.sources):
                gone = self._replace and row["source"] in held
                if row["id"] not in index and not gone:
                    self._candidates.offer(Offered(**row))
        for spec in self._specs:
            if held.keys() & set(spec.start.source or ()):
                self._rule(spec, index)
        for alias, (asset, said) in self._was.items():
            own = said.owner == self._manifest.owner and self._manifest.owner
            there = asset in index or not (self._replace and asset.partition(":")[0] in held)
            if alias in index and alias not in self.joined and not own and there:
                self.joined[alias] = Joined(asset, said.rule, said.owner)
        for alias in self.joined:
            index.drop(alias)

    def _rule(self, spec: MatchSpec, index: AssetIndex) -> None:
        taken = {joined.asset for joined in self.joined.values()} | self.joined.keys()
        records = [m for m in self._candidates.members(spec, "from") if m.id in index and m.id not in taken]
        assets = [m for m in self._candidates.members(spec, "to") if m.id not in self.joined]
        pairs = find_pairs(spec, records, assets)
        sure = _no_chains(pairs.sure)
        for record, asset in sure:
            self.joined[record] = Joined(asset, spec.name, self._manifest.owner)
        part = MatchPlan(spec.name, spec.rule, len(sure), len(pairs.without), len(pairs.doubtful))
        self._plan.matches[spec.name] = part
        self._plan.notes += [(f"match:{spec.name}", finding) for finding in about_rule(spec, pairs)]

    # -- what the assets carry then ------------------------------------------------------------------------

    def merge(self, index: AssetIndex, held: Mapping[str, Held], take: Take, candidates: Candidates) -> None:
        """Plan every row that waited, and every asset that several sources describe.

        Args:
            take: plans a row that no other record describes. candidates: of the stitch rules.
        """
        about: dict[str, list[Said]] = {}
        for source, row in self._rows(held):
            joined = self.joined.get(row.id)
            if joined is not None:
                said = Said.of(row, self._run, rule=joined.rule, owner=joined.owner)
                about.setdefault(joined.asset, []).append(said)
                self._plan.sources[source].described += 1
        wanted = self.stored.keys() | about.keys()
        own: dict[str, AssetRow] = {}
        for source, row in self._rows(held):
            if row.id in self.joined:
                continue
            if row.id in wanted:
                own[row.id] = row
            else:
                take(source, row)
        plain = self._stored_rows([asset for asset in about if asset not in self.stored and asset not in own])
        for asset in sorted(wanted):
            whole = self._described(asset, own.get(asset), plain.get(asset), about.get(asset, []), held, index)
            if whole is None:
                self.stored.pop(asset, None)
            else:
                self._write(asset, whole, own.get(asset), held, index, candidates)
        self._findings()

    def _rows(self, held: Mapping[str, Held]) -> Iterator[tuple[str, AssetRow]]:
        for source in held:
            for row in self._plan.spool.rows(f"match.row.{source}"):
                yield source, AssetRow._make(row)

    def _described(
        self, asset: str, row: AssetRow | None, plain: Said | None, about: list[Said], held: Mapping[str, Held],
        index: AssetIndex,
    ) -> Described | None:  # fmt: skip
        """All that is said about an asset after this run; None where the asset goes with its export."""
        before = self.stored.get(asset)
        known = {said.id: said for said in before.others} if before is not None else {}
        mine = Said.of(row, self._run) if row is not None else before.own if before is not None else plain
        if mine is None:
            return None
        if before is not None:
            mine = mine.restamped(before.own)
        fresh = [replace(said, distance_m=apart(mine, said)) for said in about]
        fresh = [said.restamped(known.get(said.id)) for said in fresh]
        stay = [said for said in known.values() if self._stays(said, mine, before, held, index)]
        others = sorted([*fresh, *stay], key=lambda said: (said.source, said.id))
        gone = self._replace and row is None and asset.partition(":")[0] in held
        if gone and not [said for said in others if said.source != BY_HAND]:
            return None
        if gone:
            self.kept.add(asset)
        authority, tolerance = self._authority({said.rule for said in others}, before)
        return Described(mine, tuple(others), authority, tolerance)

    def _stays(
        self, said: Said, mine: Said, before: Described | None, held: Mapping[str, Held], index: AssetIndex
    ) -> bool:
        """Whether what was said before still is: its source was not read, or no longer has it and is not replaced."""
        if said.source == BY_HAND:  # a newer export says the asset anew
            return before is not None and mine.hash == before.own.hash
        if said.source not in held:
            return True
        return not self._replace and said.id not in index and said.id not in self.joined

    def _authority(self, rules: set[str], before: Described | None) -> tuple[dict[str, tuple[str, ...]], float]:
        """Who counts for what, and the tolerance of places: as this manifest's rules say; of others as they said."""
        specs = [spec for spec in self._specs if spec.name in rules]
        found = {name: sources for spec in reversed(specs) for name, sources in spec.authority.items()}
        tolerances = [spec.place_tolerance_m for spec in specs]
        if before is not None and rules - {spec.name for spec in specs} - {""}:
            found = {**before.authority, **found}
            tolerances.append(before.tolerance_m)
        return found, min(tolerances, default=Described.tolerance_m)

    def _stored_rows(self, assets: list[str]) -> dict[str, Said]:
        """What the store holds of assets that only their own source described so far, and that were not read."""
        found = {}
        for content, run in self._view.contents(assets):
            found[content.id] = Said.of(content, run)
        return found

    def _write(
        self, asset: str, whole: Described, row: AssetRow | None, held: Mapping[str, Held], index: AssetIndex,
        candidates: Candidates,
    ) -> None:  # fmt: skip
        source = asset.partition(":")[0]
        made = whole.row(self._schema.kind_properties(whole.own.kind))
        candidates.take(source, made)
        before = self.stored.get(asset)
        self._now(asset, whole)
        if whole.others:
            made = made._replace(properties={**made.properties, SAID: whole.text(), ENRICHED: True})
        if asset not in index:
            index.add(asset, made.kind, Origin(made.file, made.row))
        old = held[source].assets.get(asset) if source in held else whole.own.hash
        part = self._plan.sources.get(source) if row is not None else None
        same = old == made.hash and (before.text() if before and before.others else "") == (
            whole.text() if whole.others else ""
        )
        if same:
            if part is not None:
                part.assets.unchanged += 1
            return
        op = "create" if old is None else "update"
        if part is not None:
            setattr(part.assets, op, getattr(part.assets, op) + 1)
        else:
            self._plan.elsewhere += 1
        self._plan.spool.add(f"asset.{op}.{made.kind}", tuple(made))
        kind = held[source].kinds[asset] if source in held and old is not None else made.kind
        if kind != made.kind:
            self._plan.spool.add("asset.relabel", (asset, kind, made.kind))

    def _now(self, asset: str, whole: Described) -> None:
        if whole.others:
            self.stored[asset] = whole
        else:
            self.stored.pop(asset, None)

    def _findings(self) -> None:
        """What does not agree, of all assets: an import of one source may change what others say of it."""
        rows = [row for whole in self.stored.values()
                for row in whole.conflicts(self._schema.kind_properties(whole.own.kind))]  # fmt: skip
        by_rule = {said.id: said.rule or "" for whole in self.stored.values() for said in whole.others}
        for row in rows:
            for rule in {by_rule.get(value["id"], "") for value in row["values"]} & self._plan.matches.keys():
                self._plan.matches[rule].conflicts += 1
        notes = about_conflicts(rows, self._schema, list(self.stored.values())) + about_kept(sorted(self.kept))
        self._plan.notes += [("match", finding) for finding in notes]

    # -- ids that change what they name ---------------------------------------------------------------------

    def aliases(self) -> dict[str, str]:
        """Every id of a record that describes an asset of another source -> that asset, after this run."""
        return {alias: asset for asset, whole in self.stored.items() for alias in whole.aliases}

    def changed(self, held: Mapping[str, Held]) -> dict[str, tuple[str, str]]:
        """Id -> (asset it named in the store, asset it names now), where these differ."""
        now = self.aliases()
        found = {}
        for alias in now.keys() | self._was.keys():
            old = self._was[alias][0] if alias in self._was else alias
            new = now.get(alias, alias)
            there = alias in self._was or alias in held.get(alias.partition(":")[0], Held("")).assets
            if old != new and there:
                found[alias] = (old, new)
        return found


def _no_chains(pairs: list[Any]) -> list[Any]:
    """Pairs without those whose asset is itself a record that describes another one."""
    records = {pair.record for pair in pairs}
    return [pair for pair in pairs if pair.asset not in records]


def involved(manifest: Manifest) -> tuple[set[str], bool]:
    """The sources that the match rules join, which are read together; and whether others than the manifest's are."""
    names: set[str] = set()
    outside = False
    for spec in manifest.matches:
        ends = spec.end.source or ()
        names |= set(spec.start.source or ()) | (set(ends) or set(manifest.sources))
        outside = outside or not ends or bool(set(ends) - set(manifest.sources))
    return names & set(manifest.sources), outside
