"""The answers of the real app over a real twin in a real Neo4j."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from api import wire, wire_completeness
from twin.service import Twin

pytestmark = pytest.mark.store

PLANT, BUS, LINE, UPS = "demo:plant", "demo:bus/220", "demo:line 1", "demo:ups-1"
WORKLOAD, RTU = "demo:Übung?", "demo:rtu/dependencies"


def ask(client: TestClient, path: str, shape: type[BaseModel], **params: Any) -> dict[str, Any]:
    """A good answer, which has the shape that the document promises."""
    response = client.get(path, params=params)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    shape.model_validate_json(response.content, strict=True)
    found: dict[str, Any] = response.json()
    return found


def asset_path(asset_id: str, suffix: str = "") -> str:
    return f"/assets/{quote(asset_id, safe='')}{suffix}"


# -- lists ------------------------------------------------------------------------------------------------


def test_all_assets(client: TestClient, twin: Twin) -> None:
    page = ask(client, "/assets", wire.AssetPage)
    assert page["total"] == len(page["items"]) == 12
    assert page["next"] is None
    assert page["revision"] == twin.snapshot().revision > 0
    assert page["notice"] is None
    spare = next(row for row in page["items"] if row["id"] == "demo:spare")
    assert spare["status"] == "planned"


@pytest.mark.parametrize(
    ("params", "ids"),
    [
        ({"kind": "rtu"}, [RTU]),
        ({"domain": "compute"}, ["demo:srv#1", WORKLOAD]),
        ({"text": "übung &"}, [WORKLOAD]),
        ({"text": "220"}, [BUS]),
        ({"kind": "bus", "bbox": "11,48,12,49"}, ["demo:island-1", "demo:island-2"]),
        ({"text": "no such thing"}, []),
        ({"kind": "bus", "domain": "compute"}, []),
    ],
)
def test_filters(client: TestClient, params: dict[str, str], ids: list[str]) -> None:
    page = ask(client, "/assets", wire.AssetPage, **params)
    assert sorted(row["id"] for row in page["items"]) == sorted(ids)
    assert page["total"] == len(ids)


@pytest.mark.parametrize("path", ["/assets", f"/assets/{PLANT}/dependents", "/findings", "/imports"])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_following_next_gives_every_row_once(client: TestClient, path: str, limit: int) -> None:
    whole = client.get(path, params={"limit": 10_000}).json()
    rows, address = [], f"{path}?limit={limit}"
    while address:
        response = client.get(address)
        page = response.json()
        assert page["total"] == whole["total"]
        assert 0 < len(page["items"]) <= limit
        assert response.headers.get("Link") == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        rows += page["items"]
        address = page["next"]
    assert rows == whole["items"]


def test_next_keeps_the_question_and_odd_ids(client: TestClient) -> None:
    first = client.get(asset_path(WORKLOAD, "/dependencies"), params={"limit": 1, "domain": "energy"}).json()
    second = client.get(first["next"]).json()
    assert {first["items"][0]["id"], second["items"][0]["id"]} == {UPS, "demo:bus/110"}


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/assets?kind=bsu", "bus"),
        ("/assets?domain=enrgy", "energy"),
        ("/assets?bbox=1,2,3", "bbox"),
        ("/assets?bbox=1,60,2,50", "bbox"),
        ("/assets?bbox=nan,0,1,1", "bbox"),
        ("/assets?bbox=0,0,999,1", "bbox"),
        ("/assets?limit=0", "limit"),
        ("/assets?limit=10001", "limit"),
        ("/assets?limit=ten", "limit"),
        ("/assets?limit=1&limit=2", "limit"),
        ("/assets?cursor=%00", "cursor"),
        ("/assets?cursor=zzzz", "cursor"),
        ("/assets?kinds=bus", "kinds"),
        ("/findings?severity=fatal", "severity"),
        ("/findings?cursor=x", "cursor"),
        ("/imports?limit=-1", "limit"),
        ("/schema?x=", "x"),
        ("/health?x=", "x"),
        (f"/assets/{PLANT}?depth=1", "depth"),
        (f"/assets/{PLANT}/dependents?depth=0", "depth"),
        (f"/assets/{PLANT}/dependents?domain=nope", "nope"),
    ],
)
def test_bad_parameters_are_named(client: TestClient, path: str, word: str) -> None:
    response = client.get(path)
    assert response.status_code == 400, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "invalid_parameter"
    assert word in response.json()["detail"]


def test_a_cursor_of_another_state_is_refused(client: TestClient) -> None:
    from api.answers import cut
    from twin.errors import InvalidParameter

    rows = list(range(10))
    _, cursor = cut(rows, None, 4, "store.1")
    assert cut(rows, cursor, 4, "store.1") == ([4, 5, 6, 7], cut(rows, cursor, 4, "store.1")[1])
    with pytest.raises(InvalidParameter, match="changed"):
        cut(rows, cursor, 4, "store.2")


# -- one asset --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asset_id", [PLANT, BUS, LINE, "demo:srv#1", WORKLOAD, RTU])
def test_an_id_may_have_any_characters(client: TestClient, asset_id: str) -> None:
    assert ask(client, asset_path(asset_id), wire.AssetDetail)["id"] == asset_id
    assert ask(client, asset_path(asset_id, "/dependents"), wire.WalkPage)
    assert ask(client, asset_path(asset_id, "/dependencies"), wire.WalkPage)


def test_facts_geometry_and_gates(client: TestClient) -> None:
    ups = ask(client, asset_path(UPS), wire.AssetDetail)
    assert ups["properties"]["ride_through_power_s"] == 900
    assert ups["geometry"] == {"type": "Point", "coordinates": [13.4, 52.5]}
    assert ups["source"] == "demo"
    [gate] = ups["gates"]
    assert (gate["service"], gate["need"], gate["holds"]) == ("power", 1, True)
    assert [member["id"] for member in gate["members"]] == ["demo:bus/110"]
    line = ask(client, asset_path(LINE), wire.AssetDetail)
    assert line["geometry"]["type"] == "LineString"


def test_a_slash_of_the_id_is_told_from_one_of_the_path(client: TestClient) -> None:
    assert client.get("/assets/demo:rtu%2Fdependencies").json()["kind"] == "rtu"
    assert client.get("/assets/demo:rtu/dependencies").json()["code"] == "unknown_asset"
    assert client.get("/assets/demo:rtu/dependencies/dependencies").json()["total"] >= 2
    assert client.get("/assets/demo:bus/220").json()["id"] == BUS


@pytest.mark.parametrize("suffix", ["", "/dependencies", "/dependents"])
def test_an_unknown_asset_is_a_404_with_a_suggestion(client: TestClient, suffix: str) -> None:
    response = client.get(asset_path("demo:plnat", suffix))
    assert response.status_code == 404
    assert response.json()["code"] == "unknown_asset"
    assert PLANT in response.json()["detail"]


def test_dependencies_lead_upwards(client: TestClient) -> None:
    page = ask(client, asset_path(WORKLOAD, "/dependencies"), wire.WalkPage)
    hops = {row["id"]: row["hop"] for row in page["items"]}
    assert hops["demo:srv#1"] == 1
    assert hops[UPS] == 2
    assert PLANT in hops
    assert [row["hop"] for row in page["items"]] == sorted(hops.values())
    near = ask(client, asset_path(WORKLOAD, "/dependencies"), wire.WalkPage, depth=1)
    assert [row["id"] for row in near["items"]] == ["demo:srv#1"]


def test_dependents_lead_downwards_also_through_other_domains(client: TestClient) -> None:
    page = ask(client, asset_path(PLANT, "/dependents"), wire.WalkPage, domain="compute")
    assert sorted(row["id"] for row in page["items"]) == ["demo:srv#1", WORKLOAD]


# -- impact -----------------------------------------------------------------------------------------------


def impact(client: TestClient, body: Any) -> dict[str, Any]:
    response = client.post("/impact", json=body)
    assert response.status_code == 200, response.text
    wire.ImpactAnswer.model_validate_json(response.content)
    found: dict[str, Any] = response.json()
    return found


def test_impact_is_that_of_the_library(client: TestClient, twin: Twin) -> None:
    answer = impact(client, {"failed": [PLANT]})
    expected = orjson.loads(orjson.dumps(twin.impact([PLANT]).to_dict()))
    for found in (answer, expected):
        for source in found["assumptions"]["sources"]:
            source.pop("age_s")
    assert answer == {**expected, "notice": None}
    times = {row["id"]: (row["verdict"], row["time_s"]) for row in answer["affected"]}
    assert times[PLANT] == ("failed", 0)
    assert times["demo:bus/110"] == ("down", 0)
    assert times[WORKLOAD] == ("down", 900)
    assert not [asset_id for asset_id in times if "island" in asset_id]  # down before, so not an impact
    assert answer["summary"]["compute"]["down"] == 2


@pytest.mark.parametrize(
    ("horizon", "seconds"),
    [(None, None), (600, 600), (599.5, 599.5), ("10min", 600), ("8h", 28800), ("1h30m", 5400), ("0s", 0)],
)
def test_horizons(client: TestClient, horizon: Any, seconds: float | None) -> None:
    answer = impact(client, {"failed": [PLANT], "horizon_s": horizon})
    assert answer["event"] == {"failed": [PLANT], "horizon_s": seconds}
    verdict = {row["id"]: row["verdict"] for row in answer["affected"]}[UPS]
    assert verdict == ("at_risk" if seconds is not None and seconds < 900 else "down")


def test_many_at_once_get_the_answers_of_one_at_a_time(client: TestClient, ids: list[str]) -> None:
    def ask_all(asset_id: str) -> tuple[Any, Any]:
        found = impact(client, {"failed": [asset_id]}), client.get(asset_path(asset_id, "/dependents")).json()
        for one in found:
            one.pop("assumptions")  # says how old the sources are, to the second
        return found

    alone = [ask_all(asset_id) for asset_id in ids]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(ask_all, ids * 3))
    assert together == alone * 3


def test_an_empty_event_is_an_error(client: TestClient) -> None:
    response = client.post("/impact", json={"failed": []})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_parameter")
    assert "the event is empty" in response.json()["detail"]


def test_an_asset_named_twice_fails_once(client: TestClient) -> None:
    assert impact(client, {"failed": [PLANT, PLANT]})["event"]["failed"] == [PLANT]


def test_an_unknown_asset_in_the_event(client: TestClient) -> None:
    response = client.post("/impact", json={"failed": [PLANT, "demo:nope"]})
    assert (response.status_code, response.json()["code"]) == (404, "unknown_asset")


BAD_BODIES: list[tuple[bytes, int, str]] = [
    (b"", 422, "invalid_body"),
    (b"{", 400, "invalid_body"),
    (b"\xff", 400, "invalid_body"),
    (b"[" * 900, 400, "invalid_body"),
    (b"null", 422, "invalid_body"),
    (b'"text"', 422, "invalid_body"),
    (b"{}", 422, "invalid_body"),
    (b'{"failed": "a"}', 422, "invalid_body"),
    (b'{"failed": [1]}', 422, "invalid_body"),
    (b'{"failed": [""]}', 422, "invalid_body"),
    (b'{"failed": ["\\ud800"]}', 422, "invalid_body"),
    (b'{"failed": [], "more": 1}', 422, "invalid_body"),
    (b'{"failed": [], "horizon_s": -1}', 422, "invalid_body"),
    (b'{"failed": [], "horizon_s": NaN}', 422, "invalid_body"),
    (b'{"failed": [], "horizon_s": 1e999}', 422, "invalid_body"),
    (b'{"failed": [], "horizon_s": true}', 422, "invalid_body"),
    (b'{"failed": [], "horizon_s": "8 parsecs"}', 422, "invalid_body"),
    (b'{"failed": [], "horizon_s": [8]}', 422, "invalid_body"),
    (b" " * 1001, 413, "limit_exceeded"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD_BODIES, ids=lambda value: str(value)[:40])
def test_bad_bodies(tight: TestClient, body: bytes, status: int, code: str) -> None:
    response = tight.post("/impact", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert response.json()["fix"]


def test_a_body_must_be_declared_as_json(client: TestClient) -> None:
    for kind in ({}, {"Content-Type": "text/plain"}):
        response = client.post("/impact", content=b'{"failed": []}', headers=kind)
        assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_without_a_declared_length_is_bounded_too(tight: TestClient) -> None:
    chunks = (b" " * 400 for _ in range(10))
    response = tight.post("/impact", content=chunks, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (413, "limit_exceeded")


def test_tighter_limits_hold(tight: TestClient) -> None:
    assert tight.get("/assets", params={"limit": 6}).status_code == 400
    assert tight.get(asset_path(PLANT, "/dependents"), params={"depth": 3}).status_code == 400
    many = tight.post("/impact", json={"failed": [PLANT] * 4})
    assert (many.status_code, many.json()["code"]) == (413, "limit_exceeded")


# -- the rest ---------------------------------------------------------------------------------------------


def test_completeness(client: TestClient, twin: Twin) -> None:
    found = ask(client, "/completeness", wire_completeness.CompletenessAnswer)
    mine = twin.completeness().to_dict()
    assert (found["total"], found["items"], found["sources"]) == (mine["total"], mine["items"], mine["sources"])
    assert found["total"]["assets"] == twin.snapshot().n_assets
    assert [source["source"] for source in found["assumptions"]["sources"]] == ["demo"]


def test_findings(client: TestClient) -> None:
    page = ask(client, "/findings", wire.FindingPage)
    by_code = {row["code"]: row for row in page["items"]}
    assert "demo:island-1" in by_code["baseline_down"]["assets"]
    assert all(row["fix"] for row in page["items"])
    only = ask(client, "/findings", wire.FindingPage, code="baseline_down", severity="warning")
    assert [row["code"] for row in only["items"]] == ["baseline_down"]
    assert ask(client, "/findings", wire.FindingPage, code="nope")["total"] == 0


def test_findings_by_what_they_concern(client: TestClient, twin: Twin) -> None:
    every = [finding.to_dict() for finding in twin.findings()]
    kinds = dict(zip(*(twin.snapshot().arrays.assets[name].to_pylist() for name in ("id", "kind")), strict=True))

    def asked(**chosen: str) -> list[tuple[str, str]]:
        return [(row["code"], row["message"]) for row in ask(client, "/findings", wire.FindingPage, **chosen)["items"]]

    for kind in sorted({kinds[name] for row in every for name in row["assets"] if name in kinds}):
        wanted = [row for row in every if kind in {kinds.get(name) for name in row["assets"]}]
        assert 0 < len(wanted) < len(every)
        assert asked(kind=kind) == asked(kind=kind, source="demo") == [(row["code"], row["message"]) for row in wanted]
    assert asked(source="demo") == [(row["code"], row["message"]) for row in every if row["assets"]]
    assert asked(source="dem") == asked(kind="vm") == asked(kind="bus", source="other") == []
    wrong = client.get("/findings?kind=buss")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_parameter")
    assert "bus" in wrong.json()["detail"]


def test_findings_counted(client: TestClient, twin: Twin) -> None:
    found = twin.findings()
    by_code = ask(client, "/findings/counts", wire.FindingCountPage)["items"]
    assert sum(row["findings"] for row in by_code) == len(found)
    assert {row["code"]: row["assets"] for row in by_code}["baseline_down"] == sum(
        finding.count for finding in found if finding.code == "baseline_down"
    )
    kinds = ask(client, "/findings/counts", wire.FindingCountPage, by="kind", code="baseline_down")["items"]
    assert {row["kind"] for row in kinds} >= {"bus", "power_line"}
    assert {row["source"] for row in ask(client, "/findings/counts", wire.FindingCountPage, by="source")["items"]} <= {
        "demo", "",
    }  # fmt: skip
    assert client.get("/findings/counts?by=name").status_code == 400
    assert client.get("/findings/counts?by=kind&f=csv").text.startswith('"source","kind","code"')


def test_imports(client: TestClient) -> None:
    [run] = ask(client, "/imports", wire.RunPage)["items"]
    assert (run["source"], run["loader"], run["status"]) == ("demo", "tables", "applied")
    assert ask(client, f"/imports/{run['id']}", wire.RunDetail) == run
    missing = client.get("/imports/nope")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


def test_schema(client: TestClient, twin: Twin) -> None:
    found = ask(client, "/schema", wire.SchemaAnswer)
    kinds = {kind["name"]: kind for kind in found["kinds"]}
    assert kinds.keys() == twin.schema.kinds.keys()
    assert kinds["ups"]["domain"] == "energy"
    assert "ride_through_power_s" in kinds["ups"]["properties"]
    units = {item["name"]: item["unit"] for item in found["properties"]}
    assert units["ride_through_power_s"] == "s"
    links = {item["name"]: item for item in found["link_types"]}
    assert (links["CARRIES"]["need"], links["POWERS"]["need"]) == ("all", 1)
    assert {"from": "ups", "to": "server"} in links["POWERS"]["ends"]
    assert {item["name"] for item in found["services"]} >= {"power", "cooling", "data"}


def test_health(client: TestClient, twin: Twin) -> None:
    found = ask(client, "/health", wire.Health)
    assert found["ready"] is True
    assert found["store"]["revision"] == twin.snapshot().revision
    assert found["store"]["version"][:1] in "256"
    assert ask(client, "/health/live", wire.Liveness) == {"live": True}


# -- tags -------------------------------------------------------------------------------------------------

TAGGED = ["/assets?limit=2", f"/assets/{PLANT}", f"/assets/{PLANT}/dependents", "/findings", "/imports", "/schema"]


@pytest.mark.parametrize("path", TAGGED)
def test_what_the_client_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    tag = first.headers["ETag"]
    for held in (tag, f'"other", {tag}', tag.removeprefix("W/")):
        again = client.get(path, headers={"If-None-Match": held})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_tag_belongs_to_its_address(client: TestClient) -> None:
    tag = client.get(f"/assets/{PLANT}").headers["ETag"]
    for path in ("/assets", "/assets/demo:nope", f"/assets/{PLANT}/dependents"):
        assert client.get(path, headers={"If-None-Match": tag}).status_code != 304


def test_answers_name_the_revision(client: TestClient, twin: Twin) -> None:
    revision = str(twin.snapshot().revision)
    for path in ("/assets", f"/assets/{PLANT}", "/findings"):
        assert client.get(path).headers["X-Twin-Revision"] == revision
    assert client.post("/impact", json={"failed": [PLANT]}).headers["X-Twin-Revision"] == revision
