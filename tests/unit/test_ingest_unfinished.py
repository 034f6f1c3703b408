"""What is said of a run in progress depends on whether its importer still lives."""

from __future__ import annotations

import socket
from typing import Any, cast

import pytest

from twin.ingest import unfinished
from twin.ingest.claim import myself
from twin.store import State, Store

DEAD = f"{socket.gethostname()}:{2**22 + 1}:1"


class Holding:
    """A store whose right to import is held by *importer*."""

    def __init__(self, importer: str | None, applying: str | None = "run-1") -> None:
        self._row = {"importer": importer, "applying": applying}

    def rows(self, name: str) -> list[dict[str, Any]]:
        assert name == "ingest.state"
        return [self._row]


@pytest.mark.parametrize(
    ("importer", "applying", "dead"),
    [
        (DEAD, "run-1", True),
        (None, "run-1", True),  # it gave up the claim: interrupted
        (myself(), "run-1", False),
        ("elsewhere:1:1", "run-1", False),
        (DEAD, None, False),  # it was published between the two questions
    ],
    ids=["dead", "given up", "alive", "elsewhere", "published"],
)
def test_a_run_whose_importer_is_gone_was_cut_off(importer: str | None, applying: str | None, dead: bool) -> None:
    store = cast("Store", Holding(importer, applying))
    said = unfinished.notice(store, State("s", 3, "run-1")) or ""
    assert ("was cut off" in said) == ("--rollback run-1" in said) == dead
    assert "revision 3" in said


def test_nothing_is_said_when_nothing_is_in_progress() -> None:
    assert unfinished.notice(cast("Store", Holding(None)), State("s", 3, None)) is None
