"""Build the committed exports of the sample from the shared data: ``python samples/germany/build``.

Needs SciGRID-DE (``--shared``, default ``$TWIN_SHARED`` or ``../shared``) and the extra ``samples`` (topohub).
The same input gives the same files.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
from pathlib import Path

from circuits import build_circuits
from colocation import write_colocation
from common import SEED, Tables, write_csv
from datacentres import build_data_centres, build_feeds
from fibre import read_fibre
from generation import build_generation
from grid import read_grid, write_grid
from regions import write_regions
from telecom import build_telecom
from workloads import STEERED_PARKS, build_workloads

SAMPLE = Path(__file__).resolve().parent.parent


def build(scigrid: Path, out: Path) -> None:
    """Write every export below *out*."""
    grid, fibre = read_grid(scigrid), read_fibre()
    generation, remote = build_generation(scigrid, grid)
    telecom = build_telecom(fibre, grid, remote)
    build_circuits(telecom, fibre)
    data_centres = build_data_centres(random.Random(SEED))
    build_workloads(data_centres, _parks(generation), random.Random(SEED + 1))
    write_grid(grid, out / "grid" / "grid.gpkg")
    shutil.copyfile(scigrid / "LICENSE.CC-BY-4.0.txt", out / "grid" / "LICENSE.CC-BY-4.0.txt")
    generation.write(out / "generation")
    fibre.write(out / "fibre" / "germany50.json")
    telecom.write(out / "telecom")
    data_centres.write(out / "datacentres")
    write_csv(out / "datacentres" / "feeds.csv", ["from", "to", "length_km"], build_feeds(grid))
    write_regions(out / "regions" / "regions.geojson")
    write_colocation(grid, out / "netbox")


def _parks(generation: Tables) -> list[str]:
    wind = [row for row in generation.assets.values() if row.get("fuel") == "Wind Onshore"]
    largest = sorted(wind, key=lambda row: (-row["capacity_mw"], row["id"]))[:STEERED_PARKS]
    return [f"generation:{row['id']}" for row in largest]


def main() -> None:
    """Read the arguments and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    shared = Path(os.environ.get("TWIN_SHARED", SAMPLE.parents[2] / "shared"))
    parser.add_argument("--shared", type=Path, default=shared, help="folder of the shared data")
    parser.add_argument("--out", type=Path, default=SAMPLE, help="folder that the exports are written to")
    given = parser.parse_args()
    build(given.shared / "data" / "scigrid-de", given.out)


if __name__ == "__main__":
    main()
