"""What a table or layer could become: kind, id, name, place, properties and references, each with a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from loaders.places import PlaceProblem, to_wgs84
from loaders.starter_seen import Seen, number_of
from loaders.starter_words import (
    IDS,
    LAT,
    LON,
    NAMES,
    SUPPLY,
    TYPES,
    WKT,
    has_word,
    is_word,
    kind_of,
    plain,
    property_of,
    side_of,
    slug,
    status_of,
    unit_of,
)
from twin.schema import Schema

#: Directed types in the order in which a reference is taken for one.
DIRECTED = ("CONTAINS", "POWERS", "HOSTS", "COOLS", "CARRIES", "SERVES", "CONTROLS", "CONNECTS")
MAX_WORDS = 30
#: Numbers and dates: what is measured, or when. They identify nothing, unless the column is called an id.
MEASURED = re.compile(r"[-+]?\d*[.,]?\d+(e[-+]?\d+)?\Z|\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}", re.IGNORECASE)
#: Kinds that supply what they are connected to.
SOURCES = {"generator", "power_plant", "storage_unit", "genset", "external_grid"}
#: Kinds that columns call by each other's names.
PLACES = {"site", "substation", "data_centre", "building"}


@dataclass
class Mapped:
    """A column that becomes a property."""

    property: str
    column: str
    unit: str | None = None
    values: dict[str, str] | None = None
    several: Literal["max"] | None = None
    note: str = ""


@dataclass
class Reference:
    """A column whose values are those of a column of another proposal; ``end``: this row's asset supplies or needs."""

    column: str
    other: Proposal
    by: str
    type: str
    supplies: bool
    note: str = ""


@dataclass
class Proposal:
    """What is proposed for one table or layer.

    Attributes:
        kinds: word of ``kind_column`` -> kind, or one entry under "". why: how the kind was found.
        id: columns that identify a row together; empty when none do. place: (lon, lat) or (wkt,) columns.
        untaken: columns left out -> why. guessed: nothing says the kind.
    """

    seen: Seen
    block: str
    kinds: dict[str, str] = field(default_factory=dict)
    kind_column: str | None = None
    why: str = ""
    id: list[str] = field(default_factory=list)
    name: str | None = None
    place: tuple[str, ...] = ()
    crs: str | None = None
    properties: list[Mapped] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    untaken: dict[str, str] = field(default_factory=dict)
    guessed: bool = False

    @property
    def all_kinds(self) -> list[str]:
        """The kinds of its rows, each once."""
        return list(dict.fromkeys(self.kinds.values()))


def propose(seen: list[Seen], schema: Schema) -> list[Proposal]:
    """A proposal for each table, with references between them."""
    made: list[Proposal] = []
    for one in seen:
        block = slug(one.key)
        while block in {p.block for p in made}:
            block += "_"
        proposal = Proposal(one, block)
        _identify(proposal)
        _classify(proposal, schema)
        _locate(proposal)
        made.append(proposal)
    for proposal in made:
        _refer(proposal, made, schema)
        _describe(proposal, schema)
    return made


def _identify(proposal: Proposal) -> None:
    seen = proposal.seen
    texts = {name: seen.texts(name) for name in seen.columns if "{" not in name}  # braces are for patterns
    unique = [name for name, values in texts.items() if all(values) and len(set(values)) == len(values)]
    own = [n for n in unique if re.search(rf"\b({IDS})\b", plain(n)) and not is_word(LON, n) and not is_word(LAT, n)]
    whole = [n for n in own if is_word(IDS, n)]
    rest = [n for n in unique if is_word(NAMES, n) or not all(map(MEASURED.match, texts[n]))]
    if own or rest:
        proposal.id = [(whole or own or rest)[0]]
    else:
        names = [n for n, values in texts.items() if all(values) and not all(map(MEASURED.match, values))][:8]
        pairs = [p for p in pairwise(names) if len(set(zip(texts[p[0]], texts[p[1]], strict=True))) == seen.rows]
        proposal.id = list(pairs[0]) if pairs else []
    named = [n for n in texts if is_word(NAMES, n)] or [n for n in texts if has_word(NAMES, n)]
    proposal.name = named[0] if named else None


def _classify(proposal: Proposal, schema: Schema) -> None:
    seen = proposal.seen
    named = kind_of(seen.key, schema.kinds)
    for column in seen.columns if seen.geometry is None else ():
        words = list(dict.fromkeys(w for w in seen.texts(column) if w))
        if (is_word(TYPES, column) or has_word(TYPES, column)) and 0 < len(words) <= MAX_WORDS:
            kinds = {word: kind for word in words if (kind := kind_of(word, schema.kinds))}
            if len(set(kinds.values())) > 1 and (named is None or named in kinds.values()):
                proposal.kinds, proposal.kind_column = kinds, column
                proposal.why = f"by the words in {column!r}"
                left = [w for w in words if w not in kinds]
                if left:
                    proposal.why += f"; rows with {', '.join(left)[:200]} are left out: nothing says what they are"
                return
            break
    for what, name in (("name", seen.key), ("file", (seen.file or "").rpartition(".")[0])):
        kind = kind_of(name, schema.kinds) if name else None
        if kind:
            proposal.kinds, proposal.why = {"": kind}, f"by the {what} {name!r}"
            return
    columns = " ".join(plain(c) for c in seen.columns)
    if seen.geometry == "line":
        kind = "power_line" if re.search(r"\b(kv|spannung|voltage|u nenn|un)\b", columns) else "span"
        proposal.kinds, proposal.why = {"": kind}, "GUESSED: lines, and nothing in the names says more"
    elif not _has_ends(seen):
        proposal.kinds, proposal.why = {"": "site"}, "GUESSED: nothing in the names says what these are"
        proposal.guessed = seen.geometry is None


def _has_ends(seen: Seen) -> bool:
    return {"from", "to"} <= {side_of(c) for c in seen.columns}


def _locate(proposal: Proposal) -> None:
    seen = proposal.seen
    if seen.geometry is not None:
        return
    lon = next((c for c in seen.columns if is_word(LON, c)), None)
    lat = next((c for c in seen.columns if is_word(LAT, c)), None)
    wkt = next((c for c in seen.columns if is_word(WKT, c)), None)
    if wkt and all(re.match(r"(POINT|LINESTRING|POLYGON|MULTI)", t.upper()) for t in seen.texts(wkt) if t):
        proposal.place = (wkt,)
    elif lon and lat:
        decimal = seen.said.get("decimal")
        pairs = [
            (number_of(x, decimal), number_of(y, decimal))
            for x, y, a, b in zip(seen.columns[lon], seen.columns[lat], seen.texts(lon), seen.texts(lat), strict=True)
            if a or b
        ]
        good = [(x, y) for x, y in pairs if x is not None and y is not None]
        if not good or len(good) < len(pairs):
            proposal.untaken[lon] = proposal.untaken[lat] = "not all of these are pairs of numbers"
        elif all(abs(x) <= 180 and abs(y) <= 90 for x, y in good):
            proposal.place = (lon, lat)
        else:
            proposal.crs = _system(good)
            if proposal.crs:
                proposal.place = (lon, lat)
            else:
                proposal.untaken[lon] = proposal.untaken[lat] = "projected, but which system? set lon, lat and crs"


def _system(points: list[tuple[float, float]]) -> str | None:
    """A reference system that these coordinates can be in: central European ones are tried."""
    x, y = points[0]
    guess = None
    if 32e6 <= x < 33e6 and 4.5e6 < y < 7e6:
        guess = "EPSG:4647"
    elif 1e5 < x < 9e5 and 4.5e6 < y < 7e6:
        guess = "EPSG:25832"
    elif 2.5e6 < x < 5.6e6 and 4.5e6 < y < 7e6:
        guess = f"EPSG:{31464 + int(x // 1e6)}"
    if guess is None:
        return None
    try:
        transform = to_wgs84(guess)
        made = transform(points) if transform else []
    except PlaceProblem:
        return None
    return guess if all(abs(a) <= 180 and abs(b) <= 90 for a, b in made) else None


def _refer(proposal: Proposal, others: list[Proposal], schema: Schema) -> None:
    seen = proposal.seen
    for column in seen.columns:
        if column in proposal.place or column == proposal.name or proposal.id == [column]:
            continue
        values = {t for t in seen.texts(column) if t}
        for other in others if values else ():
            by = _names_in(column, values, proposal, other)
            if by is None or not other.kinds:
                continue
            made = _link(proposal, column, other, by, schema)
            if made is not None:
                proposal.references.append(made)
            else:
                proposal.untaken[column] = f"names a {other.block}, but no link type goes between them"
            break


def _names_in(column: str, values: set[str], proposal: Proposal, other: Proposal) -> str | None:
    """The column of *other* that has all these values, when the column's name says so too."""
    if len(other.id) != 1 or not _hinted(column, other):
        return None
    targets = [other.id[0], *([other.name] if other.name and other.seen.geometry is None else [])]
    for target in targets:
        texts = [t for t in other.seen.texts(target) if t]
        if other is proposal and target == column:
            continue
        if values <= set(texts) and len(set(texts)) == len(texts):
            return target
    return None


def _hinted(column: str, other: Proposal) -> bool:
    if side_of(column) or has_word(SUPPLY, column):
        return True
    named = kind_of(column, [*PLACES, *other.all_kinds])
    if named in other.all_kinds or (named in PLACES and set(other.all_kinds) & PLACES):
        return True
    parts = [p for p in plain(column).split() if len(p) >= 3 and not re.fullmatch(IDS, p)]
    theirs = [*plain(other.block.replace("_", " ")).split(), *(k for kind in other.all_kinds for k in kind.split("_"))]
    return any(t.startswith(p[:8]) or p.startswith(t) for p in parts for t in theirs if len(t) >= 3) or (
        plain(column) == plain(other.id[0]) and not is_word(IDS, column)
    )


def _link(proposal: Proposal, column: str, other: Proposal, by: str, schema: Schema) -> Reference | None:
    def fits(name: str, starts: list[str], ends: list[str]) -> bool:
        type_ = schema.link_types[name]
        return all(type_.allows(a, b) for a in starts for b in ends)

    mine, theirs = proposal.all_kinds, other.all_kinds
    if not mine:
        return Reference(column, other, by, "", False)
    meshes = [t.name for t in schema.link_types.values() if t.mesh]
    ends = side_of(column) is not None
    order = [*meshes, *DIRECTED] if ends else [*DIRECTED, *meshes]
    if has_word(SUPPLY, column):
        order = ["POWERS", *meshes, *order]
    for name in dict.fromkeys(n for n in order if n in schema.link_types):
        if side_of(column) == "to" and fits(name, mine, theirs):
            return Reference(column, other, by, name, True)
        if name == "POWERS" and set(mine) <= SOURCES and fits(name, mine, theirs):
            return Reference(column, other, by, name, True)
        if fits(name, theirs, mine) and not (name == "POWERS" and set(mine) <= SOURCES):
            return Reference(column, other, by, name, False)
        if fits(name, mine, theirs) and (name in meshes or side_of(column) == "to"):
            return Reference(column, other, by, name, True)
    return None


def _describe(proposal: Proposal, schema: Schema) -> None:
    seen = proposal.seen
    used = {*proposal.place, *(r.column for r in proposal.references), proposal.kind_column, proposal.name}
    if not proposal.kinds:
        return
    having = {p for kind in proposal.all_kinds for p in schema.kind_properties(kind)}
    taken: set[str] = set()
    for column in sorted(seen.columns, key=lambda name: unit_of(name) is None):  # a said unit is the better one
        if column in used or column in proposal.untaken:
            continue
        name = property_of(column, having)
        if name is None or name in taken:
            if column not in proposal.id:
                proposal.untaken[column] = "twice" if name else ""
            continue
        mapped, why = _mapped(proposal, column, name, schema)
        if mapped is not None:
            taken.add(name)
            proposal.properties.append(mapped)
        else:
            proposal.untaken[column] = f"{name}? {why}"


def _mapped(proposal: Proposal, column: str, name: str, schema: Schema) -> tuple[Mapped | None, str]:
    """A column as a property, or why not."""
    seen = proposal.seen
    lacking = [kind for kind in proposal.all_kinds if name not in schema.kind_properties(kind)]
    if lacking and proposal.kind_column:
        words = seen.texts(proposal.kind_column)
        for word, text in zip(words, seen.texts(column), strict=True):
            if text and proposal.kinds.get(word) in lacking:
                return None, f"a {proposal.kinds[word]} has none"
    kind = next(k for k in proposal.all_kinds if name in schema.kind_properties(k))
    prop = schema.kind_properties(kind)[name]
    words = list(dict.fromkeys(t for t in seen.texts(column) if t))
    if not words:
        return None, "it is empty"
    if name == "status":
        values = {word: ours for word in words[: MAX_WORDS + 1] if (ours := status_of(word))}
        unknown = [word for word in words if word not in values]
        if unknown:
            return None, f"what do {', '.join(unknown)[:100]} mean? translate them with values = {{ ... }}"
        return Mapped(name, column, None, values), ""
    unit, note = unit_of(column), ""
    if prop.unit and prop.unit != "1" and unit is None:
        parts = [p for v in seen.columns[column] for p in (re.split("[;/]", v) if isinstance(v, str) else [v])]
        numbers = [n for p in parts if (n := number_of(p, seen.said.get("decimal"))) is not None]
        unit = "V" if prop.unit == "kV" and numbers and max(numbers) > 1200 else None
        note = f"the unit is not said: taken as {unit or prop.unit}"
    why = seen.fits(column, prop, unit, None, None)
    lists = prop.type == "number" and any(re.search(r"\d[;/]\s*\d", word) for word in words)
    if why and lists and seen.fits(column, prop, unit, None, "max") is None:
        return Mapped(name, column, unit, None, "max", f"{note}; of several the largest".lstrip("; ")), ""
    return (None, why) if why else (Mapped(name, column, unit, None, None, note), "")
