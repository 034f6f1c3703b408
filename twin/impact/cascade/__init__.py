"""The steady cascade: what leaves the operating set when assets fail, at the cost of what it touches."""

from twin.impact.cascade.standing import Cascade, Standing, Tally

__all__ = ["Cascade", "Standing", "Tally"]
