"""Hypothesis profiles: ``default`` for make test (the same examples each time), ``soak`` for make soak.

The environment variable HYPOTHESIS_PROFILE chooses."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

settings.register_profile("default", max_examples=60, derandomize=True, deadline=None, suppress_health_check=SLOW)
settings.register_profile("soak", max_examples=5000, deadline=None, suppress_health_check=SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
