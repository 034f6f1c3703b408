"""The notebooks of the sample run as they are, against the real store and a served API, and show what they showed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.store

ROOT = Path(__file__).parent.parent.parent
NOTEBOOKS = sorted((ROOT / "samples" / "notebooks").glob("*.ipynb"))
#: Bytes that a notebook with its outputs may have.
SMALL = 200_000


def shown(notebook: Any) -> list[list[str]]:
    """The text that each cell shows."""
    return [
        [
            output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
            for output in cell["outputs"]
        ]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["app_developer", "gis_analyst", "planner"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.stem))
def test_a_notebook_shows_what_it_showed(
    path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("TWIN_")]:
        monkeypatch.delenv(name)
    for name, value in {**environment, "JUPYTER_PLATFORM_DIRS": "1", "IPYTHONDIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    kept = nbformat.read(path, as_version=4)
    notebook = nbformat.read(shutil.copy(path, tmp_path), as_version=4)
    client = NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    done = client.execute()
    assert shown(done) == shown(kept)
    assert any("text/html" in output.get("data", ()) for cell in kept["cells"] for output in cell.get("outputs", ()))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.stem))
def test_a_notebook_is_small_and_knows_no_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) < SMALL
    assert "/tmp/" not in text
    assert "/work" not in text
    assert "<script" not in text
