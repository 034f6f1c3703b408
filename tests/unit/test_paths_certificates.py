"""The certificate names what a planner can act on."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin import Snapshot

ASSETS = [
    "A,router,",
    "B,router,",
    "C,router,",
    "D,router,",
    "s1,span,",
    "s2,span,5",
    "s3,span,",
    "s4,span,",
    "s5,span,500",
]
LINKS = ["A s1", "s1 C", "C s2", "s2 B", "A s3", "s3 D", "D s4", "s4 B", "A s5", "s5 B"]


@pytest.mark.parametrize("by", ["hops", "length_km"])
def test_a_shared_duct_and_not_the_same_route_again(tmp_path: Path, by: str) -> None:
    """Three routes, two of them in one duct: the duct is why there is no third, not the span of the other one."""
    rows = ["id,kind,length_km", *ASSETS, "du,duct,", "f1,fibre_cable,", "f2,fibre_cable,"]
    links = ["from,type,to", *(f"{a},TRANSPORTS,{b}" for a, b in map(str.split, LINKS))]
    links += ["du,CONTAINS,f1", "du,CONTAINS,f2", "f1,CARRIES,s1", "f2,CARRIES,s3"]
    (tmp_path / "assets.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("\n".join(links) + "\n", encoding="utf-8")
    answer = Snapshot.from_tables(tmp_path).paths("A", "B", k=3, disjoint="risk", by=by).to_dict()
    certificate = answer["certificate"]
    assert (len(answer["routes"]), certificate["kind"]) == (2, "shared_risk")
    assert [asset["id"] for asset in certificate["assets"]] == ["du"]
    assert len({tuple(route) for route in certificate["routes"]}) == 3
