"""Answers in notebooks: plain HTML and SVG that nothing in the data can break out of."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely

from tests.unit.test_facades import ANSWERS
from twin import Snapshot
from twin.display import Answer, Rows
from twin.display.svg import CORNERS, MOST, WIDTH, Mark, svg_of
from twin.errors import MissingExtra, StoreUnavailable

EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(1)>&lt;'`${1}"
ALLOWED = {
    "div", "b", "span", "table", "thead", "tbody", "tr", "th", "td", "ol", "li", "svg", "title", "rect", "path", "text",
    "g", "circle",
}  # fmt: skip


class Reader(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.said = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said += data


def read(answer: Answer) -> Reader:
    """The page of an answer, which must be well-formed, of known elements, and ask nobody for anything."""
    page = answer._repr_html_()
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert set(reader.elements) <= ALLOWED
    for name, value in reader.attributes:
        assert not name.startswith("on")
        assert name not in ("href", "src")
        assert "url(" not in value
        assert name == "xmlns" or "//" not in value
    for drawn in page.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + drawn.split("</svg>")[0] + "</svg>")
    return reader


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A system whose names and ids try to break out."""
    folder = tmp_path_factory.mktemp("evil")
    quoted = '"' + EVIL.replace('"', '""') + '"'
    (folder / "assets.csv").write_text(
        f"id,kind,name,lon,lat,wkt\nplant,power_plant,{quoted},13.3,52.6,\nbus,bus,{quoted},13.31,52.6,\n"
        f'wire,power_line,{quoted},,,"LINESTRING (13.31 52.6, 13.4 52.5)"\nfar,bus,{quoted},13.4,52.5,\n'
        f"ups,ups,{quoted},13.4,52.5,\nsrv,server,{quoted},13.4,52.5,\njob,workload,{quoted},,,\n",
        encoding="utf-8",
    )
    (folder / "links.csv").write_text(
        "from,type,to\nplant,POWERS,bus\nbus,CONDUCTS,wire\nwire,CONDUCTS,far\nfar,POWERS,ups\nups,POWERS,srv\n"
        "srv,HOSTS,job\n",
        encoding="utf-8",
    )
    return Snapshot.from_tables(folder)


@pytest.mark.parametrize("name", ANSWERS)
def test_no_name_breaks_out_of_a_page(evil: Snapshot, name: str) -> None:
    read(ANSWERS[name](evil))


def test_ids_and_names_are_shown_as_they_are(evil: Snapshot) -> None:
    said = read(evil.impact(["bus"])).said
    assert EVIL in said  # in full in the tooltips of the map
    assert "1 failed, 5 down" in said
    assert "script" not in read(Rows([{"id": "<script>", "kind": "bus", "domain": "energy", "name": None}])).elements


def test_a_picture_has_what_is_drawn(evil: Snapshot) -> None:
    page = evil.impact(["bus"])._repr_html_()
    assert page.count("<circle") == 4  # bus, far, ups and srv have points
    assert page.count('stroke-width="2"') == 1
    assert "Drawn: 5 of 6." in page
    assert "Drawn" not in evil.find(kind="bus")._repr_html_()
    assert "<svg" not in evil.find(kind="workload")._repr_html_()
    assert "route 1" in evil.paths("plant", "far")._repr_html_()


def test_what_failed_is_seen_on_dark_paper(evil: Snapshot) -> None:
    page = evil.impact(["bus"])._repr_html_()
    assert '<g fill="currentColor"' in page
    assert "#1f1f24" not in page
    assert "background:#" not in page


def test_a_page_stays_small() -> None:
    ring = shapely.Point(10, 50).buffer(1, quad_segs=500)
    marks = [Mark(shapely.affinity.translate(ring, k / 100), "#c51b3c", f"area {k}") for k in range(MOST + 100)]
    drawn = svg_of(marks)
    assert drawn.count("<path") < MOST + 60
    assert len(drawn) < MOST * CORNERS * 12
    many = shapely.linestrings(np.random.default_rng(1).uniform(0, 50, (30_000, 2)))
    assert len(svg_of([Mark(many, "#000", "scribble")])) < 20_000


def numbers(drawn: str) -> list[float]:
    """x of all circles."""
    return [float(part.split('"')[0]) for part in drawn.split('cx="')[1:]]


def test_a_map_holds_its_marks_also_across_the_180th_meridian_and_with_one_point() -> None:
    for points in ([(179.5, -17)], [(179.5, -17), (-179.5, -17.5)], [(0, 0), (0, 89)], [(-180, -90), (180, 90)]):
        drawn = svg_of([Mark(shapely.Point(point), "#000", "") for point in points])
        assert len(numbers(drawn)) == len(points)
        assert all(0 < x < WIDTH for x in numbers(drawn))
    near = svg_of([Mark(shapely.Point(179.5, -17), "#000", ""), Mark(shapely.Point(-179.5, -17.5), "#000", "")])
    assert "179.5°W" in near or "179.6°W" in near or "180.0°E" in near
    assert svg_of([]) == svg_of([Mark(None, "#000", ""), Mark(shapely.Point(), "#000", "")]) == ""


def test_a_page_without_its_twin_has_a_table_and_says_why() -> None:
    class Gone:
        def shapes(self, ids: object) -> object:
            raise StoreUnavailable("the server has gone <away>")

    rows = Rows([{"id": "a", "kind": "bus", "domain": "energy", "name": "A"}]).placed(Gone())
    assert "No map: the server has gone <away>" in read(rows).said


def test_graphs_need_networkx(evil: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(MissingExtra, match="networkx") as caught:
        evil.impact(["bus"]).to_networkx()
    assert "infrastructure-twin[graph]" in caught.value.fix
