"""From the files of an upload to a manifest: by what was said, by a ``twin.toml`` among them, or by a guess."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.upload_queries import Reading
from api.uploads.names import inside, safe
from loaders.guess import FORMATS, entry, guess, recognising
from loaders.starter_words import slug
from twin.errors import InvalidParameter, ManifestError, SourceUnreadable
from twin.ingest.loader import available, load_loader
from twin.ingest.manifest import ImportSpec, Manifest, read_manifest, single
from twin.schema import Schema

MANIFEST = "twin.toml"
#: What GDAL takes for a reference to other files or addresses, whatever the file is called.
REFERENCES = (b"<OGRVRTDataSource", b"<VRTDataset", b"<OGRWFSDataSource", b"<GDAL_", b"<OGRVRT")


@dataclass(frozen=True)
class Resolved:
    """How an upload is read.

    Attributes:
        manifest: for the import. about: the same as plain data, for who asks: ``loader``, ``source``, ``options``,
            ``guesses`` and ``toml`` (a manifest entry with comments) where it was guessed.
    """

    manifest: Manifest
    about: dict[str, Any]


def resolve(folder: Path, name: str, reading: Reading, schema: Schema) -> Resolved:
    """How the files in *folder* are read.

    Args:
        folder: the files, unpacked. name: of the upload, for its source's name. schema: for a guessed mapping.

    Raises:
        SourceUnreadable: nothing is recognised, or a file refers to others. InvalidParameter: the path is not in the
            upload. ManifestError: its manifest is not valid or leads out of the upload.
    """
    for file in files_of(folder):
        _refuse_references(folder, file)
    root = _only_folder(folder)
    if reading.loader is None and reading.path is None and (root / MANIFEST).is_file():
        return _by_manifest(root)
    path = _below(root, reading.path) if reading.path is not None else _only_file(root)
    if reading.loader is not None:
        options = {**(reading.options or {}), **({"mapping": reading.mapping} if reading.mapping else {})}
        _confined(options, "options")
        source = reading.source or slug(Path(name).stem)
        manifest = single(reading.loader, source, path, options, reading.as_of)
        return Resolved(manifest, {"loader": reading.loader, "source": source, "options": options})
    return _by_guess(path, name, reading, schema)


def _by_manifest(root: Path) -> Resolved:
    manifest = read_manifest(root / MANIFEST)
    for place in _paths(manifest):
        if not place.resolve().is_relative_to(root.resolve()):
            raise ManifestError(f"{MANIFEST}: {place.name} lies outside of the upload", fix="Send the file with it.")
    for spec in manifest.imports:
        _confined(spec.options, f"{MANIFEST}: options of {spec.source}")
    if (manifest.stitches or manifest.matches) and manifest.owner == str(manifest.path):
        raise ManifestError(
            f"{MANIFEST}: it has rules and no name, so a later upload could not be told to be the same",
            fix='Add to it: [twin] and name = "my-twin".',
        )
    specs = [{"source": spec.source, "loader": spec.loader} for spec in manifest.imports]
    return Resolved(manifest, {"manifest": manifest.name, "imports": specs})


def _paths(manifest: Manifest) -> Iterator[Path]:
    for spec in manifest.imports:
        yield from spec.paths
    yield from manifest.schema_files
    yield from (spec.path for spec in manifest.stitches if spec.path is not None)


def _by_guess(path: Path, name: str, reading: Reading, schema: Schema) -> Resolved:
    names = list(available())
    found = guess(path, names, recognising(load_loader, [each for each in names if each not in FORMATS]))
    best = found[0]
    if not best.installed:
        raise SourceUnreadable(
            f"{path.name} looks like {best.loader} ({FORMATS.get(best.loader, best.why)}), and no such loader is there",
            fix=f"There are: {', '.join(names)}.",
        )
    source = reading.source or slug(Path(name).stem)
    text = entry(path, best, schema, source, path.name)
    said: dict[str, Any] = tomllib.loads(text)["import"][0]
    spec = ImportSpec.model_validate(said | {"path": path, "source": source})
    about = {"loader": spec.loader, "source": source, "options": _plain(spec.options)}
    guesses = [one.to_dict() for one in found]
    manifest = single(spec.loader, source, path, spec.options, reading.as_of)
    return Resolved(manifest, {**about, "guesses": guesses, "toml": text})


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON has them: TOML also has dates."""
    return {
        key: _plain(value) if isinstance(value, Mapping) else value if _is_json(value) else str(value)
        for key, value in options.items()
    }


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list)


def files_of(folder: Path) -> list[Path]:
    """Every file below *folder*, by name."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _only_folder(folder: Path) -> Path:
    """The folder that the files really begin in: packers often wrap all in one."""
    inner = list(folder.iterdir())
    while len(inner) == 1 and inner[0].is_dir() and inner[0].suffix != ".gdb":
        folder, inner = inner[0], list(inner[0].iterdir())
    return folder


def _only_file(folder: Path) -> Path:
    inner = list(folder.iterdir())
    if not inner:
        raise SourceUnreadable("the upload has no file", fix="Send the files of one export.")
    return inner[0] if len(inner) == 1 else folder


def _below(root: Path, name: str) -> Path:
    path = root.joinpath(*safe(name).parts)
    if not path.exists():
        raise InvalidParameter(f"path: the upload has no {name}", fix="GET /uploads/{id} lists its files.")
    return path


def _confined(value: Any, where: str) -> None:
    """Refuse texts that would lead a loader out of the upload."""
    if isinstance(value, str) and not inside(value):
        raise InvalidParameter(f"{where}: {value[:200]!r} leads out of the upload", fix="Name files in it only.")
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ():
        _confined(part, where)


def _refuse_references(folder: Path, file: Path) -> None:
    with file.open("rb") as stream:
        head = stream.read(2048).lstrip(b"\xef\xbb\xbf \t\r\n")
    if any(word in head for word in REFERENCES):
        raise SourceUnreadable(
            f"{file.relative_to(folder)} refers to other files or addresses", fix="Send the data themselves."
        )
