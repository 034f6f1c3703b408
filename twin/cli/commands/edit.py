"""``twin add | set | link | unlink | delete | rename | edit``: single edits, through the plan of an import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import faults, output, wiring
from twin.cli.options import Json
from twin.cli.whatif import read_edits
from twin.errors import ImportRejected, InvalidParameter

if TYPE_CHECKING:
    from twin.ingest.report import ImportReport

DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would change; write nothing.")]
Note = Annotated[str, typer.Option("--note", "-m", metavar="TEXT", help="Why; kept with the run.")]
Lon = Annotated[float | None, typer.Option("--lon", help="Longitude, degrees (WGS 84).")]
Lat = Annotated[float | None, typer.Option("--lat", help="Latitude, degrees.")]
Name = Annotated[str | None, typer.Option("--name", help="Display name.")]
Group = Annotated[str | None, typer.Option("--group", help="Gate group, by default that of the link type.")]
Values = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Properties of the schema; KEY= takes one away.")
]


def add(
    asset: Annotated[str, typer.Argument(metavar="ID", help="source:native; without a source it is manual:native.")],
    values: Values = None,
    kind: Annotated[str, typer.Option("--kind", "-k", help="Kind of the schema; twin schema lists them.")] = "",
    name: Name = None,
    lon: Lon = None,
    lat: Lat = None,
    note: Note = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Add an asset by hand.

    Example: twin add substation/north --kind substation --lon 9.9 --lat 53.6 voltage_kv=110
    """
    if not kind:
        raise InvalidParameter("an asset needs a kind", fix="Give --kind; twin schema kinds lists them.")
    entry = {"op": "add", "id": asset, "kind": kind, "name": name, "properties": _pairs(values), "lon": lon, "lat": lat}
    return _make([entry], note, dry_run, json)


def set_(
    asset: Annotated[str, typer.Argument(metavar="ID", help="The asset.")],
    values: Values = None,
    name: Name = None,
    kind: Annotated[str | None, typer.Option("--kind", "-k", help="Another kind.")] = None,
    lon: Lon = None,
    lat: Lat = None,
    note: Note = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Change an asset: properties, name, kind or place.

    The same export leaves it as it is; a newer export of the asset's source says it anew.
    """
    entry = {"op": "set", "id": asset, "kind": kind, "name": name, "properties": _pairs(values), "lon": lon, "lat": lat}
    return _make([entry], note, dry_run, json)


def link(
    start: Annotated[str, typer.Argument(metavar="FROM", help="What supplies.")],
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="Link type; twin schema lists them.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="What needs it.")],
    values: Values = None,
    group: Group = None,
    need: Annotated[str | None, typer.Option("--need", help="any, all or how many of the group must deliver.")] = None,
    note: Note = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Link two assets, or change need and properties of the link that is there."""
    entry = {
        "op": "link", "from": start, "type": type_, "to": to, "group": group, "need": need,
        "properties": _pairs(values),
    }  # fmt: skip
    return _make([entry], note, dry_run, json)


def unlink(
    start: Annotated[str, typer.Argument(metavar="FROM", help="What supplies.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="What needs it.")],
    type_: Annotated[str | None, typer.Option("--type", help="Only links of this type.")] = None,
    group: Group = None,
    note: Note = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Remove the links between two assets."""
    return _make([{"op": "unlink", "from": start, "to": to, "type": type_, "group": group}], note, dry_run, json)


def delete(
    assets: Annotated[list[str], typer.Argument(metavar="ID...", help="The assets.")],
    note: Note = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Delete assets with all their links; twin undo brings them back."""
    return _make([{"op": "delete", "id": asset} for asset in assets], note, dry_run, json)


def rename(
    asset: Annotated[str, typer.Argument(metavar="ID", help="The asset.")],
    to: Annotated[str, typer.Argument(metavar="NEW", help="Its new id; without a source it keeps its own.")],
    note: Note = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Give an asset another id; what it carries and all its links come along."""
    return _make([{"op": "rename", "id": asset, "to": to}], note, dry_run, json)


def edit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON or TOML: a list of edits, see docs/edits.md.")],
    note: Note = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Make many edits as one run: all of them, or none."""
    edits = read_edits(file)
    return _make(edits, note, dry_run, json)


def _pairs(values: list[str] | None) -> dict[str, Any]:
    """KEY=VALUE words as properties; an empty value takes the property away."""
    found: dict[str, Any] = {}
    for word in values or []:
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise InvalidParameter(f"{word!r} is no KEY=VALUE", fix="Write for example: voltage_kv=110")
        found[key] = value or None
    return found


def _make(edits: list[Any], note: str, dry_run: bool, json: bool) -> int:
    with wiring.open_twin() as twin:
        try:
            report = twin.edit(edits, dry_run=dry_run, note=note)
        except ImportRejected as error:
            if json:
                output.emit_json(error.extra["report"])
                return faults.FINDINGS
            for reject in error.extra["report"]["rejects"]:
                output.say(f"{output.plain(reject['message'])} [{reject['code']}]")
                output.say(f"  fix: {reject['fix']}", style="dim")
            return faults.show(error, False)
    if json:
        output.emit_json(report.to_dict())
    else:
        _print(report)
    return faults.OK


def _print(report: ImportReport) -> None:
    words = {
        "applied": f"Done: revision {report.revision}, run {report.run}",
        "unchanged": f"It is like that already: nothing was written, revision {report.revision}",
        "planned": "Nothing was written; this would change:",
    }
    output.say(words[report.status], style="bold")
    for part in report.plan["sources"]:
        for what in ("assets", "links"):
            counts = part[what]
            parts = [f"{counts[op]:,} {word}" for op, word in OPERATIONS if counts[op]]
            if parts:
                output.say(f"  {part['source']} {what}: {', '.join(parts)}")
    for name, count in report.plan["dangling"].items():
        output.say(f"  {name} links: {count:,} follow")
    for finding in report.findings:
        output.say(f"{finding.severity}: {finding.message} [{finding.code}]")
        output.say(f"  fix: {finding.fix}", style="dim")
    if report.status == "applied":
        output.hints(["twin undo   (takes it back)", "twin findings"])


OPERATIONS = (("create", "added"), ("update", "changed"), ("unchanged", "unchanged"), ("remove", "removed"))


def register(app: typer.Typer) -> None:
    """Add the commands to *app*."""
    app.command("add")(add)
    app.command("set")(set_)
    app.command("link")(link)
    app.command("unlink")(unlink)
    app.command("delete")(delete)
    app.command("rename")(rename)
    app.command("edit")(edit)
