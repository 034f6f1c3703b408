"""Answers from a snapshot: operating state, the run in time, verdicts, cold start, dependencies."""

from twin.impact.coldstart import ColdStart, Deadlock
from twin.impact.result import ImpactResult
from twin.impact.snapshot import Snapshot

__all__ = ["ColdStart", "Deadlock", "ImpactResult", "Snapshot"]
