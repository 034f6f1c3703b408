"""Loader ``redfish``: power, cooling and machines of a DMTF Redfish service tree (docs/loaders/redfish.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from loaders.jsonfiles import input_files
from loaders.redfish_assets import TAKEN, AssetMaker
from loaders.redfish_links import Linker, check_collections
from loaders.redfish_topology import Topology
from loaders.redfish_tree import Service, read_services
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema

Record = AssetRecord | LinkRecord | Reject
#: Types that carry no dependency; of another type nothing may lie in the folders of EQUIPMENT.
PASSED = ("Sensor", "Metrics", "Collection", "Control", "Assembly", "Certificate", "Subsystem", "Connector")
PASSED_WHOLE = ("PowerEquipment", "ThermalEquipment", "LeakDetection", "LeakDetector", "Filter", "Reservoir", "Valve")
EQUIPMENT = ("PowerEquipment/", "ThermalEquipment/", "Facilities/")


class RedfishOptions(BaseModel):
    """Options of the loader ``redfish``."""

    model_config = ConfigDict(extra="forbid")

    redundancy: Literal["all", "any"] = Field(
        default="all",
        description="How many of several mains, supplies, fans or pumps are needed where no redundancy is stated.",
    )
    feeds: Literal["any", "all"] = Field(
        default="any", description="How many of several outlets or loops that feed one thing directly are needed."
    )
    critical: Literal["ignore", "parts", "all"] = Field(
        default="parts", description="What is out of service while its health is Critical: supplies, fans and pumps."
    )
    positions: Literal["lonlat", "latlon", "none"] = Field(
        default="lonlat", description="What Location holds; `latlon` where longitude and latitude are swapped."
    )
    hosts: dict[str, str] = Field(
        default_factory=dict,
        description="Host of another service -> the source that holds it, or `source:folder` of one among several.",
    )
    outside: Literal["reject", "asset"] = Field(
        default="reject", description="What another service holds and `hosts` does not name: rejected, or an asset."
    )


class RedfishLoader:
    """Reads Redfish trees: a folder, a zip, or one JSON bundle."""

    name: ClassVar[str] = "redfish"
    title: ClassVar[str] = "DMTF Redfish tree: power equipment, cooling, chassis and systems"
    Options: ClassVar[type[BaseModel]] = RedfishOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Assets of each service, then its links.

        Raises:
            SourceUnreadable: the path is missing, damaged or holds no Redfish resource.
        """
        options = RedfishOptions.model_validate(options)
        services, rejects = read_services(path)
        yield from rejects
        outside: set[str] = set()
        for service in services:
            yield from _service(service, options, schema, outside)

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """Every JSON file and zip below the path."""
        return input_files(path, (".json",))


def _service(service: Service, options: RedfishOptions, schema: Schema, outside: set[str]) -> Iterator[Record]:
    maker = AssetMaker(service, options.critical, options.positions, schema.kind_properties)
    for resource in service.of(*TAKEN):
        made = maker.make(resource)
        if isinstance(made, AssetRecord):
            yield made
        else:
            yield from made
    yield from _unknown(service)
    yield from check_collections(service)
    linker = Linker(service, options.hosts, options.outside)
    Topology(service, linker, options.redundancy, options.feeds).run()
    for native, (kind, file) in linker.others.items():
        if native in outside:  # another service of the export names it too
            continue
        outside.add(native)
        yield AssetRecord(native, kind, native.removeprefix("outside/"), {}, None, Origin(file))
    yield from linker.rejects
    yield from linker.records()


def _unknown(service: Service) -> Iterator[Reject]:
    """Resources among the equipment that are of a type nobody told us about."""
    for key in sorted(service.resources):
        one = service.resources[key]
        if not key.startswith(EQUIPMENT) or one.type in TAKEN or one.type in PASSED_WHOLE or one.type.endswith(PASSED):
            continue
        what = f"of the type {one.type}" if one.type else "without a type"
        message = f"{key[:200]} is {what}, which is not known"
        yield one.reject("@odata.type", "unknown_kind", message, "Leave it out, or ask for this type.")
