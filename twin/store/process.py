"""Finding, starting and stopping the server's process without ever taking another one for it.

A pid alone proves nothing: pids are used again. A process is ours when its command line names our home
folder, and the one we noted also has the creation time that we noted.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from twin.errors import ServerLocked, SettingsError

STOP_SECONDS = 60.0


def home_argument(home: Path) -> str:
    """The argument by which a server's process is recognised."""
    return f"--home-dir={home}"


def find(home: Path, pid: int | None, created: float | None) -> psutil.Process | None:
    """The running server of *home*: the noted process, or (the note was lost) any that names *home*."""
    if pid is not None:
        process = _ours(pid, home)
        if process is not None and (created is None or abs(process.create_time() - created) < 1.0):
            return process
    argument = home_argument(home)
    for process in psutil.process_iter(["cmdline", "status"]):
        if argument in (process.info["cmdline"] or ()) and process.info["status"] != psutil.STATUS_ZOMBIE:
            return process
    return None


def _ours(pid: int, home: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        alive = process.status() != psutil.STATUS_ZOMBIE
        return process if alive and home_argument(home) in process.cmdline() else None
    except psutil.Error:
        return None


def spawn(command: Sequence[str], log: Path) -> psutil.Process:
    """Start a process that outlives this one: own session, no standard input, output into *log*."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    pid = os.posix_spawn(
        command[0],
        list(command),
        {key: value for key, value in os.environ.items() if not key.startswith(("TWIN_", "NEO4J_", "JAVA_", "JDK_"))},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    return psutil.Process(pid)


def alive(process: psutil.Process) -> bool:
    """Whether it runs; a dead child of ours is reaped on the way."""
    with suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def stop(process: psutil.Process, seconds: float = STOP_SECONDS) -> bool:
    """Ask it to end (SIGTERM) and wait; kill it when it does not. True when it ended by itself."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    if _wait(process, seconds):
        return True
    with suppress(psutil.NoSuchProcess):
        process.kill()
    _wait(process, 10.0)
    return False


def _wait(process: psutil.Process, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def exclusive(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock file *path*; the system releases it when its holder dies, however that happens.

    Raises:
        ServerLocked: another process held it all the time. SettingsError: the folder cannot be written.
    """
    import fcntl

    end = time.monotonic() + seconds
    with _lock_file(path) as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise ServerLocked(
                        f"another `twin` is starting or stopping the server in {path.parent}",
                        fix="Wait until it is done and run the command again.",
                    ) from None
                time.sleep(0.1)
        yield


def _lock_file(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a")
    except OSError as error:
        raise SettingsError(
            f"TWIN_HOME: {path.parent} cannot be made or written: {error.strerror or error}",
            fix="Set TWIN_HOME to a folder that you may write.",
            setting="TWIN_HOME",
        ) from error
