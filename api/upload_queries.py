"""What may be said about an upload: how it is to be read and taken."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from api.library_queries import Text
from api.queries import LIMITS, Strict

Word = Annotated[Text, Field(min_length=1, max_length=LIMITS.text)]


def _table(value: Any) -> Any:
    """A JSON object, also as text, which may be TOML as well: a form has only texts, and people write TOML."""
    if isinstance(value, str):
        value = _read(value)
    if isinstance(value, dict):
        try:
            kept: dict[str, Any] = orjson.loads(orjson.dumps(value))  # TOML also has dates
        except TypeError as error:
            raise ValueError(f"it cannot be kept: {error}") from None
        return kept
    return value


def _read(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if text.lstrip().startswith("{"):
            raise ValueError(f"it is no JSON object: {error}") from None
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"it is no TOML: {error}") from None


Table = Annotated[dict[str, Any] | None, BeforeValidator(_table)]


class Reading(Strict):
    """How an upload is read, and how its rows are taken; what is absent is guessed from the files."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"loader": "tables", "source": "demo"}, {"loader": "sheet", "replace": True}]},
    )

    loader: Word | None = Field(None, description="Name of the loader; `GET /loaders` lists them. Absent: guessed.")
    source: Word | None = Field(None, description="Prefix of the ids. Absent: by the name of the first file.")
    options: Table = Field(None, description="Options of the loader; also as text, JSON or TOML.")
    mapping: Table = Field(None, description="Its mapping, where it has one; also as text, JSON or TOML.")
    as_of: Word | None = Field(
        None, description="When the export was made. Absent: the date of its files in a zip, else of the upload."
    )
    path: Word | None = Field(None, description="The file or folder of the upload that is read. Absent: all of it.")
    replace: bool = Field(False, description="Remove what vanished from the same source.")
    force: bool = Field(False, description="Remove even more than 5 %; read unchanged exports too.")
    full: bool = Field(False, description="Read and compare every row even if the export is unchanged.")
    skip_rejects: bool = Field(False, description="Take the good rows; keep the others as findings.")

    @model_validator(mode="after")
    def _loader_of_options(self) -> Reading:
        if self.loader is None and (self.options or self.mapping):
            raise ValueError("options and mapping belong to a loader: name it")
        return self


def reading_of(fields: Mapping[str, str]) -> Reading:
    """The fields of a form. Raises RequestValidationError."""
    try:
        return Reading.model_validate({name: text for name, text in fields.items() if text != ""})
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from None


def _form() -> dict[str, Any]:
    """The body of ``POST /uploads`` as the document describes it."""
    flag: dict[str, Any] = {"type": "string", "enum": ["true", "false"]}
    text: dict[str, Any] = {"type": "string", "maxLength": LIMITS.text}
    table = {"type": "string", "description": "JSON or TOML.", "maxLength": 1 << 20}
    named = {name: field.description or "" for name, field in Reading.model_fields.items()}
    kinds = {"options": table, "mapping": table, **dict.fromkeys(("replace", "force", "full", "skip_rejects"), flag)}
    fields = {name: {**kinds.get(name, text), "description": told} for name, told in named.items()}
    file = {
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "minItems": 1,
        "description": "The files of one export, or a zip of them; a name may have folders (`a/b.csv`).",
    }
    schema = {"type": "object", "properties": {"file": file, **fields}, "required": ["file"]}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


FORM = _form()
