"""Neo4j's jars: resolved once into a committed lock file, fetched by it, verified before every start.

A lock file has one line a jar: ``sha256 size group:artifact:packaging:classifier:version``. It names no
registry: jgo knows where Maven artifacts are. Write a new one with ``python -m twin.store.jars VERSION``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from twin.errors import DownloadFailed, SettingsError

#: Called with what is going on, how much of it is done and how much there is (bytes; 0 of 0 = unknown).
Progress = Callable[[str, int, int], None]
WORKERS = 8


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked jar: Maven coordinates, SHA-256 in hex and size in bytes."""

    group: str
    artifact: str
    packaging: str
    classifier: str
    version: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        """Name in the cache; it holds the group, so that no two jars share one."""
        tail = f"-{self.classifier}" if self.classifier else ""
        return f"{self.group}.{self.artifact}-{self.version}{tail}.{self.packaging}"

    def line(self) -> str:
        """The jar as a line of the lock file."""
        coordinates = ":".join((self.group, self.artifact, self.packaging, self.classifier, self.version))
        return f"{self.sha256} {self.size} {coordinates}"


def locked_versions() -> list[str]:
    """The Neo4j versions that have a lock file, sorted."""
    names = (entry.name for entry in resources.files("twin.store").joinpath("locks").iterdir())
    return sorted(name[len("neo4j-") : -len(".lock")] for name in names if name.endswith(".lock"))


def read_lock(version: str) -> list[Jar]:
    """The jars of one Neo4j version.

    Raises:
        SettingsError: there is no lock file for it.
    """
    path = resources.files("twin.store").joinpath("locks", f"neo4j-{version}.lock")
    if not path.is_file():
        raise SettingsError(
            f"no lock file for Neo4j {version}", fix=f"Set TWIN_NEO4J_VERSION to one of {', '.join(locked_versions())}."
        )
    jars = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            sha256, size, coordinates = line.split()
            group, artifact, packaging, classifier, number = coordinates.split(":")
            jars.append(Jar(group, artifact, packaging, classifier, number, sha256, int(size)))
    return jars


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verified(jar: Jar, path: Path) -> bool:
    """Whether the file is there and is exactly the locked jar."""
    try:
        return path.stat().st_size == jar.size and digest(path) == jar.sha256
    except OSError:
        return False


def fetch(version: str, cache: Path, progress: Progress) -> list[Path]:
    """All jars of one version, from the cache or downloaded; every one verified against the lock file.

    Two processes may fetch into one cache: each jar is moved into place when it is complete and right.

    Raises:
        DownloadFailed: a jar cannot be fetched, or is not the one that was locked.
    """
    jars = read_lock(version)
    folder = cache / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(WORKERS) as pool:
        good = list(pool.map(lambda jar: verified(jar, folder / jar.file_name), jars))
    missing = [jar for jar, there in zip(jars, good, strict=True) if not there]
    if missing:
        _download(version, missing, folder, progress)
    return [folder / jar.file_name for jar in jars]


def _download(version: str, jars: Sequence[Jar], folder: Path, progress: Progress) -> None:
    total = sum(jar.size for jar in jars)
    step = f"Downloading Neo4j {version} ({len(jars)} files, {total / 1e6:.0f} MB, once)"
    counter = _Counter(step, total, progress)
    progress(step, 0, total)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as part:
        context = _context(Path(part))
        with ThreadPoolExecutor(WORKERS) as pool:
            waiting = [pool.submit(_download_one, context, jar, folder, counter) for jar in jars]
            try:
                for done in waiting:
                    done.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise


class _Counter:
    """Adds up finished bytes over the download threads."""

    def __init__(self, step: str, total: int, progress: Progress) -> None:
        self._step, self._total, self._progress = step, total, progress
        self._done = 0
        self._lock = threading.Lock()

    def add(self, size: int) -> None:
        with self._lock:
            self._done += size
            self._progress(self._step, self._done, self._total)


def _context(folder: Path) -> Any:
    from jgo.maven import MavenContext  # half a second of imports that only a download needs

    return MavenContext(repo_cache=folder, local_repos=[], timeout=30)


def _download_one(context: Any, jar: Jar, folder: Path, counter: _Counter) -> None:
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier, jar.packaging)
    last: Exception | None = None
    for _attempt in range(3):
        try:
            path = artifact.resolve()
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors
            last = error
            if artifact.cached_path.exists():
                artifact.cached_path.unlink()
            continue
        if not verified(jar, path):
            path.unlink()
            last = ValueError("its SHA-256 is not the one in the lock file")
            continue
        path.replace(folder / jar.file_name)
        counter.add(jar.size)
        return
    raise DownloadFailed(f"{jar.artifact} {jar.version}: {last}", artifact=f"{jar.group}:{jar.artifact}:{jar.version}")


def write_lock(version: str, folder: Path) -> Path:
    """Resolve one Neo4j version anew and write its lock file into *folder* (for maintainers; about a minute)."""
    import jgo

    found = jgo.resolve(f"org.neo4j:neo4j:{version}")
    with tempfile.TemporaryDirectory() as part:
        context = _context(Path(part))

        def lock(artifact: Any) -> Jar:
            there = context.project(artifact.groupId, artifact.artifactId).at_version(artifact.version)
            path = there.artifact(artifact.classifier, artifact.packaging).resolve()
            place = (artifact.groupId, artifact.artifactId, artifact.packaging, artifact.classifier or "")
            return Jar(*place, artifact.version, digest(path), path.stat().st_size)

        with ThreadPoolExecutor(WORKERS) as pool:
            jars = list(pool.map(lock, found))
    lines = [f"# Neo4j {version} Community: sha256, bytes, group:artifact:packaging:classifier:version"]
    lines += [jar.line() for jar in jars]
    path = folder / f"neo4j-{version}.lock"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def remove_cache(cache: Path) -> None:
    """Remove the downloaded jars of all versions."""
    shutil.rmtree(cache / "jars", ignore_errors=True)


def class_path(jars: Sequence[Path]) -> str:
    """The jars as one class path."""
    return os.pathsep.join(str(jar) for jar in jars)


if __name__ == "__main__":
    print(write_lock(sys.argv[1], Path(__file__).parent / "locks"))
