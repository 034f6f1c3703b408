"""The wheel holds everything it needs and works in an environment of its own, away from the source tree.

The environment is new and empty but for the wheel. Its dependencies are those of the running environment, lent by
a ``.pth`` file: fetching a gigabyte again would prove nothing more about our wheel.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.tools import missing

ROOT = Path(__file__).parent.parent.parent
TABLES = {
    "assets.csv": "id,kind,ride_through_power_s\nplant,power_plant,\nbus,bus,\nups,ups,900\nrack,rack,\n",
    "links.csv": "from,type,to\nplant,POWERS,bus\nbus,POWERS,ups\nups,POWERS,rack\n",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder ``bin`` of a new environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("clean") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(wheel)], check=True)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    lent = dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")])
    (site / "lent.pth").write_text("\n".join(lent) + "\n", encoding="utf-8")
    return folder / "bin"


def run(environment: Path, folder: Path, *command: str) -> str:
    """Output of a command of the new environment, run in *folder*, with nothing of ours in the process's settings."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("TWIN_", "PYTHON", "VIRTUAL_ENV"))}
    clean["TWIN_HOME"] = str(folder / "home")
    done = subprocess.run(
        [str(environment / command[0]), *command[1:]],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    skipped = {"__pycache__", "node_modules"}
    wanted = {
        str(path.relative_to(ROOT))
        for package in ("twin", "loaders", "api")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not skipped & set(path.parts)
    }
    wanted |= {f"twin/cypher/{path.relative_to(ROOT / 'cypher')}" for path in (ROOT / "cypher").rglob("*.cypher")}
    assert len([name for name in wanted if name.endswith(".cypher")]) > 5
    assert wanted - inside == set()
    assert {name.split("/")[0] for name in inside if ".dist-info" not in name} == {"twin", "loaders", "api"}


def test_wheel_carries_the_libraries_of_the_map(wheel: Path) -> None:
    web = ROOT / "api/web"
    if not (web / "node_modules/.ready").is_file():
        missing("the libraries of the map (make setup, with npm)")
    allowed = json.loads((web / "vendor.json").read_text(encoding="utf-8"))
    archive = zipfile.ZipFile(wheel)
    carried = {name for name in archive.namelist() if name.startswith("api/web/vendor/")}
    assert carried == {f"api/web/vendor/{library}/{name}" for library, files in allowed.items() for name in files}
    assert len(archive.read("api/web/vendor/maplibre-gl/maplibre-gl.mjs")) > 500_000
    assert not [name for name in archive.namelist() if "node_modules" in name]


def test_the_map_is_served_from_the_wheel(environment: Path, tmp_path: Path) -> None:
    code = (
        "from api.routes.web import FILES; page = FILES.page().content.decode(); "
        "print(FILES.complete, 'data-libraries' in page, FILES.find('app/main.js') is not None, FILES.root)"
    )
    complete, marked, found, root = run(environment, tmp_path, "python", "-c", code).split(maxsplit=3)
    assert found == "True"
    assert Path(root.strip()).is_relative_to(environment.parent)
    assert marked == ("False" if complete == "True" else "True")


def test_wheel_is_found_before_the_source_tree(environment: Path, tmp_path: Path) -> None:
    code = "import twin, api, loaders; print(*(m.__file__ for m in (twin, api, loaders)), sep='\\n')"
    places = run(environment, tmp_path, "python", "-c", code).split()
    assert len(places) == 3
    assert all(Path(place).is_relative_to(environment.parent) for place in places)


def test_help(environment: Path, tmp_path: Path) -> None:
    text = run(environment, tmp_path, "twin", "--help")
    assert all(word in text for word in ("impact", "import", "serve", "doctor"))


def test_impact_of_tables(environment: Path, tmp_path: Path) -> None:
    for name, text in TABLES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    answer = json.loads(run(environment, tmp_path, "twin", "impact", "--tables", ".", "bus", "--json"))
    verdicts = {row["id"]: (row["verdict"], row["time_s"]) for row in answer["affected"]}
    assert verdicts == {"bus": ("failed", 0), "ups": ("down", 900), "rack": ("down", 900)}


def test_loaders_and_queries_are_found(environment: Path, tmp_path: Path) -> None:
    code = (
        "from importlib.metadata import entry_points\n"
        "names = sorted({e.name for e in entry_points(group='twin.loaders') if e.load()})\n"
        "from pathlib import Path; import twin\n"
        "print(*names, len(list((Path(twin.__file__).parent / 'cypher').rglob('*.cypher'))))"
    )
    *names, queries = run(environment, tmp_path, "python", "-c", code).split()
    assert {"tables", "gis", "pypsa", "topohub"} <= set(names)
    assert int(queries) == len(list((ROOT / "cypher").rglob("*.cypher")))
