"""Many failures: every single one, pairs, what is one failure away, scenarios by the thousand."""
