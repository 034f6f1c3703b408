"""How kernels are compiled: without the interpreter's lock, and once for each state of their sources.

Numba keeps compiled code beside a function's own file and looks only at that file's age, so a kernel that calls one of
another file would go on running its old code. Here the cache is filed under a digest of the kernel's file and of all
kernel files that it imports, in the user's cache folder, which also serves installations that are read-only.
"""

from __future__ import annotations

import hashlib
import re
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


IMPORTED = re.compile(rb"^from (twin\.[a-z_.]+) import ([^(\n]+|\([^)]*\))", re.MULTILINE)
WORD = re.compile(r"[a-z_]+")
ROOT = Path(__file__).parent.parent.parent


def sources(path: Path) -> set[Path]:
    """The file of a kernel, and the kernel files that it leads to by its imports."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file in found or not file.is_file() or b"@compiled" not in (text := file.read_bytes()):
            continue
        found.add(file)
        for module, names in IMPORTED.findall(text):
            place = ROOT.joinpath(*module.decode().split("."))
            waiting += [place.with_suffix(".py"), *(place / f"{name}.py" for name in WORD.findall(names.decode()))]
    return found


@cache
def _folder(path: Path) -> Path | None:
    """Where the compiled kernels of a file are kept; None where nothing can be written."""
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(sources(path)):
        digest.update(file.read_bytes())
    root = platformdirs.user_cache_path("infrastructure-twin") / "kernels"
    folder = root / f"{path.stem}-{digest.hexdigest()}"
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
    folder = None if before else _folder(Path(function.__code__.co_filename))
    if not before and folder is None:
        return numba.njit(function, nogil=True)
    try:
        config.CACHE_DIR = before or str(folder)
        return numba.njit(function, nogil=True, cache=True)
    except RuntimeError:  # the folder cannot be written after all
        return numba.njit(function, nogil=True)
    finally:
        config.CACHE_DIR = before
