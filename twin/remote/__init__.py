"""A twin behind its HTTP API: the same questions and the same answers as over a store."""

from twin.remote.twin import RemoteTwin

__all__ = ["RemoteTwin"]
