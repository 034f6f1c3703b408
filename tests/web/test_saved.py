"""What is saved: kept answers as they were kept, events, names and notes, and answers that are watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.limits import Limits
from tests.api.served import served
from tests.tools import missing
from tests.web.looked import NOT_DRAWN, Launch, Looked, page_on, watch
from tests.web.test_work import AXE, menu
from twin.service import Twin

pytestmark = [pytest.mark.store, pytest.mark.browser]

STATION, BATTERY, LINE = "grid:station/417", "telecom:battery/passau", "grid:line/641"
DUCT, HALL = "telecom:duct/koeln-rheinbruecke", "datacentres:hall/passau-1-h1"
FEEDER = "datacentres:feeder/passau-1-a"
ASKED: dict[str, dict[str, Any]] = {
    "impact": {"failed": [STATION], "horizon_s": "2d"},
    "compare": {"a": {"failed": [STATION]}, "b": {"failed": [DUCT]}},
    "paths": {"from": "fibre:router/ulm", "to": "fibre:router/kiel", "k": 2, "disjoint": "risk"},
    "criticality": {"weight": "demand_mw"},
}


@pytest.fixture(scope="module")
def plain(launch: Launch) -> Browser:
    """A browser that cannot draw the map, which takes most of the time where nothing of it is looked at."""
    return launch(NOT_DRAWN)


@pytest.fixture
def read(plain: Browser, server: str) -> Iterator[Looked]:
    """A page without a map, watched as the one with a map."""
    with page_on(plain, server) as made:
        yield made


def edit(api: httpx.Client, *edits: dict[str, Any]) -> int:
    """Make edits by hand; the new revision."""
    return int(api.post("/edits", json={"edits": list(edits)}).raise_for_status().json()["revision"])


def kept(api: httpx.Client, question: str, name: str) -> dict[str, Any]:
    """Keep the answer to a question."""
    body = {"name": name, "question": question, "asked": ASKED[question]}
    saved: dict[str, Any] = api.post("/results", json=body).raise_for_status().json()
    return saved


@pytest.fixture(scope="module")
def before(api: httpx.Client) -> Iterator[dict[str, dict[str, Any]]]:
    """Answers that were kept by question; then a battery was taken out of the twin."""
    saved = {question: kept(api, question, f"The {question} before") for question in ASKED}
    edit(api, {"op": "delete", "id": BATTERY})
    yield saved
    api.post("/undo").raise_for_status()


def banner(page: Page) -> Any:
    """What says that an answer is a kept one."""
    return page.locator("[data-test=kept]")


def verdict(id: str) -> str:
    """Script that gives what the map shows of an asset."""
    return f"window.twin.map.getFeatureState({{ source: 'event', id: '{id}' }}).verdict"


def test_a_kept_answer_opens_as_it_was_kept(
    looked: Looked, api: httpx.Client, before: dict[str, dict[str, Any]]
) -> None:
    saved = before["impact"]
    now = api.post("/impact", json=ASKED["impact"]).json()
    was = saved["answer"]
    assert len(was["affected"]) != len(now["affected"])
    assert LINE in {row["id"] for row in was["affected"]} - {row["id"] for row in now["affected"]}
    page = looked.open("view=saved")
    page.locator(f"[data-result='{saved['id']}'] h3 a").click()
    expect(page.locator(".lead")).to_contain_text(f"{len(was['affected'])} assets affected within 2 d")
    expect(banner(page)).to_contain_text(f"As kept at revision {saved['revision']} on")
    expect(banner(page)).to_contain_text(f"the twin is at revision {now['revision']} now")
    expect(page.locator("#time")).to_contain_text("was not kept")
    assert f"result={saved['id']}" in page.url
    looked.until(f"{verdict(LINE)} === 'down'")
    looked.reload()  # as who was given the link
    expect(page.locator(".lead")).to_contain_text(f"{len(was['affected'])} assets")
    looked.until(f"{verdict(LINE)} === 'down'")
    assert not [url for url in looked.asked if url.endswith(("/impact", "/timeline"))]
    with page.expect_download() as given:
        menu(page, "GeoJSON")
    rows = json.loads(given.value.path().read_text(encoding="utf-8"))["features"]
    assert {row["id"] for row in rows} == {row["id"] for row in was["affected"]}
    banner(page).get_by_role("button", name="Ask anew").click()
    expect(page.locator(".lead")).to_contain_text(f"{len(now['affected'])} assets affected within 2 d")
    expect(banner(page)).to_have_count(0)
    assert "result=" not in page.url
    looked.until(f"{verdict(LINE)} !== 'down'")
    page.go_back()
    expect(page.locator(".lead")).to_contain_text(f"{len(was['affected'])} assets")
    page.get_by_label("Look ahead").select_option("8h")  # another question: no kept answer to it
    expect(banner(page)).to_have_count(0)
    assert "result=" not in page.url


def test_other_kept_answers_too(read: Looked, api: httpx.Client, before: dict[str, dict[str, Any]]) -> None:
    answers = {question: saved["answer"] for question, saved in before.items()}
    says = {
        "compare": f"Only A ({len(answers['compare']['only_a'])})",
        "paths": f"{answers['paths']['found']} routes",
        "criticality": f"{answers['criticality']['items'][0]['id']}",
    }
    for question, text in says.items():
        page = read.open(f"result={before[question]['id']}")  # the id alone is enough
        expect(banner(page)).to_contain_text(f"The {question} before")
        where = page.locator("#panel")
        if question == "criticality":
            first = page.locator("#panel tbody tr").first
            expect(first).to_have_attribute("data-asset", text)
            expect(first).to_contain_text(f"{answers['criticality']['items'][0]['lost']:,.2f}".rstrip("0").rstrip("."))
        else:
            expect(where).to_contain_text(text)
    assert not [url for url in read.asked if url.endswith(("/compare", "/paths")) or "/criticality?" in url]


def test_a_result_that_is_gone_says_so_and_asks_nothing(read: Looked, api: httpx.Client) -> None:
    saved = kept(api, "impact", "Gone soon")
    api.delete(f"/results/{saved['id']}").raise_for_status()
    page = read.open(f"view=impact&fail={STATION}&horizon=2d&result={saved['id']}")
    expect(page.locator("[data-test=gone]")).to_contain_text("not kept any more")
    assert not [url for url in read.asked if url.endswith("/impact")]
    page.get_by_role("button", name="Ask anew").click()
    found = api.post("/impact", json=ASKED["impact"]).json()["affected"]
    expect(page.locator(".lead")).to_contain_text(f"{len(found)} assets affected")
    assert [text for text in read.wrong if "404" not in text] == []
    read.wrong.clear()  # the browser itself says in the console that the result was not found


def test_a_result_is_named_anew_and_asked_again(read: Looked, api: httpx.Client) -> None:
    saved = kept(api, "impact", "Before the work")
    revision = edit(api, {"op": "set", "id": STATION, "name": "Another name"})
    page = read.open("view=saved")
    card = page.locator(f"[data-result='{saved['id']}']")
    card.get_by_role("button", name="Edit").click()
    card.get_by_label("Name").fill("After the work")
    card.get_by_label("Note").fill("seen by the operator")
    card.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("seen by the operator")
    row = api.get(f"/results/{saved['id']}").json()
    assert (row["name"], row["note"], row["revision"]) == ("After the work", "seen by the operator", saved["revision"])
    card.get_by_role("button", name="Ask again and keep").click()
    expect(card).to_contain_text(f"impact · revision {revision}")
    assert api.get(f"/results/{saved['id']}").json()["revision"] == revision
    card.locator("h3 a").click()
    expect(banner(page)).to_contain_text(f"As kept at revision {revision}")
    api.delete(f"/results/{saved['id']}").raise_for_status()
    api.post("/undo").raise_for_status()


def test_an_event_is_saved_opened_and_removed(read: Looked, api: httpx.Client) -> None:
    page = read.open("view=impact&hazard=c:13.46,48.56,9000&buffer=500")
    page.get_by_role("button", name="Save this event").click()
    page.get_by_label("Name").fill("Flood of the Inn")
    page.locator("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("Saved as Flood of the Inn")
    saved = api.get("/events").json()["items"][0]
    assert (saved["name"], saved["event"]["buffer_m"]) == ("Flood of the Inn", 500)
    page.get_by_role("button", name="Show what is saved").click()
    card = page.locator(f"[data-event='{saved['id']}']")
    card.get_by_role("button", name="Edit").click()
    card.get_by_label("Note").fill("as in 2013")
    card.get_by_role("button", name="Save").click()
    expect(card).to_contain_text("as in 2013")
    assert api.get(f"/events/{saved['id']}").json()["note"] == "as in 2013"
    card.locator("h3 a").click()
    found = api.post("/impact", json={"saved_event": saved["id"]}).json()
    expect(page.locator(".lead")).to_contain_text(f"{len(found['affected'])} assets affected")
    expect(page.locator(".lead")).to_contain_text(f"hits {found['event']['chosen']['hazard']['hits']} assets")
    page.go_back()
    card.get_by_role("button", name="Remove").click()
    expect(card).to_have_count(0)
    assert api.get("/events").json()["total"] == 0


def test_the_link_of_an_event_brings_a_hazard_that_no_address_holds(read: Looked, api: httpx.Client) -> None:
    steps = [13.2 + number / 2500 for number in range(600)]
    ring = [[lon, 48.4] for lon in steps] + [[lon, 48.7] for lon in reversed(steps)]
    hazard = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    saved = api.post("/events", json={"name": "Finely drawn", "event": {"hazard": hazard}}).raise_for_status().json()
    page = read.open("view=saved&shelf=events")
    link = page.locator(f"[data-event='{saved['id']}'] h3 a").get_attribute("href")
    assert link is not None
    page.evaluate("sessionStorage.clear()")
    page.goto("about:blank")
    read.open(link.removeprefix("#"))  # as in a browser that never had the hazard
    found = api.post("/impact", json={"hazard": hazard}).json()
    expect(page.locator(".lead")).to_contain_text(f"hits {found['event']['chosen']['hazard']['hits']} assets")
    api.delete(f"/events/{saved['id']}").raise_for_status()


def test_long_lists_are_read_on(read: Looked, api: httpx.Client) -> None:
    ids = [
        api.post("/events", json={"name": f"Event {number}", "event": {"failed": [FEEDER]}}).json()["id"]
        for number in range(103)
    ]
    page = read.open("view=saved&shelf=events")
    expect(page.locator("[data-event]")).to_have_count(100)
    page.get_by_role("button", name="More (3)").click()
    expect(page.locator("[data-event]")).to_have_count(103)
    expect(page.locator(f"[data-event='{ids[0]}']")).to_contain_text("Event 0")
    for id in ids:
        api.delete(f"/events/{id}").raise_for_status()


def watch_it(page: Page, name: str) -> None:
    """Fill the dialog that is open, and close it."""
    page.locator("dialog").get_by_label("Name").fill(name)
    page.locator("dialog").get_by_role("button", name="Watch it").click()
    expect(page.locator("dialog")).to_contain_text(f"Watched as {name}")


def test_a_change_of_what_is_watched_is_told(read: Looked, api: httpx.Client) -> None:
    page = read.open(f"view=impact&fail={STATION}&horizon=2d")
    expect(page.locator("[data-test=summary]")).to_be_visible()
    menu(page, "Tell me when this changes")
    watch_it(page, "Passau")
    page.keyboard.press("Escape")
    page.evaluate("id => window.twin.state.set({ asset: id, view: null })", HALL)
    page.get_by_role("button", name="Tell me when this changes").click()
    watch_it(page, "The hall")
    page.keyboard.press("Escape")
    hall, passau = api.get("/subscriptions").json()["items"]
    assert (hall["question"], hall["asked"]["id"]) == ("dependencies", HALL)
    assert (passau["name"], passau["question"], passau["asked"]["failed"]) == ("Passau", "impact", [STATION])
    revision = edit(api, {"op": "delete", "id": FEEDER})
    expect(page.locator(".toast.told", has_text="Passau")).to_contain_text("removed")
    expect(page.locator("#rail .badge")).to_be_visible()
    expect(page.locator("#status")).to_contain_text(f"revision {revision}")
    page.locator(".toast.told", has_text="Passau").get_by_role("button", name="Show").click()
    told = api.get(f"/subscriptions/{passau['id']}").json()["notices"][0]["notice"]
    card = page.locator(f"[data-watched='{passau['id']}']")
    expect(card).to_contain_text(f"Revision {told['before']['revision']} → {revision}")
    expect(card).to_contain_text(f"{told['changed']['removed_total']} rows removed")
    expect(card).to_contain_text(told["changed"]["removed"][0])
    expect(page.locator("#rail .badge")).to_have_count(0)
    card.get_by_role("link", name="The answer then").click()
    expect(banner(page)).to_contain_text(f"As kept at revision {revision}")
    api.post("/undo").raise_for_status()
    page.go_back()
    for id in (passau["id"], hall["id"]):
        page.locator(f"[data-watched='{id}']").get_by_role("button", name="Remove").click()
        expect(page.locator(f"[data-watched='{id}']")).to_have_count(0)
    assert api.get("/subscriptions").json()["total"] == 0


def test_the_secret_of_a_webhook_is_shown_once(plain: Browser, sample: Twin) -> None:
    with served(create_app(sample, Limits(private_webhooks=True))) as client:
        context = plain.new_context(viewport={"width": 1000, "height": 640}, reduced_motion="reduce")
        looked = watch(context, f"{client.base_url}/")
        page = looked.open(f"view=impact&fail={STATION}")
        menu(page, "Tell me when this changes")
        page.get_by_label("Webhook").fill("http://127.0.0.1:9/hook")
        watch_it(page, "By webhook")
        assert len(page.locator("[data-test=secret]").inner_text()) >= 32
        made = client.get("/subscriptions").json()["items"][0]
        assert made["webhook"] == "http://127.0.0.1:9/hook"
        page.get_by_role("button", name="Show what is saved").click()
        card = page.locator(f"[data-watched='{made['id']}']")
        expect(card).to_contain_text("posted to http://127.0.0.1:9/hook")
        card.get_by_role("button", name="Remove").click()
        expect(card).to_have_count(0)
        context.close()
        assert looked.wrong == []


def test_everybody_can_use_it(
    plain: Browser, server: str, api: httpx.Client, before: dict[str, dict[str, Any]]
) -> None:
    if not AXE.is_file():
        missing("axe-core (make setup, with npm)")
    event = api.post("/events", json={"name": "Passau", "note": "known", "event": {"failed": [STATION]}}).json()
    body = {"name": "Passau", "question": "impact", "asked": ASKED["impact"]}
    watched = api.post("/subscriptions", json=body).json()
    context = plain.new_context(viewport={"width": 1000, "height": 640}, reduced_motion="reduce", bypass_csp=True)
    looked = watch(context, server)
    found = {}
    for scheme in ("light", "dark"):
        page = looked.page
        page.emulate_media(color_scheme=scheme)
        for name, address in {
            "results": "view=saved",
            "events": "view=saved&shelf=events",
            "watched": "view=saved&shelf=watched",
            "kept": f"result={before['impact']['id']}",
        }.items():
            page.goto("about:blank")
            looked.open(address)
            expect(page.locator("#panel .waiting")).to_have_count(0)
            if name == "events":
                page.get_by_role("button", name="Edit").first.click()
            if name == "kept":
                menu(page, "Tell me when this changes")
            page.add_script_tag(path=AXE)
            told = page.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] })")
            found[f"{name} {scheme}"] = [
                (fault["id"], [node["html"][:160] for node in fault["nodes"][:3]]) for fault in told["violations"]
            ]
    context.close()
    api.delete(f"/events/{event['id']}").raise_for_status()
    api.delete(f"/subscriptions/{watched['id']}").raise_for_status()
    assert not any(found.values()), json.dumps({name: faults for name, faults in found.items() if faults}, indent=1)


def test_a_kept_answer_to_what_the_page_cannot_ask(read: Looked, api: httpx.Client) -> None:
    event = api.post("/events", json={"name": "Passau", "event": {"failed": [STATION]}}).json()
    asked = {"saved_event": event["id"], "what_if": [{"op": "delete", "id": FEEDER}]}
    body = {"name": "Without the feeder", "question": "impact", "asked": asked}
    saved = api.post("/results", json=body).raise_for_status().json()
    page = read.open(f"result={saved['id']}")
    expect(page.locator(".lead")).to_contain_text(f"{len(saved['answer']['affected'])} assets affected")
    expect(page.locator(".chips")).to_contain_text(STATION)
    expect(banner(page)).to_contain_text("parts that this page cannot ask (what if)")
    expect(banner(page).get_by_role("button", name="Ask anew")).to_have_count(0)
    api.delete(f"/events/{event['id']}").raise_for_status()
    api.delete(f"/results/{saved['id']}").raise_for_status()
