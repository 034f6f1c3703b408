"""Names of files that strangers send: what may become a path below a folder of ours."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath

from twin.errors import InvalidParameter

MAX_NAME, MAX_DEPTH, MAX_PATH = 255, 12, 900
#: Characters that some file system does not take, or that mislead who reads a list.
FORBIDDEN = frozenset('<>:"|?*')


def safe(name: str) -> PurePosixPath:
    """*name* as a path below a folder, with ``/`` between its parts.

    Raises:
        InvalidParameter: it leads elsewhere, or is no name of a file.
    """
    text = name.replace("\\", "/")
    path = PurePosixPath(text)
    bad = (
        not text.strip("/. ")
        or len(text) > MAX_PATH
        or path.is_absolute()
        or bool(PureWindowsPath(name).drive)
        or len(path.parts) > MAX_DEPTH
        or any(not _is_plain(part) for part in path.parts)
    )
    if bad:
        raise InvalidParameter(
            f"{name[:200]!r} is no name that a file can have here", fix="Rename the file, or pack it without folders."
        )
    return path


def _is_plain(part: str) -> bool:
    return (
        part not in (".", "..")
        and len(part.encode("utf-8", "replace")) <= MAX_NAME
        and not any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 or letter in FORBIDDEN for letter in part)
        and part == part.strip()
        and not part.endswith(".")
    )


def inside(text: str) -> bool:
    """Whether a text, if a loader took it as a path, would stay below the folder that it counts from."""
    path = text.replace("\\", "/")
    parts = PurePosixPath(path).parts
    rooted = path.startswith(("/", "~")) and len(path) > 1
    return ".." not in parts and not rooted and not PureWindowsPath(text).drive
