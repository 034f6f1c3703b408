"""Life of the managed local server: started once, noticed when it crashed, stopped, removed without a trace."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.conftest import MEMORY
from twin.errors import DownloadFailed, ServerError, SettingsError
from twin.store import LocalServer, Store, config, jars, process

pytestmark = pytest.mark.store


@pytest.fixture
def server(neo4j_version: str, tmp_path: Path) -> Iterator[LocalServer]:
    """A server of its own, not started; removed at the end whatever happened."""
    made = LocalServer(tmp_path, neo4j_version, _cache(), memory=MEMORY)
    yield made
    made.purge()


def _cache() -> Path | None:
    return Path(os.environ["TWIN_CACHE"]) if os.environ.get("TWIN_CACHE") else None


def _pid(server: LocalServer) -> int:
    pid = server.status().pid
    assert pid is not None
    return pid


def test_life(server: LocalServer) -> None:
    """From nothing over a crash and a lost note to nothing, in one server (starting takes seconds)."""
    assert server.status().state == "absent"
    steps: list[str] = []
    first = server.start(lambda step, done, total: steps.append(step))
    assert steps[-1] == "Starting Neo4j"
    assert first.uri.startswith("neo4j://127.0.0.1:")
    assert len(first.password) >= 24
    mode = stat.S_IMODE((server.home / "password").stat().st_mode)
    assert mode == 0o600
    pid = _pid(server)
    assert not any(first.password in part for part in psutil.Process(pid).cmdline())
    assert os.getsid(pid) == pid, "the server must not die with the terminal of the command"

    assert server.ensure() == first == server.start()
    assert _pid(server) == pid

    _crash(server)
    again = server.ensure()
    assert _pid(server) != pid
    assert again.password == first.password
    with Store(again.uri, again.user, again.password) as store:
        assert store.rows("store.ready") == [{"ready": 1}]

    (server.home / "server.json").unlink()  # the note is lost, the server is found all the same
    adopted = LocalServer(server.home.parent, server.version, server.cache)
    assert adopted.status().state == "running"
    assert adopted.ensure() == again

    assert server.stop()
    assert server.status().state == "stopped"
    assert not server.stop()
    server.purge()
    assert not server.home.exists()
    assert server.status().state == "absent"
    server.purge()


def _crash(server: LocalServer) -> None:
    """SIGKILL the server, and let it be known as crashed."""
    pid = _pid(server)
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while server.status().state == "running" and time.monotonic() < end:
        time.sleep(0.05)
    assert server.status().state == "crashed"


def test_two_starts_make_one_server(server: LocalServer) -> None:
    """Two commands at once, as processes: one starts it, the other waits and finds it."""
    code = (
        "import sys; from pathlib import Path; from twin.store import LocalServer, config;"
        "s = LocalServer(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), config.Memory(768, 192));"
        "print(s.start().uri, s.status().pid)"
    )
    command = [sys.executable, "-c", code, str(server.home.parent), server.version, str(server.cache)]
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda _: subprocess.run(command, capture_output=True, text=True, check=True), range(2)))
    assert len({run.stdout for run in runs}) == 1
    assert str(_pid(server)) in runs[0].stdout, "the server outlives the command that started it"
    argument = process.home_argument(server.home)
    alive = [p for p in psutil.process_iter(["cmdline"]) if argument in (p.info["cmdline"] or ())]
    assert len(alive) == 1


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": 1, "created": 1.0, "port": 1}', "self"])
def test_a_stale_note_does_no_harm(neo4j_version: str, tmp_path: Path, note: str) -> None:
    """The noted pid belongs to somebody else now: it is neither taken for the server nor stopped."""
    server = LocalServer(tmp_path, neo4j_version)
    server.home.mkdir(parents=True)
    if note == "self":
        note = json.dumps({"pid": os.getpid(), "created": psutil.Process().create_time(), "port": 1, "ready": True})
    (server.home / "server.json").write_text(note, encoding="utf-8")
    assert server.status().state in ("absent", "crashed")
    assert server.stop() is False
    assert psutil.Process(os.getpid()).is_running()


def test_same_pid_of_another_time_is_not_ours(tmp_path: Path) -> None:
    code = "import time; print('up', flush=True); time.sleep(60)"
    command = [sys.executable, "-c", code, process.home_argument(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "up\n"
        created = psutil.Process(other.pid).create_time()
        assert process.find(tmp_path, other.pid, created) is not None
        assert process.find(tmp_path / "x", other.pid, created) is None
        other.terminate()
        other.wait()
    assert process.find(tmp_path, other.pid, created) is None


def test_the_lock_is_released_when_its_holder_dies(tmp_path: Path) -> None:
    path = tmp_path / "start.lock"
    code = (
        "import sys, time; from pathlib import Path; from twin.store.process import exclusive\n"
        "with exclusive(Path(sys.argv[1]), 1): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ServerError, match="another `twin`"), process.exclusive(path, 0.3):
            pass
        holder.kill()
        holder.wait()
        with process.exclusive(path, 5):
            pass


def test_data_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    server = LocalServer(tmp_path, "5.26.30")
    server.home.mkdir(parents=True)
    (server.home / "server.json").write_text('{"version": "2026.08.1", "stopped": true}', encoding="utf-8")
    with pytest.raises(ServerError, match=r"written by Neo4j 2026\.08\.1"):
        server.start()


def test_a_server_that_cannot_start_says_why(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = config.write_config

    def write(home: Path, version: str, port: int, memory: config.Memory) -> None:
        broken(home, version, port, memory)
        with (home / "conf" / "neo4j.conf").open("a", encoding="utf-8") as file:
            file.write("no.such.setting=1\n")

    monkeypatch.setattr(config, "write_config", write)
    with pytest.raises(ServerError, match=r"no\.such\.setting"):
        server.start()
    assert server.status().state != "running"


def test_a_wrong_jar_is_noticed_and_replaced(
    neo4j_version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged jar is fetched again; one that is never right is refused and never reaches the class path."""
    small = min(jars.read_lock(neo4j_version), key=lambda jar: jar.size)
    monkeypatch.setattr(jars, "read_lock", lambda version: [small])
    told: list[tuple[int, int]] = []
    paths = jars.fetch(neo4j_version, tmp_path, lambda step, done, total: told.append((done, total)))
    assert told == [(0, small.size), (small.size, small.size)]
    paths[0].write_bytes(b"x" * small.size)
    assert jars.fetch(neo4j_version, tmp_path, lambda *_: None) == paths
    assert jars.verified(small, paths[0])
    wrong = jars.Jar(
        small.group, small.artifact, small.packaging, small.classifier, small.version, "0" * 64, small.size
    )
    monkeypatch.setattr(jars, "read_lock", lambda version: [wrong])
    with pytest.raises(DownloadFailed, match="SHA-256"):
        jars.fetch(neo4j_version, tmp_path, lambda *_: None)
    assert not list((tmp_path / "jars").glob(".part-*"))


def test_locks_are_complete_and_name_no_registry() -> None:
    assert jars.locked_versions() == ["2026.08.1", "5.26.30"]
    for version in jars.locked_versions():
        lock = jars.read_lock(version)
        assert len(lock) > 200
        assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in lock)
        assert "://" not in "".join(jar.line() for jar in lock)
        assert any(jar.artifact == "neo4j" and jar.version == version for jar in lock)


def test_unknown_version_is_told() -> None:
    with pytest.raises(SettingsError, match=r"no lock file for Neo4j 4\.4\.0"):
        jars.read_lock("4.4.0")
