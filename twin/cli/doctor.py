"""The checks of ``twin doctor``, from the machine inwards to the data."""

from __future__ import annotations

import platform
import shutil
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from twin.cli import wiring
from twin.errors import TwinError

if TYPE_CHECKING:
    from twin.settings import Settings
    from twin.store import LocalServer, Store

MARKS = {"ok": ("ok  ", "green"), "warning": ("warn", "yellow"), "error": ("FAIL", "bold red")}
DISK_MB = 2_000
MEMORY_MB = 2_000


@dataclass(frozen=True, slots=True)
class Check:
    """One check: ``level`` is ``ok``, ``warning`` or ``error``; ``fix`` says what to do unless it is ok."""

    name: str
    level: str
    detail: str
    fix: str = ""

    def text(self) -> Text:
        """The check as a line."""
        mark, style = MARKS[self.level]
        return Text.assemble((mark, style), f"  {self.name}: {self.detail}")

    def to_dict(self) -> dict[str, Any]:
        """The check as plain data."""
        return asdict(self)


def checks() -> Iterator[Check]:
    """All checks in order; those that an earlier failure makes pointless are left out."""
    yield _python()
    try:
        settings = wiring.settings()
        schema = wiring.schema()
    except TwinError as error:
        yield _failed("settings", error)
        return
    yield Check("settings", "ok", f"home {settings.home}, {len(schema.kinds)} kinds")
    yield _disk(settings)
    yield _memory()
    if settings.neo4j_uri is None:
        server = _server(settings)
        yield from _local(server)
        if server.status().state != "running":
            return
    else:
        yield Check("server", "ok", f"{settings.neo4j_uri} (TWIN_NEO4J_URI); none of our own is needed")
    try:
        with wiring.open_store(settings) as store:
            yield from _store(store, settings)
    except TwinError as error:
        yield _failed("connection", error)


def _server(settings: Settings) -> LocalServer:
    from twin.cli.server import local_server

    return local_server(settings)


def _failed(name: str, error: TwinError) -> Check:
    return Check(name, "error", f"{error.detail} [{error.code}]", error.fix)


def _python() -> Check:
    version = platform.python_version()
    where = f"{version} on {platform.system()} {platform.machine()}"
    if struct.calcsize("P") == 8:
        return Check("python", "ok", where)
    return Check("python", "error", f"{where}, 32 bits", "Use a 64-bit Python 3.11 or newer.")


def _disk(settings: Settings) -> Check:
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(place).free // 1_000_000
    if not _writable(place):
        return Check("disk", "error", f"{place} cannot be written", "Set TWIN_HOME to a folder of yours.")
    if free < DISK_MB:
        return Check("disk", "warning", f"{free:,} MB free at {place}", f"Make {DISK_MB:,} MB free, or set TWIN_HOME.")
    return Check("disk", "ok", f"{free:,} MB free at {place}")


def _writable(place: Path) -> bool:
    import os

    return os.access(place, os.W_OK)


def _memory() -> Check:
    import psutil

    free = psutil.virtual_memory().available // 1_000_000
    if free < MEMORY_MB:
        return Check("memory", "warning", f"{free:,} MB available", "Close other programs: Neo4j wants 1 to 3 GB.")
    return Check("memory", "ok", f"{free:,} MB available")


def _local(server: LocalServer) -> Iterator[Check]:
    from twin.store.jars import read_lock, verified
    from twin.store.java import find_java, needed

    try:
        jars = read_lock(server.version)
        bad = [jar for jar in jars if not verified(jar, server.cache / "jars" / jar.file_name)]
        size = sum(jar.size for jar in bad) / 1e6
        if bad:
            text = f"{len(bad)} of {len(jars)} files of Neo4j {server.version} are not there or not right"
            yield Check("jars", "warning", text, f"`twin up` downloads them ({size:.0f} MB).")
        else:
            yield Check("jars", "ok", f"{len(jars)} files of Neo4j {server.version}, all as locked")
        yield Check("java", "ok", str(find_java(needed(server.version))))
    except TwinError as error:
        yield _failed("java", error)
    yield _state(server)
    yield _password(server)


def _state(server: LocalServer) -> Check:
    found = server.status()
    if found.state == "running":
        return Check("server", "ok", f"runs at {found.uri}, process {found.pid}, {found.memory_mb:,} MB")
    if found.state == "crashed":
        return Check("server", "error", f"it ended without being asked; log: {server.log}", "Start it with: twin up")
    return Check("server", "warning", f"it is {found.state}", "Start it with: twin up")


def _password(server: LocalServer) -> Check:
    path = server.home / "password"
    if not path.exists():
        if server.status().state == "absent":
            return Check("password", "ok", "made at the first start")
        return Check("password", "error", f"{path} is missing", "Put it back, or: twin down --purge")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return Check("password", "error", f"others can read {path} (mode {mode:o})", f"chmod 600 {path}")
    return Check("password", "ok", f"{path}, only for you")


def _store(store: Store, settings: Settings) -> Iterator[Check]:
    from twin.ingest import unfinished
    from twin.schema.generate import indexes

    try:
        version = store.check_version()
    except TwinError as error:
        yield _failed("connection", error)
        return
    yield Check("connection", "ok", f"{store.uri} answers; user and password are right")
    yield Check("version", "ok", f"Neo4j {version}")
    missing = store.missing_indexes(indexes(wiring.schema()))
    if missing:
        text = f"missing or not online: {', '.join(missing)}"
        yield Check("constraints", "error", text, "Make them with: twin up")
    else:
        yield Check("constraints", "ok", "all constraints and indexes are online")
    state = store.state()
    if state.applying:
        dead = unfinished.cut_off(store, state)
        stands = "was cut off" if dead else "is being applied"
        text = f"import run {state.applying} {stands} over revision {state.revision}"
        wait = "Wait; if it was killed, run the same import again: it resumes."
        yield Check("revision", "warning", text, unfinished.finish(state.applying) if dead else wait)
    elif state.revision == 0:
        yield Check("revision", "warning", "the twin is empty", "twin import samples/germany/twin.toml")
    else:
        counts = store.rows("store.counts")[0]
        yield Check("revision", "ok", f"{state.revision}: {counts['assets']:,} assets, {counts['links']:,} links")
    yield _snapshots(settings, state.store_id)


def _snapshots(settings: Settings, store_id: str) -> Check:
    folder = settings.home / "snapshots"
    if not store_id or not (folder / store_id).is_dir():
        return Check("snapshots", "ok", "none kept yet; the first question builds one")
    kept = [path for path in (folder / store_id).iterdir() if path.is_dir()]
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    return Check("snapshots", "ok", f"{len(kept)} kept, {size:.0f} MB in {folder}")
