"""Stitch rule ``table``: pairs in a CSV with columns ``from,to`` (and ``confidence``, ``distance_m``)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from twin.errors import ManifestError
from twin.ingest.match import Found, Match, Member, between
from twin.ingest.rejects import Rejects
from twin.model import Origin
from twin.schema import LinkType, suggest
from twin.schema.values import ValueProblem, parse_number


def match_table(
    start: Sequence[Member], end: Sequence[Member], path: Path, rejects: Rejects, link_type: LinkType | None = None
) -> Found:
    """The pairs of the table; ids are full ids, or native ids that are unique on their side.

    A pair that *link_type* does not allow is a reject. Distances are measured where the table has no ``distance_m``.

    Raises:
        ManifestError: the table cannot be read or lacks a column.
    """
    sides = (_by_name(start), _by_name(end))
    matches: list[Match] = []
    met: set[str] = set()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            header = reader.fieldnames or []
            missing = [name for name in ("from", "to") if name not in header]
            if missing:
                raise ManifestError(f"{path}: column {', '.join(missing)} is missing", fix="Write a header: from,to")
            for row in reader:
                match = _pair(row, sides, Origin(path.name, reader.line_num), rejects, link_type)
                if match is None and link_type is not None:
                    rejects.without(link_type.name, *_named(row, sides))
                if match is not None:
                    matches.append(match)
                    met.add(match.to_id)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    return matches, [(m.id, "the table does not name it") for m in end if m.id not in met]


def _by_name(members: Sequence[Member]) -> dict[str, Member | None]:
    """Full id, and native id where it is unique (else None), -> member."""
    names: dict[str, Member | None] = {}
    for member in members:
        names[member.native_id] = None if member.native_id in names else member
    names.update((member.id, member) for member in members)
    return names


def _named(row: dict[str, str | None], sides: tuple[dict[str, Member | None], ...]) -> list[str]:
    """The ends of a row as full ids where they are known, else as written."""
    texts = [(row.get(column) or "").strip() for column in ("from", "to")]
    found = [names.get(text) for text, names in zip(texts, sides, strict=True)]
    return [text if member is None else member.id for text, member in zip(texts, found, strict=True)]


def _pair(
    row: dict[str, str | None],
    sides: tuple[dict[str, Member | None], ...],
    origin: Origin,
    rejects: Rejects,
    link_type: LinkType | None,
) -> Match | None:
    found: list[Member] = []
    for column, names in zip(("from", "to"), sides, strict=True):
        text = (row.get(column) or "").strip()
        member = names.get(text)
        if member is not None:
            found.append(member)
            continue
        many = text in names
        rejects.new(
            Origin(origin.file, origin.row, column),
            "missing_end",
            f"{text[:100]!r} stands for several assets of this side of the rule"
            if many
            else f"no asset of this side of the rule has the id {text[:100]!r}.{suggest(text, list(names)[:50_000])}",
            "Write the full id, source:id." if many else "Correct the id, or the kind and source of the rule.",
        )
    column = "confidence"
    try:
        confidence = parse_number(column, row.get(column) or "1")
        if not 0 <= confidence <= 1:
            raise ValueProblem("out_of_range", f"confidence is {confidence:g}", "Give a number from 0 to 1.")
        column = "distance_m"
        distance = parse_number(column, row[column]) if row.get(column) else None
    except ValueProblem as problem:
        rejects.new(Origin(origin.file, origin.row, column), problem.code, str(problem), problem.fix)
        return None
    if len(found) < 2:
        return None
    if link_type is not None and not link_type.allows(found[0].kind, found[1].kind):
        rejects.new(
            origin,
            "disallowed_ends",
            f"{link_type.name} does not go from {found[0].kind} to {found[1].kind}",
            "Correct the pair, or allow the ends in a schema file of your own.",
        )
        return None
    return Match(found[0].id, found[1].id, distance if "distance_m" in row else between(*found), confidence)
