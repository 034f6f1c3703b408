"""Loading an empty managed server offline, by Neo4j's own import tool from the same jars.

The server is down meanwhile. A mark in its home says that a load is under way: who finds it, with nobody alive who does
it, finds half a database and begins anew with an empty one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from twin.errors import ServerError

if TYPE_CHECKING:
    from twin.store.server import LocalServer

MARK = "bulk.part"
DATABASE = "neo4j"
#: Labels (or the type of links) and the files that hold them; the first has the header.
Files = Sequence[tuple[str, Path]]


@contextmanager
def marked(server: LocalServer) -> Iterator[Path]:
    """Mark a load as under way; gives a scratch folder for its files. When it fails the database is empty again."""
    home, folder = server.home, server.home / "bulk"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    me = psutil.Process(os.getpid())
    (home / MARK).write_text(json.dumps({"pid": me.pid, "created": me.create_time()}), encoding="utf-8")
    try:
        yield folder
    except BaseException:
        server.stop()
        wipe(home)
        server.start()
        raise
    (home / MARK).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def abandoned(home: Path) -> bool:
    """Whether a load was begun here and nobody is alive who does it."""
    try:
        note = json.loads((home / MARK).read_text(encoding="utf-8"))
        return bool(abs(psutil.Process(int(note["pid"])).create_time() - float(note["created"])) > 1.0)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return True


def wipe(home: Path) -> None:
    """Remove what a load left half done: the database, and its files. The server must be down."""
    for path in (home / "data" / "databases" / DATABASE, home / "data" / "transactions" / DATABASE, home / "bulk"):
        shutil.rmtree(path, ignore_errors=True)
    (home / MARK).unlink(missing_ok=True)


def load(server: LocalServer, command: Sequence[str], nodes: Files, links: Files) -> None:
    """Fill the database of a server that is down from CSV files.

    Args:
        command: Java with its arguments, up to the class of the admin tool.
        nodes: (labels joined by ``:``, file). links: (type, file).

    Raises:
        ServerError: the tool refused them; the message has what it said.
    """
    folder = server.home / "bulk"
    words = [
        *command, "database", "import", "full", DATABASE, "--overwrite-destination=true", "--id-type=string",
        "--multiline-fields=true", "--array-delimiter=;", f"--report-file={folder / 'report'}",
        *(f"--nodes={labels}={path}" for labels, path in nodes),
        *(f"--relationships={name}={path}" for name, path in links),
    ]  # fmt: skip
    listed = folder / "arguments"
    listed.write_text("\n".join(f'"{word}"' for word in words[len(command) + 3 :]) + "\n", encoding="utf-8")
    environment = {"NEO4J_HOME": str(server.home), "NEO4J_CONF": str(server.home / "conf")}
    done = subprocess.run(
        [*words[: len(command) + 3], f"@{listed}"],
        env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise ServerError(f"Neo4j's import tool failed: {' '.join(said[-8:])[:1000]}")
