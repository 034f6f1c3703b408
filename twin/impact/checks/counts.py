"""Findings counted: by code, source or kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from twin.model import Finding

if TYPE_CHECKING:
    from twin.impact import Snapshot


class By(StrEnum):
    """What findings are counted by."""

    code = "code"
    source = "source"
    kind = "kind"


def counted(snapshot: Snapshot, findings: Iterable[Finding], by: By) -> list[dict[str, Any]]:
    """Findings and the assets they name, by code, source or kind: most assets first.

    A finding that names no asset counts under "" where it is not counted by code.
    """
    found: dict[tuple[str, str, str], list[int]] = {}
    for one in findings:
        if by is By.code:
            groups = {one.code: one.count}
        else:
            groups = _groups(snapshot, one.assets, by) or {"": one.count}
        for group, assets in groups.items():
            entry = found.setdefault((group, one.code, one.severity), [0, 0])
            entry[0] += 1
            entry[1] += assets
    order = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    head = () if by is By.code else (by.value,)
    return [
        {**dict.fromkeys(head, group), "code": code, "severity": severity, "findings": entry[0], "assets": entry[1]}
        for (group, code, severity), entry in order
    ]


def concerning(
    snapshot: Snapshot, findings: Iterable[Finding], *, code: str | None = None, severity: str | None = None,
    kind: str | None = None, source: str | None = None,
) -> list[Finding]:  # fmt: skip
    """Findings of this code and severity that name an asset of this kind and source (None: any), in their order."""
    found = [one for one in findings if code in (None, one.code) and severity in (None, one.severity)]
    if kind is None and source is None:
        return found
    return [one for one in found if _concerns(snapshot, one.assets, kind, source)]


def _concerns(snapshot: Snapshot, names: Sequence[str], kind: str | None, source: str | None) -> bool:
    if source is not None:
        names = [name for name in names if name.startswith(f"{source}:")]
    return bool(names) if kind is None else kind in _groups(snapshot, names, By.kind)


def _groups(snapshot: Snapshot, names: Sequence[str], by: By) -> dict[str, int]:
    """How many of the assets are of each source or kind; an import's finding may name what is gone: kind ""."""
    if by is By.source:
        return Counter(name.partition(":")[0] if ":" in name else "" for name in names)
    assets = snapshot.arrays.assets
    rows = pc.index_in(pa.array(names, pa.string()), value_set=assets["id"].combine_chunks())
    return Counter(pc.fill_null(pc.cast(assets["kind"].take(rows), pa.string()), "").to_pylist())
