"""Findings of match rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from twin.ingest.matching.find import Pairs
from twin.ingest.matching.said import Described
from twin.ingest.matching.spec import MatchSpec
from twin.model import Finding
from twin.schema import Schema

#: Ids named in one finding.
NAMED = 20
#: Properties that decide verdicts: where sources do not agree on them, answers may be wrong.
DECIDING = ("status", "standby", "start_delay_s", "endurance_s", "black_start", "manual_restart")


def about_rule(spec: MatchSpec, pairs: Pairs) -> list[Finding]:
    """Records that describe no asset of another source, and those of which it is not clear."""
    found = []
    if pairs.doubtful:
        count = len(pairs.doubtful)
        found.append(
            Finding(
                "match_doubtful",
                "warning",
                f"match rule {spec.name!r}: {_records(count)} could describe several assets, or share one with others"
                " of the same source",
                "Give them a key of their own, or correct the places; until then each is an asset of its own.",
                tuple(pairs.doubtful[:NAMED]),
                count,
            )
        )
    if pairs.without and spec.unmatched != "ignore":
        count = len(pairs.without)
        found.append(
            Finding(
                "match_unmatched",
                spec.unmatched,
                f"match rule {spec.name!r}: {_records(count)} {'describes' if count == 1 else 'describe'} no asset of"
                " another source",
                "Nothing has to be done if only this source has them; else correct the id, the key or the place.",
                tuple(pairs.without[:NAMED]),
                count,
            )
        )
    return found


def about_conflicts(rows: Sequence[Mapping[str, Any]], schema: Schema, described: Sequence[Described]) -> list[Finding]:
    """Where sources do not agree, one finding for each property and pair of sources; and what was not taken."""
    groups: dict[tuple[str, tuple[str, ...]], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["property"], tuple(value["source"] for value in row["values"])].append(row)
    found = [_conflict(name, sources, some) for (name, sources), some in sorted(groups.items())]
    left: dict[tuple[str, str], list[str]] = defaultdict(list)
    for whole in described:
        for name in whole.not_taken(schema.kind_properties(whole.own.kind)):
            left[whole.own.kind, name].append(whole.own.id)
    for (kind, name), ids in sorted(left.items()):
        text = f"{len(ids):,} {kind} {'is' if len(ids) == 1 else 'are'} said to have {name}, which the kind does not"
        fix = "Declare the property for the kind in a schema file of your own, or leave it out of the export."
        found.append(Finding("match_not_taken", "info", f"{text} know", fix, tuple(ids[:NAMED]), len(ids)))
    return found


def _conflict(name: str, sources: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> Finding:
    first = rows[0]
    if name == "location":
        worst = max(rows, key=lambda row: row["distance_m"])
        example = f"{worst['asset']}: {worst['distance_m']:,.0f} m apart"
    else:
        said = ", ".join(f"{value['source']} says {value['value']!r}" for value in first["values"])
        example = f"{first['asset']}: {said}; {first['taken']} counts"
    what = "the place" if name == "location" else name
    ids = tuple(row["asset"] for row in rows)
    return Finding(
        "match_conflict",
        "warning" if name in DECIDING or name == "location" or name.startswith("ride_through") else "info",
        f"{' and '.join(dict.fromkeys(sources))} do not agree on {what} of {len(ids):,}"
        f" {'asset' if len(ids) == 1 else 'assets'} ({example})",
        "List them with: twin conflicts. Correct the wrong export, or name who counts in the rule's authority.",
        ids[:NAMED],
        len(ids),
    )


def about_kept(ids: Sequence[str]) -> list[Finding]:
    """Assets that their own export no longer has and that stay, because another source describes them."""
    if not ids:
        return []
    many = len(ids) > 1
    return [
        Finding(
            "match_kept",
            "warning",
            f"{len(ids):,} {'assets are' if many else 'asset is'} no longer in the export of their source and"
            f" {'stay' if many else 'stays'}, because another source describes {'them' if many else 'it'}",
            "Import the other source anew with its match rules; where it no longer has them either, they go.",
            tuple(ids[:NAMED]),
            len(ids),
        )
    ]


def about_inside(assets: Sequence[str]) -> Finding:
    """Links between two records of one asset: it cannot supply itself."""
    many = len(assets) > 1
    return Finding(
        "match_link_inside",
        "info",
        f"{len(assets):,} {'links join' if many else 'link joins'} two records of the same asset, and"
        f" {'are' if many else 'is'} left out",
        "Nothing has to be done, unless the match is wrong: then correct the id, the key or the place.",
        tuple(dict.fromkeys(assets))[:NAMED],
        len(assets),
    )


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"
