"""Where an asset stands in its export, as one number: the file by its number in the run, and the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: Rows are counted below this many bits; files of a run that are remembered.
BITS = 40
FILES = 20_000


def packed(files: Mapping[str, int], file: str, row: int | None) -> int | None:
    """The number of a place in an export; None if the run does not remember the file."""
    number = files.get(file)
    if number is None or number >= FILES or not 0 <= (row or 0) < 1 << BITS:
        return None
    return (number << BITS) | (row or 0)


def unpacked(at: Any, files: Sequence[str] | None) -> tuple[str, int | None]:
    """File and row of a number; ``""`` and None where they are not known."""
    if not isinstance(at, int) or files is None or at >> BITS >= len(files):
        return "", None
    return files[at >> BITS], (at & ((1 << BITS) - 1)) or None


def listed(files: Mapping[str, int]) -> list[str]:
    """The files that a run remembers, in the order of their numbers."""
    return list(files)[:FILES]
