"""How layers look in QGIS (QML), in the colours of the map."""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import pyarrow.compute as pc

from twin.export.layer import Layer

#: The colours of the web map: ColorBrewer Dark2 for domains, told apart by colour-blind people.
DOMAINS = {"energy": "#d95f02", "connectivity": "#1b9e77", "compute": "#7570b3", "place": "#8a8f98"}
VERDICTS = {
    "failed": "#1f1f24",
    "down": "#c51b3c",
    "interrupted": "#e6761b",
    "degraded": "#b58900",
    "at_risk": "#2f79c4",
    "unaffected": "#9aa5b1",
}
OTHER = "#66a61e"
#: From so many kV, colour.
VOLTAGES = ((0, "#7a7a85"), (10, "#6e97b8"), (25, "#55b555"), (52, "#b59f10"), (132, "#b55d00"), (220, "#c73030"),
            (310, "#b54eb2"), (550, "#00a5b8"))  # fmt: skip
HIGHEST_KV = 10_000


class Class(NamedTuple):
    """One entry of a legend: a value, or a range of numbers, and its colour."""

    label: str
    colour: str
    value: str | None = None
    low: float | None = None
    high: float | None = None


def legend(layer: Layer) -> tuple[str, list[Class]]:
    """By which column a layer is coloured, and its classes; no column and one class where nothing tells rows apart.

    A verdict counts most, then voltages, then domains, then kinds.
    """
    if "verdict" in layer.table.column_names:
        return "verdict", [Class(name.replace("_", " "), colour, name) for name, colour in VERDICTS.items()]
    if "voltage_kv" in layer.table.column_names and layer.table["voltage_kv"].null_count < layer.table.num_rows:
        ends = [*(low for low, _ in VOLTAGES[1:]), HIGHEST_KV]
        return "voltage_kv", [
            Class(f"{low} - {high} kV" if high < HIGHEST_KV else f"{low} kV and more", colour, None, low, high)
            for (low, colour), high in zip(VOLTAGES, ends, strict=True)
        ]
    for column in ("domain", "kind"):
        if column not in layer.table.column_names:
            continue
        values = sorted(v for v in pc.unique(layer.table[column]).to_pylist() if v is not None)
        if column == "domain" and len(values) == 1:
            return "", [Class(layer.name, DOMAINS.get(values[0], OTHER))]
        if values:
            ramp = list(DOMAINS.values()) + list(VERDICTS.values())
            colours = [DOMAINS.get(value, ramp[at % len(ramp)]) for at, value in enumerate(values)]
            return column, [Class(value, colour, value) for value, colour in zip(values, colours, strict=True)]
    return "", [Class(layer.name, OTHER)]


def qml(layer: Layer) -> str:
    """The style of a layer as QGIS 3 keeps it, symbols only."""
    column, classes = legend(layer)
    kind = _symbol_type(layer.geometry_type())
    symbols = "".join(_symbol(str(at), kind, entry.colour) for at, entry in enumerate(classes))
    ranged = column and classes[0].low is not None
    renderer = "graduatedSymbol" if ranged else "categorizedSymbol" if column else "singleSymbol"
    entries = "".join(_entry(at, entry) for at, entry in enumerate(classes)) if column else ""
    if ranged:
        entries = f"<ranges>{entries}</ranges>"
    elif column:
        other = _symbol(str(len(classes)), kind, OTHER)
        symbols += other
        entries += f'<category symbol="{len(classes)}" value="" label="other" render="true" type="string"/>'
        entries = f"<categories>{entries}</categories>"
    attr = f" attr={quoteattr(column)}" if column else ""
    method = ' graduatedMethod="GraduatedColor"' if ranged else ""
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22.0" styleCategories="Symbology"><renderer-v2 type="{renderer}"{attr}{method} '
        f'enableorderby="0" forceraster="0" symbollevels="0">{entries}<symbols>{symbols}</symbols>'
        "<rotation/><sizescale/></renderer-v2><blendMode>0</blendMode><layerGeometryType>"
        f"{('marker', 'line', 'fill').index(kind)}</layerGeometryType></qgis>"
    )


def _entry(at: int, entry: Class) -> str:
    label = f'symbol="{at}" label={quoteattr(entry.label)} render="true"'
    if entry.value is not None:
        return f'<category {label} value={quoteattr(entry.value)} type="string"/>'
    return f'<range {label} lower="{entry.low}" upper="{entry.high}"/>'


def _symbol_type(geometry: str | None) -> str:
    if geometry and "Line" in geometry:
        return "line"
    return "fill" if geometry and "Polygon" in geometry else "marker"


def _symbol(name: str, kind: str, colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    if kind == "line":
        layer, options = "SimpleLine", {"line_color": f"{red},{green},{blue},255", "line_width": "0.6"}
    elif kind == "fill":
        layer = "SimpleFill"
        options = {"color": f"{red},{green},{blue},90", "outline_color": f"{red},{green},{blue},255", "style": "solid"}
    else:
        layer = "SimpleMarker"
        options = {
            "color": f"{red},{green},{blue},255",
            "outline_color": "255,255,255,255",
            "name": "circle",
            "size": "2.2",
        }
    said = "".join(f'<Option name="{key}" type="QString" value="{value}"/>' for key, value in options.items())
    old = "".join(f'<prop k="{key}" v="{value}"/>' for key, value in options.items())
    return (
        f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0"><layer class="{layer}" '
        f'enabled="1" locked="0" pass="0"><Option type="Map">{said}</Option>{old}</layer></symbol>'
    )
