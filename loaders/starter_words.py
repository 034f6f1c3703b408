"""What names of files, sheets and columns say: kinds, properties, units, ids, references (English and German)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Words -> kind, the more special first.
KINDS: tuple[tuple[str, str], ...] = (
    (r"umspannwerk|substation|station|schaltanlage|ortsnetz|uw", "substation"),
    (r"trafo|transformator|transformer|umspanner", "transformer"),
    (r"sammelschiene|busbar|bus|ss|buses", "bus"),
    (r"lwl|glasfaser|fibre|fiber", "fibre_cable"),
    (r"leitung|freileitung|line|conductor|overhead|erdkabel", "power_line"),
    (r"leerrohr|duct|rohr|conduit", "duct"),
    (r"trasse|span|edge", "span"),
    (r"kraftwerk|plant|powerplant|windpark|solarpark", "power_plant"),
    (r"generator|erzeug|bhkw", "generator"),
    (r"notstrom|genset|diesel|nea", "genset"),
    (r"usv|ups", "ups"),
    (r"speicher|storage|batterie|battery", "storage_unit"),
    (r"rechenzentr|data ?cent|datacent|rz", "data_centre"),
    (r"rack|schrank|schraenke", "rack"),
    (r"server|host", "server"),
    (r"pdu", "pdu"),
    (r"kuehl|cooling|chiller|crac", "cooling_unit"),
    (r"router|pop", "router"),
    (r"sendemast|mast|tower|cell|mobilfunk", "cell_site"),
    (r"vermittlung|exchange", "exchange"),
    (r"rtu|fernwirk", "rtu"),
    (r"leitstelle|leitwarte|control cent", "control_centre"),
    (r"abgang|feeder", "feeder"),
    (r"schalter|breaker|switch|disconnector", "switch"),
    (r"last|load|zaehler|meter|verbraucher|consumer|messstelle", "load"),
    (r"kabel|cable", "cable"),
    (r"circuit|strecke|dienst", "circuit"),
    (r"saal|hall", "hall"),
    (r"gebaeude|building", "building"),
    (r"region|gebiet|district|kreis", "region"),
    (r"land|country", "country"),
    (r"standort|site|location|ort", "site"),
)
#: Words -> property; what needs a unit says so in UNITS_OF.
PROPERTIES: tuple[tuple[str, str], ...] = (
    (r"u us|unterspannung|lv|low|sekundaer", "voltage_low_kv"),
    (r"u|un|vn|v nom|spannung|voltage|nennspannung|u nenn|kv|u os|spg|spannungsebene", "voltage_kv"),
    (r"laenge|length|len|dist|distance|km", "length_km"),
    (r"last|demand|bedarf|verbrauch|load|p last|bezug", "demand_mw"),
    (r"leistung|power|capacity|rating|s nenn|p nenn|p nom|s nom|nennleistung|limit|mva|mw", "capacity"),
    (r"energie|energy|mwh", "energy_mwh"),
    (r"bandbreite|bandwidth|gbps", "capacity_gbps"),
    (r"fasern|fibres|fibers|faserzahl|fibre count", "fibre_count"),
    (r"status|zustand|state|betriebszustand", "status"),
    (r"betreiber|operator|owner|eigentuemer|netzbetreiber", "operator"),
    (r"kunden|customers", "customers"),
    (r"systeme|circuits|stromkreise", "circuits"),
    (r"energietraeger|fuel|brennstoff|carrier", "fuel"),
    (r"technologie|technology|technik", "technology"),
    (r"mieter|tenant", "tenant"),
    (r"kontakt|contact", "contact"),
    (r"tier", "tier"),
    (r"gpus?", "gpus"),
    (r"cpus?|cores", "cpus"),
    (r"ram|memory|speicher gb", "memory_gb"),
    (r"strom|current", "current_a"),
)
STATUS = {
    "in_service": "in betrieb|in service|in use|aktiv|active|operating|operational|on|ein|built|existing",
    "planned": "geplant|planned|in planung|projected|proposed|under construction|im bau",
    "out_of_service": "ausser betrieb|out of service|stillgelegt|inactive|off|aus|decommissioned|abgeschaltet|offline",
}
IDS = r"id|nr|nummer|number|no|code|kennung|key|mrid|uuid|guid|schluessel|kurzname|oid|fid"
NAMES = r"name|bezeichnung|bez|title|titel|label|benennung"
LON = r"lon|lng|long|longitude|laenge|geo laenge|x|rechtswert|easting|ost|e|laengengrad"
LAT = r"lat|latitude|breite|geo breite|y|hochwert|northing|nord|n|breitengrad"
WKT = r"wkt|geom|geometry|geometrie|the geom"
TYPES = r"typ|type|kind|art|klasse|class|kategorie|category|objektart"
FROM = r"von|from|a|start|anfang|source|bus0|node0|quelle|a ende|from node|a end"
TO = r"nach|to|b|z|ende|end|target|bus1|node1|ziel|b ende|to node|b end"
SUPPLY = r"speis|feed|supply|versorg|power|einspeis"

#: How names write the units of the schema.
UNITS: dict[str, str] = {
    **{u.lower(): u for u in ("W", "kW", "GW", "VA", "kVA", "MVA", "Wh", "kWh", "MWh", "V", "kV", "A", "kA")},
    **{u.lower(): u for u in ("m", "km", "ft", "mi", "ms", "s", "min", "h", "d", "GB", "TB", "%", "p.u.")},
    **{"mw": "MW", "gbps": "Gbit/s", "gbit/s": "Gbit/s", "gbit": "Gbit/s", "mbps": "Mbit/s", "mbit/s": "Mbit/s"},
    **{"pu": "p.u.", "tbps": "Tbit/s", "amp": "A", "meter": "m", "metres": "m", "miles": "mi"},
}
BRACKET = re.compile(r"[\[(]\s*(?:in\s+)?([^\])]{1,8})\s*[\])]")
#: Units so short that they count only in brackets or at the end after _ or a blank, and never alone.
TAIL = re.compile(r"[ _]([A-Za-z%/.]{1,6})$")


def plain(name: str) -> str:
    """A name in lower case with single blanks: camel case and signs parted, umlauts written out."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)
    text = text.lower().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", text).split())


def unit_of(name: str) -> str | None:
    """The unit that a column's name says, as the schema writes it."""
    for found in (*BRACKET.findall(name), *TAIL.findall(name.strip())):
        if found.strip().lower() in UNITS:
            return UNITS[found.strip().lower()]
    return None


def bare(name: str) -> str:
    """A column's name without its unit, plain."""
    text = BRACKET.sub(" ", name)
    tail = TAIL.search(text.strip())
    if tail and tail[1].lower() in UNITS and text.strip() != tail[1]:
        text = text.strip()[: tail.start()]
    return plain(text)


def is_word(pattern: str, name: str) -> bool:
    """Whether the whole plain name is one of the words."""
    return re.fullmatch(pattern, bare(name) or plain(name)) is not None


def has_word(pattern: str, name: str) -> bool:
    """Whether one of the words begins or ends a part of the plain name; short ones must be a whole part."""
    text = plain(name)
    for word in pattern.split("|"):
        edge = rf"\b{word}e?n?s?\b" if len(word) <= 3 else rf"\b{word}|{word}e?n?s?\b"
        if re.search(edge, text):
            return True
    return False


def side_of(name: str) -> str | None:
    """``from`` or ``to``, when the name of a column says that it is an end: whole, or its first or last word."""
    parts = plain(name).split()
    for side, words in (("from", FROM), ("to", TO)):
        if is_word(words, name) or (
            len(parts) > 1 and any(re.fullmatch(words, part) for part in (parts[0], parts[-1]))
        ):
            return side
    return None


def kind_of(name: str, known: Iterable[str]) -> str | None:
    """The kind that a name of a file, sheet, layer or a word of a type column says."""
    known = set(known)
    text = plain(name).replace(" ", "_")
    for candidate in (text, text.removesuffix("s"), text.removesuffix("es")):
        if candidate in known:
            return candidate
    return next((kind for words, kind in KINDS if kind in known and has_word(words, name)), None)


def property_of(name: str, having: Iterable[str]) -> str | None:
    """The property of a kind that a column's name says."""
    having, unit, text = set(having), unit_of(name), bare(name)
    if text.replace(" ", "_") in having:
        return text.replace(" ", "_")
    if plain(name).replace(" ", "_") in having:
        return plain(name).replace(" ", "_")
    for words, prop in PROPERTIES:
        if re.fullmatch(words, text) or has_word("|".join(w for w in words.split("|") if len(w) > 3) or "^$", text):
            if prop == "capacity":
                return _capacity(unit, having)
            if prop in having:
                return prop
    return None


def _capacity(unit: str | None, having: set[str]) -> str | None:
    apparent = unit in ("VA", "kVA", "MVA")
    wanted = ("capacity_mva",) if apparent else ("capacity_mw", "demand_mw", "power_kw", "cooling_kw")
    return next((p for p in wanted if p in having), None) if unit else None


def status_of(word: str) -> str | None:
    """Our status for a word of theirs; None when it is not known."""
    text = plain(word)
    return next((ours for ours, words in STATUS.items() if re.fullmatch(words, text)), None)


def slug(name: str) -> str:
    """A name for a source or a block: lower-case letters, digits and _."""
    made = plain(name).replace(" ", "_").strip("_")[:40]
    return made or "source"
