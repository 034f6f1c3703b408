"""CQL2, the filter language of OGC API - Features: text or JSON to a tree, and the tree over columns to a mask."""

from api.ogc.cql.evaluate import Scope, matches
from api.ogc.cql.read import read_filter

__all__ = ["Scope", "matches", "read_filter"]
