"""The manifest: a TOML file that lists a twin's imports and stitch rules (docs/manifest.md)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, Field, ValidationError, field_validator, model_validator

from twin.errors import ManifestError
from twin.ingest.matching.spec import MatchSpec
from twin.ingest.sides import Part, Side
from twin.schema import parse_need, suggest

SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}\Z")
#: Source of all stitched links; no import can use it.
STITCH = "stitch"
TABLES = ("twin", "import", "match", "stitch")


class ImportSpec(Part):
    """One import: which loader reads what, for which source.

    Attributes:
        source: prefix of the ids; several imports may share one.
        paths: exports, absolute once the manifest was read.
        options: options and mapping, as the loader declares them.
        as_of: when the export was made; without it the date of its files counts.
    """

    source: str
    loader: str
    paths: tuple[Path, ...]
    options: dict[str, Any] = Field(default_factory=dict)
    as_of: datetime | date | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_or_many(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        data = dict(data)
        if "path" in data and "paths" in data:
            raise ValueError("give `path` or `paths`, not both")
        if "path" in data:
            data["paths"] = (data.pop("path"),)
        if "mapping" in data:
            options, mapping = data.get("options", {}), data.pop("mapping")
            if not isinstance(mapping, dict | str):
                raise ValueError("`mapping` must be a table or the path of a mapping file")
            if isinstance(options, dict):  # else pydantic says so
                data["options"] = {**options, "mapping": mapping}
        return data

    @field_validator("paths")
    @classmethod
    def _some(cls, value: tuple[Path, ...]) -> tuple[Path, ...]:
        if not value:
            raise ValueError("name at least one path")
        return value

    @field_validator("source")
    @classmethod
    def _source(cls, value: str) -> str:
        if not SOURCE_NAME.match(value):
            raise ValueError(f"{value!r} is no source name; use lower-case letters, digits and . _ - (no colon)")
        if value == STITCH:
            raise ValueError(f"the source name {STITCH!r} is kept for stitched links")
        return value


class StitchSpec(Part):
    """A rule that links assets of different exports.

    Attributes:
        name: remembered on each link. rule: how ends are found. link: link type.
        each: the side whose assets each look for partners (rule ``nearest``), default ``to``.
        outer: the side whose polygons contain the other's assets (rule ``within``), default ``from``.
        k: partners wanted (``nearest``). max_distance_m: geodesic, in metres; None for no limit.
        max_move_m: a new partner further than this from the one before is told, in metres; None for no telling.
        path: CSV with columns ``from,to`` (rule ``table``).
        unmatched: severity of the finding about assets without a partner; ``ignore`` for none.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$")]
    rule: Literal["nearest", "within", "key", "table"]
    link: Annotated[str, Field(validation_alias=AliasChoices("link", "type"))]
    start: Annotated[Side, Field(validation_alias="from")]
    end: Annotated[Side, Field(validation_alias="to")]
    k: Annotated[int, Field(ge=1, le=1000)] = 1
    max_distance_m: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    max_move_m: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    each: Literal["from", "to"] = "to"
    outer: Literal["from", "to"] = "from"
    path: Path | None = None
    group: str | None = None
    need: str | int | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    unmatched: Literal["warning", "info", "ignore"] = "warning"

    @property
    def seeker(self) -> Literal["from", "to"]:
        """The side whose assets each want a partner."""
        if self.rule == "nearest":
            return self.each
        return "from" if self.rule == "within" and self.outer == "to" else "to"

    @property
    def stream(self) -> str:
        """Beginning of the names of its candidates' streams."""
        return f"cand.{self.name}"

    @model_validator(mode="after")
    def _fits(self) -> StitchSpec:
        if self.need is not None:
            parse_need(self.need)
        if (self.path is not None) != (self.rule == "table"):
            raise ValueError("`path` belongs to rule 'table', which needs it")
        if self.rule == "key" and not (self.start.key and self.end.key):
            raise ValueError("rule 'key' needs `key` on both sides, for example from = { kind = 'bus', key = 'ref' }")
        return self


class Manifest(Part):
    """All imports, match rules and stitch rules of one twin.

    Attributes:
        name: for messages. path: the file, or None for a single import. schema_files: the user's schema files.
        owner: whose the links of its rules are: the name in ``[twin]``, else the path; "" for a single import.
    """

    name: str
    owner: str = ""
    path: Path | None = None
    schema_files: tuple[Path, ...] = ()
    imports: tuple[ImportSpec, ...] = ()
    matches: tuple[MatchSpec, ...] = ()
    stitches: tuple[StitchSpec, ...] = ()

    @property
    def sources(self) -> list[str]:
        """Names of the sources, in order, each once."""
        return list(dict.fromkeys(spec.source for spec in self.imports))


def single(
    loader: str, source: str, path: Path, options: Mapping[str, Any] | None = None, as_of: str | None = None
) -> Manifest:
    """A manifest of one import, as ``twin import --loader NAME --source NAME PATH`` makes it.

    Raises:
        ManifestError: the source name is not usable, or *as_of* is no date.
    """
    given = {"source": source, "loader": loader, "paths": (path.absolute(),), "options": dict(options or {})}
    try:
        spec = ImportSpec.model_validate(given | {"as_of": as_of})
    except ValidationError as error:
        if error.errors()[0]["loc"][:1] == ("as_of",):
            raise ManifestError(f"{as_of!r} is no date", fix="Write it like 2026-11-01, or with a time.") from error
        raise ManifestError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error
    return Manifest(name=source, imports=(spec,))


def read_manifest(path: Path) -> Manifest:
    """The manifest at *path* (a file, or a folder that holds ``twin.toml``); paths in it count from its folder.

    Raises:
        ManifestError: it cannot be read, or does not fit; each problem with its line.
    """
    if path.is_dir():
        path = path / "twin.toml"
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise ManifestError(f"{path}: no such file", fix="Give the path of a manifest (twin.toml).") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{path}: not valid TOML: {error}") from error
    return _manifest(path, data, text)


def _manifest(path: Path, data: dict[str, Any], text: str) -> Manifest:
    problems = [
        f"line {_line(text, word)}: unknown table {word!r}.{suggest(word, list(TABLES))}"
        for word in data
        if word not in TABLES
    ]
    head = _head(data.get("twin", {}), text, problems)
    imports = _parts(ImportSpec, "import", data, text, problems)
    stitches = _parts(StitchSpec, "stitch", data, text, problems)
    matches = _parts(MatchSpec, "match", data, text, problems)
    problems.extend([*_twice("match", matches, text), *_twice("stitch", stitches, text)])
    if not imports and not stitches and not problems:
        problems.append("it lists no [[import]]")
    if problems:
        raise ManifestError(f"{path}: {'; '.join(problems)}", problems=problems)
    folder = path.absolute().parent
    return Manifest(
        name=head.get("name", path.parent.name or path.stem),
        owner=head.get("name", str(path.absolute())),
        path=path.absolute(),
        schema_files=tuple(folder / name for name in head.get("schema", [])),
        imports=tuple(s.model_copy(update={"paths": tuple(folder / p for p in s.paths)}) for s in imports),
        matches=tuple(matches),
        stitches=tuple(s.model_copy(update={"path": folder / s.path}) if s.path else s for s in stitches),
    )


def _head(head: Any, text: str, problems: list[str]) -> dict[str, Any]:
    """What ``[twin]`` says, ``schema`` as a list; values of a wrong type are left out and told."""
    if not isinstance(head, dict):
        problems.append(f"line {_line(text, 'twin')}: write [twin] as a table")
        return {}
    good: dict[str, Any] = {}
    for key, value in head.items():
        listed = [value] if isinstance(value, str) else value
        if key not in ("name", "schema"):
            problems.append(f"line {_line(text, key)}: unknown key {key!r} in [twin]")
        elif key == "name" and not isinstance(value, str):
            problems.append(f"line {_line(text, key)}: name: write a text")
        elif not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            problems.append(f"line {_line(text, key)}: schema: write a path or a list of paths")
        else:
            good[key] = value if key == "name" else listed
    return good


def _parts(model: type[Any], table: str, data: dict[str, Any], text: str, problems: list[str]) -> list[Any]:
    entries = data.get(table, [])
    if not isinstance(entries, list):
        problems.append(f"line {_line(text, table)}: write [[{table}]] with two brackets")
        return []
    made = []
    for number, entry in enumerate(entries):
        try:
            made.append(model.model_validate(entry))
        except ValidationError as error:
            problems += [_problem(model, table, number, item, text) for item in error.errors()]
    return made


def _problem(model: type[BaseModel], table: str, number: int, item: Any, text: str) -> str:
    where = [str(part) for part in item["loc"]]
    line = _line_in(text, table, number, where[0] if where else None)
    name = ".".join(where) or table
    if item["type"] == "extra_forbidden":
        known = [
            f.validation_alias if isinstance(f.validation_alias, str) else n for n, f in model.model_fields.items()
        ]
        known += ["path", "mapping"] if model is ImportSpec else []
        return f"line {line}: unknown key {name!r} in [[{table}]].{suggest(where[-1], known)}"
    if item["type"] == "missing":
        return f"line {line}: [[{table}]] needs {name!r}"
    return f"line {line}: {name}: {item['msg'].removeprefix('Value error, ')}"


def _twice(table: str, rules: Sequence[MatchSpec | StitchSpec], text: str) -> list[str]:
    names = [s.name for s in rules]
    return [
        f"line {_line_in(text, table, number, 'name')}: the name {name!r} is used twice"
        for number, name in enumerate(names)
        if name in names[:number]
    ]


def _line(text: str, word: str) -> int:
    """1-based line of a top-level heading or key."""
    found = re.search(rf"^[ \t]*\[{{0,2}}[ \t]*{re.escape(word)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _line_in(text: str, table: str, number: int, key: str | None) -> int:
    """1-based line of *key* in the *number*-th ``[[table]]``, or of its heading."""
    starts = [m.end() for m in re.finditer(rf"^[ \t]*\[\[[ \t]*{table}[ \t]*\]\]", text, re.MULTILINE)]
    if number >= len(starts):
        return 1
    start = starts[number]
    following = re.search(r"^[ \t]*\[\[", text[start:], re.MULTILINE)
    part = text[start : start + following.start() if following else len(text)]
    found = re.search(rf"^[ \t]*{re.escape(key)}[ \t]*=", part, re.MULTILINE) if key else None
    return text.count("\n", 0, start + (found.start() if found else 0)) + 1
