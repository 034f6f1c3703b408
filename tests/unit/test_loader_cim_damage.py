"""Damaged CIM exports: bytes, lines and whole objects lost; no traceback, and nothing is dropped without a word."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.cgmes import CgmesLoader
from loaders.cim import CimLoader
from loaders.cim_classes import EQUIPMENT
from tests.unit.loader_tools import FIXTURES, Result
from tests.unit.test_loader_damage import PLACES, QUICK, damage, read_damaged
from twin.errors import SourceUnreadable

OBJECT = re.compile(r' *<(?:cim|eu):(\w+) rdf:(ID|about)="(?:#_|_|urn:uuid:)([^"]*)">.*?</(?:cim|eu):\1>\n', re.S)
PROPERTY = re.compile(r" +<.*/.*>\n")
TAKEN = EQUIPMENT | {"Substation", "VoltageLevel", "Feeder"}
FILES = sorted(p.name for p in (FIXTURES / "cgmes").iterdir())


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("cim")
    for name in ("cgmes", "cim"):
        shutil.copytree(FIXTURES / name, root / name)
    return root


def check_nothing_silent(loader: Any, path: Path) -> None:
    """Every object of a class that is taken is an asset, part of one, or named by a reject."""
    try:
        result = Result(loader, path)
    except SourceUnreadable:
        return
    told = "\n".join(f"{r.message} {r.link}" for r in result.rejects)
    rows = {(r.origin.file, r.origin.row) for r in result.rejects}
    parts = "\n".join(str(a.properties.get("sections", "")) for a in result.assets.values())
    for file in sorted(path.glob("*.xml")) if path.is_dir() else [path]:
        text = file.read_text(encoding="utf-8")
        for match in OBJECT.finditer(text):
            cls, how, id = match[1], match[2], match[3].lower()
            if cls not in TAKEN or (how != "ID" and not isinstance(loader, CimLoader)):
                continue
            first = text[: match.start()].count("\n") + 1
            lines = range(first, first + match[0].count("\n") + 1)
            known = id in result.assets or id in parts or id in told
            assert known or any((file.name, line) in rows for line in lines), (cls, id)
    ids = set(result.assets)
    for start, kind, end in result.links:
        assert {start, end} <= ids, (start, kind, end)


@QUICK
@given(places=PLACES, file=st.sampled_from(FILES))
def test_bytes(work: Path, places: list[tuple[float, int, bytes]], file: str) -> None:
    whole = (FIXTURES / "cgmes" / file).read_bytes()
    (work / "cgmes" / file).write_bytes(damage(whole, places))
    read_damaged(CgmesLoader(), work / "cgmes", straight_lines=True)
    (work / "cgmes" / file).write_bytes(whole)


@settings(QUICK, max_examples=150)
@given(data=st.data(), file=st.sampled_from(FILES), what=st.sampled_from([OBJECT, PROPERTY]))
def test_lost_objects_and_properties(work: Path, data: st.DataObject, file: str, what: re.Pattern[str]) -> None:
    whole = text = (FIXTURES / "cgmes" / file).read_text(encoding="utf-8")
    found = [match.span() for match in what.finditer(whole)]
    for start, end in sorted(data.draw(st.lists(st.sampled_from(found), max_size=4, unique=True)), reverse=True):
        text = text[:start] + text[end:]
    (work / "cgmes" / file).write_text(text, encoding="utf-8")
    check_nothing_silent(CgmesLoader(), work / "cgmes")
    (work / "cgmes" / file).write_text(whole, encoding="utf-8")


@settings(QUICK, max_examples=40)
@given(files=st.lists(st.sampled_from(FILES), min_size=1, unique=True))
def test_lost_files(work: Path, files: list[str]) -> None:
    folder = work / "some"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in files:
        shutil.copy(FIXTURES / "cgmes" / file, folder / file)
    check_nothing_silent(CgmesLoader(), folder)


@QUICK
@given(places=PLACES)
def test_bytes_of_feeders(work: Path, places: list[tuple[float, int, bytes]]) -> None:
    path = work / "cim" / "bytes.xml"
    path.write_bytes(damage((FIXTURES / "cim" / "feeders.xml").read_bytes(), places))
    read_damaged(CimLoader(), path, straight_lines=True, anchor={"lon": 9, "lat": 52})


@settings(QUICK, max_examples=150)
@given(data=st.data(), what=st.sampled_from([OBJECT, PROPERTY]))
def test_lost_objects_and_properties_of_feeders(work: Path, data: st.DataObject, what: re.Pattern[str]) -> None:
    text = (FIXTURES / "cim" / "feeders.xml").read_text(encoding="utf-8")
    found = [match.span() for match in what.finditer(text)]
    for start, end in sorted(data.draw(st.lists(st.sampled_from(found), max_size=4, unique=True)), reverse=True):
        text = text[:start] + text[end:]
    path = work / "cim" / "lost.xml"
    path.write_text(text, encoding="utf-8")
    check_nothing_silent(CimLoader(), path)
