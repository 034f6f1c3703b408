"""A small system in tables, and the command line run in this process."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

ASSETS = """\
id,kind,name,lon,lat,wkt,status,standby,start_delay_s,endurance_s,ride_through_power_s,demand_mw,gpus,customers
plant,power_plant,Nord,9.0,50.0,,,,,,,,,
bus-a,bus,Bus A,9.1,50.1,,,,,,,,,
bus-b,bus,Bus B,9.2,50.2,,,,,,,,,
line,power_line,A-B,,,"LINESTRING (9.1 50.1, 9.2 50.2)",,,,,,,,
ups,ups,UPS 1,9.2,50.2,,,,,,900,,,
genset,genset,Diesel,9.2,50.2,,,true,60,86400,,,,
rack-1,rack,Rack 1,9.2,50.2,,,,,,,,,
rack-2,rack,Rack 2,9.2,50.2,,,,,,,,,
server,server,GPU host,9.2,50.2,,,,,,,,8,
feeder,load,Village,9.3,50.3,,,,,,,2.5,,120
spare,bus,Old,9.4,50.4,,planned,,,,,,,
"""
LINKS = """\
from,type,to,group,need
plant,POWERS,bus-a,,
bus-a,CONDUCTS,line,,
line,CONDUCTS,bus-b,,
bus-b,POWERS,ups,,
ups,POWERS,rack-1,,
bus-b,POWERS,rack-2,,
genset,POWERS,rack-2,,
rack-1,CONTAINS,server,,
ups,POWERS,server,,
bus-b,POWERS,feeder,,
bus-a,POWERS,feeder,,
"""


@dataclass(frozen=True)
class Answer:
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on stdout."""
        return orjson.loads(self.out)

    @property
    def error(self) -> Any:
        """The error document on stderr (its last line; notices may stand above)."""
        return orjson.loads(self.err.splitlines()[-1])["error"]


@pytest.fixture
def tables(tmp_path: Path) -> str:
    """A folder with a plant, two buses, a line, an UPS, a genset, racks and a server."""
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "assets.csv").write_text(ASSETS, encoding="utf-8")
    (folder / "links.csv").write_text(LINKS, encoding="utf-8")
    return str(folder)


@pytest.fixture
def twin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Answer]:
    """``twin("impact", ID, ...)`` runs a command line in this process."""
    from twin.cli.main import main

    if "TWIN_HOME" not in os.environ:
        monkeypatch.setenv("TWIN_HOME", str(tmp_path / "home"))

    def run(*words: str, stdin: str = "") -> Answer:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = main(list(words))
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run
