"""Typed rows between validation and the store: plain tuples, their hashes and keys.

A hash is over the content an export decides (not over run, ord or time stamps): equal hash, nothing to write.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

#: What an asset of the store and a link carry beside the properties of the schema.
ASSET_OWN = (
    *("id", "native_id", "kind", "domain", "name", "source", "hash", "run", "ord", "geometry", "location"),
    *("origin_at", "said", "enriched"),
)
LINK_OWN = ("key", "source", "hash", "run", "group", "need")
#: Ids that a link's ends have in its export, where these are other ids of the assets.
FROM_AS, TO_AS = "from_as", "to_as"
SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


class AssetRow(NamedTuple):
    """One valid asset.

    ``lon``, ``lat`` are the representative point in degrees; ``geometry`` is WKB where it is more than that
    point. ``file`` and ``row`` say where it stands.
    """

    id: str
    native_id: str
    kind: str
    name: str | None
    lon: float | None
    lat: float | None
    geometry: bytes | None
    properties: dict[str, Any]
    hash: str
    file: str
    row: int | None


class LinkRow(NamedTuple):
    """One valid link between assets that exist; ``key`` identifies it inside its source."""

    from_id: str
    type: str
    to_id: str
    group: str | None
    need: str | None
    properties: dict[str, Any]
    key: str
    hash: str
    file: str
    row: int | None


def asset_hash(
    kind: str,
    name: str | None,
    lon: float | None,
    lat: float | None,
    geometry: bytes | None,
    properties: dict[str, Any],
) -> str:
    """Content hash of an asset, 16 hex digits."""
    text = orjson.dumps((kind, name, lon, lat, properties), option=SORTED)
    return blake2b(text + b"\0" + geometry if geometry else text, digest_size=8).hexdigest()


def link_hash(need: str | None, properties: dict[str, Any]) -> str:
    """Content hash of a link beside its key, 16 hex digits."""
    return blake2b(orjson.dumps((need, properties), option=SORTED), digest_size=8).hexdigest()


def link_keys(
    starts: Sequence[str], types: Sequence[str], ends: Sequence[str], groups: Sequence[str | None]
) -> list[str]:
    """:func:`link_key` of the first occurrence of many links that no rule made."""
    return [
        blake2b(f"{start}\n{type_}\n{end}\n{group or ''}\n0\n".encode(), digest_size=10).hexdigest()
        for start, type_, end, group in zip(starts, types, ends, groups, strict=True)
    ]


def link_key(from_id: str, type_: str, to_id: str, group: str | None, occurrence: int, scope: str = "") -> str:
    """Key of a link inside its source, 20 hex digits; *scope* is the rule of a stitched link.

    *occurrence* counts links that agree in everything else (parallel circuits).
    """
    text = f"{from_id}\n{type_}\n{to_id}\n{group or ''}\n{occurrence}\n{scope}"
    return blake2b(text.encode(), digest_size=10).hexdigest()
