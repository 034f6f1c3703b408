"""What each asset is by its place in the graph: state, redundancy, dependents, the substation behind it."""

from twin.impact.attributes.derived import REDUNDANCIES, STATES, Attributes, attributes

__all__ = ["REDUNDANCIES", "STATES", "Attributes", "attributes"]
