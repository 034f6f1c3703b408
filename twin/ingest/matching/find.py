"""Which record describes which asset: one to one, and none where it is not clear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from twin.ingest.match import Match, Member, match_key, match_nearest, match_within
from twin.ingest.matching.spec import MatchSpec


class Pair(NamedTuple):
    """A record and the asset that it describes."""

    record: str
    asset: str


class Pairs(NamedTuple):
    """What a rule found; ``doubtful``: records that could describe several assets, or share one with others."""

    sure: list[Pair]
    doubtful: list[str]
    without: list[str]


def find_pairs(spec: MatchSpec, records: Sequence[Member], assets: Sequence[Member]) -> Pairs:
    """Pairs of one rule.

    ``nearest`` takes a pair whose ends are each other's nearest; of two at the same distance neither. The other rules
    take a pair only where both ends have no other partner: two records of one source that share a key may be two
    things, and to make one of them would hide a failure. Assets of the record's own source are no partners; records
    of different sources may describe the same asset.

    Args:
        records, assets: candidates of the two sides, sorted by id.
    """
    allowed = _Allowed(spec, records, assets)
    if spec.rule == "nearest":
        found = _nearest(spec, records, assets, allowed)
    else:
        found = [Pair(*pair) for pair in dict.fromkeys(_partners(spec, records, assets)) if allowed(*pair)]
    by_record, by_asset = _counted(found)
    sure = [
        pair for pair in found
        if len(by_record[pair.record]) == 1 and len(by_asset[pair.asset, _source(pair.record)]) == 1
    ]  # fmt: skip
    taken = {pair.record for pair in sure}
    doubtful = sorted({pair.record for pair in found} - taken)
    without = [member.id for member in records if member.id not in by_record]
    return Pairs(sorted(sure), doubtful, without)


class _Allowed:
    """Pairs of different sources whose kinds fit: the same kind, if both sides name it; else any."""

    def __init__(self, spec: MatchSpec, records: Sequence[Member], assets: Sequence[Member]) -> None:
        self._kind = {member.id: member.kind for member in (*records, *assets)}
        self._both = set(spec.start.kind) & set(spec.end.kind)

    def __call__(self, record: str, asset: str) -> bool:
        """Whether the record may describe the asset."""
        a, b = self._kind[record], self._kind[asset]
        return _source(record) != _source(asset) and (a == b or not (a in self._both or b in self._both))


def _counted(found: Iterable[Pair]) -> tuple[dict[str, set[str]], dict[tuple[str, str], set[str]]]:
    by_record: dict[str, set[str]] = defaultdict(set)
    by_asset: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record, asset in found:
        by_record[record].add(asset)
        by_asset[asset, _source(record)].add(record)
    return by_record, by_asset


def _partners(spec: MatchSpec, records: Sequence[Member], assets: Sequence[Member]) -> list[tuple[str, str]]:
    if spec.rule == "id":
        by_id: dict[str, list[str]] = defaultdict(list)
        for asset in assets:
            by_id[asset.native_id].append(asset.id)
        return [(record.id, asset) for record in records for asset in by_id.get(record.native_id, ())]
    matches: list[Match]
    if spec.rule == "key":
        matches = match_key(assets, records)[0]
        return [(match.to_id, match.from_id) for match in matches]
    matches = match_within(assets, records, "from")[0]
    return [(match.to_id, match.from_id) for match in matches]


def _nearest(spec: MatchSpec, records: Sequence[Member], assets: Sequence[Member], allowed: _Allowed) -> list[Pair]:
    """Pairs of which each end is the other's nearest among those allowed; ties stay in, and make them doubtful."""
    found: list[Pair] = []
    kinds = sorted({(_source(r.id), r.kind) for r in records})
    for source, kind in kinds:
        some = [r for r in records if (_source(r.id), r.kind) == (source, kind)]
        others = [a for a in assets if allowed(some[0].id, a.id)]
        matches = match_nearest(some, others, "from", max(len(others), 1), spec.max_distance_m)[0]
        best: dict[str, float] = {}
        for match in matches:
            for end in (match.from_id, match.to_id):
                best[end] = min(best.get(end, float("inf")), match.distance_m or 0.0)
        found += [
            Pair(m.from_id, m.to_id) for m in matches if (m.distance_m or 0.0) <= min(best[m.from_id], best[m.to_id])
        ]
    return found


def _source(full: str) -> str:
    return full.partition(":")[0]
