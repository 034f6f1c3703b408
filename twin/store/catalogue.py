"""The catalogue of Cypher: every query is one file with a header that declares what it takes and does.

A header is the comment block at the head of the file::

    // What the query answers, in one or more lines.
    // param id: string = "grid:b1"
    // param rows: list of map = [{"id": "grid:b1"}]
    // mode: read

The example after ``=`` is JSON; tests run ``EXPLAIN`` with it. The type is one of :data:`TYPES` (what a list
is made of is for the reader); with ``or null`` behind it the value may be null. Parameters cannot stand for the names
in constraints and indexes: there ``// identifier label: "Asset"`` declares a ``{{label}}`` that takes a name
from the schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from twin.errors import QueryParameterError, StoreConfigError, UnknownQuery
from twin.schema import suggest

Mode = Literal["read", "write", "schema"]
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list, tuple),
    "map": (dict,),
    "point": (object,),
    "bytes": (bytes, bytearray),
    "any": (object,),
}
PARAM = re.compile(r"param\s+([a-z][A-Za-z0-9_]*):\s*([a-z]+)(?:\s+of\s+[a-z ]+?)?(\?|\s+or\s+null)?\s*=\s*(.+)\Z")
IDENTIFIER = re.compile(r"identifier\s+([a-z]+):\s*(.+)\Z")
HOLE = re.compile(r"\{\{(?:([a-z]+)\.)?([a-z]+)\}\}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\Z")
USED = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Param:
    """One declared parameter: its type, whether it may be null, and an example value."""

    name: str
    type: str
    optional: bool
    example: Any


@dataclass(frozen=True)
class Query:
    """One query of the catalogue.

    Attributes:
        name: ``folder.file``. text: the statement without its header. doc: what it answers.
        mode: ``read``, ``write`` or ``schema`` (constraints and indexes, a transaction of their own).
        parameters: name -> declaration. template: the statement with its holes, None when it has none
        (``text`` is then filled with the example names).
    """

    name: str
    text: str
    mode: Mode
    doc: str
    parameters: Mapping[str, Param] = field(default_factory=dict)
    template: str | None = None

    def named(self, **names: str | Sequence[str]) -> Query:
        """This query with the holes of its template filled with names of the schema.

        Raises:
            QueryParameterError: a name is missing or is no plain identifier.
        """
        return replace(self, text=fill(self.name, self.template or self.text, names))

    @property
    def params(self) -> dict[str, Any]:
        """The example parameters."""
        return {p.name: p.example for p in self.parameters.values()}

    def check(self, given: Mapping[str, Any]) -> None:
        """Compare given parameters with the declared ones.

        Raises:
            QueryParameterError: some are missing, undeclared or of another type.
        """
        wrong = [f"{name} is missing" for name in self.parameters if name not in given]
        for name, value in given.items():
            param = self.parameters.get(name)
            if param is None:
                wrong.append(f"{name} is not declared")
            elif not _fits(param, value):
                wrong.append(f"{name} must be {param.type}, not {type(value).__name__}")
        if wrong:
            raise QueryParameterError(f"query {self.name}: {'; '.join(wrong)}", query=self.name)


def _fits(param: Param, value: Any) -> bool:
    if value is None:
        return param.optional
    if isinstance(value, bool) and param.type in ("integer", "number"):
        return False
    return isinstance(value, TYPES[param.type])


class Catalogue:
    """All queries by name."""

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._queries = dict(queries)

    @classmethod
    def load(cls, folders: Sequence[Path]) -> Catalogue:
        """Read every ``*.cypher`` file under the folders (``folder/file.cypher`` is ``folder.file``).

        Raises:
            StoreConfigError: a file has no proper header, or two have one name.
        """
        queries: dict[str, Query] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*.cypher")):
                name = ".".join(path.relative_to(folder).with_suffix("").parts)
                if name in queries:
                    raise StoreConfigError(f"two queries are named {name}", fix=f"Rename {path}.")
                queries[name] = parse(name, path.read_text(encoding="utf-8"))
        return cls(queries)

    def get(self, name: str) -> Query:
        """The query of this name.

        Raises:
            UnknownQuery: there is none.
        """
        found = self._queries.get(name)
        if found is None:
            raise UnknownQuery(f"no query is named {name}.{suggest(name, list(self._queries))}", query=name)
        return found

    def names(self) -> list[str]:
        """All names, in the order of folders and files."""
        return list(self._queries)

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())

    def __len__(self) -> int:
        return len(self._queries)


def parse(name: str, source: str) -> Query:
    """One query from the text of its file.

    Raises:
        StoreConfigError: the header is missing or contradicts the statement.
    """
    doc: list[str] = []
    params: dict[str, Param] = {}
    identifiers: dict[str, Any] = {}
    mode: Mode | None = None
    lines = source.strip().splitlines()
    while lines and lines[0].startswith("//"):
        line = lines.pop(0)[2:].strip()
        if line.startswith("param "):
            param = _param(name, line)
            params[param.name] = param
        elif match := IDENTIFIER.match(line):
            identifiers[match.group(1)] = json.loads(match.group(2))
        elif line.startswith("mode:"):
            mode = _mode(name, line[5:].strip())
        else:
            doc.append(line)
    text = "\n".join(lines).strip().rstrip(";")
    if mode is None or not doc or not text:
        raise StoreConfigError(f"query {name}: the header needs a description and `mode:`", query=name)
    used = set(USED.findall(text))
    if used != set(params):
        raise StoreConfigError(f"query {name}: declared {sorted(params)}, used {sorted(used)}", query=name)
    template = text if identifiers else None
    return Query(name, fill(name, text, identifiers), mode, "\n".join(doc), params, template)


def fill(query: str, template: str, names: Mapping[str, str | Sequence[str]]) -> str:
    """The template with its holes filled: ``{{label}}`` by a name, ``{{n.properties}}`` by ``n.a, n.b``.

    Raises:
        QueryParameterError: names and holes differ, or a name is no plain identifier.
    """
    holes = {match.group(2) for match in HOLE.finditer(template)}
    flat = [name for value in names.values() for name in ([value] if isinstance(value, str) else value)]
    bad = [name for name in flat if not NAME.match(name)]
    if holes != set(names) or bad:
        raise QueryParameterError(f"query {query}: the names {dict(names)} do not fit {sorted(holes)}", query=query)

    def put(match: re.Match[str]) -> str:
        value = names[match.group(2)]
        prefix = f"{match.group(1)}." if match.group(1) else ""
        return ", ".join(f"{prefix}{part}" for part in ([value] if isinstance(value, str) else value))

    return HOLE.sub(put, template)


def _mode(name: str, word: str) -> Mode:
    match word:
        case "read" | "write" | "schema":
            return word
    raise StoreConfigError(f"query {name}: mode {word} is not read, write or schema", query=name)


def _param(name: str, line: str) -> Param:
    match = PARAM.match(line)
    if match is None or match.group(2) not in TYPES:
        raise StoreConfigError(f"query {name}: `{line}` is not `param NAME: TYPE = JSON example`", query=name)
    try:
        example = json.loads(match.group(4))
    except ValueError as error:
        raise StoreConfigError(f"query {name}: the example of {match.group(1)} is not JSON: {error}") from None
    return Param(match.group(1), match.group(2), match.group(3) is not None, example)


def built_in_folder() -> Path:
    """The folder of the built-in queries: inside the installed package, or beside it in a checkout.

    Raises:
        StoreConfigError: neither is there.
    """
    package = Path(__file__).parent.parent
    for folder in (package / "cypher", package.parent / "cypher"):
        if folder.is_dir():
            return folder
    raise StoreConfigError("the folder of Cypher queries is missing", fix="Install the package again.")


@lru_cache(maxsize=1)
def default_catalogue() -> Catalogue:
    """The built-in queries, read once."""
    return Catalogue.load([built_in_folder()])
