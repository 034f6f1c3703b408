"""``twin up | down | status | doctor``: the managed local server, and the store behind the settings."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.faults import FINDINGS, UNREACHABLE
from twin.cli.options import Json
from twin.errors import InvalidParameter, TwinError

if TYPE_CHECKING:
    from twin.settings import Settings
    from twin.store import LocalServer
    from twin.store.jars import Progress

Purge = Annotated[bool, typer.Option("--purge", help="Also remove the data, snapshots and downloads, after asking.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Keep = Annotated[bool, typer.Option("--keep-downloads", help="With --purge: keep the downloaded Neo4j.")]


def local_server(settings: Settings) -> LocalServer:
    """The managed server of these settings; nothing is started."""
    from twin.store import LocalServer

    return LocalServer(settings.home, settings.neo4j_version, settings.cache)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on stderr: bytes while downloading, a spinner for the other steps."""
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

    console = output.console(sys.stderr)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total or None)
            bar.update(tasks[step], completed=done)

        yield show


class _Lines:
    """Progress where nobody watches: a line per step, and one per quarter of a download."""

    def __init__(self) -> None:
        self._told: set[tuple[str, int]] = set()

    def __call__(self, step: str, done: int, total: int) -> None:
        quarter = done * 4 // total if total else 0
        if (step, quarter) in self._told:
            return
        self._told.add((step, quarter))
        size = f": {done / 1e6:.0f} of {total / 1e6:.0f} MB" if done else ""
        output.note(f"{step}{size}")


def up(json: Json = False) -> None:
    """Start Neo4j (the first time it is downloaded) and prepare the store; it goes on running."""
    settings = wiring.settings()
    with progress_bar() as progress:
        if settings.neo4j_uri is None:
            local_server(settings).start(progress)
        with wiring.open_store(settings) as store:
            progress("Preparing the store", 0, 0)
            store.prepare(wiring.schema())
    found = server_facts(settings)
    if json:
        output.emit_json(found)
        return
    if settings.neo4j_uri:
        output.say(f"Neo4j {found['version']} at {settings.neo4j_uri} (TWIN_NEO4J_URI) is ready.")
    else:
        output.say(f"Neo4j {found['version']} runs at {found['uri']} (process {found['pid']}).")
        output.note(f"data: {found['home']}   user: neo4j   password: in {found['home']}/password")
    empty = found["revision"] == 0
    output.hints(["twin import samples/germany/twin.toml"] if empty else ["twin status", "twin find TEXT"])


def down(purge: Purge = False, yes: Yes = False, keep_downloads: Keep = False, json: Json = False) -> None:
    """Stop the managed Neo4j; with --purge remove everything that it and the twin made on this machine."""
    settings = wiring.settings()
    server = local_server(settings)
    if not purge:
        stopped = server.stop()
        text = "Neo4j is stopped; the data stay." if stopped else "No server was running."
        _told({"stopped": stopped, "removed": []}, text, json)
        return
    places = _made(settings, keep_downloads)
    if places and not yes:
        _ask(places)
    stopped = server.status().state == "running"
    server.purge()
    for place in places:
        shutil.rmtree(place, ignore_errors=True)
    for folder in (settings.home, settings.cache):
        with suppress(OSError):  # other files of the user are in it: it stays
            folder.rmdir()
    removed = [str(place) for place in places]
    _told({"stopped": stopped, "removed": removed}, f"Removed: {', '.join(removed) or 'nothing was there'}.", json)


def _told(data: dict[str, Any], text: str, json: bool) -> None:
    if json:
        output.emit_json(data)
    else:
        output.say(text)


def _made(settings: Settings, keep_downloads: bool) -> list[Path]:
    """The folders that the product made on this machine."""
    places = [settings.home / name for name in ("neo4j", "snapshots", "reports")]
    if not keep_downloads:
        places.append(settings.cache / "jars")
    return [place for place in places if place.exists()]


def _ask(places: list[Path]) -> None:
    for place in places:
        output.note(f"  {_size(place) / 1e6:8.0f} MB  {place}")
    if not sys.stdin.isatty():
        raise InvalidParameter("removing the data needs a yes", fix="Repeat the command with --yes.")
    if not typer.confirm("Remove all this? It cannot be undone", err=True):
        raise typer.Abort


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def status(json: Json = False) -> None:
    """Tell whether the server runs and what is in the store. Exit code 3 when it does not answer."""
    found = server_facts(wiring.settings())
    if json:
        output.emit_json(found)
    else:
        names = ("state", "uri", "version", "pid", "memory_mb", "home", "revision", "applying", "assets", "links")
        output.facts({name.replace("_", " "): found.get(name) for name in (*names, "problem")})
        if found.get("cut_off"):
            output.note(f"The import run {found['applying']} was cut off. {found['fix']}", style="yellow")
        if found["state"] in ("stopped", "absent", "crashed"):
            output.hints(["twin up"])
    if found["state"] != "running":
        raise typer.Exit(UNREACHABLE)


def server_facts(settings: Settings) -> dict[str, Any]:
    """What is known of the server and the store, as plain data; never starts anything."""
    if settings.neo4j_uri:
        facts: dict[str, Any] = {"state": "running", "uri": settings.neo4j_uri, "home": str(settings.home)}
    else:
        facts = local_server(settings).status().to_dict()
        if facts["state"] != "running":
            return facts
    from twin.ingest import unfinished

    try:
        with wiring.open_store(settings) as store:
            state = store.state()
            facts |= {"version": store.version(), "store_id": state.store_id, "revision": state.revision}
            facts |= {"applying": state.applying, **store.rows("store.counts")[0]}
            if unfinished.cut_off(store, state):
                facts |= {"cut_off": True, "fix": unfinished.finish(state.applying or "")}
    except TwinError as error:
        facts |= {"state": "unreachable", "problem": error.detail, "code": error.code, "fix": error.fix}
    return facts


def doctor(json: Json = False) -> None:
    """Check this machine, the server and the store; each check with its fix. Exit code 1 when one fails."""
    from twin.cli.doctor import Check, checks

    found: list[Check] = []
    for check in checks():
        found.append(check)
        if not json:
            output.line(check.text())
            if check.fix:
                output.say(f"      fix: {check.fix}")
    bad = [check for check in found if check.level == "error"]
    if json:
        output.emit_json({"ok": not bad, "checks": [check.to_dict() for check in found]})
    elif not bad:
        output.say("All is well." if all(check.level == "ok" for check in found) else "No errors.")
    if bad:
        raise typer.Exit(FINDINGS)


def register(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    for command in (up, down, status, doctor):
        app.command()(command)
