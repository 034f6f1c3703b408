"""Answers from a snapshot: operating state, the run in time, verdicts, cold start, dependencies."""

from twin.impact.result import ImpactResult
from twin.impact.snapshot import Snapshot
from twin.impact.starting.coldstart import ColdStart, Deadlock

__all__ = ["ColdStart", "Deadlock", "ImpactResult", "Snapshot"]
