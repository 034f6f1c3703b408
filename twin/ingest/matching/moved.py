"""Links that follow an id which names another asset than before: those of sources that this run does not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from twin.ingest.ends import LinkPlanner
from twin.ingest.manifest import STITCH
from twin.ingest.plan import Plan
from twin.ingest.rows import FROM_AS, LINK_OWN, TO_AS, link_key
from twin.ingest.view import HeldEnds, StoreView

#: Whether the links of a source, of a stitch rule if it is one, are planned anew by this run.
Anew = Callable[[str, str], bool]


def move_links(
    plan: Plan, links: LinkPlanner, view: StoreView, changed: Mapping[str, tuple[str, str]], anew: Anew
) -> None:
    """Plan the links of assets that a record left or came to.

    A link that its own export says by the record's id is taken away where it was, and made where the record is now;
    with the key and content that importing that export again would give it. Links of what is read anyway are only
    taken away.

    Args:
        changed: id of a record -> (asset that it named, asset that it names now).
    """
    before = {alias: old for alias, (old, _) in changed.items()}
    now = {alias: new for alias, (_, new) in changed.items()}
    going = {link.key for _, link in plan.spool.rows("link.delete")}
    merged = {old for alias, old in before.items() if old == alias}
    for row in _touched(view, sorted(set(before.values()))):
        ends, known = _ends(row, before), row["properties"]
        if not any(end in now for end in ends):
            continue
        source, rule = known["source"], known.get("rule", "")
        if known["key"] not in going and not {row["from_id"], row["to_id"]} & merged:
            held = HeldEnds(known["key"], known.get("hash", ""), row["from_id"], row["type"], row["to_id"], rule)
            plan.spool.add("link.delete", (source, held))
            plan.elsewhere += 1
        if anew(source, rule):
            continue
        start, end = (now.get(name, name) for name in ends)
        if start == end:
            continue  # both ends are the same asset now; it does not supply itself
        properties = {k: v for k, v in known.items() if k not in (*LINK_OWN, FROM_AS, TO_AS)}
        properties |= {key: name for key, name, to in ((FROM_AS, ends[0], start), (TO_AS, ends[1], end)) if name != to}
        link = (start, row["type"], end, known.get("group"), known.get("need"))
        plan.moved.append([source, *link, properties, rule if source == STITCH else ""])
        _make(plan, links, plan.moved[-1])


def move_on(plan: Plan, links: LinkPlanner, view: StoreView, moved: list[list[Any]]) -> None:
    """The links that a run which was cut off set out to move: those that are not there yet."""
    ends = sorted({name for _, start, _, end, *_ in moved for name in (start, end)})
    there = {(row["properties"]["source"], row["properties"]["key"]) for row in _touched(view, ends)}
    for link in moved:
        source, start, type_, end, group, _, _, scope = link
        if (source, link_key(start, type_, end, group, 0, scope)) not in there:
            _make(plan, links, link)


def _make(plan: Plan, links: LinkPlanner, link: list[Any]) -> None:
    source, start, type_, end, group, need, properties, scope = link
    links.expect(source)
    links.row(source, (start, type_, end, group, need), properties, "moved", None, scope)
    plan.elsewhere += 1


def _touched(view: StoreView, assets: list[str]) -> Iterator[Mapping[str, Any]]:
    seen: set[tuple[str, str]] = set()
    for row in view.links_of(assets):
        name = (row["properties"]["source"], row["properties"]["key"])
        if name not in seen:
            seen.add(name)
            yield row


def _ends(row: Mapping[str, Any], before: Mapping[str, str]) -> tuple[str, str]:
    """The ends of a link as its export names them, where these are ids that change; else the assets."""
    own = row["properties"]
    start, end = own.get(FROM_AS, row["from_id"]), own.get(TO_AS, row["to_id"])
    return (
        start if before.get(start) == row["from_id"] else row["from_id"],
        end if before.get(end) == row["to_id"] else row["to_id"],
    )
