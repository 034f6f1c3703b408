"""GIS clients with a key: GDAL sends it as HTTP Basic, as QGIS does."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import create_app
from api.security import Access, Keyring, Role
from tests.api.serving import served
from tests.tools import missing
from twin.service import Twin

pytestmark = [pytest.mark.store, pytest.mark.gdal]


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring(tmp_path_factory.mktemp("keys") / "keys.json")


@pytest.fixture(scope="module")
def url(twin: Twin, ring: Keyring) -> Iterator[str]:
    ring.add("other", Role.read)
    with served(create_app(twin, access=Access(ring))) as address:
        yield address


def ogrinfo(*words: str, key: str | None) -> subprocess.CompletedProcess[str]:
    if shutil.which("ogrinfo") is None:
        missing("ogrinfo (Debian's gdal-bin)")
    env = {**os.environ, "GDAL_HTTP_TIMEOUT": "60"} | ({"GDAL_HTTP_USERPWD": f"gis:{key}"} if key else {})
    return subprocess.run(["ogrinfo", "-ro", *words], capture_output=True, text=True, timeout=120, check=False, env=env)


def test_features_with_a_key_and_without(url: str, ring: Keyring) -> None:
    key = ring.add("gis", Role.read)
    told = ogrinfo("-so", f"OAPIF:{url}/ogc", "energy-power_line", key=key)
    assert told.returncode == 0, told.stderr
    assert "Feature Count: 2" in told.stdout
    for wrong in (None, "twin_" + "x" * 43):
        refused = ogrinfo(f"OAPIF:{url}/ogc", key=wrong)
        assert refused.returncode != 0
        assert "Feature Count" not in refused.stdout


def test_a_file_with_a_key(url: str, ring: Keyring, tmp_path: Path) -> None:
    key = ring.add("files", Role.read)
    told = ogrinfo("-so", "-al", f"/vsicurl/{url}/export/assets?f=fgb&kind=bus", key=key)
    assert "Feature Count: " in told.stdout, told.stderr
    assert ogrinfo("-so", "-al", f"/vsicurl/{url}/export/assets?f=fgb&kind=bus", key=None).returncode != 0
