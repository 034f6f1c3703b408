"""Measurements: never in a test, always beside a plain way of doing the same thing."""
