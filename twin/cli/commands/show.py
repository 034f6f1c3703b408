"""``twin show``: one asset, what it needs and what needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Output, Tables, again
from twin.durations import human

if TYPE_CHECKING:
    from twin.schema import Schema

SHOWN_MEMBERS = 6


def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="The asset's id.")],
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Show one asset: its facts, where it came from, and the gates that it needs to work."""
    output.check_target(output_file)
    with wiring.opened(tables) as source:
        asset, gates = source.snapshot.asset(id), source.snapshot.gates(id)
        document = {**asset, "gates": gates, "revision": source.snapshot.revision, "notice": source.notice}
        if output_file is not None:
            output.write(output_file, document, [_row(asset)])
        elif json:
            output.emit_json(document)
        else:
            _show(asset, gates, source.schema, again(tables))


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
