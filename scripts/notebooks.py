"""Run the notebooks of the sample against a running twin, keep what they show, and take pictures of it for the docs.

Usage: ``TWIN_HOME=... TWIN_URL=http://127.0.0.1:8000 python scripts/notebooks.py`` with ``twin serve`` beside it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode
from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent.parent / "samples" / "notebooks"
PICTURES = FOLDER.parent.parent / "docs" / "pictures"
#: Picture -> the notebook and the kind of answer that it shows.
SHOWN = {
    "python-impact": ("planner", "ImpactResult"),
    "python-criticality": ("planner", "CriticalityResult"),
    "python-explain": ("app_developer", "ExplainResult"),
}
#: Seconds that one cell may take.
CELL_S = 120


def run(path: Path) -> NotebookNode:
    """The notebook with the outputs of a fresh kernel. Raises CellExecutionError."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=CELL_S, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    done = client.execute()
    for cell in done.cells:
        cell.metadata.pop("execution", None)
    return done


def page(name: str, kind: str) -> str:
    """The first answer of this kind that a notebook shows, as HTML."""
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    shown = (output.get("data", {}).get("text/html", "") for cell in cells for output in cell.get("outputs", ()))
    return next(html for html in shown if f"<b>{kind}</b>" in html)


def pictures() -> None:
    """Take the pictures, with Debian's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        paper = browser.new_page(viewport={"width": 720, "height": 800}, device_scale_factor=1.5)
        for picture, (name, kind) in SHOWN.items():
            paper.set_content(f'<body style="margin:8px;font-family:sans-serif">{page(name, kind)}</body>')
            paper.locator(".twin").screenshot(path=PICTURES / f"{picture}.png")
        browser.close()


def main() -> None:
    """Run all notebooks, write them back, and take the pictures."""
    os.environ["JUPYTER_PLATFORM_DIRS"] = "1"
    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(run(path), path)
        print(path.name)
    pictures()


if __name__ == "__main__":
    main()
