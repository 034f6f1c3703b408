"""The map without a mouse: a whole flow by keys; a file that is dropped; a report on paper."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.looked import Looked

pytestmark = [pytest.mark.store, pytest.mark.browser]

STATION = "grid:station/417"
#: What has the keyboard: its tag and text, and whether one sees that.
FOCUSED = """() => {
  const at = document.activeElement;
  const { outlineStyle } = getComputedStyle(at);
  return [at.tagName, at.textContent.trim(), outlineStyle !== 'none'];
}"""
#: Drop a text as a file on an element, as the browser does it.
DROP = """([selector, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: 'application/geo+json' }));
  for (const type of ['dragover', 'drop']) {
    document.querySelector(selector).dispatchEvent(new DragEvent(type, { bubbles: true, dataTransfer: data }));
  }
}"""
#: What would be printed, seen at the moment of printing.
PRINTING = """() => {
  window.print = () => {
    const seen = (node) => node.checkVisibility();
    const box = (selector) => document.querySelector(selector).getBoundingClientRect();
    window.printed = {
      controls: [...document.querySelectorAll('button, select, input, .menu, nav, canvas')]
        .filter((node) => seen(node) && !node.matches('#panel .link')).map((node) => node.outerHTML.slice(0, 120)),
      folded: document.querySelectorAll('#panel details.section:not([open])').length,
      title: document.querySelector('.cover h1').textContent,
      where: document.querySelector('.cover .where').textContent,
      map: [box('.cover img').width, box('.cover img').height, box('.cover img').bottom],
      below: box('[data-test=summary]').top,
      rows: document.querySelectorAll('.affected details').length,
      theme: document.documentElement.dataset.theme,
      failed: document.querySelector('td[data-verdict=failed][style]').style.color,
    };
  };
}"""


def title(page: Page, text: str) -> None:
    """The panel shows this title, and the keyboard is there, to be seen."""
    expect(page.locator("#panel h2")).to_have_text(text)
    expect(page.locator("#panel h2")).to_be_focused()
    assert page.evaluate(FOCUSED) == ["H2", text, True]


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what matches has the keyboard; wherever it is before, it is to be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            break
    assert page.evaluate("(selector) => document.activeElement.matches(selector)", selector), selector
    assert page.evaluate(FOCUSED)[2]


def test_a_whole_flow_by_keys(looked: Looked, api: httpx.Client) -> None:
    page = looked.open("horizon=2d")
    page.keyboard.press("/")
    page.keyboard.type(STATION)
    expect(page.get_by_role("option").first).to_contain_text(STATION)
    page.keyboard.press("Enter")
    title(page, api.get(f"/assets/{STATION}").json()["name"] or STATION)
    page.keyboard.press("f")
    title(page, "Fail it")
    asked = {"failed": [STATION], "horizon_s": "2d"}
    affected = api.post("/impact", json=asked).json()["affected"]
    expect(page.locator("#panel .lead")).to_contain_text(f"{len(affected)} assets affected within 2 d")
    expect(page.locator("#time .clock")).to_contain_text("2 d")
    moments = sorted({row["time_s"] for row in api.post("/timeline", json=asked).json()["events"]})
    page.keyboard.press("ArrowLeft")
    looked.until(f"location.hash.includes('&t={round(moments[-1])}')")
    page.keyboard.press("ArrowRight")
    looked.until("!location.hash.includes('&t=')")
    page.keyboard.press("Space")
    expect(page.locator("#time [data-act=play]")).to_have_attribute("aria-label", "Pause")
    page.keyboard.press("Space")
    expect(page.locator("#time [data-act=play]")).to_have_attribute("aria-label", "Play (Space)")
    tab_to(page, ".affected summary")
    worst = affected[0]["id"]
    page.keyboard.press("Enter")
    row = page.locator(f".affected details[data-asset='{worst}']")
    expect(row.get_by_role("button", name="Open the asset")).to_be_visible()
    tab_to(page, ".affected .button.small")
    page.keyboard.press("Enter")
    title(page, api.get(f"/assets/{worst}").json()["name"] or worst)
    expect(page.locator("#panel .verdict")).to_contain_text(affected[0]["verdict"].replace("_", " "))
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_contain_text("play the timeline")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator("#panel h2")).to_be_focused()
    page.keyboard.press("Escape")
    title(page, "The twin")
    expect(page.locator("#bar")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#bar")).to_be_hidden()
    page.keyboard.press("d")
    title(page, "Findings")
    tab_to(page, "select[aria-label=Severity]")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#panel select[aria-label=Severity]")).to_have_value("error")
    expect(page.locator("#panel .finding.warning")).to_have_count(0)
    expect(page.locator("#panel select[aria-label=Severity]")).to_be_focused()
    page.keyboard.press("Escape")
    title(page, "Findings")
    page.keyboard.press("Escape")
    title(page, "The twin")


def test_a_dropped_file_is_the_hazard(looked: Looked, api: httpx.Client) -> None:
    page = looked.open("map=8/48.5/13")
    ring = [[13.0, 48.3], [13.8, 48.3], [13.8, 48.8], [13.0, 48.8], [13.0, 48.3]]
    hazard: dict[str, Any] = {"type": "Polygon", "coordinates": [ring]}
    page.evaluate(DROP, ["#map canvas", "notes.geojson", "not a document"])
    expect(page.locator("#toasts")).to_contain_text("notes.geojson is not GeoJSON")
    page.evaluate(DROP, ["#map canvas", "flood.geojson", json.dumps(hazard)])
    answer = api.post("/impact", json={"hazard": hazard}).json()
    hits = answer["event"]["chosen"]["hazard"]["hits"]
    assert hits > 10
    lead = page.locator("#panel .lead")
    expect(lead).to_contain_text(f"{len(answer['affected']):,} assets affected")
    expect(lead).to_contain_text(f"the hazard hits {hits:,} assets")
    looked.until("window.twin.map.querySourceFeatures('hazard').length > 0")
    assert not page.evaluate("document.getElementById('stage').classList.contains('dropping')")


def test_a_report_is_printed_with_the_map_on_top(looked: Looked, api: httpx.Client) -> None:
    page = looked.open(f"view=impact&fail={STATION}&horizon=2d")
    expect(page.locator("#time .clock")).to_contain_text("2 d")
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.emulate_media(media="print")
    page.evaluate(PRINTING)
    page.evaluate(
        "[...document.querySelectorAll('.menu .item')].find((item) => item.textContent.includes('Print')).click()"
    )
    looked.until("window.printed")
    printed = page.evaluate("window.printed")
    assert printed["controls"] == []
    assert printed["folded"] == 0
    assert STATION in printed["title"]
    assert STATION in printed["where"]
    assert min(printed["map"][:2]) > 100
    assert printed["map"][2] < printed["below"], "the map is above the numbers"
    affected = api.post("/impact", json={"failed": [STATION], "horizon_s": "2d"}).json()["affected"]
    assert printed["rows"] == len(affected)
    assert (printed["theme"], printed["failed"]) == ("light", "rgb(31, 31, 36)"), "paper is white"
    looked.until("!document.querySelector('.cover')")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
