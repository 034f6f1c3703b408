"""A user's program passes ``mypy --strict`` with the types that the package ships."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SNIPPET = """
from collections.abc import Sequence

from twin import Event, Hazard, Random, RemoteTwin, Snapshot, Twin
from twin.errors import TwinError, UnknownAsset


def lost(twin: Twin | RemoteTwin | Snapshot, ids: Sequence[str]) -> int:
    try:
        result = twin.impact(Event(ids, where="kind=bus"), horizon_s=3600)
    except UnknownAsset as error:
        print(error.code, error.fix)
        return 0
    return sum(row["down"] for row in result.summary.values())


def local() -> list[str]:
    with Twin.open() as twin:
        return [row["id"] for row in twin.find("north", kind="bus")]


def over_http(url: str) -> float | None:
    with Twin.connect(url, key="secret") as twin:
        reveal_type(twin)
        screen = twin.screen(Random(10, failures=2), often=True)
        return screen.horizon_s


def in_neo4j(url: str) -> Snapshot:
    twin = Twin.connect(url, "neo4j", "secret")
    reveal_type(twin)
    return twin.what_if([{"op": "delete", "id": "grid:bus-1"}])


def hazard(document: dict[str, object]) -> str:
    try:
        return Snapshot.from_tables("tables").impact(Event(hazard=Hazard.from_geojson(document)))._repr_html_()
    except TwinError as error:
        return error.detail
"""
WRONG = """
from twin import Twin

Twin.connect("http://127.0.0.1:8000").impact(horizon="8h")
"""


def checked(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What mypy says to a program outside of the source tree."""
    (folder / "program.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_users_program_is_typed(tmp_path: Path) -> None:
    done = checked(tmp_path, SNIPPET)
    assert done.returncode == 0, done.stdout
    assert 'note: Revealed type is "twin.remote.twin.RemoteTwin"' in done.stdout
    assert 'note: Revealed type is "twin.service.twin.Twin"' in done.stdout
    wrong = checked(tmp_path, WRONG)
    assert wrong.returncode == 1
    assert "horizon" in wrong.stdout
