"""CSV files that ``neo4j-admin database import`` takes as they are."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from twin.export.graph.network import Network
from twin.export.layer import BATCH

NODES, LINKS, READ_ME = "nodes.csv", "relationships.csv", "README.txt"
COMMAND = (
    "neo4j-admin database import full neo4j --overwrite-destination=true --id-type=string --multiline-fields=true \\\n"
    f"    --nodes=./{NODES} --relationships=./{LINKS}"
)
TYPES = ((pa.types.is_boolean, "boolean"), (pa.types.is_floating, "double"), (pa.types.is_integer, "long"))


def write_folder(network: Network, folder: Path) -> None:
    """``nodes.csv``, ``relationships.csv`` and how to import them, into a folder that is there."""
    import pyarrow.csv

    for name, parts in ((NODES, _nodes(network)), (LINKS, _links(network))):
        with (folder / name).open("wb") as file:
            first = True
            for part in parts:
                pyarrow.csv.write_csv(part, file, pyarrow.csv.WriteOptions(include_header=first))
                first = False
    about = f"Infrastructure twin, revision {network.snapshot.revision}. With the database stopped:\n\n{COMMAND}\n"
    (folder / READ_ME).write_text(about, encoding="utf-8")


def write_zip(network: Network, path: Path) -> None:
    """The same files in a ZIP archive."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix=".twin-", dir=path.parent) as scratch:
        write_folder(network, Path(scratch))
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            for file in sorted(Path(scratch).iterdir()):
                archive.write(file, file.name)


def _nodes(network: Network) -> Iterator[pa.Table]:
    """Labels as in the twin's own store: ``Asset``, the domain's and the kind's."""
    import shapely

    schema = network.schema
    labels = {
        kind.name: ";".join(["Asset", schema.domains[kind.domain].label, kind.label]) for kind in schema.kinds.values()
    }
    kinds = network.assets["kind"].to_pylist()
    named = pa.chunked_array([pa.array([labels.get(kind, "Asset") for kind in kinds], pa.string())])
    table = network.assets.append_column(":LABEL", named)
    # a property of that name would be taken for the tool's own
    names = ["id:ID(Asset)", *(_header(network.assets.schema.field(at)) for at in range(1, len(network.assets.schema)))]
    table = table.rename_columns([*names, ":LABEL"])
    for low in range(0, max(len(table), 1), BATCH):
        words = pa.array(shapely.to_wkt(network.shapes[low : low + BATCH], rounding_precision=-1).tolist(), pa.string())
        yield _plain(table.slice(low, BATCH).append_column("wkt", pa.chunked_array([words])))


def _links(network: Network) -> Iterator[pa.Table]:
    tool = {"from": ":START_ID(Asset)", "to": ":END_ID(Asset)", "type": ":TYPE"}
    fields = network.links.schema
    table = network.links.rename_columns([tool.get(field.name) or _header(field) for field in fields])
    for low in range(0, max(len(table), 1), BATCH):
        yield _plain(table.slice(low, BATCH))


def _header(field: pa.Field) -> str:
    kind = next((word for test, word in TYPES if test(field.type)), "string")
    return f"{re.sub(r'[:,]', '_', field.name)}:{kind}"


def _plain(table: pa.Table) -> pa.Table:
    """Columns whose texts the tool reads back as they are: an empty text is no value to it."""
    made = [
        pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(made, names=table.column_names)
