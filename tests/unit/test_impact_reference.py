"""The engine equals the slow reference, which is written from the text of design §4, on random systems."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given

from tests.reference.compare import differences
from tests.unit.strategies import SeededPicker, Tables, Traits, event, generate, systems_with_event
from twin.impact import region

SEEDS = 20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 400
BLOCKS = 10


def disagreements(tables: Tables, failed: list[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        return differences(tables.write(Path(folder)), failed, tables.schema)


@given(systems_with_event(Traits(largest=10, user_types=True)))
def test_small_systems(system: tuple[Tables, list[str]]) -> None:
    tables, failed = system
    assert disagreements(tables, failed) == []


@given(systems_with_event(Traits(largest=25)))
def test_larger_systems(system: tuple[Tables, list[str]]) -> None:
    tables, failed = system
    assert disagreements(tables, failed) == []


@pytest.mark.parametrize("block", range(BLOCKS))
def test_seeded_systems(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many more systems than hypothesis draws in the same time; the seed of a failure is in its message."""
    monkeypatch.setattr(region, "SHARE", 2 * (block % 2))  # every second block cuts out even small parts
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        pick = SeededPicker(seed)
        tables = generate(pick, Traits(user_types=seed % 3 == 0, largest=8 if seed % 2 else 25))
        failed = event(pick, tables)
        try:
            found = disagreements(tables, failed)
        except Exception as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        assert found == [], f"seed {seed}"
