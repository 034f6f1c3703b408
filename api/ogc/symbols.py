"""How layers look in QGIS: renderers of its project format, with the colours of the schema's domains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as xml

from api.ogc.layer import About
from twin.schema import Schema

#: Shape of points by domain, so that colour alone need not tell them apart.
MARKERS = {"energy": "circle", "connectivity": "triangle", "compute": "square"}
GREY = "#7f7f7f"
#: Voltage from which a line has a colour, kV; colour; width, mm.
VOLTAGES = ((345.0, "#b2182b", 0.8), (200.0, "#ef8a62", 0.6), (100.0, "#f4a940", 0.45), (0.0, "#9e9e9e", 0.3))
VOLTAGE = "voltage_kv"
#: What a category of results and findings looks like.
VERDICTS = {
    "failed": "#000000",
    "down": "#c51b29",
    "interrupted": "#f08c2e",
    "degraded": "#a97bd1",
    "at_risk": "#f2c14e",
}
SEVERITIES = {"error": "#c51b29", "warning": "#f08c2e", "info": "#4a90d9"}
PARTS = {"hazard": "#4a4a4a", "hull": "#c51b29"}
CATEGORIES = {"verdict": VERDICTS, "severity": SEVERITIES, "part": PARTS}


class Rule(NamedTuple):
    """A symbol for the features for which a QGIS expression holds; None for all others."""

    label: str
    expression: str | None
    symbol: xml.Element


def renderer(about: About, schema: Schema) -> xml.Element:
    """The ``renderer-v2`` element of a layer."""
    kind = (about.geometry or "").removeprefix("Multi")
    rules = _rules(about, kind)
    if rules:
        return _by_rules(rules)
    domain = schema.domains.get(about.domain or "")
    colour = domain.colour if domain else GREY
    single = xml.Element("renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0", forceraster="0")
    _symbols(single, [_symbol(kind, colour, MARKERS.get(about.domain or "", "circle"))])
    return single


def _rules(about: About, kind: str) -> list[Rule]:
    if kind == "LineString" and about.group == "assets" and about.column(VOLTAGE) is not None:
        found = []
        for low, colour, width in VOLTAGES:
            label = f"{low:g} kV and more" if low else "less"
            found.append(Rule(label, f'"{VOLTAGE}" >= {low:g}', _symbol(kind, colour, "", width)))
        return [*_disjoint(found), Rule("unknown voltage", None, _symbol(kind, GREY, "", 0.3))]
    for name, colours in CATEGORIES.items():
        if about.column(name) is not None and about.group != "assets":
            return [
                *(Rule(word, f"\"{name}\" = '{word}'", _symbol(kind, c, "circle")) for word, c in colours.items()),
                Rule("other", None, _symbol(kind, GREY, "circle")),
            ]
    return []


def _disjoint(rules: Sequence[Rule]) -> list[Rule]:
    """Rules of which each holds only where none before it does."""
    found: list[Rule] = []
    for number, rule in enumerate(rules):
        before = " AND ".join(f"NOT ({earlier.expression})" for earlier in rules[:number])
        found.append(rule._replace(expression=f"{rule.expression} AND {before}" if before else rule.expression))
    return found


def _by_rules(rules: Sequence[Rule]) -> xml.Element:
    found = xml.Element("renderer-v2", type="RuleRenderer", symbollevels="0", enableorderby="0", forceraster="0")
    root = xml.SubElement(found, "rules", key="{twin}")
    for number, rule in enumerate(rules):
        about = {"key": f"{{twin-{number}}}", "symbol": str(number), "label": rule.label}
        xml.SubElement(root, "rule", {**about, "filter": "ELSE" if rule.expression is None else rule.expression})
    _symbols(found, [rule.symbol for rule in rules])
    return found


def _symbols(parent: xml.Element, symbols: Sequence[xml.Element]) -> None:
    holder = xml.SubElement(parent, "symbols")
    for number, symbol in enumerate(symbols):
        symbol.set("name", str(number))
        holder.append(symbol)


def _symbol(kind: str, colour: str, marker: str, width: float = 0.4) -> xml.Element:
    if kind == "LineString":
        return _layered("line", "SimpleLine", {"line_color": _rgba(colour), "line_width": f"{width:g}"})
    if kind == "Polygon":
        edge = {"outline_color": _rgba(colour), "outline_width": "0.4", "style": "solid"}
        return _layered("fill", "SimpleFill", {"color": _rgba(colour, 40), **edge})
    edge = {"outline_color": "255,255,255,255", "outline_width": "0.2"}
    return _layered("marker", "SimpleMarker", {"name": marker, "color": _rgba(colour), "size": "2.4", **edge})


def _layered(kind: str, layer: str, options: dict[str, str]) -> xml.Element:
    """A symbol of one layer, with its options as QGIS 3 since its beginning and since 3.24 writes them."""
    symbol = xml.Element("symbol", type=kind, name="0", alpha="1", clip_to_extent="1", force_rhr="0")
    part = xml.SubElement(symbol, "layer", {"class": layer, "enabled": "1", "locked": "0", "pass": "0"})
    mapped = xml.SubElement(part, "Option", type="Map")
    for name, value in options.items():
        xml.SubElement(mapped, "Option", type="QString", name=name, value=value)
        xml.SubElement(part, "prop", k=name, v=value)
    return symbol


def _rgba(colour: str, alpha: int = 255) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"
