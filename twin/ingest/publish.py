"""The last step of a run: findings, what is known of the sources, and the new revision, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from twin.ingest.claim import Claim
from twin.ingest.manifest import STITCH
from twin.ingest.plan import Plan, SourcePlan
from twin.ingest.supply import SKIPPED, lost, services, skipped
from twin.model import Finding, Reject
from twin.schema import Schema

if TYPE_CHECKING:
    from twin.store import Store
    from twin.store.store import Unit

#: Findings written in one query.
BATCH = 2_000


def publish(unit: Unit, schema: Schema, plan: Plan, claim: Claim, run: str, result: dict[str, Any]) -> int:
    """Store the findings, note the sources, bump the revision; returns it."""
    unit.rows("ingest.findings_retire", run=run, scopes=_scopes(plan))
    rows = [_row(finding, run, scope) for scope, finding in plan.notes] + _rejected(plan, run)
    for service, types, mesh in services(schema):
        asked = {"run": run, "types": types, "mesh": mesh}
        unit.rows("ingest.findings_resolve", service=service, **asked)
        rows += [_lost(run, service, row) for row in unit.rows("ingest.lost_suppliers", **asked)]
    rows += _skipped(unit, schema, plan, run)
    rows += [_row(finding, run, scope) for scope, finding in _misfits(unit, schema, plan)]
    _store(unit, rows)
    at = str(result["finished_at"])
    done = unit.rows(
        "ingest.publish",
        importer=claim.importer,
        run=run,
        result={**result, "findings": len(rows), "scopes": _scopes(plan)},
        schema_names=[extra.name for extra in schema.extras],
        schema_texts=[extra.text for extra in schema.extras],
    )
    revision = int(done[0]["revision"])
    if plan.edited:
        unit.rows("ingest.source_edited", run=run, sources=[_edited(part, at) for part in plan.sources.values()])
    else:
        sources = [_source(plan, name, at) for name in plan.sources]
        unit.rows("ingest.source_done", run=run, revision=revision, sources=[s for s in sources if s is not None])
    return revision


def _edited(part: SourcePlan, at: str) -> dict[str, Any]:
    """How much more there is of a source after edits by hand."""
    more = {"assets": part.assets.create - part.assets.remove, "links": part.links.create - part.links.remove}
    return {"id": part.source, "loader": part.loader, "at": at, **more}


def note(unit: Unit, plan: Plan, at: str) -> None:
    """What an import that changes no row leaves: fresh stamps and findings; the revision stays."""
    unit.rows("ingest.findings_drop", scopes=_scopes(plan))
    _store(unit, [_row(finding, "", scope) for scope, finding in plan.notes] + _rejected(plan, ""))
    rows = [_source(plan, name, at) or {"id": name} for name in plan.sources]
    kept = [{key: value for key, value in row.items() if key != "imported_at"} for row in rows]
    unit.rows("ingest.source_noted", sources=[{**row, "checked_at": at} for row in kept])


def _scopes(plan: Plan) -> list[str]:
    """Sources that were read and rules that ran: their findings are made anew, and those about what does not agree."""
    if plan.edited:
        return []
    scopes = [s.source for s in plan.sources.values() if not s.skipped]
    scopes += [f"match:{name}" for name in plan.matches] + ["match"]
    return scopes + [f"{STITCH}:{name}" for name, rule in plan.rules.items() if not rule.skipped]


def _store(unit: Unit, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), BATCH):
        unit.rows("ingest.findings_store", rows=rows[start : start + BATCH])


def supply_differs(store: Store, schema: Schema, plan: Plan) -> bool:
    """Whether other assets lack a skipped supplier than the twin knows of: answers rest on it, so it is published."""
    scopes = set(_scopes(plan))
    known = {row["id"] for row in store.rows("ingest.findings") if row["code"] == SKIPPED and row["scope"] in scopes}
    return known != {row["id"] for row in _skipped(store, schema, plan, "")}


def _skipped(reader: Store | Unit, schema: Schema, plan: Plan, run: str) -> list[dict[str, Any]]:
    return [
        {
            **_row(finding, run, scope),
            "id": f"{SKIPPED} {scope} {service} {finding.assets[0]}",
            "service": service,
            "asset": finding.assets[0],
        }
        for scope, service, finding in skipped(reader, schema, plan)
    ]


def _rejected(plan: Plan, run: str) -> list[dict[str, Any]]:
    found = plan.rejects.stored()
    return [_row(_of_reject(reject, asset), run, scope or plan.manifest.name) for reject, scope, asset in found]


def _of_reject(reject: Reject, asset: str | None) -> Finding:
    return Finding(
        f"rejected_{reject.code}",
        "error",
        f"{reject.origin}: {reject.message}",
        reject.fix,
        (asset,) if asset else (),
        origin=reject.origin,
    )


def _misfits(unit: Unit, schema: Schema, plan: Plan) -> Iterator[tuple[str, Finding]]:
    """Links that stay at assets whose kind changed, and that the schema does not allow there."""
    for batch in plan.spool.batches("asset.relabel", BATCH):
        changed = {asset: kind for asset, _, kind in batch}
        for link in unit.rows("ingest.kind_links", ids=list(changed)):
            type_, start, end = link["type"], link["from_id"], link["to_id"]
            known = schema.link_types.get(type_)
            if known is None or known.allows(link["from_kind"], link["to_kind"]):
                continue
            asset = start if start in changed else end
            scope = f"{link['source']}:{link['rule']}" if link["source"] == STITCH else link["source"]
            yield (
                scope,
                Finding(
                    "disallowed_ends",
                    "error",
                    f"{asset} is a {changed[asset]} now, and {start} -{type_}-> {end} does not go from"
                    f" {link['from_kind']} to {link['to_kind']}",
                    "Correct the kind, or remove the link from its export and import that with --replace.",
                    (asset,),
                ),
            )


def _lost(run: str, service: str, row: dict[str, Any]) -> dict[str, Any]:
    owner = row["owner"]
    made = _row(lost(service, row), run, None)
    return {**made, "id": f"last_supplier_removed {service} {owner}", "service": service, "asset": owner}


def _row(finding: Finding, run: str, scope: str | None) -> dict[str, Any]:
    text = f"{finding.code}\n{finding.message}\n{finding.origin}\n{scope}"
    row = {
        "id": f"{finding.code} {blake2b(text.encode(), digest_size=8).hexdigest()}",
        "run": run,
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "fix": finding.fix,
        "assets": list(finding.assets),
        "count": finding.count,
        "origin": str(finding.origin) if finding.origin else None,
        "scope": scope,
    }
    return {key: value for key, value in row.items() if value is not None}


def _source(plan: Plan, name: str, at: str) -> dict[str, Any] | None:
    part = plan.sources[name]
    if part.skipped:
        return None
    complete = not plan.rejects.count
    return {
        "id": name,
        "loader": part.loader,
        "stamp": part.stamp if complete else None,
        "exact": part.exact,
        "imported_at": at,
        "checked_at": at,
        "as_of": part.dated.as_of if part.dated else None,
        "as_of_from": part.dated.by if part.dated else None,
        "assets": part.held_assets + part.assets.create - part.assets.remove,
        "links": part.held_links + part.links.create - part.links.remove,
    }
