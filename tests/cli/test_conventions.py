"""What every command keeps to: streams, colours, exit codes, errors with a fix, no traceback."""

from __future__ import annotations

import os
import pty
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main

from twin import errors as e
from twin.cli import faults, wiring
from twin.cli.main import build
from twin.impact import Snapshot

if TYPE_CHECKING:
    from tests.cli.conftest import Answer

Cli = Callable[..., "Answer"]
TWIN = [sys.executable, "-m", "twin.cli.main"]
COMMANDS = ["find", "show", "dependencies", "dependents", "impact", "findings", "runs", "schema", "queries", "export"]


def test_every_error_of_ours_has_an_exit_code() -> None:
    assert set(faults.EXIT) == set(e.all_errors())
    assert set(faults.EXIT.values()) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (e.UnknownAsset("x"), 2),
        (e.EmptyTwin("x"), 2),
        (e.ImportRejected("x"), 1),
        (e.StoreUnavailable("x"), 3),
        (e.ApplyInProgress("x"), 3),
        (e.DownloadFailed("x"), 3),
        (e.TwinError("x"), 4),
    ],
)
def test_exit_codes_are_those_of_the_design(error: e.TwinError, code: int) -> None:
    assert faults.exit_code(error) == code


def test_help_and_version_go_to_stdout(twin: Cli) -> None:
    for words in ((), ("--help",), ("-h",)):
        answer = twin(*words)
        assert answer.code == 0
        assert all(name in answer.out for name in COMMANDS)
        assert answer.err == ""
    assert twin("--version").out.startswith("twin ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(twin: Cli, command: str) -> None:
    answer = twin(command, "--help")
    assert answer.code == 0
    assert "Usage: twin" in answer.out
    assert "--json" in answer.out


def test_a_mistyped_command_gets_a_suggestion(twin: Cli) -> None:
    answer = twin("imapct", "x")
    assert answer.code == 2
    assert "Did you mean 'impact'" in answer.err
    assert "twin --help" in answer.err


@pytest.mark.parametrize(
    "words",
    [("impact",), ("impact", "x", "--nope"), ("find", "--limit", "0"), ("find", "--limit", "many"), ("show", "a", "b")],
)
def test_a_wrong_command_line_is_exit_2_in_text_and_json(twin: Cli, words: tuple[str, ...]) -> None:
    answer = twin(*words)
    assert answer.code == 2
    assert answer.out == ""
    assert "[usage]" in answer.err
    assert f"twin {words[0]} --help" in answer.err
    error = twin(*words, "--json").error
    assert (error["code"], error["exit"]) == ("usage", 2)


def test_an_error_in_json_has_the_members_of_ours(twin: Cli, tables: str) -> None:
    error = twin("show", "buss-a", "--tables", tables, "--json").error
    assert error["code"] == "unknown_asset"
    assert error["exit"] == 2
    assert error["id"] == "buss-a"
    assert all(error[name] for name in ("title", "detail", "fix"))


def test_a_fault_of_ours_is_exit_4_with_a_report_and_no_traceback(
    twin: Cli, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the wheel came off")

    monkeypatch.setattr(Snapshot, "from_tables", broken)
    answer = twin("impact", "x", "--tables", tables)
    assert answer.code == 4
    assert "Traceback" not in answer.err
    assert "the wheel came off" in answer.err
    report = Path(answer.err.split("Report: ")[1].strip())
    text = report.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "RuntimeError: the wheel came off" in text
    assert report.stat().st_mode & 0o077 == 0
    error = twin("impact", "x", "--tables", tables, "--json").error
    assert (error["code"], error["exit"]) == ("internal_error", 4)
    assert Path(error["report"]).exists()


def test_an_interrupt_is_130_without_a_traceback(twin: Cli, tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Snapshot, "from_tables", stopped)
    answer = twin("impact", "x", "--tables", tables)
    assert (answer.code, answer.err) == (130, "Interrupted.\n")


def test_an_interrupted_import_says_how_to_go_on(twin: Cli, tables: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(wiring, "settings", stopped)
    answer = twin("import", "--loader", "tables", "--source", "x", tables)
    assert answer.code == 130
    assert "finished by running it again" in answer.err


def test_an_impossible_setting_is_named(twin: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWIN_SCHEMA", "/nowhere/water.toml")
    answer = twin("schema")
    assert answer.code == 2
    assert "/nowhere/water.toml" in answer.err


@pytest.mark.parametrize("words", [("find", "x"), ("up",), ("impact", "x")])
def test_a_home_that_cannot_be_made_is_named(twin: Cli, monkeypatch: pytest.MonkeyPatch, words: tuple[str]) -> None:
    monkeypatch.delenv("TWIN_NEO4J_URI", raising=False)
    monkeypatch.setenv("TWIN_HOME", "/proc/x")
    answer = twin(*words)
    assert answer.code == 2
    assert "TWIN_HOME" in answer.err


def test_the_schema_is_shown_whole_and_in_parts(twin: Cli) -> None:
    everything = twin("schema")
    assert all(word in everything.out for word in ("substation", "workload", "POWERS", "CONNECTS"))
    assert "voltage_kv" in twin("schema", "bus").out
    assert "from what supplies to what needs" in twin("schema", "POWERS").out
    assert twin("schema", "bus", "--json").json["domain"] == "energy"
    assert len(twin("schema", "--json").json["kinds"]) > 20
    answer = twin("schema", "powers")
    assert answer.code == 2
    assert "Did you mean POWERS" in answer.err


@pytest.mark.parametrize("module", ["twin.cli.main", "api.app"])
def test_what_the_driver_logs_is_not_printed(module: str) -> None:
    code = (
        f"import logging, {module}; logging.getLogger('neo4j.pool').warning('Unable to retrieve routing information')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_results_are_plain_when_nobody_looks_at_a_terminal(tables: str) -> None:
    done = subprocess.run([*TWIN, "impact", "bus-a", "--tables", tables], capture_output=True, check=True)
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"rack-1" in done.stdout
    assert all(line == line.rstrip() for line in done.stdout.decode().splitlines())


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_has_colours_unless_told_not_to(tables: str, environment: dict[str, str], coloured: bool) -> None:
    shown = on_terminal([*TWIN, "impact", "bus-a", "--tables", tables], environment)
    assert "failed" in shown
    assert ("\x1b[31m" in shown or "\x1b[1;31m" in shown) is coloured


def test_a_taken_port_is_refused_at_once(twin: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = twin("serve", "--port", str(taken.getsockname()[1]))
    assert answer.code == 2
    assert "cannot listen on 127.0.0.1" in answer.err
    assert "--port" in answer.err


def test_a_reader_that_goes_away_is_no_error(tables: str) -> None:
    command = f"{' '.join(TWIN)} schema --json | head -c 10"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = "import sys; from twin.cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    heavy = {"numba", "numpy", "pyarrow", "geopandas", "pandas", "shapely", "scipy", "fastapi", "uvicorn", "neo4j"}
    assert loaded & heavy == set()


def on_terminal(command: list[str], environment: dict[str, str]) -> str:
    """Output of *command* run on a pseudo-terminal."""
    main_end, its_end = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        command, stdin=its_end, stdout=its_end, stderr=its_end, env={**clean, "TERM": "xterm-256color", **environment}
    )
    os.close(its_end)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            part = os.read(main_end, 65536)
        except OSError:  # Linux says so at the end of a terminal
            break
        if not part:
            break
        shown += part
    os.close(main_end)
    assert process.wait(10) == 0
    return shown.decode()


#: Letters with another meaning in one command: (letter, command).
OTHERS = {("-p", "serve"), ("-p", "run"), ("-k", "paths")}


def test_a_letter_means_one_thing_in_every_command() -> None:
    """Two commands that share a letter share a long name of it too."""
    meanings: dict[str, dict[str, set[str]]] = {}
    commands = [typer.main.get_command(build())]
    for command in commands:
        commands += list(getattr(command, "commands", {}).values())
        for parameter in command.params:
            letters = [name for name in parameter.opts if len(name) == 2 and name.startswith("-")]
            longs = {name for name in parameter.opts if len(name) > 2}
            for letter in letters:
                if (letter, command.name) not in OTHERS:
                    meanings.setdefault(letter, {})[str(command.name)] = longs
    assert {"-w", "-n", "-k", "-H", "-o"} <= set(meanings)
    for letter, by_command in meanings.items():
        assert set.intersection(*by_command.values()), (letter, by_command)


def test_top_and_limit_are_one(twin: Cli, tables: str) -> None:
    for name, words in (("find", ("",)), ("criticality", ()), ("mesh", ()), ("cold-start", ())):
        shown = [twin(name, *words, flag, "2", "--tables", tables).out for flag in ("--top", "--limit", "-n")]
        assert shown[0] == shown[1] == shown[2] != ""
    assert twin("cold-start", "--rounds", "2", "--tables", tables).out == shown[0]


def test_what_libraries_print_by_themselves_is_no_result() -> None:
    """A solver in C writes to the file descriptor; only results belong to stdout."""
    code = (
        "import os; from twin.cli import main as m;"
        "m.main = lambda: (os.write(1, b'noise'), print('result'), 0)[2]; m.run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("result\n", "noise")


def test_a_hazard_over_assets_without_places_is_not_judged(twin: Cli, tmp_path: Path) -> None:
    (tmp_path / "assets.csv").write_text("id,kind,lon,lat\na,bus,,\nb,bus,,\nc,bus,9,52\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("from,type,to\n", encoding="utf-8")
    ring = [[0, 40], [1, 40], [1, 41], [0, 40]]
    (tmp_path / "h.geojson").write_text(f'{{"type": "Polygon", "coordinates": [{ring}]}}', encoding="utf-8")
    said = twin("impact", "--hazard", str(tmp_path / "h.geojson"), "--tables", str(tmp_path)).out
    assert "Not to be judged" in said
    assert "2 of 3 assets" in said
