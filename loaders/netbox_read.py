"""Reading a NetBox export: a Django dump, pages of the REST API, or both packed as zip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loaders.fields import is_absent
from loaders.jsonfiles import document_or_raise, raw_files
from loaders.netbox_objects import DUMPED, MODELS, Inventory, Obj
from twin.errors import SourceUnreadable
from twin.model import Origin, Reject

#: What a REST page says where one of its objects lives.
LIVES = re.compile(r"/api/([a-z-]+)/([a-z-]+)/\d+/?\Z")
LISTS = {path: model for model, path in MODELS.items()}
#: Fields that keep their own structure.
WHOLE = {"custom_fields", "custom_field_data", "a_terminations", "b_terminations", "rear_ports", "scope"}
#: Models that generic references name by content type, for dumps made without ``--natural-foreign``.
KEPT = {*MODELS, *DUMPED}
FIX = "Give a dumpdata file, pages of the REST API, or a folder of CSV exports (docs/loaders/netbox.md)."


def read_json(path: Path) -> Inventory:
    """The objects of the JSON files at *path*.

    Raises:
        SourceUnreadable: nothing there, no JSON, or neither a dump nor REST pages.
    """
    inventory = Inventory()
    for raw in raw_files(path, (".json",)):
        document = document_or_raise(path, raw)
        if isinstance(document, Reject):
            inventory.problems.append(document)
        elif isinstance(document, list):
            _dump(inventory, raw.name, document)
        elif isinstance(document, dict) and isinstance(document.get("results"), list):
            _page(inventory, raw.name, document["results"])
        elif not (isinstance(document, dict) and "netbox" in document):
            raise SourceUnreadable(f"{path}: {raw.name} is neither a NetBox dump nor a REST page", fix=FIX)
    return inventory


def _dump(inventory: Inventory, file: str, entries: list[Any]) -> None:
    if entries and not any(isinstance(one, dict) and "model" in one and "fields" in one for one in entries):
        raise SourceUnreadable(f"{file} is no dumpdata file: its entries have no `model` and `fields`", fix=FIX)
    for row, entry in enumerate(entries, start=1):
        origin = Origin(file, row)
        model = entry.get("model") if isinstance(entry, dict) else None
        if not isinstance(model, str) or not isinstance(entry.get("fields"), dict):
            message = "an entry is an object with `model`, `pk` and `fields`"
            inventory.problems.append(Reject(origin, "bad_row", message, "Export the dump again."))
        elif model.lower() in KEPT and not (entry.get("pk") is None and model in DUMPED):
            _take(inventory, model.lower(), entry.get("pk"), entry["fields"], origin, "pk")


def _page(inventory: Inventory, file: str, results: list[Any]) -> None:
    for row, entry in enumerate(results, start=1):
        origin = Origin(file, row)
        url = entry.get("url") if isinstance(entry, dict) else None
        lives = LIVES.search(url) if isinstance(url, str) else None
        if lives is None:
            message = "a result is an object with the `url` at which it lives"
            inventory.problems.append(Reject(origin, "bad_row", message, "Save the pages of the API unchanged."))
            continue
        model = LISTS.get(f"{lives[1]}/{lives[2]}")
        if model is not None:
            _take(inventory, model, entry.get("id"), dict(_plain(entry)), origin, "id")


def _take(inventory: Inventory, model: str, pk: Any, fields: dict[str, Any], origin: Origin, column: str) -> None:
    if isinstance(pk, bool) or not isinstance(pk, int | str) or is_absent(pk) or len(str(pk)) > 100:
        where = Origin(origin.file, origin.row, column)
        message = f"{model} has {'no key' if is_absent(pk) else f'the key {str(pk)[:60]!r}'}"
        inventory.problems.append(Reject(where, "missing_value", message, "Export it with its primary key."))
        return
    inventory.add(Obj(model, pk, fields, origin))


def _plain(entry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Fields of a REST object as a dump has them: choices as words, references as keys."""
    for name, value in entry.items():
        yield name, value if name in WHOLE else _value(value)


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        if "value" in value:
            return value["value"]
        return value.get("id")
    return [_value(one) for one in value] if isinstance(value, list) else value
