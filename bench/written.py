"""The written report: ``docs/benchmarks.md`` and its pictures, out of what was measured last."""

from __future__ import annotations

import json
from typing import Any

from bench.parts import PARTS
from bench.picture import bars
from bench.result import FOLDER, ROOT, figure, seconds

PAGE = ROOT / "docs" / "benchmarks.md"
PICTURES = ROOT / "docs" / "pictures"
HEAD = """# Benchmarks

What `make bench` measures of the kernels, and what was asked of them. The page is written by
`python -m bench report` from the figures under `bench/results/`; nothing in it is typed by hand.

Every figure is the median of turns in which all contestants ran one after the other on the same machine; the least
time, the least processor time (of all threads) and the load average (how many wanted a core, the benchmark included)
stand beside it. Every rival's answer is compared with ours in the same run; a line with a wrong answer fails. The
infrastructure is made up (`bench/infrastructure.py`): five levels, grounded grid meshes, a transport mesh with
circuits, A+B feeds, k-of-n needs, links between the domains in both directions, three links an asset, row numbers in
random order.
"""


def told(result: dict[str, Any]) -> str:
    """One result as lines for the terminal."""
    ours = result["ours"]
    rows = [
        f"{result['what']} | {result['size']} | {result['answer']} | load {result['load'][0]} to {result['load'][1]}"
    ]
    for times in (ours, *result["others"]):
        ratio = ""
        if times is not ours and times["median_s"] and ours["median_s"]:
            ratio = f" {figure(times['median_s'] / ours['median_s'], 'x')}"
        wrong = f"  WRONG: {times['wrong']}" if times["wrong"] else ""
        if times["median_s"] is not None or wrong:
            spread = f"{seconds(times['median_s'])} (min {seconds(times['min_s'])}, {times['turns']} turns"
            spread += f", processor {seconds(times['cpu_s'])})" if times["cpu_s"] is not None else ")"
            rows.append(f"    {times['name']}: {spread}{ratio}{wrong}")
    for target in result["targets"]:
        mark = "ok" if target["ok"] else "MISSED"
        rows.append(f"    asked {target['asked']}: {figure(target['reached'], target['unit'])} {mark}")
    rows += [f"    {note}" for note in result["notes"]]
    return "\n".join(rows)


def write() -> str:
    """Write the page and its pictures; says where."""
    found = {}
    for part in PARTS:
        path = FOLDER / f"{part}.json"
        if path.exists():
            found[part] = json.loads(path.read_text(encoding="utf-8"))
    PICTURES.mkdir(parents=True, exist_ok=True)
    text = [HEAD, *_machines(found), *_table(found)]
    for part, made in found.items():
        text += _section(part, made)
    PAGE.write_text("\n".join(text).rstrip() + "\n", encoding="utf-8")
    return f"{PAGE.relative_to(ROOT)}: {len(found)} parts"


def _machines(found: dict[str, Any]) -> list[str]:
    machines = {json.dumps(made["machine"], sort_keys=True): made["machine"] for made in found.values()}
    told = []
    for machine in machines.values():
        versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
        told.append(
            f"Measured on {machine['cores']} cores of {machine['cpu']}, {machine['memory_gb']} GB, "
            f"Python {machine['python']}; {versions}."
        )
    return [*told, ""]


def _table(found: dict[str, Any]) -> list[str]:
    rows = ["## Asked and reached", "", "| line | asked | reached | | load |", "|---|---|---|---|---|"]
    for made in found.values():
        for result in made["results"]:
            for target in result["targets"]:
                reached = figure(target["reached"], target["unit"])
                mark = "yes" if target["ok"] else "**no**"
                name, busy = f"{result['what']}, {result['size'].split(', ')[0]}", max(result["load"])
                rows.append(f"| {name} | {target['asked']} | {reached} | {mark} | {busy} |")
    return [*rows, ""]


def _section(part: str, made: dict[str, Any]) -> list[str]:
    rows = [f"## {part.capitalize()}", "", f"Measured {made['made']}, commit {made['commit'] or 'unknown'}.", ""]
    for number, result in enumerate(made["results"], 1):
        rows += [
            f"### {result['what'][0].upper()}{result['what'][1:]}",
            "",
            f"{result['size']}: {result['answer']}.",
            "",
        ]
        rows += _contestants(result)
        picture = bars(result)
        if picture:
            name = f"bench-{part}-{number}.svg"
            (PICTURES / name).write_text(picture, encoding="utf-8")
            rows += [f"![{result['what']}](pictures/{name})", ""]
        rows += [f"- {note}" for note in result["notes"]] + ([""] if result["notes"] else [])
    return rows


def _contestants(result: dict[str, Any]) -> list[str]:
    ours = result["ours"]
    if ours["median_s"] is None and not ours["wrong"]:
        return []
    rows = ["| | median | least | processor | turns | beside ours |", "|---|---|---|---|---|---|"]
    for times in (ours, *result["others"]):
        ratio = ""
        if times is not ours and times["median_s"] and ours["median_s"]:
            ratio = figure(times["median_s"] / ours["median_s"], "x")
        if times["wrong"]:
            ratio = f"**wrong answer**: {times['wrong']}"
        name = f"**{times['name']}**" if times is ours else times["name"]
        rows.append(
            f"| {name} | {seconds(times['median_s'])} | {seconds(times['min_s'])} | {seconds(times['cpu_s'])} "
            f"| {times['turns']} | {ratio} |"
        )
    return [*rows, "", f"Load average {result['load'][0]} before, {result['load'][1]} after.", ""]
