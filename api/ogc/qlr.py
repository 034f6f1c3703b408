"""``twin.qlr``: a QGIS layer definition that opens the live layers, grouped and coloured.

QGIS reads it since version 3; drag the file into a project, or use *Layer > Add from Layer Definition File*. The
layers are read from this server as they are looked at, filtered by the map's extent.
"""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote
from xml.etree import ElementTree as xml

from fastapi import Query, Request, Response

from api.answers import REVALIDATE, body_tag, not_modified, unchanged
from api.deps import ViewDep
from api.ogc.layer import About
from api.ogc.links import OfferDep, base, only
from api.ogc.shelf import Offer
from api.ogc.symbols import renderer
from api.section import Section
from twin.schema import Schema

router = Section()

MEDIA = "application/x-qgis-layer-definition"
#: Characters that XML cannot have at all; a result's name may.
NO_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
HEAD = b"<!DOCTYPE qgis-layer-definition>\n"
#: Layers that are on at first: enough to see the twin, little enough to be quick.
SHOWN = ("substation", "power_line", "data_centre", "exchange", "span")
GROUPS = {"links": "Links", "findings": "Findings"}
GEOMETRY = {"Point": "Point", "LineString": "Line", "Polygon": "Polygon"}
WGS84 = (
    ("authid", "EPSG:4326"),
    ("srid", "4326"),
    ("proj4", "+proj=longlat +datum=WGS84 +no_defs"),
    ("geographicflag", "true"),
)


@router.get("/ogc/qgis/twin.qlr")
def get_layer_definition(
    request: Request, view: ViewDep, offer: OfferDep, result: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """All layers of the twin that have a place, or those of one saved result, as a QGIS layer definition."""
    only(request, ("result", "f"), ("qlr",))
    text = xml.tostring(definition(offer, view.schema, base(request), result), encoding="unicode")
    content = HEAD + NO_XML.sub(" ", text).encode()
    name = "twin.qlr" if result is None else f"twin-{result}.qlr"
    headers = {
        "ETag": body_tag(content),
        "Cache-Control": REVALIDATE,
        "Content-Disposition": f'attachment; filename="{quote(name)}"',
    }
    if unchanged(request, headers["ETag"]):
        return not_modified(headers)
    return Response(content, 200, headers, MEDIA)


def definition(offer: Offer, schema: Schema, server: str, result: str | None) -> xml.Element:
    """The definition for what is served at *server*: of one saved result, or of the twin itself.

    Raises:
        NotFound: there is no such result.
    """
    layers = offer.shelf.layers if result is None else offer.of_result(result)
    root = xml.Element("qlr")
    tree = xml.SubElement(root, "layer-tree-group", name="Infrastructure twin", checked="Qt::Checked", expanded="1")
    maps = xml.Element("maplayers")
    groups: dict[str, xml.Element] = {}
    for layer in layers.values():
        if layer.about.geometry is None or layer.size == 0:  # QGIS cannot tell what an empty layer is
            continue
        title = _group(layer.about, schema)
        if title not in groups:
            groups[title] = xml.SubElement(tree, "layer-tree-group", name=title, checked="Qt::Checked", expanded="0")
        _add(groups[title], maps, layer.about, schema, server)
    if result is None:
        _tiles(tree, maps, server.rsplit("/", 1)[0])
    root.append(maps)
    return root


def _group(about: About, schema: Schema) -> str:
    if about.group == "assets":
        domain = schema.domains.get(about.domain or "")
        return domain.title if domain else "Other"
    return GROUPS.get(about.group, "Results: " + about.title.rpartition(": ")[0])


def _add(group: xml.Element, maps: xml.Element, about: About, schema: Schema, server: str) -> None:
    key = f"twin_{about.id}".replace("-", "_")
    source = f"pageSize='1000' restrictToRequestBBOX='1' typename='{about.id}' url='{server}'"
    shown = about.group == "results" or about.about in SHOWN
    name = about.title.rpartition(": ")[2]
    _leaf(group, key, name, source, "OAPIF", shown)
    kind = GEOMETRY.get((about.geometry or "").removeprefix("Multi"), "Unknown")
    layer = xml.SubElement(maps, "maplayer", type="vector", geometry=kind)
    for tag, text in (("id", key), ("datasource", source), ("layername", name), ("abstract", about.description)):
        xml.SubElement(layer, tag).text = text
    xml.SubElement(layer, "provider", encoding="UTF-8").text = "OAPIF"
    _srs(layer)
    layer.append(renderer(about, schema))


def _leaf(group: xml.Element, key: str, name: str, source: str, provider: str, shown: bool) -> None:
    checked = "Qt::Checked" if shown else "Qt::Unchecked"
    xml.SubElement(
        group, "layer-tree-layer", id=key, name=name, source=source, providerKey=provider, checked=checked, expanded="0"
    )


def _srs(layer: xml.Element) -> None:
    reference = xml.SubElement(xml.SubElement(layer, "srs"), "spatialrefsys")
    for tag, text in WGS84:
        xml.SubElement(reference, tag).text = text


def _tiles(tree: xml.Element, maps: xml.Element, server: str) -> None:
    """All assets at once as vector tiles: for looking at large twins."""
    url = quote(f"{server}/tiles/{{z}}/{{x}}/{{y}}.pbf", safe=":/")
    source = f"type=xyz&url={url}&zmin=0&zmax=14"
    _leaf(tree, "twin_tiles", "All assets (vector tiles)", source, "", False)
    layer = xml.SubElement(maps, "maplayer", type="vector-tile")
    for tag, text in (("id", "twin_tiles"), ("datasource", source), ("layername", "All assets (vector tiles)")):
        xml.SubElement(layer, tag).text = text
