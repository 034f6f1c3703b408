"""Rows on disk: in order, and nothing of them left behind."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from twin.ingest.claim import myself
from twin.ingest.spool import OWNER, PREFIX, Spool, sweep


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_rows_come_back_in_order_and_the_folder_goes(scratch: Path) -> None:
    with Spool(buffer=3) as spool:
        for number in range(10):
            spool.add("a.b", (number,))
        assert [row for (row,) in spool.rows("a.b")] == list(range(10))
        assert len(list(scratch.iterdir())) == 1
    assert list(scratch.iterdir()) == []


def test_what_a_killed_import_left_goes_with_the_next(scratch: Path) -> None:
    text = (
        "import os, signal; from twin.ingest.spool import Spool; spool = Spool(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    made = subprocess.run([sys.executable, "-c", text], env={"TMPDIR": str(scratch)}, check=False)
    assert made.returncode == -9
    assert len(list(scratch.glob(f"{PREFIX}*"))) == 1
    with Spool():
        assert len(list(scratch.glob(f"{PREFIX}*"))) == 1, "its own"
    assert list(scratch.iterdir()) == []


def test_what_lives_or_is_not_ours_stays(scratch: Path) -> None:
    owners = {"mine": myself(), "elsewhere": "another-host:1:1", "nobody": None}
    for name, owner in owners.items():
        folder = scratch / f"{PREFIX}{name}"
        folder.mkdir()
        if owner is not None:
            (folder / OWNER).write_text(owner)
    assert sweep() == []
    assert len(list(scratch.iterdir())) == 3
