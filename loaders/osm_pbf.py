"""``.osm.pbf`` as elements: what ``loaders/osm_worker.py`` reads in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from loaders.osm_read import Element, Extract, no_cycles
from twin.errors import SourceUnreadable

WORKER = "loaders.osm_worker"


def is_pbf(path: Path) -> bool:
    """Whether a file is in this format, by its beginning."""
    try:
        with path.open("rb") as stream:
            return b"OSMHeader" in stream.read(64)
    except OSError:  # told by who reads it
        return False


def read_pbf(path: Path) -> Extract:
    """The elements that are ours (``osm_tags.wanted``), and the members of relations that are.

    Raises:
        SourceUnreadable: damaged, cut off, of a feature that is not known, or with history.
    """
    extract = Extract(file=path.name)
    command = [sys.executable, "-P", "-m", WORKER, str(path.resolve())]
    worker = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    done, reason = False, "the reader of its format broke off"
    try:
        assert worker.stdout is not None
        with no_cycles():
            for line in worker.stdout:
                if not line.endswith(b"\n"):
                    break
                said = orjson.loads(line)
                done = "counted" in said
                reason = said.get("error", reason)
                _take(said, extract)
    finally:
        worker.kill()
        worker.communicate()
    if not done:
        raise SourceUnreadable(f"{path} is damaged, cut off or not read: {reason}", fix="Export it again.")
    return extract


def _take(said: dict[str, Any], extract: Extract) -> None:
    for kind, number, tags, nodes, members in said.get("objects", ()):
        one = Element(kind, number, tags, nodes, [(word, ref, role) for word, ref, role in members])
        extract.elements.setdefault(one.ref, one)
    extract.places.update((number, (lon, lat)) for number, lon, lat in said.get("places", ()))
    if "reject" in said:
        extract.reject(said["reject"])
    extract.counted += said.get("counted", 0)
