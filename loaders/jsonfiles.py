"""JSON documents of an export: a file, a zip, or a folder of both, read with limits and without trust."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

#: Bytes of one document, bytes and documents of one export.
MAX_DOCUMENT, MAX_BYTES, MAX_FILES = 512 << 20, 4 << 30, 1_000_000
#: From this size on, an entry of a zip that unpacks to more than MAX_RATIO times its size is taken for a bomb.
BOMB_FROM, MAX_RATIO = 16 << 20, 200
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, UnicodeError)
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class RawFile(NamedTuple):
    """One file: ``name`` as origins name it (relative, with /), and its bytes."""

    name: str
    data: bytes


def input_files(path: Path, suffixes: Iterable[str]) -> list[Path]:
    """The files that decide what is read: *path* itself, or what has one of *suffixes* below it, by name.

    Raises:
        SourceUnreadable: nothing is there, too many files, or a link leads out of the folder.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceUnreadable(f"{path} does not exist", fix="Give a file, a zip, or the folder of the export.")
    root, wanted = path.resolve(), {*suffixes, ".zip"}
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in wanted and p.is_file())
    if not found:
        raise SourceUnreadable(f"{path} has no {', '.join(suffixes)} file", fix="Give the folder of the export.")
    if len(found) > MAX_FILES:
        raise SourceUnreadable(f"{path} has more than {MAX_FILES:,} files", fix="Give the folder of one export.")
    for one in found:
        if not one.resolve().is_relative_to(root):
            raise SourceUnreadable(f"{one} leads out of the folder", fix="Copy the file into the folder.")
    return found


def raw_files(path: Path, suffixes: Iterable[str]) -> Iterator[RawFile]:
    """The files of an export one by one; what a zip holds is read in place, nothing is unpacked to a path.

    Raises:
        SourceUnreadable: see :func:`input_files`; or a damaged, encrypted, hostile or too large archive or file.
    """
    suffixes = tuple(suffixes)
    left = MAX_BYTES
    for file in input_files(path, suffixes):
        name = file.name if path.is_file() else file.relative_to(path).as_posix()
        for one in _archive(name, file, suffixes) if _is_zip(file) else [_plain(name, file)]:
            left -= len(one.data)
            if left < 0:
                raise SourceUnreadable(f"{path} holds more than {MAX_BYTES >> 30} GB", fix="Import it in parts.")
            yield one


def _is_zip(file: Path) -> bool:
    if file.suffix.lower() == ".zip":
        return True
    try:
        with file.open("rb") as stream:
            return stream.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise SourceUnreadable(f"{file} cannot be opened: {error.strerror}") from error


def _plain(name: str, file: Path) -> RawFile:
    try:
        if file.stat().st_size > MAX_DOCUMENT:
            raise SourceUnreadable(f"{name} has more than {MAX_DOCUMENT >> 20} MB", fix="Export it in parts.")
        return RawFile(name, file.read_bytes())
    except OSError as error:
        raise SourceUnreadable(f"{file} cannot be opened: {error.strerror}") from error


def _archive(name: str, file: Path, suffixes: tuple[str, ...]) -> Iterator[RawFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = sorted(archive.infolist(), key=lambda e: e.filename)
            if len(entries) > MAX_FILES:
                raise SourceUnreadable(f"{name} has more than {MAX_FILES:,} entries", fix="Export it in parts.")
            for entry in entries:
                _refuse_outside(name, entry.filename)
                if entry.is_dir() or PurePosixPath(entry.filename).suffix.lower() not in suffixes:
                    continue
                _refuse_bomb(f"{name}/{entry.filename}", entry)
                with archive.open(entry) as content:
                    data = content.read(MAX_DOCUMENT + 1)
                if len(data) > MAX_DOCUMENT:
                    raise SourceUnreadable(f"{name}/{entry.filename} is too large", fix="Export it in parts.")
                yield RawFile(entry.filename, data)
    except BROKEN as error:
        raise SourceUnreadable(f"{name} is no readable zip: {error}") from error


def _refuse_outside(name: str, entry: str) -> None:
    parts = PurePosixPath(entry.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or PureWindowsPath(entry).drive:
        raise SourceUnreadable(f"{name} has an entry outside of it: {entry[:200]!r}", fix="Do not trust this file.")


def _refuse_bomb(name: str, entry: zipfile.ZipInfo) -> None:
    packed = max(entry.compress_size, 1)
    if entry.file_size > MAX_DOCUMENT or (entry.file_size > BOMB_FROM and entry.file_size > MAX_RATIO * packed):
        raise SourceUnreadable(
            f"{name} would unpack to {entry.file_size >> 20} MB", fix="If that is right, unpack the zip and import it."
        )


def parse_json(name: str, data: bytes) -> Any | Reject:
    """The document in *data*, or why there is none: ``empty_file``, ``bad_encoding`` or ``bad_row``."""
    if not data.strip():
        return Reject(Origin(name), "empty_file", f"{name} is empty", "Export it again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        message = f"the file is not UTF-8: {error.reason} at byte {error.start}"
        return Reject(Origin(name, row), "bad_encoding", message, "Save the file as UTF-8.")
    try:
        document = json.loads(text)
        if SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        message = "the file has half a surrogate pair (\\ud800 to \\udfff)"
        return Reject(Origin(name), "bad_encoding", message, "Mend what writes the file.")
    except (ValueError, RecursionError) as error:
        message = f"{name} is not valid JSON, perhaps cut off: {str(error)[:200]}"
        return Reject(Origin(name), "bad_row", message, "Export it again.")
    return document


def document_or_raise(path: Path, raw: RawFile) -> Any | Reject:
    """The document of an export that is one file.

    Raises:
        SourceUnreadable: it is no JSON.
    """
    document = parse_json(raw.name, raw.data)
    if isinstance(document, Reject) and document.code == "bad_row":
        raise SourceUnreadable(f"{path}: {document.message}")
    return document
