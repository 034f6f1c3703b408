"""What OpenStreetMap tags say: kind, status, voltages, circuits, names."""

from __future__ import annotations

import re
from functools import lru_cache
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
    ("power", "converter"): "hvdc_converter",
}  # fmt: skip
#: Objects that are known and not taken: parts of lines and stations, and grouping relations.
KNOWN = {
    ("power", v)
    for v in ("tower", "pole", "portal", "catenary_mast", "insulator", "terminal", "connection", "busbar", "bay",
              "compensator", "heliostat", "circuit", "cable_distribution_cabinet", "inverter", "marker")
} | {
    ("route", "power"),
} | {
    ("telecom", v) for v in ("service_device", "connection_point", "distribution_point", "manhole", "pole")
}  # fmt: skip
#: What lines hang on, and the keys of devices that may stand there.
SUPPORTS, ON_POLES = ("pole", "tower", "portal"), ("transformer", "switch")
KEYS = ("power", "telecom", "communication", "building")
DATA_BUILDINGS = ("data_center", "data_centre")
#: Usual low and railway voltages (V).
LOW = {12, 24, 48, 110, 120, 127, 220, 230, 240, 277, 380, 400, 415, 433, 440, 480, 500, 600, 650, 690, 750, 800}
NUMBER = re.compile(r"^~?\s*(\d+(?:[.,]\d+)?)\s*(kv|v)?$", re.IGNORECASE)


#: How far apart two nominal voltages of one level may be written: 110 and 115 kV, 220 and 225 kV.
APART = 0.05
#: Values of ``frequency`` that are the usual alternating current, which no id names.
USUAL_HZ = (50.0, 60.0)


class Level(NamedTuple):
    """What may be joined without a transformer: kilovolts (None: unknown), and "", ``dc`` or another frequency (Hz)."""

    kv: float | None = None
    hz: str = ""

    @property
    def label(self) -> str:
        """The level in ids: ``132kv``, ``15kv-16.7hz``, ``500kv-dc``; "" where nothing is known."""
        kv = "" if self.kv is None else f"{self.kv:g}kv"
        return "-".join(x for x in (kv, self.hz) if x)

    def fits(self, other: Level) -> bool:
        """Whether both are known to be the same level."""
        if self.kv is None or other.kv is None or self.hz != other.hz:
            return False
        return abs(self.kv - other.kv) <= APART * max(self.kv, other.kv)


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
            if value in SUPPORTS:
                value = next((on for on in ON_POLES if tags.get(on, "no") != "no"), value)
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
    if tags.get("type") == "route" and tags.get("route") == "power":
        return _of("route", "power", None)
    return None


def wanted(tags: dict[str, str]) -> bool | None:
    """Whether an object is one of ours; None: a part that is only counted (towers are most of all objects)."""
    what = meaning(tags)
    if what is None:
        return False
    lone = sum(key in tags for key in KEYS[:-1]) < 2
    return None if what.kind is None and lone and what.known and not what.gone else True


def _flag(tags: dict[str, str]) -> str | None:
    return next((p for p in ("proposed", "construction", "disused", "abandoned") if tags.get(p) == "yes"), None)


def _of(key: str, value: str, prefix: str | None, flag: str | None = None) -> Meaning:
    value = value.strip().lower()
    stage = prefix or flag
    status = LIFECYCLE[stage] if stage else "in_service"
    return Meaning((key, value), None if status is None else KINDS.get((key, value)), status, status is None)


def voltages(raw: str | None) -> tuple[list[float], list[str], bool]:
    """Voltages in kV (highest first), the parts not understood, and whether a unit was guessed.

    OpenStreetMap writes volts: ``220000;110000``. ``132kV`` is read as it says. A bare number under 1,000 that is no
    usual low voltage (``132``) is guessed to be kilovolts.
    """
    found: set[float] = set()
    bad: list[str] = []
    guessed = False
    for part in _parts(raw):
        match = NUMBER.match(part)
        if not match or not float(match[1].replace(",", ".")):
            bad.append(part)
            continue
        value, unit = float(match[1].replace(",", ".")), (match[2] or "").lower()
        guess = not unit and value < 1000 and value not in LOW
        guessed |= guess
        found.add(value if unit == "kv" or guess else value / 1000)
    return sorted(found, reverse=True), bad, guessed


def frequency(raw: str) -> str | None:
    """``dc``, "" for the usual alternating current, ``16.7hz`` for another; None where it is not understood."""
    text = raw.strip().lower().removesuffix("hz").strip().replace(",", ".")
    if not re.fullmatch(r"\d{1,3}(\.\d{1,4})?", text):
        return None
    value = float(text)
    if not value:
        return "dc"
    return "" if value in USUAL_HZ else f"{16.7 if 16.6 < value < 16.8 else value:g}hz"


def whole(raw: str, each: int) -> int | None:
    """Circuits that a count of circuits or cables (three *each*; ``3+1``: one is no phase) says; None: not a count."""
    parts = [part.strip() for part in re.split(r"[;+/]", raw)]
    if not all(p.isascii() and p.isdigit() and len(p) < 4 for p in parts):
        return None
    return sum(int(p) // each if len(parts) > 1 or int(p) % each == 0 else 0 for p in parts)


class Circuits(NamedTuple):
    """The circuits of one level on a line; *parallel* None: not said."""

    level: Level
    parallel: int | None


def circuits(tags: dict[str, str]) -> tuple[list[Circuits], list[tuple[str, str]]]:
    """Circuits by level, in the order of the tag, and (code, text) of what was not understood.

    ``voltage=132000;33000`` are two levels. ``circuits`` and ``frequency`` with as many values as ``voltage`` go with
    them one by one; otherwise one frequency holds for all, and circuits are said only where they are clear.
    """
    found, problems = _circuits(*(tags.get(key, "") for key in ("voltage", "frequency", "circuits", "cables")))
    return list(found), list(problems)


@lru_cache(maxsize=10_000)
def _circuits(
    voltage: str, frequency: str, circuits: str, cables: str
) -> tuple[tuple[Circuits, ...], tuple[tuple[str, str], ...]]:
    tags = {"voltage": voltage, "frequency": frequency, "circuits": circuits, "cables": cables}
    problems: list[tuple[str, str]] = []
    words = _parts(voltage)
    kvs: list[float | None] = []
    for word in words:
        found, bad, guessed = voltages(word)
        kvs.append(found[0] if found else None)
        if bad:
            problems.append(("wrong_type", f"voltage={word} is not understood; taken without it"))
        if guessed:
            problems.append(("unknown_unit", f"voltage={word} has no unit and was taken as kilovolts"))
    hz = _frequencies(tags, len(words), problems)
    counts = _counts(tags, len(words), problems)
    levels: dict[Level, int | None] = {}
    for kv, cycles, count in zip(kvs or [None], hz, counts, strict=True):
        if kv is None and len(kvs) > 1 and any(kvs):
            continue
        level = Level(kv, cycles)
        both = levels.get(level)
        levels[level] = count + both if count is not None and both is not None else both or count
    return tuple(Circuits(level, count) for level, count in levels.items()), tuple(problems)


def _parts(raw: str | None) -> list[str]:
    text = re.sub(r"(\d),(\d{1,2})(?=\s*kv)", r"\1.\2", raw or "", flags=re.IGNORECASE)
    return [part.strip() for part in re.split(r"[;,/|]", text) if part.strip()]


def _frequencies(tags: dict[str, str], levels: int, problems: list[tuple[str, str]]) -> list[str]:
    raw = (tags.get("frequency") or "").strip()
    found = [frequency(part) for part in raw.split(";")] if raw else [""]
    good = [one for one in found if one is not None]
    if len(good) < len(found):
        problems.append(("wrong_type", f"frequency={raw} is not understood; taken without it"))
        return [""] * max(levels, 1)
    if len(good) == levels:
        return good
    if len(set(good)) > 1:
        problems.append(("wrong_type", f"frequency={raw}: which voltage has which is not said; taken without it"))
        return [""] * max(levels, 1)
    return [good[0]] * max(levels, 1)


def _counts(tags: dict[str, str], levels: int, problems: list[tuple[str, str]]) -> list[int | None]:
    none: list[int | None] = [None] * max(levels, 1)
    for key, each in (("circuits", 1), ("cables", 3)):
        raw = (tags.get(key) or "").strip()
        if not raw:
            continue
        parts = raw.split(";")
        if len(parts) == levels > 1:
            found = [whole(part, each) for part in parts]
            if None not in found:
                return [one or None for one in found]
        total = whole(raw, each)
        if total is None:
            problems.append(("wrong_type", f"{key}={raw} is not understood; taken without it"))
            return none
        if levels > 1:
            return [1] * levels if total == levels else none
        if total:
            return [total]
    return none


#: Megawatts of a unit of output; peak and electric are said, not meant.
MEGA = {"gw": 1e3, "mw": 1.0, "kw": 1e-3, "w": 1e-6, "mva": 1.0, "kva": 1e-3}
OUTPUT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([gmk]?w|[mk]va)(?:p|_?p(?:eak)?|el?|ac|dc)?", re.IGNORECASE)


def output_mw(tags: dict[str, str]) -> tuple[float | None, list[str]]:
    """Electric output of a plant or generator in MW, and what of it is not understood."""
    bad: list[str] = []
    for key in ("plant:output:electricity", "generator:output:electricity"):
        raw = (tags.get(key) or "").strip()
        if raw in ("", "yes", "no", "small_installation"):
            continue
        match = OUTPUT.fullmatch(raw)
        if match:
            return float(match[1].replace(",", ".")) * MEGA[match[2].lower()], bad
        bad.append(f"{key}={raw} is not understood; taken without it")
    return None, bad


def name_of(tags: dict[str, str]) -> str | None:
    """``name``, English or international name in brackets where the script differs; else the reference."""
    own, other = tags.get("name"), tags.get("name:en") or tags.get("int_name")
    if own and other and own != other and not own.isascii():
        return f"{own} ({other})"
    return own or other or next((v for k, v in sorted(tags.items()) if k.startswith("name:")), None) or tags.get("ref")
