"""Infrastructures ready for questions: made once, kept as saved snapshots, opened by every part that needs them."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.infrastructure import Infrastructure
from twin import Snapshot

ROOT = Path(__file__).parent.parent
#: From this size on, only what the gates need is in the attribute table.
LEAN = 5_000_000


def folder() -> Path:
    """Where they are kept: ``TWIN_BENCH_STOCK``, or a folder of the user's among the temporary files."""
    return Path(os.environ.get("TWIN_BENCH_STOCK", f"{tempfile.gettempdir()}/twin-bench-{os.getuid()}"))


def _digest() -> str:
    """Of all code and schema that decides what a saved snapshot looks like."""
    made = hashlib.sha256()
    for path in (
        Path(__file__).parent / "infrastructure.py",
        *sorted((ROOT / "twin" / "snapshot").glob("*.py")),
        *sorted((ROOT / "twin" / "schema").iterdir()),
    ):
        if path.is_file():
            made.update(path.read_bytes())
    return made.hexdigest()[:12]


@cache
def infrastructure(n: int, meshes: bool = True) -> Infrastructure:
    """The infrastructure of that size, for which row is of which kind and level."""
    return Infrastructure(n, meshes=meshes)


@cache
def snapshot(n: int, meshes: bool = True) -> Snapshot:
    """The infrastructure of that size as the product holds it; opened from disk where it was made before."""
    name = f"{n}{'' if meshes else '-trees'}-"
    place = folder() / f"{name}{_digest()}"
    if not (place / "arrays.json").exists():
        began = time.perf_counter()
        for old in folder().glob(f"{name}[0-9a-f]*"):
            if len(old.name) == len(place.name):  # of other code, never read again
                shutil.rmtree(old, ignore_errors=True)
        infrastructure(n, meshes).snapshot(lean=n >= LEAN).save(place)
        infrastructure.cache_clear()
        print(f"made {n:,} assets in {time.perf_counter() - began:.0f} s", flush=True)
    return Snapshot.load(place)


def kinds(snapshot: Snapshot) -> npt.NDArray[np.str_]:
    """The kind of each row."""
    column = snapshot.arrays.assets["kind"].combine_chunks()
    return np.array(column.dictionary.to_pylist())[column.indices.to_numpy(zero_copy_only=False)]


def rows_of(snapshot: Snapshot, kind: str) -> npt.NDArray[np.int32]:
    """Rows of one kind, as the snapshot numbers them."""
    column = snapshot.arrays.assets["kind"].combine_chunks()
    code = column.dictionary.to_pylist().index(kind)
    return np.flatnonzero(column.indices.to_numpy(zero_copy_only=False) == code).astype(np.int32)
