"""Digests: of what a source's import reads, of a whole command, and of the content of the store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel

from twin.errors import SourceUnreadable
from twin.ingest.loader import Loader, version_of
from twin.ingest.manifest import ImportSpec, Manifest
from twin.ingest.matching.spec import MatchSpec
from twin.ingest.view import STEP, _parts
from twin.schema import Schema

if TYPE_CHECKING:
    from twin.store import Store

BLOCK = 1 << 20
#: What a run stamps on what it writes, and who said what; no content.
STAMPS = ("run", "ord", "origin_at", "said", "enriched")


def input_digest(specs: list[tuple[ImportSpec, Loader, BaseModel]], schema: Schema) -> str:
    """Digest of everything that decides what the imports of one source give.

    Raises:
        SourceUnreadable: a file cannot be read.
    """
    total = hashlib.sha256(schema.digest.encode())
    for spec, loader, options in specs:
        total.update(version_of(spec.loader).encode())
        total.update(options.model_dump_json().encode())
        for path in spec.paths:
            for file in loader.inputs(path, options):
                total.update(f"\n{file.name}\n".encode())
                try:
                    with file.open("rb") as stream:
                        while block := stream.read(BLOCK):
                            total.update(block)
                except OSError as error:
                    raise SourceUnreadable(f"{file}: {error.strerror}", fix="Check the path.") from error
    return total.hexdigest()[:32]


def with_rules(stamp: str, rules: Sequence[MatchSpec]) -> str:
    """Digest of a source's input that match rules join with others: with other rules it is another input."""
    text = "\n".join([stamp, *(spec.model_dump_json() for spec in rules)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def command_digest(
    stamps: dict[str, str], manifest: Manifest, schema: Schema, replace: bool, skip_rejects: bool
) -> str:
    """Digest of one import command: its inputs, its rules and the flags that decide what is written."""
    rules = [rule_digest(manifest, spec.name, schema) for spec in manifest.stitches]
    text = orjson.dumps([sorted(stamps.items()), rules, replace, skip_rejects])
    return hashlib.sha256(text).hexdigest()[:32]


def rule_digest(manifest: Manifest, name: str, schema: Schema) -> str:
    """Digest of all that decides what one stitch rule does with the same assets: its table and the schema included."""
    spec = next(s for s in manifest.stitches if s.name == name)
    text = spec.model_dump_json(exclude={"path"}).encode()
    table = spec.path.read_bytes() if spec.path is not None and spec.path.exists() else b""
    return hashlib.sha256(schema.digest.encode() + text + table).hexdigest()[:32]


def store_digest(store: Store) -> str:
    """Digest of all assets and links with all their properties, whatever their order.

    Run stamps and ``ord`` do not count. Two stores with the same content have the same digest.
    """
    total = 0
    next_ord = store.rows("ingest.state")[0]["next_ord"]
    for part in _parts(list(range(0, next_ord, STEP)), 1):
        for query in ("ingest.content_assets", "ingest.content_links"):
            for row in store.rows(query, starts=part, step=STEP):
                total += sum(_row_digest(item) for item in row["items"])
    return f"{total % (1 << 128):032x}"


def _row_digest(item: list[Any]) -> int:
    *head, properties = item
    head = [sorted(part) if isinstance(part, list) else part for part in head]
    content = sorted((k, _plain(v)) for k, v in properties.items() if k not in STAMPS)
    text = repr((head, content)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")


def _plain(value: Any) -> Any:
    """Points, byte arrays and the like as something with a stable repr."""
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    return tuple(value) if isinstance(value, tuple | list) else value
