"""The managed local server: a real Neo4j Community in a folder of its own, without Docker, Maven or Java.

It outlives the command that started it. One data folder has one server: starting and stopping hold a lock,
a noted pid counts only together with its creation time, and a server that crashed is started again.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import neo4j
import neo4j.exceptions
import platformdirs
import psutil

from twin.errors import ServerError, ServerLocked
from twin.store import bulk, config, jars, java, process
from twin.store.catalogue import default_catalogue

USER = "neo4j"
START_SECONDS = 180.0
LOCK_SECONDS = 600.0  # a first start may be downloading
FILES = ("server.json", "password", "bulk", bulk.MARK)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server listens and who may in."""

    uri: str
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known of the local server.

    Attributes:
        state: ``running``, ``stopped``, ``crashed`` (it ended without being asked) or ``absent`` (never started).
        home: its folder. version: Neo4j version of the data. pid, uri: while it runs.
        memory_mb, started_at: resident megabytes and start (Unix seconds), while it runs.
    """

    state: str
    home: Path
    version: str
    pid: int | None = None
    uri: str | None = None
    memory_mb: int | None = None
    started_at: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The status as plain data."""
        return {
            "state": self.state,
            "home": str(self.home),
            "version": self.version,
            "pid": self.pid,
            "uri": self.uri,
            "memory_mb": self.memory_mb,
            "started_at": self.started_at,
        }


def silent(step: str, done: int, total: int) -> None:
    """Progress for callers that show none."""


class LocalServer:
    """One managed Neo4j in ``home/neo4j``.

    Args:
        home: ``TWIN_HOME``; the server keeps to its sub-folder ``neo4j``.
        version: Neo4j version, one with a lock file. cache: folder of downloads shared by all homes.
        memory: heap and page cache; a share of this machine's memory if not given.
    """

    def __init__(
        self,
        home: Path,
        version: str = "2026.08.1",
        cache: Path | None = None,
        memory: config.Memory | None = None,
    ) -> None:
        self.home = home.expanduser().absolute() / "neo4j"
        self.version = version
        self.cache = cache or platformdirs.user_cache_path("infrastructure-twin")
        self.memory = memory or config.Memory.of_machine()

    @property
    def log(self) -> Path:
        """The log of the process: what Neo4j prints."""
        return self.home / "logs" / "server.log"

    def start(self, progress: jars.Progress = silent) -> Endpoint:
        """Start the server, or find that it runs already; returns when it answers.

        Raises:
            DownloadFailed: Neo4j cannot be fetched. ServerLocked: somebody else holds the data.
            ServerError: it does not come up; the message has the end of its log.
        """
        with process.exclusive(self.home / "start.lock", LOCK_SECONDS):
            if bulk.abandoned(self.home):
                self._stop()
                bulk.wipe(self.home)
            if self._process() is None:
                self._launch(progress)
            return self._wait_ready(progress)

    def ensure(self, progress: jars.Progress = silent) -> Endpoint:
        """The running server's endpoint; it is started when it does not run, and again when it crashed."""
        if self._process() is not None and self._note().get("ready") and not bulk.abandoned(self.home):
            return self.endpoint()
        return self.start(progress)

    def load(self, nodes: bulk.Files, links: bulk.Files, progress: jars.Progress = silent) -> Endpoint:
        """Replace the database by what CSV files hold, offline, and start again; see :mod:`twin.store.bulk`.

        Raises:
            ServerError: the files are refused, or the server does not come up again.
        """
        with process.exclusive(self.home / "start.lock", LOCK_SECONDS):
            self._stop()
            runtime = java.find_java(java.needed(self.version))
            arguments = config.write_arguments(
                self.home, self.version, jars.fetch(self.version, self.cache, progress), self.memory
            )
            progress("Loading offline", 0, 0)
            bulk.load(self, [str(runtime), f"@{arguments}", config.ADMIN_CLASS], nodes, links)
            self._launch(progress)
            return self._wait_ready(progress)

    def stop(self) -> bool:
        """Stop the server and wait for its end; False when none was running."""
        if not self.home.exists():
            return False
        with process.exclusive(self.home / "start.lock", LOCK_SECONDS):
            return self._stop()

    def _stop(self) -> bool:
        running = self._process()
        if running is not None:
            process.stop(running)
        note = self._note()
        if note:
            self._write_note({"version": note.get("version", self.version), "port": note.get("port"), "stopped": True})
        return running is not None

    def purge(self) -> None:
        """Stop the server and remove everything it made in its home; the shared downloads stay."""
        if not self.home.exists():
            return
        with process.exclusive(self.home / "start.lock", LOCK_SECONDS):
            self._stop()
            config.remove_files(self.home, FILES)
        shutil.rmtree(self.home)

    def status(self) -> ServerStatus:
        """What is known of the server, from the process table; never starts anything."""
        note = self._note()
        version = note.get("version", self.version)
        running = self._process()
        if running is not None:
            memory = running.memory_info().rss // 1_000_000
            return ServerStatus("running", self.home, version, running.pid, self._uri(), memory, running.create_time())
        state = "absent" if not note else "stopped" if note.get("stopped") else "crashed"
        return ServerStatus(state, self.home, version)

    def endpoint(self) -> Endpoint:
        """Where the running server listens.

        Raises:
            ServerError: it was never started, or its password file is gone.
        """
        try:
            password = (self.home / "password").read_text(encoding="utf-8").strip()
        except OSError:
            raise ServerError(
                f"the password file {self.home / 'password'} is missing",
                fix="Put it back, or remove the local server with `twin down --purge` and import again.",
            ) from None
        return Endpoint(self._uri(), USER, password)

    def log_tail(self, lines: int = 15) -> str:
        """The end of the server's log."""
        try:
            return "\n".join(_spoken(self.log.read_text(encoding="utf-8", errors="replace"))[-lines:])
        except OSError:
            return "(no log)"

    def _launch(self, progress: jars.Progress) -> None:
        note = self._note()
        self._check_version(note.get("version"))
        runtime = java.find_java(java.needed(self.version))
        found = jars.fetch(self.version, self.cache, progress)
        port = note.get("port")
        if not port or not config.port_is_free(port):
            port = config.free_port()
        config.write_config(self.home, self.version, port, self.memory)
        arguments = config.write_arguments(self.home, self.version, found, self.memory)
        if not (self.home / "password").exists():
            progress("Creating the database", 0, 0)
            self._set_password(runtime, arguments)
        self._write_note({"version": self.version, "port": port})
        progress("Starting Neo4j", 0, 0)
        main = config.MAIN_CLASS[config.is_old(self.version)]
        folders = [process.home_argument(self.home), f"--config-dir={self.home / 'conf'}"]
        started = process.spawn([str(runtime), f"@{arguments}", main, *folders], self.log)
        self._write_note(
            {"version": self.version, "port": port, "pid": started.pid, "created": started.create_time()},
        )

    def _check_version(self, existing: str | None) -> None:
        if existing is None or existing == self.version:
            return
        old, new = (tuple(int(part) for part in text.split(".")) for text in (existing, self.version))
        if new < old:
            raise ServerError(
                f"the data in {self.home} were written by Neo4j {existing}, {self.version} cannot read them",
                fix="Set TWIN_NEO4J_VERSION to the newer version, or TWIN_HOME to another folder.",
            )

    def _set_password(self, runtime: Path, arguments: Path) -> None:
        """Set the first password. It goes through a private file: a command line is public to other users."""
        if (self.home / "data" / "databases" / "system").exists():
            raise ServerError(
                f"{self.home} has data but no password file",
                fix="Put the file `password` back, or remove the local server with `twin down --purge`.",
            )
        shutil.rmtree(self.home / "data" / "dbms", ignore_errors=True)  # of a first start that was cut off
        password = config.make_password()
        secret = self.home / "conf" / "password.args"
        config.write_private(secret, password + "\n")
        command = [str(runtime), f"@{arguments}", config.ADMIN_CLASS, "dbms", "set-initial-password", f"@{secret}"]
        folders = {"NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}
        done = subprocess.run(
            command, env=folders, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        secret.unlink()
        if done.returncode:
            raise ServerError(
                f"the first password could not be set: {' '.join(_spoken(done.stderr or done.stdout)[-10:])}"
            )
        config.write_private(self.home / "password", password + "\n")

    def _wait_ready(self, progress: jars.Progress) -> Endpoint:
        endpoint = self.endpoint()
        end = time.monotonic() + START_SECONDS
        while not _answers(endpoint):
            if self._process() is None:
                raise self._start_error()
            if time.monotonic() > end:
                raise ServerError(f"Neo4j did not answer within {START_SECONDS:.0f} s; log: {self.log}")
            progress("Starting Neo4j", 0, 0)
            time.sleep(0.2)
        self._write_note({**self._note(), "ready": True})
        return endpoint

    def _start_error(self) -> ServerError:
        tail = self.log_tail()
        if "lock file" in tail or "StoreLock" in tail or "FileLockException" in tail:
            return ServerLocked(f"another Neo4j holds the data in {self.home}; log: {self.log}")
        return ServerError(f"Neo4j ended while it started; the end of {self.log}:\n{tail}", log=str(self.log))

    def _process(self) -> psutil.Process | None:
        note = self._note()
        found = process.find(self.home, note.get("pid"), note.get("created"))
        return found if found is not None and process.alive(found) else None

    def _uri(self) -> str:
        return f"neo4j://127.0.0.1:{self._note().get('port') or self._configured_port()}"

    def _configured_port(self) -> str:
        """The port from the configuration, for when the note was lost."""
        try:
            text = (self.home / "conf" / "neo4j.conf").read_text(encoding="utf-8")
        except OSError:
            return "7687"
        found = [line for line in text.splitlines() if line.startswith("server.bolt.listen_address=")]
        return found[0].rpartition(":")[2] if found else "7687"

    def _note(self) -> dict[str, Any]:
        try:
            note = json.loads((self.home / "server.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def _write_note(self, note: dict[str, Any]) -> None:
        config.write_private(self.home / "server.json", json.dumps(note) + "\n")


def _spoken(text: str) -> list[str]:
    """The lines that say something: without the frames of Java's stack traces."""
    return [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("\tat ")]


def _answers(endpoint: Endpoint) -> bool:
    """Whether the server takes our password and answers; a wrong password is an error at once."""
    host, port = endpoint.uri.rpartition("/")[2].split(":")
    with socket.socket() as probe:  # quiet, and cheaper than a driver, while nobody listens
        probe.settimeout(5)
        if probe.connect_ex((host, int(port))) != 0:
            return False
    auth = (endpoint.user, endpoint.password)
    try:
        with neo4j.GraphDatabase.driver(f"bolt://{host}:{port}", auth=auth, connection_timeout=5) as driver:
            driver.execute_query(default_catalogue().get("store.ready").text, database_="neo4j", routing_="r")
    except neo4j.exceptions.AuthError as error:
        raise ServerError(
            f"the server refuses the password of its own file: {error.message}",
            fix="Remove the local server with `twin down --purge` and import again.",
        ) from None
    except (neo4j.exceptions.Neo4jError, neo4j.exceptions.DriverError):
        return False
    return True
