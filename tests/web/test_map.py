"""The map: it loads from nothing but its server, finds, fails, and shows the numbers of the API."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.looked import NOT_DRAWN, Launch, Looked, watch

pytestmark = [pytest.mark.store, pytest.mark.browser]

STATION = "grid:station/417"
EVENT = f"fail={STATION}&horizon=2d&view=impact"
IDLE = (
    "new Promise((done) => { const { map } = window.twin; map.once('idle', () => done(true)); map.triggerRepaint(); })"
)


def number(text: str) -> float:
    """What a cell says: a dash is nothing."""
    return 0 if text.strip() in ("–", "") else float(text.replace(",", ""))


def drawn(page: Page, layer: str) -> int:
    """Features of a layer that are on the screen."""
    page.evaluate(IDLE)
    count = page.evaluate("(layer) => window.twin.map.queryRenderedFeatures({ layers: [layer] }).length", layer)
    return int(count)


def summary(page: Page) -> dict[str, dict[str, float]]:
    """Domain and verdict -> count, as the panel shows them."""
    rows = page.locator("[data-test=summary] tbody tr")
    expect(rows.first).to_be_visible()
    return {
        row.get_attribute("data-domain") or "": {
            cell.get_attribute("data-verdict") or "": number(cell.inner_text())
            for cell in row.locator("td[data-verdict]").all()
        }
        for row in rows.all()
    }


def test_the_map_stands(looked: Looked, api: httpx.Client) -> None:
    page = looked.open()
    total = api.get("/assets", params={"limit": 1}).json()["total"]
    expect(page.locator("#status")).to_contain_text(f"{total:,} assets")
    assert drawn(page, "twin-sites") > 10
    assert drawn(page, "twin-lines-energy") > 100
    assert any("/tiles/" in url for url in looked.asked)
    assert "map=" in page.url


def test_layers_are_hidden_and_the_address_says_so(looked: Looked) -> None:
    page = looked.open("layers=1")
    assert drawn(page, "twin-lines-energy") > 100
    page.get_by_role("button", name="Energy", exact=True).click()
    expect(page.locator("#layers .domain", has_text="Energy").locator("ul")).to_contain_text("power line")
    page.locator("#layers .domain", has_text="Energy").locator(".line input").click()
    assert drawn(page, "twin-lines-energy") == 0
    assert "power_line" in page.url
    looked.reload()
    assert drawn(page, "twin-lines-energy") == 0
    assert drawn(page, "twin-lines-connectivity") > 20


def test_search_leads_to_the_panel(looked: Looked, api: httpx.Client) -> None:
    page = looked.open()
    page.keyboard.press("/")
    page.keyboard.type("KW Schärding-Neuhaus 220")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("220 kV")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    facts = api.get("/assets/grid:bus/417").json()
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text(facts["name"])
    expect(panel.locator(".facts")).to_contain_text("220 kV")
    expect(panel.locator(".facts")).to_contain_text(facts["run"])
    for gate in facts["gates"]:
        expect(panel.locator(".gate", has_text=gate["service"]).first).to_contain_text(
            f"{gate['need']} of {len(gate['members'])}"
        )
    upstream = api.get("/assets/grid:bus/417/dependencies", params={"depth": 3}).json()["total"]
    expect(panel.locator(".walk")).to_contain_text(f"{upstream} within 3 hops")
    page.evaluate(IDLE)
    lon, lat = page.evaluate("window.twin.map.getCenter().toArray()")
    assert (lon, lat) == pytest.approx((facts["lon"], facts["lat"]), abs=0.2)


def test_failing_shows_the_numbers_of_the_api(looked: Looked, api: httpx.Client) -> None:
    page = looked.open(f"asset={STATION}&horizon=2d")
    page.keyboard.press("f")
    answer = api.post("/impact", json={"failed": [STATION], "horizon_s": "2d"}).json()
    shown = summary(page)
    for domain, counts in answer["summary"].items():
        for verdict, count in counts.items():
            assert shown.get(domain, {}).get(verdict, 0) == count, (domain, verdict)
    for domain, parts in answer["stake"]["by_domain"].items():
        if "lost" in parts:
            card = page.locator(f".stake[data-domain={domain}]")
            assert number(card.locator(".lost").inner_text()) == parts["lost"]["assets"]
    expect(page.locator(".stake[data-domain=energy]")).to_contain_text("1,350.36 MW capacity")
    expect(page.locator("#panel")).to_contain_text(f"Affected ({len(answer['affected'])})")
    assert drawn(page, "event-places") >= 5


def test_an_affected_asset_explains_itself(looked: Looked, api: httpx.Client) -> None:
    page = looked.open(EVENT)
    row = page.locator(".affected details[data-asset='datacentres:hall/passau-1-h1']")
    row.locator("summary").click()
    question = {"id": "datacentres:hall/passau-1-h1", "failed": [STATION], "horizon_s": "2d"}
    chain = api.post("/explain", json=question).json()["chain"]
    expect(row.locator(".chain li")).to_have_count(len(chain))
    assert [item.get_attribute("data-asset") for item in row.locator(".chain li").all()] == [
        step["id"] for step in chain
    ]


def test_the_timeline_plays_to_its_end(looked: Looked, api: httpx.Client) -> None:
    page = looked.open(f"{EVENT}&t=100")
    asked = {"failed": [STATION], "horizon_s": "2d"}
    told = api.post("/timeline", json=asked).json()
    running = [row for row in told["buffers"] if row["from_s"] <= 100 < (row["until_s"] or 1e9)]
    standby = [row for row in told["standby"] if row["on_s"] <= 100 < (row["off_s"] or 1e9)]
    expect(page.locator("#time .now h3")).to_contain_text(f"({len(running) + len(standby)})")
    drawn_as = "(id) => window.twin.map.getFeatureState({ source: 'event', id }).verdict"
    places: dict[str, list[dict[str, Any]]] = {}
    for feature in api.post("/impact", params={"f": "geojson"}, json=asked).json()["features"]:
        if feature["geometry"] and feature["geometry"]["type"] == "Point":
            lon, lat = feature["geometry"]["coordinates"]
            places.setdefault(f"place:{lon:.5f},{lat:.5f}", []).append(feature["properties"])
    later = [
        place for place, rows in places.items() if all(row["verdict"] == "down" and row["time_s"] > 100 for row in rows)
    ]
    assert later
    page.evaluate(IDLE)
    assert {page.evaluate(drawn_as, place) for place in later} == {"none"}
    page.locator("#time [data-act=play]").click()
    looked.until("!location.hash.includes('&t=') || Number(/&t=([0-9]+)/.exec(location.hash)[1]) >= 86400")
    expect(page.locator("#time [data-act=play]")).to_have_attribute("aria-label", "Play (Space)")
    assert {page.evaluate(drawn_as, place) for place in later} == {"down"}


def test_the_address_brings_everything_back(looked: Looked) -> None:
    page = looked.open(f"map=8.5/48.5/13.2&{EVENT}&t=30000&colour=domain&hide=power_line&layers=1")
    expect(page.locator("#time .clock")).to_contain_text("8 h 20 min")
    before = summary(page)
    seen = page.evaluate("[window.twin.map.getZoom(), ...window.twin.map.getCenter().toArray()]")
    looked.reload()
    expect(page.locator("#time .clock")).to_contain_text("8 h 20 min")
    assert summary(page) == before
    assert page.evaluate("[window.twin.map.getZoom(), ...window.twin.map.getCenter().toArray()]") == pytest.approx(
        seen, abs=1e-3
    )
    assert seen == pytest.approx([8.5, 13.2, 48.5], abs=1e-3)
    expect(page.locator("#layers select")).to_have_value("domain")
    assert not page.locator("#layers label", has_text="power line").locator("input").is_checked()
    page.keyboard.press("r")
    expect(page.locator("#panel h2")).to_have_text("Critical assets")
    page.go_back()
    expect(page.locator("#panel h2")).to_have_text("Fail it")
    assert summary(page) == before


def test_a_drawn_circle_is_the_hazard_that_is_asked(looked: Looked, api: httpx.Client) -> None:
    page = looked.open("view=impact&map=8/51/7")
    page.evaluate(IDLE)
    page.get_by_role("button", name="Draw a circle as the hazard").click()
    expect(page.locator("#toasts")).to_contain_text("Click the middle")
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x, y)
    page.mouse.move(x + 30, y + 10, steps=4)
    with page.expect_request(lambda request: request.url.endswith("/impact") and request.method == "POST") as sent:
        page.mouse.click(x + 60, y + 10)
    shown = summary(page)
    body = sent.value.post_data_json
    assert body["hazard"]["type"] == "Polygon"
    answer = api.post("/impact", json=body).json()
    assert (
        sum(counts["failed"] for counts in answer["summary"].values())
        == answer["event"]["chosen"]["hazard"]["hits"]
        > 10
    )
    for domain, counts in answer["summary"].items():
        assert shown.get(domain, {}).get("failed", 0) == counts["failed"]
    inside = answer["stake"]["by_domain"]["energy"]["lost_inside"]["assets"]
    expect(page.locator(".stake[data-domain=energy]")).to_contain_text(f"{inside} inside the hazard")
    assert re.search(r"hazard=c:[\d.,-]+", unquote(page.url))


def test_compare_shows_the_deltas_of_the_api(looked: Looked, api: httpx.Client) -> None:
    other = "telecom:duct/koeln-rheinbruecke"
    page = looked.open(f"view=compare&fail={STATION}&b.fail={other}&layers=1")
    answer = api.post("/compare", json={"a": {"failed": [STATION]}, "b": {"failed": [other]}}).json()
    row = page.locator("[data-test=deltas] tbody tr", has_text="Compute: down")
    down = answer["summary"]["compute"]["down"]
    expect(row).to_be_visible()
    assert [number(cell.replace("+", "")) for cell in row.locator("td").all_inner_texts()[1:]] == [
        down["a"],
        down["b"],
        down["delta"],
    ]
    expect(page.locator("#panel")).to_contain_text(f"Only A ({len(answer['only_a'])})")
    expect(page.locator("#panel")).to_contain_text(f"Only B ({len(answer['only_b'])})")
    shown = "[...document.querySelectorAll('[data-side]')].find((one) => one.ariaPressed === 'true').dataset.side"
    state = "window.twin.map.getFeatureState({ source: 'event', id: row.id }).verdict"
    states = f"[...new Set(window.twin.map.querySourceFeatures('event').map((row) => {state}))].sort().join()"
    page.locator("[data-side=b]").click()
    expect(page.locator("#bar")).to_contain_text(other)
    assert page.evaluate(shown) == "b"
    page.locator("[data-side=diff]").click()
    expect(page.locator("#layers")).to_contain_text("only in A")
    looked.until(f"{states} === 'only_a,only_b'")
    page.go_back()
    assert page.evaluate(shown) == "b"


def test_critical_assets_are_ranked_as_the_api_ranks_them(looked: Looked, api: httpx.Client) -> None:
    page = looked.open("view=critical")
    items = api.get("/criticality", params={"weight": "count", "limit": 50}).json()["items"]
    rows = page.locator("#panel table.rows tbody tr")
    expect(rows.first).to_be_visible()
    assert [row.get_attribute("data-asset") for row in rows.all()] == [item["id"] for item in items]
    assert drawn(page, "marks") >= 5
    rows.nth(2).locator("button.link").click()
    expect(page.locator("#panel h2")).to_have_text(items[2]["name"])


def test_paths_are_listed_and_drawn(looked: Looked, api: httpx.Client) -> None:
    page = looked.open("view=paths&from=fibre:router/ulm&to=fibre:router/kiel")
    answer = api.post(
        "/paths", json={"from": "fibre:router/ulm", "to": "fibre:router/kiel", "k": 2, "disjoint": "risk"}
    ).json()
    assert answer["found"] == 2
    expect(page.locator("#panel")).to_contain_text("2 routes without a shared risk")
    for at, route in enumerate(answer["routes"]):
        items = page.locator("ol.route").nth(at).locator("li")
        expect(items).to_have_count(len(route["assets"]))
    looked.until("window.twin.map.querySourceFeatures('routes').length > 0")
    assert drawn(page, "routes") > 5


def test_an_error_says_what_to_do(looked: Looked) -> None:
    page = looked.open("asset=grid:bus/41x")
    expect(page.locator(".problem")).to_contain_text("Did you mean")
    assert [line for line in looked.wrong if "404" not in line] == []
    looked.wrong.clear()


def test_without_webgl_the_table_shows(launch: Launch, server: str, api: httpx.Client) -> None:
    browser = launch(NOT_DRAWN)
    looked = watch(browser.new_context(viewport={"width": 1280, "height": 800}), server)
    page = looked.open()
    expect(page.locator("#map .banner")).to_contain_text("cannot draw the map")
    total = api.get("/assets", params={"limit": 1}).json()["total"]
    expect(page.locator("#map .foot")).to_contain_text(f"of {total:,}")
    page.get_by_label("Filter assets").fill("Schärding")
    expect(page.locator("#map tbody tr").first).to_contain_text("Schärding")
    page.locator("#map tbody tr button").first.click()
    expect(page.locator("#panel h2")).to_contain_text("Schärding")
    page.get_by_role("button", name="Graph", exact=True).click()
    looked.until("document.querySelector('.graph')?.cy?.nodes().length > 3")
    page.keyboard.press("f")
    assert summary(page)
    assert looked.foreign() == []


def test_without_libraries_the_page_says_so(server: str, launch: Launch) -> None:
    looked = watch(launch(NOT_DRAWN).new_context(), server)
    page_text = httpx.get(server).text.replace('<html lang="en"', '<html lang="en" data-libraries="missing"', 1)
    looked.page.route(server, lambda route: route.fulfill(body=page_text, content_type="text/html"))
    page = looked.open()
    expect(page.locator("#map .banner")).to_contain_text("make setup")
    expect(page.locator("#map tbody tr").first).to_be_visible()
    assert not [url for url in looked.asked if "/vendor/" in url]
