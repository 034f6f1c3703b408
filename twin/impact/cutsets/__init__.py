"""Minimal cut sets of an asset, its unavailability and what contributes to it."""

from twin.impact.cutsets.answer import CutSets, cut_sets

__all__ = ["CutSets", "cut_sets"]
