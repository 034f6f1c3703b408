"""The XML documents of an export: a file, a zip (zips in it too), or a folder of both; nothing is unpacked to a path.

What an export must not do to us is refused: document types and entities, zip bombs, names outside the archive.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple, cast

from twin.errors import SourceUnreadable

#: Suffixes of documents; everything else in a folder or an archive is left alone.
DOCUMENTS = (".xml", ".rdf")
#: Documents and archives of one export, and how deep archives may lie in archives.
MAX_FILES, MAX_NESTING = 10_000, 3
#: Bytes of one export when unpacked.
MAX_BYTES = 16 << 30
#: From this size on, an entry that unpacks to more than MAX_RATIO times its size is taken for a bomb.
BOMB_FROM, MAX_RATIO = 16 << 20, 200
#: Bytes before the first element of a document (comments mostly).
MAX_PROLOG = 1 << 20
SPOOL = 32 << 20
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, UnicodeError)


class Document(NamedTuple):
    """One XML document: ``name`` as origins name it, and its bytes from the first element's prolog on."""

    name: str
    stream: IO[bytes]


def input_files(path: Path) -> list[Path]:
    """The files that decide what is read: *path* itself, or the documents and archives below it, by name.

    Raises:
        SourceUnreadable: nothing is there, too many files, or a link that leads out of the folder.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceUnreadable(f"{path} does not exist", fix="Give an XML file, a zip, or a folder of them.")
    root = path.resolve()
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in (*DOCUMENTS, ".zip") and p.is_file())
    if not found:
        raise SourceUnreadable(f"{path} has no XML file and no zip", fix="Give the folder of the export.")
    if len(found) > MAX_FILES:
        raise SourceUnreadable(f"{path} has more than {MAX_FILES:,} files", fix="Give the folder of one export.")
    for one in found:
        if not one.resolve().is_relative_to(root):
            raise SourceUnreadable(f"{one} leads out of the folder", fix="Copy the file into the folder.")
    return found


def all_paths(path: Path, also: Sequence[str]) -> list[Path]:
    """*path* and the paths beside it that belong to the same model."""
    return [path, *(path.parent / one for one in also)]


def documents(*paths: Path) -> Iterator[Document]:
    """Every XML document of an export, one after the other; each is closed when the next is asked for.

    Those of the first path are named as in it, those of others with the path's name before.

    Raises:
        SourceUnreadable: see :func:`input_files`; or a damaged, encrypted or hostile archive or document.
    """
    budget = _Budget()
    for path in paths:
        prefix = "" if path is paths[0] or path.is_file() else f"{path.name}/"
        yield from _below(path, prefix, budget)


def _below(path: Path, prefix: str, budget: _Budget) -> Iterator[Document]:
    for file in input_files(path):
        name = prefix + (file.name if path.is_file() else file.relative_to(path).as_posix())
        try:
            stream = file.open("rb")
        except OSError as error:
            raise SourceUnreadable(f"{file} cannot be opened: {error.strerror}") from error
        with closing(stream):
            if file.suffix.lower() == ".zip" or stream.read(4) == b"PK\x03\x04":
                yield from _archive(name, stream, budget, 1)
                continue
            stream.seek(0)
            budget.take(name, file.stat().st_size)
            yield Document(name, cast("IO[bytes]", checked(name, stream)))


class _Budget:
    """What may still be read of one export."""

    def __init__(self) -> None:
        self.bytes, self.files = MAX_BYTES, MAX_FILES

    def take(self, name: str, size: int) -> None:
        self.bytes -= size
        self.files -= 1
        if self.bytes < 0 or self.files < 0:
            message = f"{name}: the export has more than {MAX_FILES:,} documents or unpacks to more than 16 GB"
            raise SourceUnreadable(message, fix="Import it in parts.")


def _archive(name: str, stream: IO[bytes], budget: _Budget, depth: int) -> Iterator[Document]:
    if depth > MAX_NESTING:
        raise SourceUnreadable(f"{name}: zips lie more than {MAX_NESTING} deep in zips", fix="Unpack the outer ones.")
    try:
        stream.seek(0)
        archive = zipfile.ZipFile(stream)
    except BROKEN as error:
        raise SourceUnreadable(f"{name} is no readable zip: {error}") from error
    with archive:
        for entry in sorted(archive.infolist(), key=lambda e: e.filename):
            suffix = PurePosixPath(entry.filename).suffix.lower()
            _refuse_outside(name, entry.filename)
            if entry.is_dir() or suffix not in (*DOCUMENTS, ".zip"):
                continue
            inner = f"{name}/{entry.filename}"
            _refuse_bomb(inner, entry)
            budget.take(inner, entry.file_size)
            try:
                with archive.open(entry) as content:
                    if suffix == ".zip":
                        yield from _nested(inner, content, budget, depth)
                    else:
                        yield Document(inner, cast("IO[bytes]", checked(inner, content)))
            except BROKEN as error:
                raise SourceUnreadable(f"{inner} cannot be unpacked: {error}") from error


def _nested(name: str, content: IO[bytes], budget: _Budget, depth: int) -> Iterator[Document]:
    with tempfile.SpooledTemporaryFile(SPOOL) as spool:
        while block := content.read(1 << 20):
            spool.write(block)
        yield from _archive(name, cast("IO[bytes]", spool), budget, depth + 1)


def _refuse_outside(name: str, entry: str) -> None:
    parts = PurePosixPath(entry.replace("\\", "/"))
    if parts.is_absolute() or PureWindowsPath(entry).drive or ".." in parts.parts:
        raise SourceUnreadable(
            f"{name} has an entry outside the archive: {entry[:100]!r}", fix="Do not trust this archive; pack it anew."
        )


def _refuse_bomb(name: str, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 1:
        raise SourceUnreadable(f"{name} is encrypted", fix="Unpack the archive with its password first.")
    if entry.file_size > BOMB_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise SourceUnreadable(
            f"{name} unpacks to {entry.file_size:,} bytes from {entry.compress_size:,}: taken for a zip bomb",
            fix="If it is none, unpack it and give the folder.",
        )


def checked(name: str, stream: IO[bytes]) -> Prefixed:
    """*stream* from its start, once its prolog was seen to declare no document type and UTF-8.

    Raises:
        SourceUnreadable: a document type (and so entities), another encoding, an empty or endless prolog.
    """
    head = b""
    while True:
        block = stream.read(4096)
        head += block
        where = _first_element(name, head, not block)
        if where is not None:
            return Prefixed(head, stream)
        if len(head) > MAX_PROLOG:
            raise SourceUnreadable(f"{name}: no element in its first {MAX_PROLOG:,} bytes; this is not CIM RDF/XML")


def _first_element(name: str, head: bytes, ended: bool) -> int | None:
    """Where the first element begins, or None when *head* does not reach it yet."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head[:16]:
        raise SourceUnreadable(f"{name} is not UTF-8 (it looks like UTF-16)", fix="Save the file as UTF-8.")
    at = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    while True:
        at += len(head[at:]) - len(head[at:].lstrip())
        rest = head[at : at + 9]
        if rest.startswith((b"<?", b"<!--")):
            end = head.find(b"?>" if rest.startswith(b"<?") else b"-->", at + 2)
            if end >= 0:
                if rest.startswith(b"<?xml"):
                    _refuse_encoding(name, head[at:end])
                at = end + (2 if rest.startswith(b"<?") else 3)
                continue
        elif rest.startswith(b"<!") and (len(rest) == 9 or ended):
            raise SourceUnreadable(
                f"{name} declares a document type; entities are not read", fix="Export plain RDF/XML without DOCTYPE."
            )
        elif rest[:1] == b"<" and rest[1:2] not in (b"", b"!", b"?"):
            return at
        elif rest and rest[:1] != b"<":
            raise SourceUnreadable(f"{name} is not XML: it begins with {bytes(rest)!r}")
        if ended:
            raise SourceUnreadable(f"{name} has no element: it is empty or cut off", fix="Export it again.")
        return None


def _refuse_encoding(name: str, declaration: bytes) -> None:
    _, found, rest = declaration.partition(b"encoding")
    if not found:
        return
    word = rest.split(b"?")[0].strip(b" \t\r\n=").strip(b"'\"").split(b"'")[0].split(b'"')[0].lower()
    if word not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        shown = word[:40].decode("ascii", "replace")
        raise SourceUnreadable(f"{name} is declared as {shown}; CIM RDF/XML is UTF-8", fix="Save the file as UTF-8.")


class Prefixed(io.RawIOBase):
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        super().__init__()
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to *size* bytes."""
        if self._head:
            if size < 0:
                block, self._head = self._head + self._rest.read(), b""
            else:
                block, self._head = self._head[:size], self._head[size:]
            return block
        return self._rest.read(size)
