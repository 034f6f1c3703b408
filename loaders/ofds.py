"""Loader ``ofds``: fibre networks by the Open Fibre Data Standard (docs/loaders/ofds.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import shapely
from pydantic import BaseModel, ConfigDict, Field

from loaders.ofds_network import NetworkReader
from loaders.ofds_shared import Stretch, near_stretches, shared_stretches
from loaders.ofds_source import publication_files, read_publication
from twin.errors import LoaderOptionError
from twin.model import AssetRecord, LinkRecord, Origin, Reject
from twin.schema import Schema

Record = AssetRecord | LinkRecord | Reject
#: Node type of the standard -> kind; a node takes the kind of its first type, or `site`.
KINDS = {
    "dataCentre": "data_centre",
    "cableLanding": "landing_station",
    "ixp": "exchange",
    "exchange": "exchange",
    "pop": "site",
    "tower": "site",
    "borderCrossing": "site",
    "cabinet": "site",
    "aggregationPoint": "site",
    "substation": "site",
    "addDropSite": "site",
    "repeaterSite": "site",
}


class OfdsOptions(BaseModel):
    """Options of the loader ``ofds``."""

    model_config = ConfigDict(extra="forbid")

    kinds: dict[str, str] = Field(
        default_factory=dict, description="Type of a node -> kind, where it is another one than the loader's own table."
    )
    fibre_length: Literal["km", "m"] = Field(
        default="km", description="Unit of fibreLength: the standard says km; some publications hold metres."
    )
    shared_routes: bool = Field(
        default=True, description="Make a duct of each stretch of route that several spans have."
    )
    shared_within_m: float = Field(
        default=0.0,
        ge=0.0,
        le=1000.0,
        description="Routes within this many metres of each other share a duct too; 0: only where their points agree.",
    )
    shared_least_m: float = Field(
        default=100.0, gt=0.0, description="With shared_within_m: how long they must run side by side, in metres."
    )
    straight_lines: bool = Field(default=True, description="Draw a span without a route straight from node to node.")
    crs: str | None = Field(default=None, description="Reference system, where the publication says it wrongly.")


class OfdsLoader:
    """Reads a publication: JSON, GeoJSON or CSV."""

    name: ClassVar[str] = "ofds"
    title: ClassVar[str] = "Open Fibre Data Standard: JSON package, GeoJSON, or CSV tables"
    Options: ClassVar[type[BaseModel]] = OfdsOptions

    def records(self, path: Path, options: BaseModel, schema: Schema) -> Iterator[Record]:
        """Nodes, spans and international connections of each network, shared ducts, then links.

        Raises:
            SourceUnreadable: the path is missing, damaged, or holds nothing of OFDS.
            LoaderOptionError: an option names a kind that cannot be a node.
        """
        options = OfdsOptions.model_validate(options)
        kinds = KINDS | options.kinds
        _check_kinds(kinds, schema)
        publication = read_publication(path)
        yield from publication.rejects
        links: list[LinkRecord] = []
        routes: dict[str, Any] = {}
        names: dict[str, str] = {}
        for network in publication.networks.values():
            reader = NetworkReader(network, kinds, options.fibre_length, options.straight_lines, options.crs, schema)
            yield from reader.records()
            links.extend(reader.links)
            routes |= reader.routes
            names |= reader.names
        if options.shared_routes:
            near = near_stretches(routes, options.shared_within_m, options.shared_least_m)
            yield from _ducts(near if options.shared_within_m else shared_stretches(routes), names, links)
        yield from links

    def inputs(self, path: Path, options: BaseModel) -> list[Path]:
        """Every JSON, GeoJSON and JSON Lines file, or every CSV table."""
        return publication_files(path)


def _check_kinds(kinds: dict[str, str], schema: Schema) -> None:
    transports = schema.link_types["TRANSPORTS"]
    for word, kind in kinds.items():
        if kind not in schema.kinds or not transports.allows(kind, "span") or not transports.allows("span", kind):
            message = f"kinds.{word}: {kind!r} is no kind that spans can end at"
            raise LoaderOptionError(
                message, fix="Use site, router, exchange, cell_site, landing_station or data_centre."
            )


def _ducts(stretches: Iterator[Stretch], names: dict[str, str], links: list[LinkRecord]) -> Iterator[AssetRecord]:
    for stretch in stretches:
        native = f"duct/{stretch.key}"
        origin = Origin("shared routes")
        title = f"Shared by {', '.join(names[span] for span in stretch.spans[:4])}"
        more = f" and {len(stretch.spans) - 4} more" if len(stretch.spans) > 4 else ""
        geometry: bytes = shapely.to_wkb(shapely.LineString(stretch.points))
        yield AssetRecord(native, "duct", title + more, {}, geometry, origin)
        links.extend(LinkRecord(native, "CONTAINS", span, origin=origin) for span in stretch.spans)
