"""``twin paths``: routes between two assets, as short, as many and as independent as asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli import output, rests, whatif, wiring
from twin.cli.commands.find import shell
from twin.cli.options import Json, Output, Tables, again
from twin.errors import InvalidParameter

if TYPE_CHECKING:
    from twin.impact.paths import PathsResult

SHOWN = 12


def paths(
    a: Annotated[str, typer.Argument(metavar="A", help="One end.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The other end.")],
    k: Annotated[int, typer.Option("--routes", "-k", help="How many routes.")] = 1,
    by: Annotated[str, typer.Option("--by", help="What counts: hops, length_km (km) or latency_ms (ms).")] = "hops",
    disjoint: Annotated[
        str | None,
        typer.Option(
            "--disjoint",
            help="What routes must not share: edge (lines, spans, links), node (any asset but the ends) or risk (what "
            "one single failure takes down, shared-risk groups: srlg).",
        ),
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            help="Follow links of this service or link type, or all; may be given several times. Without it routes "
            "pass only what transports the one service that joins A and B.",
        ),
    ] = None,
    domain: Annotated[
        list[str] | None,
        typer.Option("--domain", "-d", help="Pass only assets of this domain; may be given several times."),
    ] = None,
    supply: Annotated[bool, typer.Option("--supply", help="Follow directed links from supplier to consumer only.")] = (
        False
    ),
    hazard: Annotated[
        list[Path] | None,
        typer.Option("--hazard", metavar="FILE", help="With --disjoint risk: each polygon of FILE is a risk too."),
    ] = None,
    limit_s: Annotated[
        float,
        typer.Option(
            "--time-limit",
            help="Seconds for the search, at most 600; then the best found so far is shown and what is not proved.",
        ),
    ] = 30.0,
    tables: Tables = None,
    output_file: Output = None,
    json: Json = False,
) -> None:
    """Routes from A to B: shortest, the k best, or k that share nothing, and why there are no more."""
    output.check_target(output_file, spatial=True)
    how: dict[str, Any] = {"k": k, "by": by, "disjoint": disjoint, "over": over, "domains": domain, "limit_s": limit_s}
    how["direction"] = "supply" if supply else "either"
    how["hazards"] = _hazards(hazard, disjoint) if hazard else None
    with wiring.opened(tables) as source:
        result = source.snapshot.paths(a, b, schema=source.schema, **how)
        document = {**result.to_dict(), "notice": source.notice}
        if output_file is not None:
            from twin.export.layers import frame_of

            table = source.snapshot.arrays.assets
            output.write(output_file, document, result.rows, lambda: frame_of(table, result.rows))
        if json:
            output.emit_json(document)
        elif output_file is None:
            _show(result)
            _next(result, again(tables) + "".join(f" --hazard {shell(str(path))}" for path in hazard or ()))


def _hazards(files: list[Path], disjoint: str | None) -> list[Any]:
    """Each polygon of each file as a hazard. Raises SourceUnreadable, InvalidParameter."""
    from twin.impact.paths.words import apart

    if disjoint is None or apart(disjoint) != "risk":
        raise InvalidParameter("--hazard tells risks that routes are not to share", fix="Add --disjoint risk -k 2.")
    from twin.impact.events.hazard import MAX_VERTICES, Hazard
    from twin.impact.events.hazard_file import read_features

    found = []
    for path in files:
        features, crs = read_features(path, None, MAX_VERTICES)
        found += [Hazard.of([feature], crs, path.name) for feature in features]
    return found


def _show(result: PathsResult) -> None:
    asked = result.question
    apart = f", {asked['disjoint']}-disjoint" if asked["disjoint"] else ""
    ends = output.plain(f"{asked['from']} to {asked['to']}")
    what = "route" if result.found == 1 else "routes"
    output.say(f"{result.found:,} {what} from {ends}, by {asked['by']}{apart}", style="bold")
    if result.routes:
        output.say()
    for number, route in enumerate(result.routes, 1):
        about = [f"{route['hops']:,} hops", f"{route['length_km']:,.6g} km", f"{route['latency_ms']:,.4g} ms"]
        for key, word in (
            ("estimated", "estimated"),
            ("unknown", "of unknown latency" if asked["by"] == "latency_ms" else "of unknown length"),
            ("not_operating", "not working"),
        ):
            if route[key]:
                about.append(f"{route[key]:,} {word}")
        output.say(f"{number}  {' · '.join(about)}")
        output.say(f"   {_line(route['assets'])}")
    certificate = result.certificate
    if not result.proof["proved"]:
        output.say()
        output.say(output.plain(result.proof["says"]), style="bold yellow")
    if certificate is not None and certificate["kind"] != "limit":
        output.say()
        output.say(output.plain(certificate["says"]), style="bold")
        if certificate["kind"] == "shared_risk":
            rows = [(x["name"], "hazard", ", ".join(x["takes_down"][:SHOWN])) for x in certificate["hazards"]]
            rows += [(x["id"], x["kind"], ", ".join(x["takes_down"][:SHOWN])) for x in certificate["assets"]]
            output.table(("shared risk", "kind", "takes down"), rows)
    rests.show(result.assumptions, result.notes)


def _line(assets: list[dict[str, Any]]) -> str:
    names = [output.plain(asset["id"]) for asset in assets]
    if len(names) > SHOWN:
        half = SHOWN // 2
        names = [*names[:half], f"... {len(names) - 2 * half:,} more ...", *names[-half:]]
    return " - ".join(names)


def _next(result: PathsResult, more: str) -> None:
    asked = result.question
    words = [shell(asked["from"]), shell(asked["to"])]
    words += [f"--by {asked['by']}"] if asked["by"] != "hops" else []
    words += [f"--over {shell(word)}" for word in asked["over"] or ()]
    words += [f"--domain {shell(word)}" for word in asked["domains"] or ()]
    words += ["--supply"] if asked["direction"] == "supply" else []
    again = f"twin paths {' '.join(words)}{more}"
    k = f" -k {asked['k']}" if asked["k"] > 1 else ""
    apart = f" --disjoint {asked['disjoint']}" if asked["disjoint"] else ""
    hints = [f"{again}{k}{apart} -o routes.geojson     as a layer (.gpkg, .csv, .parquet too)"]
    if not result.routes and asked["service"] is None and not asked["over"]:
        hints = [f"twin paths {' '.join(words)} --over all{more}     over links of every service"]
    if not result.proof["proved"] and result.proof["reached"] == "time":
        hints.append(f"{again}{k}{apart} --time-limit {min(600, 10 * asked['time_limit_s']):g}     search longer")
    if result.routes and asked["disjoint"] != "risk":
        hints.append(f"{again} -k {max(2, asked['k'])} --disjoint risk     which no single failure takes down together")
    output.hints(hints)


def register(app: typer.Typer) -> None:
    """Add the command to *app*."""
    app.command()(whatif.asking(paths))
