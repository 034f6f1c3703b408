"""The schema as data: domains, services, kinds, link types and properties with units."""

from twin.schema.load import default_schema, load_schema, parse_need, supersede
from twin.schema.model import (
    NEED_ALL,
    NEED_ANY,
    Domain,
    Kind,
    LinkType,
    Property,
    Schema,
    SchemaText,
    Service,
    Unit,
    suggest,
)

__all__ = [
    "NEED_ALL",
    "NEED_ANY",
    "Domain",
    "Kind",
    "LinkType",
    "Property",
    "Schema",
    "SchemaText",
    "Service",
    "Unit",
    "default_schema",
    "load_schema",
    "parse_need",
    "suggest",
    "supersede",
]
