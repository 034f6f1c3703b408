"""Saved results as collections: what they say of assets, along which links it went, and where."""

from api.ogc.results.layers import result_layers, result_of

__all__ = ["result_layers", "result_of"]
