"""The plan of edits made by hand: the same validation, gate checks and streams as an import's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from twin.errors import InvalidParameter, UnknownAsset
from twin.ingest.edits.content import Content, LinkContent, read_assets, read_links
from twin.ingest.edits.edit import Add, Delete, Link, Rename, Set, Unlink, full_id
from twin.ingest.ends import LinkPlanner
from twin.ingest.known import Held
from twin.ingest.manifest import SOURCE_NAME, STITCH, Manifest
from twin.ingest.matching.ask import also_known
from twin.ingest.matching.matcher import ENRICHED, SAID
from twin.ingest.matching.said import Described
from twin.ingest.needs import keep_needs
from twin.ingest.plan import Plan, SourcePlan
from twin.ingest.planner import Flags, Planner, Progress
from twin.ingest.rejects import Rejects
from twin.ingest.rows import AssetRow, link_key
from twin.ingest.spool import Spool
from twin.ingest.validate import Validator
from twin.ingest.view import HeldEnds, StoreView
from twin.model import AssetRecord, LinkRecord, Origin
from twin.schema import Schema, suggest

if TYPE_CHECKING:
    from twin.store import Store

LOADER = "edit"


class EditPlanner(Planner):
    """Makes the plan of some edits; they are taken in order, and each sees what those before it did.

    Args:
        store, view: to read from. edits: see :mod:`twin.ingest.edits.edit`.
    """

    def __init__(
        self, store: Store, view: StoreView, schema: Schema, edits: Sequence[Any], spool: Spool, rejects: Rejects,
        progress: Progress, run: str,
    ) -> None:  # fmt: skip
        super().__init__(view, schema, Manifest(name=LOADER), Flags(), spool, rejects, progress, run)
        self._edits = edits
        ids = sorted({full_id(name) for edit in edits for name in _named(edit)})
        self._stored = read_assets(store, ids)
        self._also = also_known(view, [name for name in ids if name not in self._stored])
        self._stored |= read_assets(store, sorted({*self._also.values()} - self._stored.keys()))
        self._assets: dict[str, Content] = dict(self._stored)
        self._stored_links = read_links(store, list(self._stored))
        self._links: dict[tuple[str, str], LinkContent] = {(x.source, x.key): x for x in self._stored_links}
        self._added: list[tuple[str, LinkRecord]] = []
        self._at: dict[str, Origin] = {}

    def edit(self, revision: int) -> Plan:
        """The plan against the state at *revision*.

        Raises:
            UnknownAsset, InvalidParameter: an edit is about something that is not there, or there already.
        """
        for number, edit in enumerate(self._edits, 1):
            self._take(edit, Origin("edit", number))
        plan = Plan(self._manifest, self.digest, revision, self._spool, self._rejects, edited=True)
        validator = Validator(self._schema, self._rejects)
        changed = {name for name, now in self._assets.items() if self._stored.get(name) is not now}
        gone = [name for name in self._stored if name not in self._assets]
        for name in sorted(changed):
            self._plan_asset(plan, validator, name)
        for name in gone:
            self._part(plan, name.partition(":")[0]).assets.remove += 1
        self._spool.extend("asset.delete", gone)
        self._plan_links_(plan, validator)
        keep_needs(plan, self._schema, self._view)
        return plan

    def _take(self, edit: Any, at: Origin) -> None:
        if isinstance(edit, Add):
            self._add(edit, at)
        elif isinstance(edit, Set):
            name = self._known(edit.id)
            self._assets[name] = self._assets[name].changed(edit, _geometry(edit))
            self._at[name] = at
        elif isinstance(edit, Link):
            self._link(edit, at)
        elif isinstance(edit, Unlink):
            self._unlink(edit)
        elif isinstance(edit, Delete):
            self._delete(self._known(edit.id))
        elif isinstance(edit, Rename):
            self._rename(self._known(edit.id), edit, at)

    def _known(self, text: str) -> str:
        name = self._also.get(full_id(text), full_id(text))
        if name not in self._assets:
            raise UnknownAsset(
                f"there is no asset {name!r}.{suggest(name, list(self._assets))}", fix="Find it with: twin find TEXT"
            )
        return name

    def _free(self, text: str) -> str:
        name = full_id(text)
        source, _, native = name.partition(":")
        if name in self._assets or name in self._also:
            known = f" (as {self._also[name]})" if name in self._also else ""
            raise InvalidParameter(f"the asset {name!r} is there already{known}", fix="Change it with: twin set")
        if not SOURCE_NAME.match(source) or source == STITCH or not native:
            raise InvalidParameter(
                f"{name!r} is no id", fix="Write source:native, the source in lower-case letters, digits and . _ -"
            )
        return name

    def _add(self, edit: Add, at: Origin) -> None:
        name = self._free(edit.id)
        self._assets[name] = Content(name, edit.kind, edit.name, dict(edit.properties), _geometry(edit), None)
        self._at[name] = at

    def _link(self, edit: Link, at: Origin) -> None:
        if not SOURCE_NAME.match(edit.source) or edit.source == STITCH:
            raise InvalidParameter(
                f"{edit.source!r} is no source of links", fix="Leave it out, or use a source's name."
            )
        need = None if edit.need is None else str(edit.need)
        start, to = self._known(edit.start), self._known(edit.to)
        source, properties = edit.source, dict(edit.properties)
        same = self._same(start, edit.type, to, edit.group)
        if same is not None:
            source, need = same.source, same.need if need is None else need
            properties = {k: v for k, v in {**same.properties, **properties}.items() if v is not None}
        self._added.append((source, LinkRecord(start, edit.type, to, edit.group, need, properties, at)))

    def _same(self, start: str, type_: str, to: str, group: str | None) -> LinkContent | None:
        """The stored link of these ends, type and group, whatever its source; one made by a rule is not edited."""
        key = link_key(start, type_, to, group, 0)
        return next((x for x in self._links.values() if x.key == key and x.source != STITCH), None)

    def _unlink(self, edit: Unlink) -> None:
        start, to = self._known(edit.start), self._known(edit.to)

        def meant(type_: str, a: str, b: str, group: str | None) -> bool:
            if (edit.type is not None and type_ != edit.type) or (edit.group is not None and group != edit.group):
                return False
            link_type = self._schema.link_types.get(type_)
            both = link_type is not None and link_type.mesh
            return (a, b) == (start, to) or (both and (a, b) == (to, start))

        found = [key for key, x in self._links.items() if meant(x.type, x.from_id, x.to_id, x.group)]
        added = [x for x in self._added if meant(x[1].type, x[1].from_id, x[1].to_id, x[1].group)]
        if not found and not added:
            between = sorted({x.type for x in self._links.values() if {x.from_id, x.to_id} == {start, to}})
            raise InvalidParameter(
                f"there is no link {edit.type or ''} from {start} to {to}".replace("  ", " "),
                fix=f"There is: {', '.join(between)}." if between else f"See what it has with: twin show {to}",
            )
        for key in found:
            del self._links[key]
        self._added = [x for x in self._added if x not in added]

    def _delete(self, name: str) -> None:
        del self._assets[name]
        self._links = {key: x for key, x in self._links.items() if name not in (x.from_id, x.to_id)}
        self._added = [x for x in self._added if name not in (x[1].from_id, x[1].to_id)]

    def _rename(self, old: str, edit: Rename, at: Origin) -> None:
        new = self._free(edit.to if ":" in edit.to else f"{old.partition(':')[0]}:{edit.to}")
        self._assets[new] = self._assets.pop(old).renamed(new)
        self._at[new] = at
        touched = {key: x for key, x in self._links.items() if old in (x.from_id, x.to_id)}
        for key, link in touched.items():
            del self._links[key]
            moved = link.moved(old, new)
            self._links[moved.source, moved.key] = moved
        for _, record in self._added:
            record.from_id = new if record.from_id == old else record.from_id
            record.to_id = new if record.to_id == old else record.to_id

    def _part(self, plan: Plan, source: str) -> SourcePlan:
        part = plan.sources.get(source)
        if part is None:
            part = plan.sources[source] = SourcePlan(source, LOADER, "")
        return part

    def _plan_asset(self, plan: Plan, validator: Validator, name: str) -> None:
        source, _, native = name.partition(":")
        now, old = self._assets[name], self._stored.get(name)
        self._rejects.scope = source
        record = AssetRecord(
            native, now.kind, now.name, now.properties, now.geometry, self._at.get(name, Origin("edit"))
        )
        counts = self._part(plan, source).assets
        for row in validator.assets(source, [record]):
            if old is None:
                counts.create += 1
                self._spool.add(f"asset.create.{row.kind}", tuple(self._with_said(now, row, now)))
            elif old.hash == row.hash:
                counts.unchanged += 1
            else:
                counts.update += 1
                self._spool.add(f"asset.update.{row.kind}", tuple(self._with_said(now, row, old)))
                if old.kind != row.kind:
                    self._spool.add("asset.relabel", (row.id, old.kind, row.kind))

    def _with_said(self, now: Content, row: AssetRow, old: Content) -> AssetRow:
        """The row of an asset that several sources describe, with the edit as what counts before all of them."""
        if now.said is None:
            return row
        whole = Described.read(now.said).set_by_hand(row, old.properties, self._run, old.name)
        made = whole.row(self._schema.kind_properties(row.kind))
        return made._replace(properties={**made.properties, SAID: whole.text(), ENRICHED: True})

    def _plan_links_(self, plan: Plan, validator: Validator) -> None:
        """Links that go, links that an asset takes along to its new id, and new ones."""
        stored = {(x.source, x.key) for x in self._stored_links}
        for link in self._stored_links:
            if (link.source, link.key) not in self._links:
                ends = HeldEnds(link.key, link.hash, link.from_id, link.type, link.to_id, link.rule)
                self._spool.add("link.delete", (link.source, ends))
                self._gone(plan, link)
        held: dict[str, Held] = {}
        for link in self._links.values():
            held.setdefault(link.source, Held(link.source)).links[link.key] = link.hash
        moved = [x for key, x in self._links.items() if key not in stored]
        for source in {s for s, _ in self._added} | {x.source for x in moved}:
            held.setdefault(source, Held(source))
        for link in moved:
            held[link.source].links.pop(link.key, None)
        kinds = {name: content.kind for name, content in self._assets.items()}
        links = LinkPlanner(self._schema, validator.index, kinds, held, self._spool, self._rejects, lambda ids: {})
        for link in moved:
            row = (link.from_id, link.type, link.to_id, link.group, link.need)
            links.row(link.source, row, link.properties, "edit", None, link.rule)
        self._plan_added(validator, links)
        for source in held:
            if source == STITCH:
                count = links.created.get(source, 0) + links.updated.get(source, 0)
                if count:
                    plan.dangling[source] = plan.dangling.get(source, 0) + count
                continue
            counts = self._part(plan, source).links if source in links.created or source in links.updated else None
            if counts is not None:
                counts.create, counts.update = links.created.get(source, 0), links.updated.get(source, 0)
        self._check_gates(plan, links)

    def _plan_added(self, validator: Validator, links: LinkPlanner) -> None:
        for source in dict.fromkeys(s for s, _ in self._added):
            self._rejects.scope = source
            raws = [validator.link(record) for s, record in self._added if s == source]
            good = [tuple(raw) for raw in raws if raw is not None]
            needs = [(raw.to_id, raw.type, raw.group, raw.need) for raw in raws if raw is not None and raw.need]
            links.plan(source, [good], needs)

    def _gone(self, plan: Plan, link: LinkContent) -> None:
        if link.source == STITCH:
            plan.dangling[f"{STITCH}:{link.rule}"] = plan.dangling.get(f"{STITCH}:{link.rule}", 0) + 1
        else:
            self._part(plan, link.source).links.remove += 1


def _named(edit: Any) -> list[str]:
    """The ids that an edit names."""
    if isinstance(edit, Link | Unlink):
        return [edit.start, edit.to]
    if isinstance(edit, Rename):
        return [edit.id, edit.to if ":" in edit.to else f"{full_id(edit.id).partition(':')[0]}:{edit.to}"]
    return [edit.id]


def _geometry(edit: Add | Set) -> bytes | None:
    """The place that an edit gives, as WKB."""
    if edit.geometry is not None and (edit.lon is not None or edit.lat is not None):
        raise InvalidParameter(f"{edit.id}: a geometry and a longitude", fix="Give one of them.")
    if (edit.lon is None) != (edit.lat is None):
        raise InvalidParameter(f"{edit.id}: a longitude without a latitude, or the other way round", fix="Give both.")
    if edit.lon is not None and edit.lat is not None:
        wkb: bytes = shapely.to_wkb(shapely.Point(edit.lon, edit.lat), byte_order=1)
        return wkb
    if edit.geometry is None:
        return None
    try:
        made: bytes = shapely.to_wkb(shapely.from_geojson(orjson.dumps(edit.geometry)), byte_order=1)
    except (shapely.errors.GEOSException, TypeError) as error:
        raise InvalidParameter(
            f"{edit.id}: the geometry is no GeoJSON geometry", fix="Give a GeoJSON geometry."
        ) from error
    return made
