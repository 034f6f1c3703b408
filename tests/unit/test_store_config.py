"""Passwords of the managed server."""

from __future__ import annotations

from twin.store.config import make_password


def test_a_password_is_never_taken_for_an_option() -> None:
    made = {make_password() for _ in range(500)}
    assert len(made) == 500
    assert all(word.isalnum() and len(word) >= 32 for word in made)
