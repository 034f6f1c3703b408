"""How kernels are compiled: without the interpreter's lock, and once for each state of their sources.

Numba keeps compiled code beside a function's own file and looks only at that file's age, so a kernel that calls one of
another file would go on running its old code. Here the cache is filed under a digest of all kernels, in the user's
cache folder, which also serves installations that are read-only.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import platformdirs

#: Caches of other states of the sources are removed when nothing used them for so long, seconds.
KEPT_S = 14 * 86400


@cache
def _folder() -> Path | None:
    """Where compiled kernels are kept; None where nothing can be written."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        source = path.read_bytes()
        if b"@compiled" in source:
            digest.update(source)
    root = platformdirs.user_cache_path("infrastructure-twin") / "kernels"
    folder = root / digest.hexdigest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.touch()
        for other in root.iterdir():
            if other.stat().st_mtime < time.time() - KEPT_S:
                shutil.rmtree(other, ignore_errors=True)
    except OSError:
        return None
    return folder


def compiled(function: Callable[..., Any]) -> Any:
    """Compile on first call, without the interpreter's lock; ``NUMBA_CACHE_DIR`` overrules where it is kept."""
    config: Any = numba.config
    before = config.CACHE_DIR
    folder = None if before else _folder()
    if not before and folder is None:
        return numba.njit(function, nogil=True)
    try:
        config.CACHE_DIR = before or str(folder)
        return numba.njit(function, nogil=True, cache=True)
    except RuntimeError:  # the folder cannot be written after all
        return numba.njit(function, nogil=True)
    finally:
        config.CACHE_DIR = before
