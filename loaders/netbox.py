"""Loader ``netbox``: a NetBox as a Django dump, as CSV exports of its pages, or live by URL (docs/loaders/netbox.md).

Three readers give the same objects (``netbox_read``, ``netbox_csv``, ``netbox_rest``); one code makes the records.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel

from loaders.jsonfiles import input_files
from loaders.netbox_base import Work
from loaders.netbox_cables import Cables, make_cables, make_paths
from loaders.netbox_csv import csv_files, read_csv
from loaders.netbox_objects import Inventory
from loaders.netbox_options import NetboxOptions
from loaders.netbox_places import Parts, make_places
from loaders.netbox_power import make_power
from loaders.netbox_read import read_json
from loaders.netbox_rest import fetch
from loaders.netbox_services import make_circuits, make_machines, make_tenants, read_contacts
from twin.errors import LoaderOptionError
from twin.model import AssetRecord, LinkRecord, Reject
from twin.schema import Schema, suggest

Record = AssetRecord | LinkRecord | Reject


class NetboxLoader:
    """Reads one NetBox."""

    name: ClassVar[str] = "netbox"
    title: ClassVar[str] = "NetBox: dumpdata JSON, CSV exports, or a live instance"
    Options: ClassVar[type[BaseModel]] = NetboxOptions

    def __init__(self) -> None:
        self._fetched: set[tuple[Path, str]] = set()

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Places and devices, power, cables and paths, circuits, machines; then links and rejects.

        Raises:
            SourceUnreadable: no NetBox export, or a live instance that does not answer.
            LoaderOptionError: a custom field is to fill a property that does not exist.
        """
        options = NetboxOptions.model_validate(options.model_dump())
        for field in options.custom_fields.values():
            if field.property not in schema.properties:
                hint = suggest(field.property, schema.properties)
                raise LoaderOptionError(f"custom_fields: there is no property {field.property!r}.{hint}")
        self._fetch(path, options)
        files = csv_files(path)
        inventory = read_csv(path, files, options) if files else read_json(path)
        yield from _records(Work(inventory, options, schema), inventory)

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """The files of the export; of a live instance the pages as it has just given them.

        Raises:
            SourceUnreadable: nothing is there, or the instance does not answer.
        """
        self._fetch(path, NetboxOptions.model_validate(options.model_dump()))
        return csv_files(path) or input_files(path, (".json",))

    def _fetch(self, path: Path, options: NetboxOptions) -> None:
        """Get the pages of a live instance, once."""
        if options.url is not None and (path, options.url) not in self._fetched:
            fetch(path, options)
            self._fetched.add((path, options.url))


def _records(work: Work, inventory: Inventory) -> Iterator[Record]:
    read_contacts(work)
    parts = Parts(work)
    cables = Cables(work)
    make_tenants(work)
    make_places(work, parts)
    make_power(work, parts, cables)
    tracer = make_cables(work, parts, cables)
    make_circuits(work, cables, tracer)
    make_paths(work, parts, cables, tracer)
    make_machines(work, parts)
    yield from work.assets
    yield from work.links
    yield from inventory.problems
