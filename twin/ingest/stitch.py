"""Stitch rules: links between assets of different exports, found by place, key or table (design §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from twin.errors import ManifestError
from twin.ingest.ends import LinkPlanner
from twin.ingest.known import AssetIndex
from twin.ingest.manifest import STITCH, Manifest, StitchSpec
from twin.ingest.match import Found, Match, Member, between, match_key, match_nearest, match_within
from twin.ingest.matching.spec import MatchSpec
from twin.ingest.pairs import match_table
from twin.ingest.plan import Plan, RulePlan
from twin.ingest.rows import AssetRow
from twin.ingest.sides import Range, Side
from twin.ingest.spool import Spool
from twin.ingest.values import Needs, parsers
from twin.ingest.view import HeldEnds, StoreView
from twin.model import Finding, Origin
from twin.schema import LinkType, Schema
from twin.schema.values import ValueProblem

#: Ids named in one finding.
NAMED = 20


class Described(NamedTuple):
    """An asset as the conditions of a rule see it."""

    id: str
    native_id: str
    kind: str
    name: str | None
    source: str
    lon: float | None
    lat: float | None
    geometry: bytes | None
    properties: dict[str, Any]

    def value(self, name: str) -> Any:
        """A property, or ``id``, ``native_id``, ``name``."""
        if name in ("id", "native_id", "name"):
            return getattr(self, name)
        return self.properties.get(name)


def holds(side: Side, asset: Described) -> bool:
    """Whether the asset belongs to this side of a rule."""
    if asset.kind not in side.kind or (side.source is not None and asset.source not in side.source):
        return False
    return all(_meets(condition, asset.value(name)) for name, condition in side.where.items())


def _meets(condition: Any, value: Any) -> bool:
    if isinstance(condition, Range):
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return (condition.min is None or value >= condition.min) and (condition.max is None or value <= condition.max)
    if isinstance(condition, tuple):
        return value in condition
    return bool(value == condition)


def allowed_ends(
    link_type: LinkType, start: Sequence[Member], end: Sequence[Member], seeker: str
) -> Iterator[tuple[list[Member], list[Member], str]]:
    """The members of the seeking side, each with those of the other side that the link type lets it have.

    Yields:
        Seekers that may have the same kinds, the others of these kinds, and why there can be none ("" if there can).
    """
    seekers, others = (start, end) if seeker == "from" else (end, start)
    kinds = sorted({m.kind for m in others})
    groups: dict[tuple[str, ...], list[Member]] = {}
    ways: dict[str, tuple[str, ...]] = {}
    for member in seekers:
        if member.kind not in ways:
            pairs = {kind: (member.kind, kind) if seeker == "from" else (kind, member.kind) for kind in kinds}
            ways[member.kind] = tuple(kind for kind in kinds if link_type.allows(*pairs[kind]))
        groups.setdefault(ways[member.kind], []).append(member)
    for way, some in groups.items():
        if way or not kinds:
            yield some, [m for m in others if m.kind in way], ""
            continue
        for kind in sorted({m.kind for m in some}):
            pair = f"from {kind} to" if seeker == "from" else f"to {kind} from"
            yield [m for m in some if m.kind == kind], [], f"{link_type.name} does not go {pair} {' or '.join(kinds)}"


class Candidates:
    """The assets of this import that some rule may link, kept in the spool as validation meets them."""

    def __init__(self, rules: Sequence[StitchSpec | MatchSpec], spool: Spool) -> None:
        self._spool = spool
        self._sides: dict[str, list[tuple[str, Side]]] = {}
        for spec in rules:
            for name, side in ((f"{spec.stream}.from", spec.start), (f"{spec.stream}.to", spec.end)):
                for kind in side.kind:
                    self._sides.setdefault(kind, []).append((name, side))

    @property
    def kinds(self) -> list[str]:
        """All kinds that some rule asks for."""
        return sorted(self._sides)

    @property
    def sources(self) -> dict[str, list[str]]:
        """Kind -> the sources asked for, of the kinds for which every rule names some."""
        asked: dict[str, list[str]] = {}
        for kind, sides in self._sides.items():
            named = [side.source for _, side in sides if side.source is not None]
            if len(named) == len(sides):
                asked[kind] = sorted({source for some in named for source in some})
        return asked

    def take(self, source: str, row: AssetRow) -> None:
        """Keep the asset for the rules that may use it."""
        sides = self._sides.get(row.kind)
        if sides is None:
            return
        asset = Described(
            row.id, row.native_id, row.kind, row.name, source, row.lon, row.lat, row.geometry, row.properties
        )
        self.offer(asset)

    def offer(self, asset: Described) -> None:
        """Keep an asset, of the import or of the store, for the rules whose conditions it meets."""
        for stream, side in self._sides.get(asset.kind, ()):
            if holds(side, asset):
                value = asset.value(side.key) if side.key else None
                member = Member(asset.id, asset.native_id, asset.lon, asset.lat, asset.geometry, value, asset.kind)
                self._spool.add(stream, member)

    def members(self, spec: StitchSpec | MatchSpec, side: str) -> list[Member]:
        """The assets of one side of a rule, sorted by id."""
        return sorted(self._spool.rows(f"{spec.stream}.{side}"), key=attrgetter("id"))


class Stitcher:
    """Runs the rules of a manifest on the assets of the import and those that stay in the store."""

    def __init__(
        self,
        schema: Schema,
        manifest: Manifest,
        view: StoreView,
        plan: Plan,
        candidates: Candidates,
        links: LinkPlanner,
        *,
        replace: bool,
        anew: bool = False,
    ) -> None:
        """Args: replace: links of rules that are gone go too. anew: run every rule, whatever changed."""
        self._schema = schema
        self._manifest = manifest
        self._view = view
        self._plan = plan
        self._candidates = candidates
        self._links = links
        self._replace = replace
        self._anew = anew
        self._parsers = parsers(dict(schema.link_properties))

    def run(self, index: AssetIndex, progress: Callable[[str, int, int | None], None]) -> None:
        """Plan the links of every rule.

        Args:
            index: the assets that this import brought.

        Raises:
            ManifestError: a rule's table or value cannot be used.
        """
        specs = [spec for spec in self._manifest.stitches if not self._untouched(spec)]
        names = {spec.name for spec in specs}
        dropped = self._dropped() - {spec.name for spec in self._manifest.stitches}
        if not names | dropped:
            return
        gone = set(self._plan.spool.rows("asset.delete"))
        if specs and not self._view.empty:
            wanted = sorted({kind for spec in specs for side in (spec.start, spec.end) for kind in side.kind})
            for row in self._view.candidates(wanted, self._candidates.sources):
                if row["id"] not in index and row["id"] not in gone:
                    self._candidates.offer(Described(**row))
        held = self._held(names | dropped)
        for number, spec in enumerate(specs):
            progress("stitching", number, len(specs))
            self._rule(spec, held[spec.name])
        progress("stitching", len(specs), len(specs))
        for name in sorted(dropped):
            if held[name]:
                self._drop(name, list(held[name].values()))

    def _untouched(self, spec: StitchSpec) -> bool:
        """Whether a rule need not run: it ran in the newest run as it is, and no asset of its kinds changes."""
        if self._anew or self._fresh.get(spec.name) != self._plan.rule_digests.get(spec.name, ""):
            return False
        if self._plan.touched & {*spec.start.kind, *spec.end.kind}:
            return False
        self._plan.rules[spec.name] = RulePlan(spec.name, spec.rule, skipped=True)
        return True

    @cached_property
    def _fresh(self) -> dict[str, str]:
        """Rules of this manifest since whose last run nothing was written -> digest of what they said then."""
        return {} if self._view.empty else self._view.fresh_rules(self._manifest.owner)

    def _dropped(self) -> set[str]:
        """Rules that an earlier import of this manifest ran."""
        return self._view.rules_of(self._manifest.owner) if self._manifest.owner and not self._view.empty else set()

    def _drop(self, name: str, links: list[HeldEnds]) -> None:
        """The links of a rule that the manifest no longer has: with ``--replace`` they go, else they are told."""
        part = self._plan.rules[name] = RulePlan(name, "gone")
        part.links.missing = len(links)
        if self._replace:
            part.links.remove = len(links)
            self._plan.dangling.pop(f"{STITCH}:{name}", None)
            self._plan.spool.extend("link.delete", [(STITCH, link) for link in links])
            return
        many = "1 link stays" if len(links) == 1 else f"{len(links):,} links stay"
        text = f"stitch rule {name!r}: the manifest no longer has it, and its {many}"
        fix = "Import with --replace to remove them, or take the rule up again."
        self._plan.notes.append((f"{STITCH}:{name}", Finding("stitch_rule_gone", "warning", text, fix, (), len(links))))

    def _held(self, names: set[str]) -> dict[str, dict[str, HeldEnds]]:
        held: dict[str, dict[str, HeldEnds]] = {name: {} for name in names}
        if not self._view.empty:
            for link in self._view.ends(STITCH):
                if link.rule in held:
                    held[link.rule][link.key] = link
                    self._links.hold(STITCH, link.key, link.hash)
        return held

    def _rule(self, spec: StitchSpec, held: dict[str, HeldEnds]) -> None:
        start = self._candidates.members(spec, "from")
        end = self._candidates.members(spec, "to")
        self._plan.rejects.scope = f"{STITCH}:{spec.name}"
        matches, notes = self._match(spec, start, end)
        part = self._plan.rules[spec.name] = RulePlan(spec.name, spec.rule)
        origin = Origin(str(self._manifest.path.name if self._manifest.path else self._manifest.name))
        fixed = self._fixed(spec)
        need = Needs().normal(spec.need)
        before = {op: dict(getattr(self._links, op)) for op in ("created", "updated", "unchanged")}
        keys: set[str] = set()
        for match in matches:
            properties = {**fixed, "rule": spec.name, "confidence": match.confidence}
            if match.distance_m is not None:
                properties["distance_m"] = match.distance_m
            link = (match.from_id, spec.link, match.to_id, spec.group, need)
            keys.add(self._links.row(STITCH, link, properties, f"{origin}:[{spec.name}]", None, spec.name))
        part.links.create = self._links.created.get(STITCH, 0) - before["created"].get(STITCH, 0)
        part.links.update = self._links.updated.get(STITCH, 0) - before["updated"].get(STITCH, 0)
        part.links.unchanged = self._links.unchanged.get(STITCH, 0) - before["unchanged"].get(STITCH, 0)
        gone = [old for key, old in held.items() if key not in keys]
        part.links.missing = part.links.remove = len(gone)
        self._plan.spool.extend("link.delete", [(STITCH, old) for old in gone])
        self._notes(spec, part, start, end, notes)
        if spec.max_move_m is not None and gone:
            self._moves(spec, spec.max_move_m, gone, matches, [*start, *end])

    def _match(self, spec: StitchSpec, start: list[Member], end: list[Member]) -> Found:
        link_type = self._schema.link_types[spec.link]
        if spec.path is not None:
            return match_table(start, end, spec.path, self._plan.rejects, link_type)
        matches: list[Match] = []
        lost: list[tuple[str, str]] = []
        for some, others, why in allowed_ends(link_type, start, end, spec.seeker):
            if why:
                lost += [(member.id, why) for member in some]
                continue
            ends = (some, others) if spec.seeker == "from" else (others, some)
            found, without = self._found(spec, *ends)
            matches += found
            lost += without
        return matches, lost

    def _found(self, spec: StitchSpec, start: list[Member], end: list[Member]) -> Found:
        if spec.rule == "nearest":
            return match_nearest(start, end, spec.each, spec.k, spec.max_distance_m)
        if spec.rule == "within":
            return match_within(start, end, spec.outer)
        return match_key(start, end)

    def _fixed(self, spec: StitchSpec) -> dict[str, Any]:
        fixed = {}
        for name, raw in spec.properties.items():
            try:
                fixed[name] = self._parsers[name](raw)
            except ValueProblem as problem:
                raise ManifestError(f"[[stitch]] {spec.name!r}: {problem}", fix=problem.fix) from problem
        return {name: value for name, value in fixed.items() if value is not None}

    def _notes(
        self, spec: StitchSpec, part: RulePlan, start: list[Member], end: list[Member], notes: list[tuple[str, str]]
    ) -> None:
        for name, members, side in (("from", start, spec.start), ("to", end, spec.end)):
            if not members:
                self._note(
                    spec,
                    "stitch_no_candidates",
                    "warning",
                    f"no asset fits `{name}` (kind {', '.join(side.kind)})",
                    "Check kind, source and where of the rule, or import what is missing.",
                )
        part.unmatched = len(notes)
        if spec.unmatched == "ignore":
            return
        for why in dict.fromkeys(why for _, why in notes):
            ids = [asset for asset, reason in notes if reason == why]
            self._note(
                spec,
                "stitch_unmatched",
                spec.unmatched,
                f"{len(ids):,} {'asset has' if len(ids) == 1 else 'assets have'} no partner: {why}",
                "Raise max_distance_m, correct the key or the place, or link them in a table.",
                ids,
            )

    def _moves(
        self, spec: StitchSpec, limit: float, gone: list[HeldEnds], matches: list[Match], members: list[Member]
    ) -> None:
        """Tell of assets whose new partner lies further than *limit* metres from the one before."""
        place = {member.id: member for member in members}
        now: dict[str, list[str]] = {}
        for match in matches:
            ends = (match.to_id, match.from_id) if spec.seeker == "to" else (match.from_id, match.to_id)
            now.setdefault(ends[0], []).append(ends[1])
        moved: list[tuple[float, str, str, str]] = []
        for link in gone:
            seeker, old = (link.to_id, link.from_id) if spec.seeker == "to" else (link.from_id, link.to_id)
            apart = [(between(place[old], place[new]), new) for new in now.get(seeker, ()) if old in place]
            known = [(metres, new) for metres, new in apart if metres is not None]
            if known and min(known)[0] > limit:
                moved.append((min(known)[0], seeker, old, min(known)[1]))
        if moved:
            metres, seeker, old, new = max(moved)
            many = "1 link moves" if len(moved) == 1 else f"{len(moved):,} links move"
            text = f"{many} by more than {limit:,.0f} m (most: {seeker} from {old} to {new}, {metres:,.0f} m away)"
            fix = "Check the places of the assets that came, went or moved; write lasting pairs into a table."
            self._note(spec, "stitch_moved", "warning", text, fix, [seeker for _, seeker, _, _ in moved])

    def _note(
        self, spec: StitchSpec, code: str, severity: str, message: str, fix: str, ids: Sequence[str] = ()
    ) -> None:
        text = f"stitch rule {spec.name!r}: {message}"
        finding = Finding(code, severity, text, fix, tuple(ids[:NAMED]), max(len(ids), 1))
        self._plan.notes.append((f"{STITCH}:{spec.name}", finding))
