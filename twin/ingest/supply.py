"""Assets that an import leaves without a supplier: none of them may silently become a source (design §4).

Both ways to lose one are told by a finding of severity ``error`` that names the asset and the service; a snapshot
counts the asset as assumed to be supplied, so every answer that rests on it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from twin.ingest.manifest import STITCH
from twin.ingest.plan import Plan
from twin.model import Finding
from twin.schema import Schema

if TYPE_CHECKING:
    from twin.store import Store
    from twin.store.store import Unit

#: Links named in one finding, and assets asked for in one query.
NAMED = 5
ASKED = 5_000
SKIPPED = "supplier_skipped"

#: Scope, service, finding.
Told = tuple[str, str, Finding]


def services(schema: Schema) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each gated service with its link types and those of them that are mesh."""
    for service in schema.gated_services:
        types = [t for t in schema.link_types.values() if t.gated and t.service == service]
        yield service, [t.name for t in types], [t.name for t in types if t.mesh]


def lost(service: str, row: Mapping[str, Any]) -> Finding:
    """The finding about an asset whose last supplier of a service was removed."""
    owner, vanished = row["owner"], row["vanished"]
    more = f" and {len(vanished) - NAMED} more" if len(vanished) > NAMED else ""
    return Finding(
        "last_supplier_removed",
        "error",
        f"{owner} lost its last supplier of {service}: {', '.join(vanished[:NAMED])}{more} vanished from the export",
        "Check that the export is complete; if the link is really gone, give the asset another supplier.",
        (owner,),
    )


def skipped(reader: Store | Unit, schema: Schema, plan: Plan) -> list[Told]:
    """What ``--skip-rejects`` left out, where an asset has no other link of the service in the store."""
    if not plan.rejects.unlinked:
        return []
    found: list[Told] = []
    for service, types, mesh in services(schema):
        owners = _owners(schema, plan, types, mesh)
        bare = _bare(reader, list(owners), types, mesh)
        for owner, links in owners.items():
            kind = bare.get(owner)
            fitting = [link for link in links if link[1] in types or _may_have(schema, types, str(kind))]
            if kind is not None and fitting:
                found.append((fitting[0][0], service, _finding(owner, service, fitting)))
    return found


def _owners(
    schema: Schema, plan: Plan, types: Iterable[str], mesh: Iterable[str]
) -> dict[str, list[tuple[str, str, str, str]]]:
    """Asset -> the links left out that would have supplied it; a type that nobody knows may be of any service."""
    owners: dict[str, list[tuple[str, str, str, str]]] = {}
    for link in plan.rejects.unlinked:
        scope, type_, start, end = link
        if type_ in schema.link_types and type_ not in types:
            continue
        for text in (end, start) if type_ in mesh else (end,):
            for owner in _ids(scope, text):
                owners.setdefault(owner, []).append(link)
    return owners


def _ids(scope: str, text: str) -> list[str]:
    """The full ids that an end as written may stand for."""
    if not text:
        return []
    own = [] if scope.partition(":")[0] == STITCH else [f"{scope}:{text}"]
    return [*own, text] if ":" in text else own


def _bare(reader: Store | Unit, ids: list[str], types: list[str], mesh: list[str]) -> dict[str, str]:
    """Those of the assets that are in the store without any link of the service, with their kinds."""
    bare: dict[str, str] = {}
    for start in range(0, len(ids), ASKED):
        asked = ids[start : start + ASKED]
        for row in reader.rows("ingest.without_service", ids=asked, types=types, mesh=mesh):
            bare.update(zip(row["ids"], row["kinds"], strict=True))
    return bare


def _may_have(schema: Schema, types: Iterable[str], kind: str) -> bool:
    """Whether some link of these types may end at an asset of this kind."""
    known = [schema.link_types[name] for name in types]
    return any(t.allows(start, kind) for t in known for start in schema.kinds)


def _finding(owner: str, service: str, links: list[tuple[str, str, str, str]]) -> Finding:
    names = [f"{start or '?'} -{type_ or '?'}-> {end or '?'}" for _, type_, start, end in links[:NAMED]]
    more = f" and {len(links) - NAMED} more" if len(links) > NAMED else ""
    return Finding(
        "supplier_skipped",
        "error",
        f"{owner} has no supplier of {service}: {', '.join(names)}{more} could not be taken and was left out",
        "Mend the rows in the export and import it again; until then the asset counts as supplied, by assumption.",
        (owner,),
    )
