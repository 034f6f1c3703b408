"""Several sources of one asset: the German sample's tenant, on the command line and over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from twin.schema import default_schema
from twin.service import Twin
from twin.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]
pytestmark = pytest.mark.store
SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "germany"
FRANKFURT = "datacentres:dc/frankfurt-1"


@pytest.fixture
def filled(twin: Cli, twin_env: Path, tmp_path: Path) -> Cli:
    """The sample's data centres with the tenant's list of them."""
    assert twin("import", "--loader", "tables", "--source", "datacentres", str(_own(tmp_path))).code in (0, 1)
    answer = twin("import", str(SAMPLE / "tenant.toml"))
    assert answer.code == 0, answer.err
    assert "3 matched, 1 not, 0 doubtful, 5 conflicts" in answer.out
    assert "by matches" in answer.out
    return twin


def _own(folder: Path) -> Path:
    """The data centres and the two PDUs that the tenant names, without what they need."""
    made = folder / "own"
    made.mkdir()
    lines = (SAMPLE / "datacentres" / "assets.csv").read_text(encoding="utf-8").splitlines()
    named = (",data_centre,", "pdu/frankfurt-1-h1-")
    (made / "assets.csv").write_text("\n".join([lines[0], *(x for x in lines if any(n in x for n in named))]) + "\n")
    (made / "links.csv").write_text("from,type,to\n")
    return made


def test_what_the_sources_do_not_agree_on(filled: Cli, tmp_path: Path) -> None:
    answer = filled("conflicts")
    assert (answer.code, "0.16" in answer.out, "tenant: 0.2" in answer.out) == (1, True, True)
    found = filled("conflicts", "--property", "operator", "--json").json
    assert (found["total"], found["items"][0]["taken"]) == (1, "datacentres")
    assert filled("conflicts", "--property", "status").code == 0
    layer = tmp_path / "conflicts.geojson"
    assert filled("conflicts", "-o", str(layer)).code == 1
    assert layer.read_text().count('"Feature"') == 5


def test_who_says_what(filled: Cli) -> None:
    answer = filled("show", "tenant:FRA-01", "--provenance")
    assert answer.code == 0
    assert f"{FRANKFURT} (data_centre)" in answer.out
    found = filled("show", FRANKFURT, "--provenance", "--json").json
    assert [record["rule"] for record in found["records"]] == [None, "tenant-sites"]
    said = {row["property"]: (row["value"], row["source"]) for row in found["properties"]}
    assert said["customers"] == (120000, "tenant")
    assert filled("show", "tenant:FRA-1", "--provenance").code == 2
    assert filled("find", "tenant:FRA-01", "--json").json["items"][0]["id"] == FRANKFURT
    assert filled("dependents", "tenant:FRA-01", "--json").json["items"][0]["id"] == "tenant:FRA-01-R1"


def test_over_http(filled: Cli, store: Store, tmp_path: Path) -> None:
    served = Twin(store, default_schema(), tmp_path / "served")
    with TestClient(create_app(served), raise_server_exceptions=False) as client:
        page = client.get("/conflicts", params={"limit": 2}).json()
        assert (page["total"], len(page["items"])) == (5, 2)
        assert client.get(page["next"]).json()["items"][0] not in page["items"]
        found = client.get("/assets/tenant:FRA-01/provenance").json()
        assert (found["id"], len(found["records"])) == (FRANKFURT, 2)
        missing = client.get("/assets/tenant:FRA-9/provenance")
        assert (missing.status_code, missing.json()["code"]) == (404, "unknown_asset")
        assert client.get("/assets/tenant:FRA-01").json()["properties"]["also_known_as"] == "tenant:FRA-01"
