"""Links planned in blocks are planned as they are one by one: same rows, same rejects, same needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.store.ingest_tables import write
from twin.ingest import ends, planner
from twin.ingest.blocks import Blocks
from twin.ingest.manifest import single
from twin.ingest.planner import Flags, Planner
from twin.ingest.rejects import Rejects
from twin.ingest.run import quiet
from twin.ingest.spool import Spool
from twin.ingest.validate import Validator
from twin.ingest.view import StoreView
from twin.schema import default_schema
from twin.store import Store

ASSETS = [("g", "generator"), ("h", "generator"), ("b", "bus"), ("c", "bus"), ("l", "power_line"), ("d", "load")]
IDS = st.sampled_from(["g", "h", "b", "c", "l", "d", "d", "nowhere", "grid:g", " b "])
LINK = st.tuples(
    IDS,
    st.sampled_from(["POWERS", "POWERS", "POWERS", "CONDUCTS", "WITHIN", "POWRS"]),
    IDS,
    st.sampled_from(["", "", "a", "power"]),
    st.sampled_from(["", "", "", "1", "any", "2", "x"]),
    st.sampled_from(["", "", "", "5"]),
)


def plan(folder: Path, links: list[Any]) -> tuple[Any, ...]:
    """Everything that planning the links gives, in comparable form."""
    write(folder, ASSETS, links)
    store = Store("bolt://127.0.0.1:1", "nobody", "asks")  # an empty store is not asked
    with Spool() as spool, store:
        rejects = Rejects(folder / "rejects.csv")
        made = Planner(
            StoreView(store, 0), default_schema(), single("tables", "grid", folder), Flags(), spool, rejects, quiet
        )
        result = made.plan(0, {}, False)
        rejects.close()
        rows = {name: sorted(spool.rows(name), key=repr) for name in spool.streams("link.")}
        told = [(str(r.origin), r.code, r.message) for r in rejects.all()]
        return rows, told, rejects.unlinked, result.to_dict(), result.findings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples."""
    return tmp_path_factory.mktemp("blocks") / "x"


@given(links=st.lists(LINK, max_size=12), size=st.sampled_from([1, 3, 4096]))
def test_blocks_and_one_by_one_agree(folder: Path, links: list[Any], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planner, "CHUNK", size)
        patch.setattr("loaders.tables.CHUNK", size)
        together = plan(folder, links)
        patch.setattr(ends.LinkPlanner, "_together", lambda *_: False)
        patch.setattr(Validator, "links", lambda *_: None)
        patch.setattr("loaders.tables._plain_links", lambda *_: None)
        assert together == plan(folder, links)


def test_plain_links_do_go_in_blocks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    ready = Blocks.ready

    def counted(self: Blocks, source: str, raw: Any, seen: set[str]) -> Any:
        found = ready(self, source, raw, seen)
        taken.append(0 if found is None else len(found.keys))
        return found

    monkeypatch.setattr(Blocks, "ready", counted)
    plan(folder, [("g", "POWERS", "b"), ("b", "CONDUCTS", "l"), ("b", "POWERS", "d", "", "1")])
    assert taken == [3]
