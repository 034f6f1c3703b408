"""An event: how it is chosen, what it does in time, what is at stake, why, and how two of them differ."""
