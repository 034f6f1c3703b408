"""Exports over HTTP: received, unpacked, tried, imported, taken back; and what is refused on the way."""

from __future__ import annotations

import csv
import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.limits import Limits
from api.uploads.importing import rejects_path
from tests.api.served import until
from tests.api.test_jobs import finished
from twin.ingest.digest import store_digest
from twin.ingest.manifest import single
from twin.ingest.run import run_import
from twin.service import Twin

pytestmark = pytest.mark.store

ASSETS = (
    "id,kind,name,lon,lat,voltage_kv\nbus/1,bus,One,13.1,52.1,220\nbus/2,bus,Two,13.2,52.2,220\n"
    "line,power_line,Line,13.15,52.15,220\n"
)
LINKS = "from,type,to\nbus/1,CONDUCTS,line\nline,CONDUCTS,bus/2\n"
BAD = ASSETS + "bus/3,teapot,Three,13.3,52.3,110\nbus/4,bus,Four,13.4,99,110\n"


def form(**files: str) -> list[tuple[str, tuple[str, bytes]]]:
    """Files of a form; ``__`` in a name stands for a dot."""
    return [("file", (name.replace("__", "."), text.encode())) for name, text in files.items()]


def packed(files: dict[str, str]) -> bytes:
    """A zip of texts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return made.getvalue()


def sent(client: TestClient, files: Any, **fields: str) -> dict[str, Any]:
    """An upload whose dry run is over."""
    response = client.post("/uploads", files=files, data=fields)
    assert response.status_code == 202, response.text
    id = response.json()["id"]
    assert response.headers["Location"] == f"/uploads/{id}"
    finished(client, response.json()["job"])
    upload: dict[str, Any] = client.get(f"/uploads/{id}").json()
    return upload


def applied(client: TestClient, id: str) -> dict[str, Any]:
    """The job of an import once it is over."""
    started = client.post(f"/uploads/{id}/apply")
    assert started.status_code == 202, started.text
    return finished(client, started.json()["id"])


@pytest.fixture
def again(twin: Twin, client: TestClient) -> Iterator[None]:
    """Takes back what a test imported."""
    before = twin.store.state().revision
    yield
    while any(run["status"] == "applied" and run["revision"] > before for run in twin.runs()):
        twin.undo()


@pytest.mark.usefixtures("again")
def test_an_export_is_tried_and_then_imported(twin: Twin, client: TestClient, tmp_path: Path) -> None:
    before = twin.store.state().revision
    upload = sent(client, form(assets__csv=ASSETS, links__csv=LINKS), loader="tables", source="sent")
    assert (upload["state"], upload["error"]) == ("checked", None)
    assert upload["files"] == [{"name": "assets.csv", "size": len(ASSETS)}, {"name": "links.csv", "size": len(LINKS)}]
    assert twin.store.state().revision == before
    for name, text in (("assets.csv", ASSETS), ("links.csv", LINKS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    direct = run_import(
        twin.store, twin.schema, single("tables", "sent", tmp_path), reports=tmp_path / "reports", dry_run=True
    ).to_dict()
    assert upload["report"] == direct | {"seconds": upload["report"]["seconds"], "report_file": None}
    job = applied(client, upload["id"])
    assert (job["state"], job["report"]["status"]) == ("done", "applied")
    assert client.get("/assets/sent:bus/1").json()["name"] == "One"
    done = client.get(f"/uploads/{upload['id']}").json()
    assert (done["state"], done["run"]) == ("applied", job["report"]["run"])
    run = client.get(f"/imports/{done['run']}").json()
    assert (run["status"], run["assets_create"], run["links_create"]) == ("applied", 3, 2)
    undone = client.post(f"/imports/{done['run']}/undo")
    assert undone.status_code == 200, undone.text
    assert client.get("/assets/sent:bus/1").status_code == 404
    assert client.post(f"/imports/{done['run']}/undo").status_code == 409


@pytest.mark.usefixtures("again")
def test_the_same_files_again_change_nothing(client: TestClient) -> None:
    files = form(assets__csv=ASSETS, links__csv=LINKS)
    assert applied(client, sent(client, files, loader="tables", source="sent")["id"])["state"] == "done"
    second = sent(client, files, loader="tables", source="sent")
    assert second["report"]["plan"]["sources"][0]["unchanged_input"] is True
    assert applied(client, second["id"])["report"]["status"] == "unchanged"


def test_a_bad_file_shows_every_row_that_is_wrong(client: TestClient, twin: Twin) -> None:
    upload = sent(client, form(assets__csv=BAD, links__csv=LINKS), loader="tables", source="sent")
    report = upload["report"]
    assert (upload["state"], report["rejected"], upload["checked"]["rejected"]) == ("checked", 2, 2)
    assert sorted((r["file"], r["row"], r["code"]) for r in report["rejects"]) == [
        ("assets.csv", 5, "unknown_kind"),
        ("assets.csv", 6, "out_of_range"),
    ]
    assert report["rejects_file"] == f"/uploads/{upload['id']}/rejects"
    whole = client.get(report["rejects_file"])
    assert whole.headers["content-type"].startswith("text/csv")
    assert sorted(row["row"] for row in csv.DictReader(io.StringIO(whole.text))) == ["5", "6"]
    refused = client.post(f"/uploads/{upload['id']}/apply")
    assert (refused.status_code, refused.json()["code"]) == (422, "import_rejected")
    assert twin.home.as_posix() not in str(upload) + refused.text


@pytest.mark.usefixtures("again")
def test_good_rows_can_be_taken_all_the_same(client: TestClient) -> None:
    upload = sent(client, form(assets__csv=BAD, links__csv=LINKS), loader="tables", source="sent")
    tried = client.post(
        f"/uploads/{upload['id']}/check", json={"loader": "tables", "source": "sent", "skip_rejects": True}
    )
    assert tried.status_code == 202
    finished(client, tried.json()["id"])
    job = applied(client, upload["id"])
    assert (job["state"], job["report"]["rejected"]) == ("done", 2)
    assert client.get("/assets/sent:bus/2").status_code == 200
    assert client.get("/assets/sent:bus/4").status_code == 404


@pytest.mark.usefixtures("again")
def test_the_loader_is_guessed(client: TestClient) -> None:
    zipped = packed({"export/assets.csv": ASSETS, "export/links.csv": LINKS, "__MACOSX/x": "noise"})
    upload = sent(client, [("file", ("my grid.zip", zipped))])
    assert (upload["loader"], upload["source"], upload["state"]) == ("tables", "my_grid", "checked")
    assert upload["guesses"][0]["loader"] == "tables"
    assert 'loader = "tables"' in upload["toml"]
    assert [file["name"] for file in upload["files"]] == ["export/assets.csv", "export/links.csv"]
    sheet = "Nummer;Name;Spannung kV\nA1;Nord;110\nA2;Süd;110\n"
    other = sent(client, form(umspannwerke__csv=sheet))
    assert other["loader"] == "sheet"
    assert applied(client, upload["id"])["state"] == "done"


def test_options_are_also_taken_as_toml(client: TestClient) -> None:
    upload = sent(client, form(werke__csv="Nummer;Name\nA1;Nord\nA2;Nord\n"))
    lines = upload["toml"].replace("[import.options.", "[").splitlines()
    text = "\n".join(line for line in lines if not line.startswith(("[[import", "source =", "loader =", "path =")))
    how = {"loader": "sheet", "source": "werke"}
    as_text = client.post(f"/uploads/{upload['id']}/check", json={**how, "options": text.replace("site", "bus")})
    assert as_text.status_code == 202, as_text.text
    finished(client, as_text.json()["id"])
    again = client.get(f"/uploads/{upload['id']}").json()
    assert again["options"]["assets"]["werke"]["kind"] == "bus"
    assert again["options"]["tables"] == upload["options"]["tables"]
    assert again["report"]["plan"]["sources"][0]["assets"]["create"] == 2
    for wrong, says in (("[assets\nkind", "line 1"), ('{"a": 1', "JSON"), ("a = " + "[" * 5000, "TOML"), ("[1]", "")):
        refused = client.post(f"/uploads/{upload['id']}/check", json={**how, "options": wrong})
        assert refused.status_code == 422, wrong
        assert says in refused.text
    dated = client.post(f"/uploads/{upload['id']}/check", json={**how, "options": "since = 2026-01-01"})
    assert finished(client, dated.json()["id"])["state"] == "failed"


@pytest.mark.usefixtures("again")
def test_a_manifest_in_the_upload_counts(client: TestClient) -> None:
    manifest = '[twin]\nname = "sent"\n[[import]]\nsource = "a"\nloader = "tables"\npath = "grid"\n'
    files = {"twin.toml": manifest, "grid/assets.csv": ASSETS, "grid/links.csv": LINKS}
    upload = sent(client, [("file", (name, text.encode())) for name, text in files.items()])
    assert (upload["manifest"], upload["imports"]) == ("sent", [{"source": "a", "loader": "tables"}])
    assert applied(client, upload["id"])["state"] == "done"
    assert client.get("/assets/a:bus/1").status_code == 200


@pytest.mark.parametrize("path", ["/etc", "../../../..", "grid/../../.."])
def test_a_manifest_cannot_lead_outside(client: TestClient, path: str) -> None:
    manifest = f'[twin]\nname = "x"\n[[import]]\nsource = "a"\nloader = "tables"\npath = "{path}"\n'
    upload = sent(client, [("file", ("twin.toml", manifest.encode()))])
    assert (upload["state"], upload["error"]["code"]) == ("failed", "manifest_invalid")


@pytest.mark.parametrize("word", ["/etc/passwd", "../../x.csv", "a/../../b.csv", "C:\\x.csv"])
def test_options_cannot_lead_outside(client: TestClient, word: str) -> None:
    options = '{"assets": "' + word.replace("\\", "\\\\") + '"}'
    upload = sent(client, form(assets__csv=ASSETS), loader="tables", source="sent", options=options)
    assert (upload["state"], upload["error"]["code"]) == ("failed", "invalid_parameter")


@pytest.mark.usefixtures("again")
def test_an_import_is_refused_when_the_twin_moved_on(twin: Twin, client: TestClient) -> None:
    upload = sent(client, form(assets__csv=ASSETS, links__csv=LINKS), loader="tables", source="sent")
    moved = twin.edit([{"op": "set", "id": "demo:bus/110", "properties": {"voltage_kv": 111}}])
    refused = client.post(f"/uploads/{upload['id']}/apply").json()
    assert (refused["status"], refused["code"]) == (409, "upload_outdated")
    assert refused["differs"] == ["revision"]
    assert refused["now"]["revision"] == moved.revision == refused["checked"]["revision"] + 1
    assert [run["id"] for run in refused["runs"]] == [moved.run]
    finished(
        client, client.post(f"/uploads/{upload['id']}/check", json={"loader": "tables", "source": "sent"}).json()["id"]
    )
    assert applied(client, upload["id"])["state"] == "done"


def test_hostile_archives_are_refused(client: TestClient, twin: Twin) -> None:
    uploads = twin.home / "uploads"
    before = sorted(path.name for path in uploads.iterdir()) if uploads.is_dir() else []
    outside, link, bomb, twice = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("a/assets.csv", ASSETS)
        archive.writestr("a", ASSETS)
    with zipfile.ZipFile(outside, "w") as archive:
        archive.writestr("../../evil.csv", ASSETS)
    with zipfile.ZipFile(link, "w") as archive:
        entry = zipfile.ZipInfo("assets.csv")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets.csv", b"0" * (20 << 20))
    for content in (outside, link, bomb, twice):
        response = client.post("/uploads", files=[("file", ("x.zip", content.getvalue()))])
        assert (response.status_code, response.json()["code"]) == (422, "source_unreadable"), response.text
    broken = packed({"assets.csv": ASSETS})[:-30]
    assert sent(client, [("file", ("x.zip", broken))])["state"] == "failed"
    assert not list(twin.home.parent.rglob("evil.csv"))
    after = sorted(path.name for path in uploads.iterdir())
    assert len(after) - len(before) == 1


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "x\x01.csv", ".."])
def test_names_cannot_lead_outside(client: TestClient, name: str) -> None:
    boundary = "b" * 20
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\nx\r\n--{boundary}--\r\n'
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    response = client.post("/uploads", content=body.encode(), headers=headers)
    assert response.status_code == 400, response.text


def test_references_are_no_data(client: TestClient) -> None:
    layer = '<OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
    vrt = f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"
    upload = sent(
        client, form(lines__gpkg=vrt), loader="gis", source="sent", mapping='{"x": {"kind": "bus", "id": "a"}}'
    )
    assert (upload["state"], upload["error"]["code"]) == ("failed", "source_unreadable")
    assert "refers to" in upload["error"]["detail"]


def test_what_is_no_form_is_refused(client: TestClient) -> None:
    assert client.post("/uploads", json={}).status_code == 415
    assert client.post("/uploads", content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code == 415
    cut = {"Content-Type": "multipart/form-data; boundary=abc"}
    for body in (b"", b"--abc\r\n", b"nonsense", b'--abc\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'):
        response = client.post("/uploads", content=body, headers=cut)
        assert response.status_code == 400, (body, response.text)
    assert client.post("/uploads", files=form(a__csv="x"), data={"colour": "red"}).status_code == 422
    assert client.post("/uploads", files=form(a__csv="x"), data={"options": "["}).status_code == 422
    for second in ("a.csv", "a.csv/b.csv"):
        twice = [("file", ("a.csv", b"x")), ("file", (second, b"y"))]
        assert client.post("/uploads", files=twice).status_code == 400


def test_uploads_have_bounds_of_their_own(twin: Twin) -> None:
    small = Limits(body=1_000, upload=20_000)
    with TestClient(create_app(twin, small)) as client:
        lines = "".join(f"bus/{n},bus,N,13,52,110\n" for n in range(10, 200))
        upload = sent(client, form(assets__csv=ASSETS + lines, links__csv=LINKS), loader="tables", source="s")
        assert upload["state"] == "checked"
        assert client.post("/impact", json={"failed": ["x" * 2_000]}).status_code == 413
        big = form(assets__csv="x" * 30_000)
        assert client.post("/uploads", files=big).status_code == 413

        def endless() -> Iterator[bytes]:
            yield b'--abc\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            for _ in range(100):
                yield b"x" * 1_000

        headers = {"Content-Type": "multipart/form-data; boundary=abc"}
        assert client.post("/uploads", content=endless(), headers=headers).status_code == 413


def test_uploads_go_with_their_files(client: TestClient, app: FastAPI, twin: Twin) -> None:
    upload = sent(client, form(assets__csv=BAD, links__csv=LINKS), loader="tables", source="sent")
    folder = twin.home / "uploads" / upload["id"]
    assert folder.is_dir()
    assert any(row["id"] == upload["id"] for row in client.get("/uploads").json()["items"])
    assert client.delete(f"/uploads/{upload['id']}").status_code == 200
    assert not folder.exists()
    assert client.get(f"/uploads/{upload['id']}").status_code == 404
    other = sent(client, form(assets__csv=BAD, links__csv=LINKS), loader="tables", source="sent")
    kept = app.state.uploads.upload(other["id"])
    assert rejects_path(kept) is not None
    shutil.rmtree(twin.home / "uploads" / other["id"])
    app.state.uploads.prune()
    assert client.get(f"/uploads/{other['id']}").status_code == 404


@pytest.mark.usefixtures("again")
def test_a_cancelled_import_leaves_nothing(
    twin: Twin, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """Written in many transactions, cancelled between two of them: the twin is as before."""
    monkeypatch.setattr("twin.ingest.apply.SMALL", 0)
    monkeypatch.setattr("twin.ingest.apply.ASSETS", 10)
    monkeypatch.setattr("twin.ingest.turns.TRANSACTION", 10)
    lines = "".join(f"bus/{n},bus,N{n},13,52,110\n" for n in range(10, 6_000))
    upload = sent(client, form(assets__csv=ASSETS + lines, links__csv=LINKS), loader="tables", source="many")
    before = store_digest(twin.store)
    id = client.post(f"/uploads/{upload['id']}/apply").json()["id"]
    until(lambda: (job := client.get(f"/jobs/{id}").json())["step"] == "writing" and job["done"] > 0)
    assert twin.store.state().applying is not None
    assert client.delete(f"/uploads/{upload['id']}").status_code == 409
    client.delete(f"/jobs/{id}")
    job = finished(client, id)
    assert job["state"] == "cancelled"
    assert 0 < job["done"] < 6_000
    assert twin.store.state().applying is None
    assert store_digest(twin.store) == before


def test_loaders_are_listed(client: TestClient) -> None:
    found = {row["name"]: row for row in client.get("/loaders").json()["loaders"]}
    assert {"tables", "gis", "sheet"} <= set(found)
    assert found["tables"]["options"]
