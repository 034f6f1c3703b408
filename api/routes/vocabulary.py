"""The schema: the kinds, links, services, properties and units that the twin speaks in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import Request, Response

from api import wire
from api.answers import tagged
from api.deps import NO_QUERY, TwinDep
from api.errors import documented
from api.section import Section
from twin.schema import NEED_ALL, Kind, LinkType, Property, Schema

router = Section(tags=["schema"])


@router.get(
    "/schema",
    operation_id="getSchema",
    summary="The vocabulary",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.SchemaAnswer}, **documented([400])},
)
def get_schema(request: Request, twin: TwinDep) -> Response:
    """Domains, services, kinds, link types, properties with units: built in and added by the user."""
    return tagged(request, vocabulary(twin.schema))


def vocabulary(schema: Schema) -> dict[str, Any]:
    """The schema as plain data."""
    return {
        "digest": schema.digest,
        "domains": [asdict(domain) for domain in schema.domains.values()],
        "services": [asdict(service) for service in schema.services.values()],
        "kinds": [_kind(schema, kind) for kind in schema.kinds.values()],
        "link_types": [_link_type(link_type) for link_type in schema.link_types.values()],
        "properties": [_property(item) for item in schema.properties.values()],
        "link_properties": [_property(item) for item in schema.link_properties.values()],
        "units": [asdict(unit) for unit in schema.units.values()],
    }


def _kind(schema: Schema, kind: Kind) -> dict[str, Any]:
    return asdict(kind) | {"properties": list(schema.kind_properties(kind.name))}


def _link_type(link_type: LinkType) -> dict[str, Any]:
    need = "all" if link_type.need == NEED_ALL else link_type.need
    ends = [{"from": start, "to": end} for start, end in sorted(link_type.ends)]
    return asdict(link_type) | {"need": need, "ends": ends, "gated": link_type.gated}


def _property(item: Property) -> dict[str, Any]:
    return asdict(item)
