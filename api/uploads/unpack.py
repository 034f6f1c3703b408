"""Unpacking a zip that a stranger sent: into its folder and nowhere else, and not to more than is plausible."""

from __future__ import annotations

import os
import shutil
import stat
import time
import zipfile
import zlib
from pathlib import Path

from api.uploads.names import safe
from twin.errors import InvalidParameter, LibraryUnavailable, SourceUnreadable

MAX_ENTRIES = 20_000
#: From this size on, an entry that unpacks to more than MAX_RATIO times its size is taken for a bomb.
BOMB_FROM, MAX_RATIO = 16 << 20, 200
BLOCK = 1 << 20
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, UnicodeError, ValueError)
#: What packers add that is no part of an export.
NOISE = ("__MACOSX/", ".DS_Store")


def unpack(archive: Path, folder: Path, most: int) -> None:
    """Write what *archive* holds into *folder*, each file with its date.

    Args:
        most: bytes of all files together.

    Raises:
        SourceUnreadable: it is damaged, encrypted, leads outside, or unpacks to too much. LibraryUnavailable: the disk
            is full.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            entries = [e for e in packed.infolist() if not e.is_dir() and not _is_noise(e.filename)]
            if len(entries) > MAX_ENTRIES:
                raise SourceUnreadable(f"{archive.name} has more than {MAX_ENTRIES:,} files", fix="Send it in parts.")
            left = most
            for entry in entries:
                left -= _write(packed, entry, folder, left, archive.name)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise SourceUnreadable(f"{archive.name} has one name twice", fix="Pack it again.") from None
    except OSError as error:
        raise LibraryUnavailable(f"the upload cannot be unpacked: {error.strerror or error}") from error
    except BROKEN as error:
        raise SourceUnreadable(f"{archive.name} is no readable zip: {error}", fix="Pack it again.") from None


def _is_noise(name: str) -> bool:
    return name.startswith(NOISE[0]) or name.rpartition("/")[2] == NOISE[1]


def _write(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int, name: str) -> int:
    """Write one entry of at most *left* bytes; its size."""
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise SourceUnreadable(f"{name}: {entry.filename[:200]!r} is a link", fix="Pack the file itself.")
    try:
        target = folder.joinpath(*safe(entry.filename).parts)
    except InvalidParameter as error:
        raise SourceUnreadable(f"{name}: {error.detail}", fix="Do not trust this file, or pack it again.") from None
    if entry.file_size > BOMB_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        raise SourceUnreadable(
            f"{name}: {entry.filename} would unpack to {entry.file_size >> 20} MB",
            fix="If that is right, send the file.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    size = 0
    with packed.open(entry) as content, target.open("xb") as file:
        while block := content.read(BLOCK):
            size += len(block)
            if size > left:
                raise SourceUnreadable(f"{name} unpacks to more than is taken", fix="Send it in parts.")
            file.write(block)
    _date(target, entry)
    return size


def _date(target: Path, entry: zipfile.ZipInfo) -> None:
    """The file is as old as it was when it was packed: answers say how old exports are."""
    try:
        moment = time.mktime((*entry.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return
    if 0 < moment < time.time():
        os.utime(target, (moment, moment))


def unpacked(folder: Path, most: int) -> None:
    """Unpack a zip that is all there is in *folder*, in its place.

    Raises:
        SourceUnreadable: see :func:`unpack`.
    """
    files = list(folder.iterdir())
    if len(files) != 1 or not files[0].is_file() or not zipfile.is_zipfile(files[0]) or _is_office(files[0]):
        return
    archive = folder.parent / files[0].name
    files[0].rename(archive)
    try:
        unpack(archive, folder, most)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        archive.unlink(missing_ok=True)


def _is_office(path: Path) -> bool:
    """Whether a zip is a workbook, which is read as it is."""
    return path.suffix.lower() in (".xlsx", ".xlsm", ".ods", ".xlsb")
