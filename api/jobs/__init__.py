"""Jobs: long work that nobody holds a line for, with progress, cancelling and a result that is kept."""

from __future__ import annotations

from api.jobs.job import Cancelled, Job, Outcome, Ticket
from api.jobs.pool import Pool

__all__ = ["Cancelled", "Job", "Outcome", "Pool", "Ticket"]
