"""Routes between two assets: shortest, disjoint, without a shared risk."""

from twin.impact.paths.answer import PathsResult, Question, paths
from twin.impact.paths.flow import MaxFlow, max_flow

__all__ = ["MaxFlow", "PathsResult", "Question", "max_flow", "paths"]
