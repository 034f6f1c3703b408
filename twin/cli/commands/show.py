"""``twin show``: one asset, what it needs and what needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Output, Tables, again
from twin.durations import human
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.schema import Schema

SHOWN_MEMBERS = 6


def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The asset's id.")],
    provenance: Annotated[
        bool, typer.Option("--provenance", help="Who says what: source, run, file and row of each property.")
    ] = False,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Show one asset: its facts, where it came from, and the gates that it needs to work."""
    output.check_target(output_file)
    with wiring.opened(tables) as source:
        if provenance:
            _provenance(source, id, output_file, json)
            return
        asset, gates = source.snapshot.asset(id), source.snapshot.gates(id)
        document = {**asset, "gates": gates, "revision": source.snapshot.revision, "notice": source.notice}
        if output_file is not None:
            output.write(output_file, document, [_row(asset)])
        elif json:
            output.emit_json(document)
        else:
            _show(asset, gates, source.schema, again(tables))


def _provenance(source: wiring.Source, id: str, output_file: Path | None, json: bool) -> None:
    if source.twin is None:
        raise InvalidParameter("tables have one source only", fix="Leave --provenance or --tables out.")
    found = source.twin.provenance(id)
    document = {**found, "revision": source.snapshot.revision, "notice": source.notice}
    if output_file is not None:
        plain = [
            {**row, "value": output.plain(row["value"]), "others": len(row["others"])} for row in found["properties"]
        ]
        output.write(output_file, document, plain)
        return
    if json:
        output.emit_json(document)
        return
    output.say(f"{found['id']} ({found['kind']})", style="bold")
    records = [
        [r["source"], r["id"], r["rule"] or "its own record", _stands(r), r["run"], r["imported_at"] or ""]
        for r in found["records"]
    ]
    output.table(("source", "id", "joined by", "stands at", "run", "imported"), records)
    output.say()
    rows = [[row["property"], _value(row), row["source"], _stands(row), _others(row)] for row in found["properties"]]
    output.table(("property", "value", "said by", "stands at", "others say"), rows)
    if any(row["others"] for row in found["properties"]):
        output.hints(["twin conflicts"])


def _stands(row: dict[str, Any]) -> str:
    return row["file"] + (f":{row['row']}" if row["row"] is not None else "") if row["file"] else "not known"


def _value(row: dict[str, Any]) -> str:
    value = row["value"]
    if isinstance(value, list | tuple):
        return ", ".join(f"{number:.5f}" for number in value)
    return "(taken away)" if value is None else output.plain(value)


def _others(row: dict[str, Any]) -> str:
    return "; ".join(f"{other['source']}: {_value(other)}" for other in row["others"])


def _row(asset: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in asset.items() if name not in ("properties", "geometry")}
    return {**plain, **asset["properties"]}


def _show(asset: dict[str, Any], gates: list[dict[str, Any]], schema: Schema, more: str) -> None:
    place = f"{asset['lat']:.5f}, {asset['lon']:.5f} (lat, lon)" if asset.get("lat") is not None else None
    kind = schema.kinds.get(asset["kind"])
    shape = (asset.get("geometry") or {}).get("type")
    output.facts(
        {
            "id": asset["id"],
            "name": asset["name"],
            "kind": f"{asset['kind']} ({asset['domain']})",
            "what": kind.description if kind else None,
            "place": place,
            "geometry": shape if shape != "Point" else None,
            "source": asset.get("source"),
            "import run": asset.get("run"),
        }
    )
    if asset["properties"]:
        output.say()
        output.table(("property", "value", "unit"), _properties(asset["properties"], schema))
    output.say()
    if gates:
        output.table(("needs", "group", "holds", "of", "members"), (_gate(gate) for gate in gates))
    else:
        output.say("It needs nothing: it has no gates.")
    name = shell(asset["id"]) + more
    output.hints([f"twin dependencies {name}", f"twin dependents {name}", f"twin impact {name}"])


def _properties(values: dict[str, Any], schema: Schema) -> list[tuple[str, str, str]]:
    rows = []
    for name, value in values.items():
        unit = schema.properties[name].unit if name in schema.properties else None
        text = human(float(value)) if unit == "s" and isinstance(value, int | float) else output.plain(value)
        rows.append((name, text, "" if unit in (None, "1", "s") else unit))
    return rows


def _gate(gate: dict[str, Any]) -> tuple[str, str, str, str, str]:
    members = [member["id"] for member in gate["members"]]
    more = f" and {len(members) - SHOWN_MEMBERS} more" if len(members) > SHOWN_MEMBERS else ""
    ride = f", rides through {human(gate['ride_through_s'])}" if gate.get("ride_through_s") else ""
    effect = ", only degrades" if gate["effect"] == "degrade" else ""
    return (
        f"{gate['service']}{effect}{ride}",
        gate["group"],
        "yes" if gate.get("holds", True) else "no",
        f"{gate['need']} of {len(members)}",
        ", ".join(members[:SHOWN_MEMBERS]) + more,
    )


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(show)
