"""Running the API: what it logs, measures and traces, whether it is well, and how much it takes on at once."""

from __future__ import annotations

from api.operations.gate import Gate
from api.operations.metrics import Metrics
from api.operations.observe import Observe
from api.operations.pulse import Pulse

__all__ = ["Gate", "Metrics", "Observe", "Pulse"]
