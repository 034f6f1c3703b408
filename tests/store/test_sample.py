"""The sample on a real Neo4j: it is imported and joined as its README says, and every output in it is the real one."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.store

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "germany"
STITCHED = {"telecom-supply": 55, "feed-a": 24, "feed-b": 20, "station-control": 450, "planning-region": 524}


def imported() -> dict[str, Any]:
    command = [sys.executable, "-m", "twin.cli.main", "import", str(SAMPLE / "twin.toml"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_sample_is_imported_joined_and_read_as_its_readme_says(twin_env: Path) -> None:
    report = imported()
    assert report["status"] == "applied"
    assert report["rejected"] == 0
    assert report["findings"] == []
    rules = {rule["name"]: rule for rule in report["plan"]["stitches"]}
    assert {name: rule["links"]["create"] for name, rule in rules.items()} == STITCHED
    assert {rule["unmatched"] for rule in rules.values()} == {0}
    assert imported()["status"] == "unchanged"
    text = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert f"{sum(STITCHED.values()):,} links that the stitch rules add" in text
    outputs = runpy.run_path(str(SAMPLE / "build" / "outputs.py"))
    assert len(outputs["commands"](text)) >= 6
    assert outputs["renewed"](text) == text
    front = (SAMPLE.parent.parent / "README.md").read_text(encoding="utf-8")
    assert len(outputs["commands"](front)) >= 2
    assert outputs["renewed"](front) == front
