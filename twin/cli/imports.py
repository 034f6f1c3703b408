"""``twin import``: exports into the twin, by a manifest or one at a time; and taking an import back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import faults, output, wiring
from twin.cli.options import Json
from twin.errors import ImportRejected, InvalidParameter

if TYPE_CHECKING:
    from twin.ingest.manifest import Manifest
    from twin.ingest.planner import Progress
    from twin.ingest.report import ImportReport
    from twin.schema import Schema
    from twin.settings import Settings
    from twin.store.server import LocalServer

#: Rejects and findings shown on the terminal.
SHOWN = 20

PathArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[PATH]", help="A manifest (twin.toml), or with --loader the export.", show_default=False),
]
Loader = Annotated[str | None, typer.Option("--loader", metavar="NAME", help="Read PATH with this loader.")]
Source = Annotated[str | None, typer.Option("--source", metavar="NAME", help="Source of the export: prefix of ids.")]
Options = Annotated[list[str] | None, typer.Option("--option", metavar="K=V", help="Option of the loader; repeatable.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan; write nothing.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="DATE", help="When the export was made; by default its files say."),
]
Replace = Annotated[bool, typer.Option("--replace", help="Remove what vanished from the same source.")]
Force = Annotated[bool, typer.Option("--force", help="Remove even more than 5 %; read unchanged exports too.")]
Full = Annotated[bool, typer.Option("--full", help="Read and compare every row even if the export is unchanged.")]
Skip = Annotated[bool, typer.Option("--skip-rejects", help="Take the good rows; keep the others as findings.")]
Guess = Annotated[bool, typer.Option("--guess", help="Say which loader PATH is for, and print a manifest entry.")]
Bulk = Annotated[bool, typer.Option("--bulk", help="Load an empty managed twin offline, by Neo4j's own import tool.")]
Back = Annotated[str | None, typer.Option("--rollback", metavar="RUN", help="Take a run back instead.")]


def import_(
    path: PathArgument = None,
    loader: Loader = None,
    source: Source = None,
    option: Options = None,
    dry_run: DryRun = False,
    as_of: AsOf = None,
    replace: Replace = False,
    force: Force = False,
    full: Full = False,
    skip_rejects: Skip = False,
    bulk: Bulk = False,
    rollback: Back = None,
    guess: Guess = False,
    json: Json = False,
) -> int:
    """Import exports: everything in a manifest, or one export with --loader and --source.

    Nothing is written if any row cannot be taken (see --skip-rejects). Running it again changes nothing; an
    import that was cut off is finished by running it again.
    """
    from twin.ingest.planner import Flags

    if guess:
        from twin.cli.commands.map import guessed

        if path is None or loader is not None or rollback is not None:
            raise InvalidParameter("--guess takes a PATH and no --loader", fix="twin import --guess PATH")
        guessed(path, source, json)
        return faults.OK
    if rollback is not None:
        if path is not None:
            raise InvalidParameter("--rollback takes no PATH", fix="twin import --rollback RUN")
        return _take_back(rollback, json)
    manifest = _manifest(path, loader, source, option or [], as_of)
    schema = _schema(manifest)
    flags = Flags(replace=replace, force=force, full=full, skip_rejects=skip_rejects)
    try:
        report = _run(manifest, schema, flags, dry_run, bulk)
    except ImportRejected as error:
        return _rejected(error, json)
    if json:
        output.emit_json(report.to_dict())
    else:
        _print(report, manifest)
    return faults.OK if report.ok else faults.FINDINGS


def _manifest(
    path: Path | None, loader: str | None, source: str | None, options: list[str], as_of: str | None
) -> Manifest:
    from twin.ingest.manifest import read_manifest, single

    if path is None:
        raise InvalidParameter("PATH is missing", fix="twin import MANIFEST, or --loader NAME --source NAME PATH")
    if loader is None and source is None:
        if options:
            raise InvalidParameter("--option belongs to --loader", fix="Write options into the manifest.")
        if as_of is not None:
            raise InvalidParameter("--as-of belongs to --loader", fix="Write as_of into the manifest.")
        if path.is_dir() and not (path / "twin.toml").exists() and (path / "assets.csv").exists():
            raise InvalidParameter(
                f"{path} is a folder of tables, not a manifest",
                fix=f"twin import --loader tables --source NAME {quote(str(path))}",
            )
        return read_manifest(path)
    if loader is None or source is None:
        missing = "--loader" if loader is None else "--source"
        raise InvalidParameter(f"{missing} is missing", fix="twin import --loader NAME --source NAME PATH")
    return single(loader, source, path, dict(_option(text) for text in options), as_of)


def _option(text: str) -> tuple[str, Any]:
    """``key=value``; a value that is JSON is taken as such (numbers, true, lists)."""
    import orjson

    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InvalidParameter(f"--option {text!r} is not K=V", fix="Write it like --option delimiter=;")
    try:
        return key.strip(), orjson.loads(value)
    except orjson.JSONDecodeError:
        return key.strip(), value


def _schema(manifest: Manifest) -> Schema:
    from twin.schema import load_schema

    own = wiring.settings().schema_files
    return load_schema(list(dict.fromkeys([*own, *manifest.schema_files])))


def _run(manifest: Manifest, schema: Schema, flags: Any, dry_run: bool, bulk: bool) -> ImportReport:
    from twin.ingest.run import run_import

    settings = wiring.settings()
    with wiring.open_store(settings) as store, _progress() as progress:
        reports = settings.home / "reports"
        server = _managed(settings) if bulk else None
        how: dict[str, Any] = {"reports": reports, "flags": flags, "dry_run": dry_run, "progress": progress}
        return run_import(store, schema, manifest, **how, bulk=server)


def _managed(settings: Settings) -> LocalServer:
    """The managed server. Raises InvalidParameter: the twin is in another one."""
    from twin.store.server import LocalServer

    if settings.neo4j_uri:
        raise InvalidParameter(
            "--bulk is for the managed server only", fix="Leave --bulk out, or unset TWIN_NEO4J_URI."
        )
    return LocalServer(settings.home, settings.neo4j_version, settings.cache)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar for each phase on stderr, with rate and time left; nothing where nobody watches."""
    import sys

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            return Text(f"{speed:,.0f} rows/s" if speed else "", style="dim")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=output.console(sys.stderr), disable=not sys.stderr.isatty()) as bars:
        tasks: dict[str, Any] = {}

        def progress(phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        yield progress


def _take_back(run: str, json: bool) -> int:
    from twin.ingest.rollback import rollback

    with wiring.open_store(wiring.settings()) as store, _progress() as progress:
        report = rollback(store, run, progress)
    if json:
        output.emit_json(report.to_dict())
    else:
        output.say(f"Rolled back {report.run}: {report.assets:,} assets and {report.links:,} links are as before.")
        output.say(f"revision {report.revision}")
        output.hints(["twin runs", "twin status"])
    return faults.OK


def _rejected(error: ImportRejected, json: bool) -> int:
    report = error.extra["report"]
    if json:
        output.emit_json(report)
        return faults.FINDINGS
    _print_rejects(report["rejects"], report["rejected"], report["rejected_by_code"])
    return faults.show(error, False)


def _print(report: ImportReport, manifest: Manifest) -> None:
    show(report, manifest.name)
    output.hints(_next(report, manifest))


def show(report: ImportReport, name: str) -> None:
    """Print what an import (called *name*) did, or would do: its plan, rejects and findings."""
    before = report.written_before
    parts = f"{before['assets']:,} assets and {before['links']:,} links of it were written before"
    words = {
        "applied": f"Imported {name}: revision {report.revision}, run {report.run}"
        + (f" (finished a run that was cut off: {parts})" if report.resumed else ""),
        "unchanged": f"{name} is unchanged: nothing was written, revision {report.revision}",
        "planned": f"Plan for {name}: nothing was written",
    }
    output.say(words[report.status], style="bold")
    _print_plan(report.plan)
    if report.rejected:
        _print_rejects([r.to_dict() for r in report.rejects], report.rejected, report.by_code)
    for finding in report.findings[:SHOWN]:
        output.say(f"{finding.severity}: {finding.message} [{finding.code}]")
    if len(report.findings) > SHOWN:
        output.say(f"... and {len(report.findings) - SHOWN:,} more findings")
    rate = f", {report.rows / report.seconds:,.0f} rows/s" if report.seconds > 0 and report.rows else ""
    output.note(f"{report.rows:,} rows in {report.seconds:.1f} s{rate}")
    if report.report_file is not None:
        output.note(f"report: {report.report_file}")


def _print_plan(plan: dict[str, Any]) -> None:
    operations = ("create", "update", "unchanged", "missing", "remove")
    rows: list[list[Any]] = []
    for part in plan["sources"]:
        if part["unchanged_input"]:
            rows.append([part["source"], "export unchanged", *("",) * len(operations), ""])
            continue
        for what in ("assets", "links"):
            rejected = part["rejected"] if what == "assets" else ""
            rows.append([part["source"], what, *(part[what][o] for o in operations), rejected])
    rows += [
        [f"match {rule['name']}", f"{rule['matched']:,} matched, {rule['unmatched']:,} not, {rule['doubtful']:,}"
         f" doubtful, {rule['conflicts']:,} conflicts", *("",) * len(operations), ""]
        for rule in plan["matches"]
    ]  # fmt: skip
    rows += [
        [f"stitch {rule['name']}", "links, as before", *("",) * len(operations), ""]
        if rule["untouched"]
        else [f"stitch {rule['name']}", "links", *(rule["links"][o] for o in operations), ""]
        for rule in plan["stitches"]
    ]
    if plan["elsewhere"]:
        rows.append(["by matches", "of sources not read", "", plan["elsewhere"], "", "", "", ""])
    rows += [[name, "links, lost with their ends", "", "", "", "", n, ""] for name, n in plan["dangling"].items()]
    output.table(("source", "", *operations, "rejected"), rows, right=(*operations, "rejected"))
    for part in plan["sources"]:
        for table, count in part.get("left_out", {}).items():
            what = "row" if count == 1 else "rows"
            output.say(f"{part['source']}: {count:,} {what} of {output.plain(table)} left out by the mapping's filters")


def _print_rejects(rejects: list[dict[str, Any]], count: int, by_code: dict[str, int]) -> None:
    for reject in rejects[:SHOWN]:
        where = ":".join(str(part) for part in (reject["file"], reject["row"], reject["column"]) if part is not None)
        output.say(f"{where}: {output.plain(reject['message'])} [{reject['code']}]")
        output.say(f"  fix: {reject['fix']}", style="dim")
    if count > SHOWN:
        codes = ", ".join(f"{n:,} {code}" for code, n in by_code.items())
        output.say(f"... {count:,} in all: {codes}")


def _next(report: ImportReport, manifest: Manifest) -> list[str]:
    if report.status == "planned":
        return ["run the same command without --dry-run"]
    lines = []
    counted = [part[what] for part in report.plan["sources"] for what in ("assets", "links")]
    if any(count["missing"] > count["remove"] for count in counted):
        lines.append("what the export no longer has is still in the twin; --replace removes it")
    lines += ["twin status", "twin findings", "twin impact ID"]
    if report.status == "applied":
        lines.append(f"twin import --rollback {report.run}   (takes it back)")
    return lines


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command("import")(import_)
