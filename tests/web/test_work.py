"""What results become: files, commands, programs, kept results; imports; and whether everybody can use the page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pyogrio
import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.security import Access, Keyring, Role
from tests.api.served import served
from tests.tools import missing
from tests.web.looked import DRAWN, Launch, Looked, watch
from twin.service import Twin

pytestmark = [pytest.mark.store, pytest.mark.browser]

ROOT = Path(__file__).parent.parent.parent
AXE = ROOT / "api/web/node_modules/axe-core/axe.min.js"
STATION = "grid:station/417"
EVENT = f"fail={STATION}&horizon=2d&view=impact"
ASKED = {"failed": [STATION], "horizon_s": "2d"}
ASSETS = "id,kind,name,lon,lat\nbus-x,bus,Bus X,13.4,52.5\nbus-y,bus,Bus Y,abc,52.6\nload-z,load,Load Z,13.45,52.5\n"
LINKS = "from,type,to\nbus-x,POWERS,load-z\n"


def menu(page: Page, item: str) -> None:
    """Choose an item of the export menu."""
    page.locator(".menu summary").click()
    page.locator(".menu .item", has_text=item).click()


@pytest.mark.parametrize("item", ["GeoPackage", "FlatGeobuf", "GeoJSON"])
def test_downloads_open_with_gdal(looked: Looked, api: httpx.Client, tmp_path: Path, item: str) -> None:
    page = looked.open(EVENT)
    expect(page.locator("[data-test=summary]")).to_be_visible()
    with page.expect_download() as given:
        menu(page, item)
    path = tmp_path / given.value.suggested_filename
    given.value.save_as(path)
    rows = api.post("/impact", params={"f": "geojson"}, json=ASKED).json()["features"]
    read = [pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)]
    ids = {row for frame in read if "verdict" in frame for row in frame["id"]}
    assert {row["id"] for row in rows if row["geometry"]} <= ids <= {row["id"] for row in rows}


def test_the_map_becomes_a_picture(looked: Looked) -> None:
    page = looked.open(EVENT)
    expect(page.locator("[data-test=summary]")).to_be_visible()
    with page.expect_download() as given:
        menu(page, "Map as PNG")
    content = Path(given.value.path()).read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(content) > 5000


def test_the_same_question_as_command_and_as_program(browser: Browser, server: str, api: httpx.Client) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    looked = watch(context, server)
    page = looked.open(EVENT)
    expect(page.locator("[data-test=summary]")).to_be_visible()
    menu(page, "Copy as CLI")
    expect(page.locator("#toasts")).to_contain_text("Command copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"twin impact {STATION} --horizon 2d"
    menu(page, "Copy as Python")
    expect(page.locator("#toasts")).to_contain_text("Program copied")
    program = page.evaluate("navigator.clipboard.readText()")
    context.close()
    names: dict[str, Any] = {}
    exec(program, names)  # as who pasted it would
    names["twin"].close()
    answer = api.post("/impact", json=ASKED).json()
    assert {row["id"] for row in names["result"].to_dict()["affected"]} == {row["id"] for row in answer["affected"]}


def test_a_result_is_kept_shared_and_removed(looked: Looked, api: httpx.Client) -> None:
    page = looked.open(EVENT)
    expect(page.locator("[data-test=summary]")).to_be_visible()
    menu(page, "Save and share")
    page.get_by_label("Name").fill("Passau, two days")
    page.get_by_label("Note").fill("for the meeting")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("Kept as Passau, two days")
    kept = api.get("/results").json()["items"][0]
    assert (kept["name"], kept["question"], kept["asked"]["failed"]) == ("Passau, two days", "impact", [STATION])
    qgis = page.locator("dialog a", has_text="QGIS").get_attribute("href")
    assert qgis is not None
    assert kept["id"] in httpx.get(qgis).text
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    card = page.locator(f"[data-result='{kept['id']}']")
    expect(card).to_contain_text("for the meeting")
    card.locator("h3 a").click()
    expect(page.locator("#panel h2")).to_have_text("Fail it")
    expect(page.locator("#panel")).to_contain_text("225 assets affected within 2 d")
    page.keyboard.press("s")
    card.get_by_role("button", name="Remove").click()
    expect(card).to_have_count(0)
    assert kept["id"] not in {row["id"] for row in api.get("/results").json()["items"]}


def test_findings_are_those_of_the_api(looked: Looked, api: httpx.Client) -> None:
    page = looked.open("view=findings")
    items = api.get("/findings", params={"limit": 1000}).json()["items"]
    expect(page.locator("#panel .finding")).to_have_count(len(items))
    for finding, shown in zip(items, page.locator("#panel .finding").all(), strict=True):
        expect(shown).to_contain_text(finding["message"])
        expect(shown).to_contain_text(finding["fix"])
    looked.until("window.twin.map.querySourceFeatures('marks').length > 0")
    page.get_by_label("Severity").select_option("error")
    expect(page.locator("#panel .finding")).to_have_count(sum(row["severity"] == "error" for row in items))
    assert sum("/ogc/collections/findings/items" in url for url in looked.asked) == 2, "marks come by one request"
    page.get_by_label("Severity").select_option("")
    page.get_by_label("Kind of asset").select_option("pdu")
    page.get_by_label("Source").select_option("datacentres")
    chosen = api.get("/findings", params={"kind": "pdu", "source": "datacentres"}).json()["items"]
    expect(page.locator("#panel .finding")).to_have_count(len(chosen))
    assert 0 < len(chosen) < len(items)
    marked = "new Set(window.twin.map.querySourceFeatures('marks').map((row) => row.properties.asset)).size"
    features = api.get("/ogc/collections/findings/items", params={"kind": "pdu"}).json()["features"]
    looked.until(f"{marked} === {len({row['properties']['asset'] for row in features})}")


def test_an_import_shows_its_plan_and_is_taken_back(looked: Looked, api: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text(ASSETS, encoding="utf-8")
    (tmp_path / "links.csv").write_text(LINKS, encoding="utf-8")
    before = api.get("/assets", params={"limit": 1}).json()
    page = looked.open("view=import")
    page.locator("input[type=file][multiple]").set_input_files([tmp_path / "assets.csv", tmp_path / "links.csv"])
    plan = page.locator("[data-test=plan]")
    expect(plan).to_contain_text("assets assets")
    upload = api.get("/uploads").json()["items"][0]
    report = api.get(f"/uploads/{upload['id']}").json()["report"]
    assert report["rejected"] == 1
    expect(page.get_by_label("Rejected rows")).to_contain_text(report["rejects"][0]["message"])
    expect(page.get_by_label("Rejected rows")).to_contain_text("assets.csv:3")
    assert f"upload={upload['id']}" in page.url
    apply = page.get_by_role("button", name="Apply: 3 changes")
    expect(apply).to_be_disabled()
    page.get_by_label("Take the good rows").check()
    expect(apply).to_be_enabled()
    apply.click()
    expect(page.locator("#panel")).to_contain_text(f"Imported as revision {before['revision'] + 1}")
    expect(page.locator("#status")).to_contain_text(f"revision {before['revision'] + 1}")
    assert api.get("/assets", params={"limit": 1}).json()["total"] == before["total"] + 2
    page.get_by_role("button", name="Take it back").click()
    expect(page.locator("#status")).to_contain_text(f"revision {before['revision'] + 2}")
    assert api.get("/assets", params={"limit": 1}).json()["total"] == before["total"]


def test_a_guessed_mapping_is_edited_and_tried_again(looked: Looked, api: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "werke.csv").write_text("code;bezeichnung\nA1;Nord\nA2;Sued\n", encoding="utf-8")
    page = looked.open("view=import")
    page.locator("input[type=file][multiple]").set_input_files([tmp_path / "werke.csv"])
    page.locator("[data-test=options] summary").click()
    mapping = page.get_by_label("Mapping")
    guessed = mapping.input_value()
    assert "Kind GUESSED" in guessed
    mapping.fill("[assets\n" + guessed)
    page.get_by_role("button", name="Try this mapping").click()
    expect(page.locator(".loader .problem")).to_contain_text("line 1")
    looked.wrong.clear()  # the browser tells of the answer 422
    mapping.fill(guessed.replace('"site"', '"substation"'))
    page.get_by_role("button", name="Try this mapping").click()
    expect(page.locator(".loader .problem")).to_have_count(0)
    expect(page.get_by_label("Mapping")).to_have_value(re.compile("Kind GUESSED[^£]*substation"))
    upload = api.get("/uploads").json()["items"][0]
    looked.until("document.querySelector('[data-test=plan]')")
    assert api.get(f"/uploads/{upload['id']}").json()["options"]["assets"]["werke"]["kind"] == "substation"
    page.get_by_label("Loader").select_option("tables")
    encoding = page.locator("[data-option=encoding]")
    expect(encoding).to_have_attribute("placeholder", "utf-8")
    encoding.fill("latin-1")
    with page.expect_response(lambda answer: answer.url.endswith("/check")):  # the field alone tells of no answer
        encoding.press("Tab")
    looked.until("document.querySelector('[data-option=encoding]')?.value === 'latin-1'")
    looked.until("!document.querySelector('.job')")
    assert api.get(f"/uploads/{upload['id']}").json()["options"] == {"encoding": "latin-1"}
    looked.wrong.clear()


VIEWS = {
    "overview": "layers=1",
    "asset": "asset=datacentres:hall/passau-1-h1",
    "impact": f"{EVENT}&layers=1",
    "compare": f"view=compare&fail={STATION}&b.fail=telecom:duct/koeln-rheinbruecke",
    "critical": "view=critical",
    "paths": "view=paths&from=fibre:router/ulm&to=fibre:router/kiel",
    "findings": "view=findings",
    "import": "view=import",
    "saved": "view=saved",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(launch: Launch, server: str, scheme: Any) -> None:
    if not AXE.is_file():
        missing("axe-core (make setup, with npm)")
    context = launch(DRAWN).new_context(
        viewport={"width": 1000, "height": 640}, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    )
    looked = watch(context, server)
    found = {}
    for name, address in VIEWS.items():
        page = looked.open(address)
        page.reload()
        looked.settle()
        expect(page.locator("#panel .waiting")).to_have_count(0)
        page.add_script_tag(path=AXE)
        rules = ["color-contrast"] if scheme == "dark" else ["wcag2a", "wcag2aa", "wcag21aa"]  # only colours differ
        told = page.evaluate("rules => axe.run(document, { runOnly: rules })", rules)
        found[name] = [
            (fault["id"], [node["html"][:160] for node in fault["nodes"][:3]]) for fault in told["violations"]
        ]
    context.close()
    assert not any(found.values()), json.dumps({name: faults for name, faults in found.items() if faults}, indent=1)


def test_a_server_with_keys_asks_for_one_and_gives_files(browser: Browser, sample: Twin, tmp_path: Path) -> None:
    ring = Keyring(tmp_path / "keys.json")
    key = ring.add("planner", Role.write)
    with served(create_app(sample, access=Access(ring))) as client:
        address = str(client.base_url)
        kept = client.post(
            "/results",
            json={"name": "With a key", "question": "impact", "asked": ASKED},
            headers={"Authorization": f"Bearer {key}"},
        ).json()
        context = browser.new_context(viewport={"width": 1000, "height": 640}, reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{address}#view=saved")
        prompt = page.locator("dialog[open]")
        prompt.locator("input").fill("not-a-key")
        prompt.locator("button[type=submit]").click()
        expect(page.locator("dialog[open] p", has_text="key")).to_be_visible()
        prompt.locator("input").fill(key)
        prompt.locator("button[type=submit]").click()
        link = page.locator(f"a[href*='{kept['id']}/export'][href*='f=geojson']")
        expect(link).to_be_visible()
        with page.expect_download() as given:
            link.click()
        assert json.loads(Path(given.value.path()).read_text(encoding="utf-8"))["type"] == "FeatureCollection"
        context.close()
