"""What OpenStreetMap tags say: kind, status, voltages, circuits, names."""

from __future__ import annotations

import re
from typing import NamedTuple

#: Prefix of a tag key -> status; None: it is gone and not taken.
LIFECYCLE: dict[str, str | None] = {
    "proposed": "planned", "planned": "planned", "construction": "planned", "disused": "out_of_service",
    "abandoned": "out_of_service", "removed": None, "demolished": None, "razed": None, "dismantled": None,
    "destroyed": None, "historic": None, "was": None,
}  # fmt: skip
KINDS: dict[tuple[str, str], str] = {
    ("power", "plant"): "power_plant", ("power", "generator"): "generator", ("power", "substation"): "substation",
    ("power", "station"): "substation", ("power", "sub_station"): "substation", ("power", "line"): "power_line",
    ("power", "minor_line"): "power_line", ("power", "cable"): "power_line", ("power", "minor_cable"): "power_line",
    ("power", "minor_underground_cable"): "power_line", ("power", "transformer"): "transformer",
    ("power", "switch"): "switch", ("power", "switchgear"): "substation", ("telecom", "exchange"): "exchange",
    ("telecom", "central_office"): "exchange", ("telecom", "data_center"): "data_centre",
    ("telecom", "data_centre"): "data_centre", ("building", "data_center"): "data_centre",
    ("building", "data_centre"): "data_centre", ("telecom", "line"): "span", ("communication", "line"): "span",
    ("communication", "cable"): "span", ("telecom", "cable"): "span", ("telecom", "mast"): "cell_site",
    ("telecom", "antenna"): "cell_site", ("telecom", "tower"): "cell_site",
}  # fmt: skip
#: Objects that are known and not taken: parts of lines and stations, and grouping relations.
KNOWN = {
    ("power", v)
    for v in ("tower", "pole", "portal", "catenary_mast", "insulator", "terminal", "connection", "busbar", "bay",
              "compensator", "converter", "heliostat", "circuit", "cable_distribution_cabinet", "inverter")
} | {
    ("telecom", v) for v in ("service_device", "connection_point", "distribution_point", "manhole", "pole")
}  # fmt: skip
KEYS = ("power", "telecom", "communication", "building")
DATA_BUILDINGS = ("data_center", "data_centre")
#: Usual low and railway voltages (V).
LOW = {12, 24, 48, 110, 120, 127, 220, 230, 240, 277, 380, 400, 415, 433, 440, 480, 500, 600, 650, 690, 750, 800}
NUMBER = re.compile(r"^~?\s*(\d+(?:[.,]\d+)?)\s*(kv|v)?$", re.IGNORECASE)


class Meaning(NamedTuple):
    """What an object is: ``tag`` as (key, value), kind (None: known but not taken, or unknown), status, gone."""

    tag: tuple[str, str]
    kind: str | None
    status: str | None
    gone: bool = False

    @property
    def known(self) -> bool:
        """Whether the tag is understood, taken or not."""
        return self.kind is not None or self.gone or self.tag in KNOWN


def meaning(tags: dict[str, str]) -> Meaning | None:
    """What the tags say, or None where the object is not one of ours."""
    for key in KEYS:
        value = tags.get(key)
        if value and not (key == "building" and value not in DATA_BUILDINGS):
            if value in LIFECYCLE:  # power=construction + construction=line
                inner = tags.get(value) or tags.get(f"{value}:{key}") or ""
                return _of(key, inner or value, value)
            if value == "no":
                continue
            return _of(key, value, None, _flag(tags))
    for prefix in LIFECYCLE:
        for key in KEYS:
            value = tags.get(f"{prefix}:{key}")
            if value and not (key == "building" and value not in DATA_BUILDINGS):
                return _of(key, value, prefix)
    return None


def _flag(tags: dict[str, str]) -> str | None:
    return next((p for p in ("proposed", "construction", "disused", "abandoned") if tags.get(p) == "yes"), None)


def _of(key: str, value: str, prefix: str | None, flag: str | None = None) -> Meaning:
    value = value.strip().lower()
    status = LIFECYCLE[prefix or flag] if prefix or flag else "in_service"
    return Meaning((key, value), None if status is None else KINDS.get((key, value)), status, status is None)


def voltages(raw: str | None) -> tuple[list[float], list[str], bool]:
    """Voltages in kV (highest first), the parts not understood, and whether a unit was guessed.

    OpenStreetMap writes volts: ``220000;110000``. ``132kV`` is read as it says. A bare number under 1,000 that is no
    usual low voltage (``132``) is guessed to be kilovolts.
    """
    found: set[float] = set()
    bad: list[str] = []
    guessed = False
    for part in re.split(r"[;,/|]", raw or ""):
        part = part.strip()
        if not part:
            continue
        match = NUMBER.match(part)
        if not match or not float(match[1].replace(",", ".")):
            bad.append(part)
            continue
        value, unit = float(match[1].replace(",", ".")), (match[2] or "").lower()
        guess = not unit and value < 1000 and value not in LOW
        guessed |= guess
        found.add(value if unit == "kv" or guess else value / 1000)
    return sorted(found, reverse=True), bad, guessed


def circuits(tags: dict[str, str]) -> tuple[int | None, str | None]:
    """Parallel circuits (by ``circuits``, else three of ``cables`` each), and the value that is not understood."""
    for key, each in (("circuits", 1), ("cables", 3)):
        raw = (tags.get(key) or "").strip()
        if not raw:
            continue
        parts = [p.strip() for p in raw.split(";")]
        if not all(p.isascii() and p.isdigit() and len(p) < 4 for p in parts):
            return None, f"{key}={raw}"
        total = sum(map(int, parts))
        if key == "circuits" or (total and total % each == 0):
            return (total // each) or None, None
    return None, None


def name_of(tags: dict[str, str]) -> str | None:
    """``name``, English or international name in brackets where the script differs; else the reference."""
    own, other = tags.get("name"), tags.get("name:en") or tags.get("int_name")
    if own and other and own != other and not own.isascii():
        return f"{own} ({other})"
    return own or other or next((v for k, v in sorted(tags.items()) if k.startswith("name:")), None) or tags.get("ref")
