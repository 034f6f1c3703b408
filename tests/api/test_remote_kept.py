"""What a server keeps and does by itself, through ``Twin.connect("http://...")`` against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.limits import Limits
from tests.api.served import timeless
from tests.api.serving import served
from tests.api.test_jobs import asked_of
from twin import Event, Hazard, Random, RemoteTwin, Twin
from twin.display import Answer
from twin.errors import (
    ImportRejected,
    InvalidParameter,
    JobInterrupted,
    NotFound,
    SourceUnreadable,
    UnknownAsset,
    UploadOutdated,
)
from twin.impact.cutsets import CutSets
from twin.remote.calls import ANSWERS
from twin.remote.subscriptions import Change

pytestmark = pytest.mark.store

BOX = {
    "type": "Polygon",
    "coordinates": [[[13.35, 52.45], [13.5, 52.45], [13.5, 52.55], [13.35, 52.55], [13.35, 52.45]]],
}
ASSETS = "id,kind,name\nbus/1,bus,One\nline/1,power_line,Two\n"
BAD = ASSETS + "bus/9,teapot,Nine\n"


@pytest.fixture(scope="module")
def remote(twin: Twin) -> Iterator[RemoteTwin]:
    with served(create_app(twin)) as url, Twin.connect(url) as opened:
        yield opened


@pytest.fixture
def again(twin: Twin) -> Iterator[None]:
    """Takes back what a test wrote."""
    before = twin.store.state().revision
    yield
    while any(run["status"] == "applied" and run["revision"] > before for run in twin.runs()):
        twin.undo()


def plain(answer: Answer) -> Any:
    """An answer as plain data without what differs by the second."""
    return timeless(answer.to_dict(10_000) if isinstance(answer, CutSets) else answer.to_dict())


#: Question -> how it is asked in Python.
CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "impact": ((["demo:bus/220"],), {"horizon_s": 600}),
    "timeline": ((Event(where="kind=bus and name~110"),), {}),
    "explain": (("demo:Übung?", ["demo:bus/220"]), {}),
    "compare": ((["demo:bus/220"], ["demo:ups-1"]), {"horizon_s": 60}),
    "exposed": ((["demo:line 1"],), {}),
    "screen": ((Random(7, 3, failures=2),), {"often": True}),
    "criticality": ((), {"weight": "kind:bus", "domain": "energy", "top": 2}),
    "single_points_of_failure": (("demo:srv#1",), {}),
    "cut_sets": (("demo:srv#1", None), {"can_fail": ["energy"]}),
    "cold_start": ((), {}),
    "deadlocks": ((), {}),
    "dependencies": (("demo:Übung?",), {"domains": ["energy", "compute"]}),
    "dependents": (("demo:plant", 2), {}),
    "paths": (("demo:plant", "demo:bus/110"), {"disjoint": "risk", "hazards": [Hazard.from_geojson(BOX)]}),
    "mesh": ((), {"name": "power"}),
    "dominators": ((), {}),
    "findings": ((), {}),
}


def test_every_question_has_a_call() -> None:
    assert {name.replace("_", "-") for name in CALLS} == set(ANSWERS) == set(asked_of(["a", "b"]))


@pytest.mark.parametrize("name", CALLS)
def test_a_job_gives_what_the_method_gives(remote: RemoteTwin, name: str) -> None:
    args, named = CALLS[name]
    direct = getattr(remote, name)(*args, **named)
    job = remote.jobs.start(name, *args, **named)
    answer = job.answer()
    assert (job.state, job.over, job.error, job.question) == ("done", True, None, name.replace("_", "-"))
    assert type(answer) is type(direct)
    assert plain(answer) == plain(direct)
    assert list(answer.to_geodataframe().columns) == list(direct.to_geodataframe().columns)


def test_a_job_is_followed_and_its_answer_is_kept(remote: RemoteTwin) -> None:
    job = remote.jobs.start("screen", Random(2000, 1, probability=0.2), save_as="storms", note="n")
    seen = [(each.state, each.done) for each in job.follow()]
    assert seen[-1][0] == job.state == "done"
    assert [done for _, done in seen] == sorted(done for _, done in seen)
    kept = remote.library.open(job.result or "")
    assert (kept.name, kept.note, kept.stale) == ("storms", "n", False)
    assert plain(kept.answer) == plain(job.answer())
    assert [each.state for each in job.follow()] in ([], ["done"])
    assert job in remote.jobs.all()
    assert remote.jobs.all(1)[0].id == remote.jobs.open(job.id).id
    assert repr(job) == f"<Job {job.id}: screen, done>"
    assert repr(kept) == f"<SavedResult {kept.id}: storms, screen, revision {kept.revision}>"


def test_a_job_can_suppose_edits(remote: RemoteTwin) -> None:
    shed = [{"op": "set", "id": "demo:bus/110", "properties": {"status": "out_of_service"}}]
    for name, args in (("impact", (["demo:plant"],)), ("criticality", ()), ("dependents", ("demo:plant",))):
        direct = getattr(remote.what_if(shed), name)(*args)
        assert plain(remote.jobs.start(name, *args, what_if=shed).answer()) == plain(direct)


def test_a_job_that_fails_raises_what_the_method_raises(remote: RemoteTwin) -> None:
    job = remote.jobs.start("impact", ["demo:bus/221"])
    with pytest.raises(UnknownAsset, match="Did you mean demo:bus/220"):
        job.answer()
    assert job.state == "failed"
    with pytest.raises(InvalidParameter, match="Did you mean cut-sets"):
        remote.jobs.start("cutsets", "demo:plant")
    with pytest.raises(TypeError, match="horizon"):
        remote.jobs.start("impact", ["demo:plant"], horizon="8h")
    with pytest.raises(NotFound):
        remote.jobs.open("none")


def test_a_job_is_cancelled(remote: RemoteTwin) -> None:
    job = remote.jobs.start("screen", Random(10_000, probability=0.5), timeline=True)
    assert job.wait(0).state in ("queued", "running")
    job.cancel()
    with pytest.raises(JobInterrupted, match="cancelled"):
        job.finish()
    assert (job.state, job.result) == ("cancelled", None)


def test_results_and_events_are_kept(twin: Twin, remote: RemoteTwin) -> None:
    kept = remote.library.save("Bus lost", "impact", ["demo:bus/220"], note="drill", horizon_s=600)
    direct = twin.impact(["demo:bus/220"], horizon_s=600)
    assert (kept.name, kept.note, kept.question, kept.revision) == (
        "Bus lost",
        "drill",
        "impact",
        twin.store.state().revision,
    )
    assert plain(kept.answer) == plain(direct)
    assert kept.url == f"{remote._wire.url}/results/{kept.id}"
    assert kept.describe(note="checked").note == "checked"
    listed = next(one for one in remote.library.all() if one.id == kept.id)
    assert (listed.name, plain(listed.answer)) == ("Bus lost", plain(direct))
    assert kept.refresh().name == "Bus lost"
    kept.remove()
    with pytest.raises(NotFound):
        kept.reload()

    flood = Event(["demo:plant"], "kind=ups", Hazard.from_geojson(BOX, buffer_m=100, min_crossing_m=5))
    saved = remote.library.save_event("Flood", flood, "by hand")
    held = remote.library.event(saved.id)
    assert (held.name, held.note, held.event.ids, held.event.where) == ("Flood", "by hand", ("demo:plant",), "kind=ups")
    assert timeless(remote.impact(held.event).summary) == timeless(twin.impact(flood).summary)
    assert held.describe("High water").name == "High water"
    assert [one.name for one in remote.library.events() if one.id == saved.id] == ["High water"]
    saved.remove()
    assert saved.id not in [one.id for one in remote.library.events()]


@pytest.mark.usefixtures("again")
def test_an_export_is_sent_tried_and_imported(twin: Twin, remote: RemoteTwin, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "assets.csv").write_text(ASSETS, encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,type,to\nbus/1,CONDUCTS,line/1\n", encoding="utf-8")
    for name in ("deep/notes.txt", ".hidden", "deep/.git"):
        (tmp_path / name).write_text("n", encoding="utf-8")
    upload = remote.uploads.send(tmp_path, loader="tables", source="sent")
    assert upload.report is not None
    assert (upload.state, upload.report.status, upload.report.rows) == ("checked", "planned", 3)
    assert [file["name"] for file in upload.files] == ["assets.csv", "deep/notes.txt", "links.csv"]
    with pytest.raises(NotFound):
        upload.rejects()
    before = twin.store.state().revision
    report = upload.apply().finish().report
    assert report is not None
    assert (report.status, report.revision, report.ok) == ("applied", before + 1, True)
    assert remote.asset("sent:bus/1")["name"] == "One"
    assert (upload.reload().state, upload.run) == ("applied", report.run)
    assert remote.report(report.run or "").plan == twin.report(report.run or "").plan == report.plan
    assert remote.run(report.run or "")["status"] == twin.run(report.run or "")["status"] == "applied"
    assert remote.undo(report.run).run == report.run
    assert remote.find("One") == []
    assert upload.id in [one.id for one in remote.uploads.all()]
    upload.remove()
    with pytest.raises(NotFound):
        remote.uploads.open(upload.id)


@pytest.mark.usefixtures("again")
def test_rows_that_cannot_be_taken(remote: RemoteTwin, twin: Twin, tmp_path: Path) -> None:
    file = tmp_path / "assets.csv"
    file.write_text(BAD, encoding="utf-8")
    links = tmp_path / "links.csv"
    links.write_text("from,type,to\n", encoding="utf-8")
    upload = remote.uploads.send(file, links, loader="tables", source="sent", options={})
    assert [(row.origin.file, row.origin.row, row.code) for row in upload.rejects()] == [
        ("assets.csv", 4, "unknown_kind")
    ]
    with pytest.raises(ImportRejected):
        upload.apply()
    assert upload.check(loader="tables", source="sent", skip_rejects=True).state == "checked"
    twin.edit([{"op": "set", "id": "demo:plant", "name": "Meanwhile"}])
    with pytest.raises(UploadOutdated):
        upload.apply()
    report = upload.check(loader="tables", source="sent", skip_rejects=True).apply().finish().report
    assert report is not None
    assert (report.status, report.rejected, report.rejects) == ("applied", 1, remote.report(report.run or "").rejects)
    whole = remote._wire.text(f"/imports/{report.run}/rejects")
    assert "teapot" in whole
    assert whole.count("\n") == 2


def test_what_cannot_be_sent_is_told(remote: RemoteTwin, tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        remote.uploads.send(tmp_path / "none.csv")
    with pytest.raises(InvalidParameter):
        remote.uploads.send()
    file = tmp_path / "assets.csv"
    file.write_text(ASSETS, encoding="utf-8")
    with pytest.raises(InvalidParameter):
        remote.uploads.send(file, loaderr="tables")
    assert "tables" in [loader["name"] for loader in remote.uploads.loaders()]


@pytest.mark.usefixtures("again")
def test_changes_are_told(twin: Twin, remote: RemoteTwin) -> None:
    made = remote.subscriptions.make("dependencies", "demo:bus/110", title="needs", depth=1)
    assert (made.name, made.question, made.secret, made.notices) == ("needs", "dependencies", None, [])
    kept = remote.library.save("Needs", "dependencies", "demo:bus/110")
    told = made.changes(since=0)
    remote.edit([{"op": "link", "from": "demo:island-1", "type": "POWERS", "to": "demo:bus/110"}])
    change = next(told)
    assert isinstance(change, Change)
    assert (change.after, change.added, change.removed) == (twin.store.state().revision, ["demo:island-1"], [])
    assert change.totals == {"added": 1, "removed": 0, "changed": 0}
    assert plain(change.answer()) == plain(remote.dependencies("demo:bus/110", 1))
    assert kept.reload().stale is True
    assert kept.refresh().stale is False
    remote.undo()
    assert next(told).removed == ["demo:island-1"]
    told.close()  # type: ignore[attr-defined]
    later = made.changes(since=change.place)
    assert next(later).removed == ["demo:island-1"]
    later.close()  # type: ignore[attr-defined]
    assert made.id in [one.id for one in remote.subscriptions.all()]
    assert len(remote.subscriptions.open(made.id).notices or []) == 2
    made.remove()
    with pytest.raises(NotFound):
        next(made.changes())
    with pytest.raises(UnknownAsset):
        remote.subscriptions.make("impact", ["demo:none"])


def test_a_smaller_server_is_asked_for_what_it_gives(twin: Twin) -> None:
    with served(create_app(twin, Limits(max_page=5))) as url, Twin.connect(url) as remote:
        kept = remote.library.save("few", "screen", {f"storm {n}": ["demo:plant"] for n in range(7)})
        assert kept.answer.to_arrow().num_rows == 5
        assert "The API lists the first 5 of 7." in kept.answer.to_dict()["notes"]


def test_the_schema_is_the_servers(twin: Twin, remote: RemoteTwin) -> None:
    here, there = twin.schema, remote.schema
    assert there.digest == here.digest
    assert (there.domains, there.services, there.units) == (here.domains, here.services, here.units)
    assert (there.properties, there.link_properties) == (here.properties, here.link_properties)
    assert there.link_types == here.link_types
    assert list(there.kinds) == list(here.kinds)
    for kind in here.kinds:
        assert there.kind_properties(kind) == here.kind_properties(kind)
    assert there.convert(1.0, "MW", "kW") == 1000.0


def test_a_run_that_is_not_there(twin: Twin, remote: RemoteTwin) -> None:
    for asked in (twin, remote):
        for ask in (asked.run, asked.report, asked.undo):
            with pytest.raises(NotFound):
                ask("20260101-000000-abcd")
