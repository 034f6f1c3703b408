"""The store: one Neo4j, spoken to through a catalogue of queries. The only importer of ``neo4j``."""

from twin.store.server import Endpoint, LocalServer
from twin.store.store import State, Store

__all__ = ["Endpoint", "LocalServer", "State", "Store"]
