"""The ten queries of docs/neo4j-browser.md on the sample: they only read, use indexes, and find what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import neo4j
import pytest

from twin.service import Twin
from twin.store.catalogue import default_catalogue

pytestmark = pytest.mark.store

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "neo4j-browser.md"
GUIDE = [query for query in default_catalogue() if query.name.startswith("guide.")]
#: A line of the page's table: number, query, what it shows, rows on the sample.
ROW = re.compile(r"^\| (\d+) \| `(guide\.\w+)` \|.*\| ([\d,]+) \|$", re.MULTILINE)


def examples(name: str) -> dict[str, Any]:
    """The parameters that the query's own header gives."""
    query = next(query for query in GUIDE if query.name == name)
    return {word: parameter.example for word, parameter in query.parameters.items()}


def test_the_page_lists_the_ten_and_shows_each_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(name for _, name, _ in ROW.findall(page)) == sorted(query.name for query in GUIDE)
    assert [int(number) for number, _, _ in ROW.findall(page)] == list(range(1, 11))
    for query in GUIDE:
        assert query.mode == "read"


@pytest.mark.parametrize(("name", "rows"), [(name, rows) for _, name, rows in ROW.findall(PAGE.read_text("utf-8"))])
def test_a_query_finds_what_the_page_says(germany: Twin, name: str, rows: str) -> None:
    assert len(germany.store.rows(name, **examples(name))) == int(rows.replace(",", ""))


@pytest.mark.parametrize("name", ["guide.around", "guide.supply", "guide.near", "guide.find"])
def test_a_query_about_some_assets_begins_at_an_index(germany: Twin, driver: neo4j.Driver, name: str) -> None:
    # Plans and samples made for the store as it was before: an index sampled as empty is not used.
    driver.execute_query("CALL db.prepareForReplanning(60)", database_="neo4j")
    plan = str(germany.store.explain(name).plan)
    assert re.search(r"NodeUniqueIndexSeek|NodeIndexSeek|ProcedureCall", plan), name
    assert "NodeByLabelScan" not in plan


def test_what_the_queries_say(germany: Twin) -> None:
    ducts = {row["circuit"]: row["duct"] for row in germany.store.rows("guide.shared_ducts")}
    assert ducts["telecom:circuit/koeln-1-1"] == "telecom:duct/koeln-rheinbruecke"
    sources = {row["source"]: row["assets"] for row in germany.store.rows("guide.sources")}
    assert sources["datacentres"] == 4725
    links = {(row["from"], row["type"], row["to"]): row["links"] for row in germany.store.rows("guide.crossings")}
    assert links["connectivity", "CONTROLS", "energy"] == 450
    assert sum(row["assets"] for row in germany.store.rows("guide.kinds")) == 10_189
