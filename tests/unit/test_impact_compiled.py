"""Compiled kernels: filed by their sources, and usable where nothing can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ASK = (
    "import numpy as np\n"
    "from twin.impact.kernels import owners_of\n"
    "chosen = np.zeros(2, np.bool_)\n"
    "owners_of(np.array([True]), np.array([1], np.int32), chosen)\n"
    "print(chosen.tolist())\n"
)


def ask(home: Path) -> str:
    known = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={**known, "HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_kernels_are_kept_in_the_users_cache_folder(tmp_path: Path) -> None:
    assert ask(tmp_path) == "[False, True]"
    kept = list(tmp_path.rglob("*.nbi"))
    assert len(kept) == 1
    assert kept[0].is_relative_to(tmp_path / ".cache" / "infrastructure-twin" / "kernels")


def test_a_home_that_cannot_be_written_costs_only_the_cache(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("no folder")
    assert ask(home) == "[False, True]"


def test_a_kernel_is_filed_with_those_it_calls() -> None:
    from twin.impact.cascade import kernels
    from twin.impact.compiled import sources

    named = {path.relative_to(ROOT / "twin" / "impact").as_posix() for path in sources(Path(kernels.__file__))}
    assert {"cascade/kernels.py", "cascade/ground.py", "cascade/mesh.py", "cascade/state.py"} <= named
