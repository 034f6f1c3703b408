"""Reading vector layers through GDAL in chunks: found, checked for damage, transformed to WGS 84."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from loaders.gis_options import GisOptions, LayerMap
from loaders.places import PlaceProblem, Transform, check_shapes, to_wgs84
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.model import Origin, Reject
from twin.schema import suggest

CHUNK = 8192
SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".gml", ".kml", ".csv")
SIDECARS = (".shx", ".dbf", ".prj", ".cpg", ".qix")
DAMAGE = (
    "malformed",
    "not a database",
    "corrupt",
    "truncat",
    "failed to read",
    "error while reading",
    "unexpected end",
)


@dataclass
class Chunk:
    """Some features of one layer: fields by name, geometries in WGS 84 (None where absent or bad)."""

    first: int
    columns: dict[str, list[Any]]
    shapes: Any
    wkb: list[bytes | None]
    problems: dict[int, list[Reject]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.shapes)


@dataclass
class Source:
    """One layer of the mapping with the data set it lies in.

    Attributes:
        key: its name in the mapping.
        path, layer: data set and layer.
        file: how origins name it.
        info: what GDAL says of it; empty when the file is empty.
    """

    key: str
    options: LayerMap
    path: Path
    layer: str | None
    file: str
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def has_geometry(self) -> bool:
        """Whether features of the layer have geometries at all."""
        return self.info.get("geometry_type") is not None

    def reject(self, row: int | None, column: str | None, code: str, message: str, fix: str) -> Reject:
        """A reject that points into this layer."""
        return Reject(Origin(self.file, row, column), code, message, fix)


def find_sources(path: Path, options: GisOptions) -> tuple[list[Source], list[Reject]]:
    """The layers of the mapping, opened; and a reject for each empty file.

    Raises:
        SourceUnreadable: a file is missing or GDAL cannot read it.
        LoaderOptionError: the mapping names layers or fields that are not there; all of them are named.
    """
    sources: list[Source] = []
    rejects: dict[Path, Reject] = {}
    mistakes: list[str] = []
    for key, layer in options.layers.items():
        dataset = find_dataset(path, key, layer)
        file = dataset.name if dataset == path else dataset.relative_to(path).as_posix()
        if dataset.is_file() and dataset.stat().st_size == 0:
            rejects[dataset] = Reject(Origin(file), "empty_file", f"{file} is empty", "Export the file again.")
            continue
        _check_whole(dataset)
        names = [str(name) for name, _ in _call(dataset, "list_layers", dataset)]
        chosen = layer.layer or (names[0] if len(names) == 1 else key)
        if chosen not in names:
            mistakes.append(
                f"layers.{key}: {file} has no layer {chosen!r}, only {', '.join(names)}.{suggest(chosen, names)}"
            )
            continue
        info = _call(dataset, "read_info", dataset, layer=chosen, encoding=layer.encoding)
        fields = [str(name) for name in info["fields"]]
        mistakes += [
            f"layers.{key}.{use}: {file} has no field {name!r}, only {', '.join(fields)}.{suggest(name, fields)}"
            for name, use in layer.fields().items()
            if name not in fields
        ]
        shown = file if len(names) == 1 else f"{file}/{chosen}"
        sources.append(Source(key, layer, dataset, chosen, shown, info))
    if mistakes:
        raise LoaderOptionError("; ".join(mistakes), fix="Correct the mapping: names are case-sensitive.")
    return sources, list(rejects.values())


def find_dataset(path: Path, key: str, layer: LayerMap) -> Path:
    """The file that a layer of the mapping lies in.

    Raises:
        SourceUnreadable: there is none.
    """
    if path.is_file() or path.suffix == ".gdb":
        if layer.file and layer.file != path.name:
            raise LoaderOptionError(
                f"layers.{key}.file = {layer.file!r} needs a folder, and {path} is a file",
                fix="Give the folder as path.",
            )
        return path
    if not path.is_dir():
        raise SourceUnreadable(f"{path} does not exist", fix="Check the path.")
    names = [layer.file] if layer.file else [key + suffix for suffix in SUFFIXES]
    for name in names:
        if (path / name).exists():
            return path / name
    raise SourceUnreadable(
        f"{path} has no file for the layer {key!r} ({', '.join(names)})",
        fix=f"Set layers.{key}.file to the file's name.",
    )


def dataset_files(dataset: Path) -> list[Path]:
    """The files that make up a data set (a Shapefile is several)."""
    if dataset.is_dir():
        return sorted(p for p in dataset.rglob("*") if p.is_file())
    if dataset.suffix.lower() != ".shp":
        return [dataset]
    beside = [dataset.with_suffix(suffix) for suffix in SIDECARS]
    return [dataset, *(p for p in beside if p.exists())]


def _check_whole(dataset: Path) -> None:
    """An SQLite file says how long it is; a shorter one was cut off, and GDAL may read part of it silently."""
    if dataset.suffix.lower() not in (".gpkg", ".sqlite", ".db") or not dataset.is_file():
        return
    with dataset.open("rb") as stream:
        head = stream.read(100)
    if not head.startswith(b"SQLite format 3\0") or len(head) < 100:
        raise SourceUnreadable(f"{dataset} is not a GeoPackage (it does not begin like one)")
    size = int.from_bytes(head[16:18], "big")
    expected = (65536 if size == 1 else size) * int.from_bytes(head[28:32], "big")
    if dataset.stat().st_size < expected:
        raise SourceUnreadable(f"{dataset} is cut off: it has {dataset.stat().st_size:,} of {expected:,} bytes")


def _call(dataset: Path, function: str, *args: Any, **kwargs: Any) -> Any:
    import pyogrio

    try:
        with Alert(dataset):
            return getattr(pyogrio, function)(*args, **kwargs)
    except UnicodeDecodeError as error:
        fix = 'Save the file as UTF-8, or set the encoding of the layer, for example "cp1252".'
        raise SourceUnreadable(f"{dataset}: its names are not UTF-8: {error.reason}", fix=fix) from error
    except (ValueError, OSError, RuntimeError, NameError) as error:
        # pyogrio's own errors are RuntimeErrors; it trips over a name of its own when a .prj is damaged
        raise SourceUnreadable(f"{dataset} cannot be read: {error}") from error


class Alert:
    """Turns GDAL's warnings of damage into an error; its other warnings are of no use to anybody."""

    def __init__(self, dataset: Path) -> None:
        self.dataset = dataset
        self.catcher = warnings.catch_warnings(record=True)

    def __enter__(self) -> None:
        self.seen = self.catcher.__enter__()
        warnings.simplefilter("always")

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.catcher.__exit__(kind, error, trace)
        for warning in self.seen or ():
            text = str(warning.message)
            if error is None and any(word in text.lower() for word in DAMAGE):
                raise SourceUnreadable(f"{self.dataset} is damaged: {text}")


def read_chunks(source: Source) -> Iterator[Chunk | Reject]:
    """The features of a layer, in order, with geometries in WGS 84; rejects that concern the whole layer first.

    Raises:
        SourceUnreadable: the file breaks off or is damaged.
    """
    try:
        transform = _transformer(source)
    except PlaceProblem as problem:
        yield source.reject(None, None, problem.code, str(problem), problem.fix)
        return
    read = 0
    try:
        with ExitStack() as stack:
            with Alert(source.path):
                meta, reader = stack.enter_context(_open(source, list(source.options.fields())))
            geometry = meta.get("geometry_name") or "wkb_geometry"
            batches = iter(reader)
            while True:
                with Alert(source.path):
                    batch = next(batches, None)
                if batch is None:
                    break
                yield _chunk(source, batch, read + 1, geometry, transform)
                read += batch.num_rows
    except (ValueError, OSError, RuntimeError) as error:
        if source.options.where and any(word in str(error) for word in ("SQL", "syntax error", "no such column")):
            raise LoaderOptionError(f"layers.{source.key}.where: {error}", fix="Mend the condition.") from error
        raise SourceUnreadable(f"{source.path} cannot be read: {error}") from error
    expected = int(source.info.get("features", -1))
    if source.options.where is None and read < expected:
        raise SourceUnreadable(f"{source.path} is damaged: only {read:,} of {expected:,} features can be read")


def _open(source: Source, columns: list[str]) -> Any:
    import pyogrio

    return pyogrio.raw.open_arrow(
        source.path,
        layer=source.layer,
        encoding=source.options.encoding,
        columns=columns,
        where=source.options.where,
        read_geometry=source.has_geometry,
        batch_size=CHUNK,
        use_pyarrow=True,
    )


def _chunk(source: Source, batch: Any, first: int, geometry: str, transform: Any) -> Chunk:
    problems: dict[int, list[Reject]] = {}
    columns = {name: _values(source, batch.column(name), name, first, problems) for name in source.options.fields()}
    if not source.has_geometry:
        return Chunk(first, columns, np.full(batch.num_rows, None, dtype=object), [None] * batch.num_rows, problems)
    raw = batch.column(geometry)
    raw = getattr(raw, "storage", raw).to_numpy(zero_copy_only=False)
    with np.errstate(all="ignore"):
        shapes = shapely.force_2d(shapely.from_wkb(raw, on_invalid="ignore"))
    lost = [int(i) for i in np.flatnonzero(shapely.is_missing(shapes)) if raw[i] is not None]
    for i in lost:
        _note(source, problems, first, i, "bad_geometry", "the geometry cannot be read", "Mend the geometry.")
    if transform is not None:
        shapes = shapely.transform(shapes, transform)
    if source.options.make_valid:
        shapes = shapely.make_valid(shapes)
    wkb, bad = check_shapes(shapes, code="wrong_crs")
    for i, problem in bad.items():
        shapes[i] = None
        fix = problem.fix
        if problem.code == "not_finite" and transform is not None:
            problem = PlaceProblem("wrong_crs", None, "the coordinates do not fit the layer's reference system", "")
        if problem.code == "wrong_crs":
            fix = f"Set layers.{source.key}.crs to the system the coordinates are in, for example EPSG:25832."
        _note(source, problems, first, i, problem.code, str(problem), fix)
    return Chunk(first, columns, shapes, wkb, problems)


def _note(
    source: Source, problems: dict[int, list[Reject]], first: int, i: int, code: str, message: str, fix: str
) -> None:
    problems.setdefault(i, []).append(source.reject(first + i, "geometry", code, message, fix))


def _values(source: Source, column: Any, name: str, first: int, problems: dict[int, list[Reject]]) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
        return values
    except UnicodeDecodeError:
        pass
    values = []
    for i, cell in enumerate(column):
        try:
            values.append(cell.as_py())
        except UnicodeDecodeError:
            values.append(None)
            fix = f'Save the file as UTF-8, or set layers.{source.key}.encoding, for example "cp1252".'
            problems.setdefault(i, []).append(
                source.reject(first + i, name, "bad_encoding", f"{name} holds bytes that are not UTF-8", fix)
            )
    return values


def _transformer(source: Source) -> Transform | None:
    """From the layer's coordinates to WGS 84 degrees, or None when they are that already.

    Raises:
        PlaceProblem: ``wrong_crs``.
    """
    if not source.has_geometry:
        return None
    said = source.options.crs or source.info.get("crs")
    fix = f"Set layers.{source.key}.crs to the system the coordinates are in, for example EPSG:25832."
    if not said:
        raise PlaceProblem("wrong_crs", None, f"{source.file} does not say its coordinate reference system", fix)
    try:
        return to_wgs84(said)
    except PlaceProblem as problem:
        raise PlaceProblem(problem.code, None, str(problem), fix) from problem
