"""The options of the loader ``sheet``: which rows of which sheet are which assets and links."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from loaders.csvfile import known_encoding

Word = str | bool | int | float


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Join(_Options):
    """Another table whose row with the same key adds its columns, as ``JOIN.Column``."""

    table: str = Field(description="Table (of `tables`) that is looked into.")
    column: str = Field(description="Column here that holds the key.")
    key: str = Field(description="Column there that it is looked up in; each key stands there once.")
    required: bool = Field(default=True, description="Whether a key that is not there is an error.")


class SheetTable(_Options):
    """One table: a sheet of a workbook, a CSV or a Parquet file, and how its cells are read."""

    file: str | None = Field(
        default=None, description="File in the given folder. Default: the one called like the table."
    )
    sheet: str | Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Sheet by name, or by number from 1. Default: called like the table, or the only one."
    )
    header: Annotated[int, Field(ge=1)] | Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)] = Field(
        default=1, description="Row number of the header; of several rows their texts are joined by a blank."
    )
    last_row: int | None = Field(default=None, ge=1, description="The last row that is data (before a footer).")
    delimiter: str | None = Field(
        default=None, min_length=1, max_length=1, description="What separates CSV cells. Default: guessed."
    )
    encoding: str | None = Field(
        default=None, description="Encoding of a CSV. Default: UTF-8, UTF-16 by its mark, else cp1252."
    )
    decimal: Literal[".", ","] | None = Field(
        default=None, description="Decimal sign of numbers that are texts. Default: guessed column by column."
    )
    dates: str | None = Field(default=None, description="How dates are written, for example `%d.%m.%Y`.")
    timezone: str | None = Field(default=None, description="Time zone of dates with a time, for example Europe/Berlin.")
    empty: list[str] = Field(default_factory=list, description="Texts that mean nothing, for example `-` or `n/a`.")
    fill: list[str] = Field(
        default_factory=list, description="Columns where an empty cell means the one above (merged cells of a CSV)."
    )
    join: dict[str, Join] = Field(default_factory=dict, description="Other tables looked up by a key column.")
    unused: Literal["leave", "reject"] = Field(
        default="leave", description="Rows that every `where` leaves out are left out, or an error."
    )

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        return known_encoding(name) if name is not None else None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"unknown time zone {name!r}; for example Europe/Berlin or UTC") from None
        return name

    @property
    def header_rows(self) -> list[int]:
        """Row numbers of the header, ascending."""
        return [self.header] if isinstance(self.header, int) else sorted(set(self.header))


class ColumnMap(_Options):
    """Where one value comes from, and how it is turned into the schema's."""

    column: str | None = Field(default=None, description="Column of the table.")
    text: str | None = Field(default=None, description="Text with columns in braces: `{Typ} {Nr}`.")
    value: Word | None = Field(default=None, description="The same value for every row.")
    unit: str | None = Field(default=None, description="Unit of the column; converted to the property's.")
    values: dict[str, Any] | None = Field(default=None, description="Their word -> our value. Others are rejected.")
    several: Literal["first", "max", "min"] | None = Field(default=None, description="What to take of `220;110`.")
    date: str | None = Field(
        default=None, description="The cell is a date written like `%d.%m.%Y`, or `iso`; it is taken as ISO 8601."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(part is not None for part in (self.column, self.text, self.value)) != 1:
            raise ValueError("give one of `column`, `text` and `value`")
        return self


class KindMap(_Options):
    """The kind of each row, by a column."""

    column: str = Field(description="Column that says what the row is.")
    values: dict[str, str] = Field(min_length=1, description="Their word -> kind. Others are rejected.")


class Condition(_Options):
    """What a cell must be for its row to be taken."""

    is_: Word | list[Word] | None = Field(default=None, alias="is", description="This value, or one of these.")
    not_: Word | list[Word] | None = Field(default=None, alias="not", description="Neither of these.")
    min: float | str | None = Field(default=None, description="At least; a number, or a date as `2026-01-31`.")
    max: float | str | None = Field(default=None, description="At most; a number, or a date as `2026-01-31`.")
    empty: bool | None = Field(default=None, description="Whether the cell is empty.")


Where = dict[str, Word | list[Word] | Condition]


class AssetBlock(_Options):
    """Rows of a table as assets."""

    table: str | None = Field(default=None, description="Table of `tables`; needed when there are several.")
    kind: str | KindMap = Field(description="Kind of the schema, or `{ column, values }`.")
    id: str = Field(description="Column, or text with columns in braces: `TR-{Nr}`.")
    name: str | None = Field(default=None, description="Column, or text with columns in braces.")
    where: Where = Field(default_factory=dict, description="Take only rows whose cells are so.")
    repeated: Literal["reject", "same"] = Field(
        default="reject", description="An id in several rows is an error, or one asset when the rows agree."
    )
    lon: str | None = Field(default=None, description="Column with longitude or easting.")
    lat: str | None = Field(default=None, description="Column with latitude or northing.")
    wkt: str | None = Field(default=None, description="Column with a geometry as WKT.")
    crs: str | None = Field(default=None, description="Reference system of the coordinates. Default: WGS 84 degrees.")
    properties: dict[str, str | ColumnMap] = Field(default_factory=dict, description="Our property -> their column.")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError("give both `lon` and `lat`, or neither")
        if self.lon is not None and self.wkt is not None:
            raise ValueError("give `lon` and `lat`, or `wkt`")
        return self


class End(_Options):
    """One end of a link."""

    asset: str | None = Field(default=None, description="Asset block. Alone: the asset of the same row.")
    by: str | None = Field(default=None, description="Column of that block's table which the value is looked up in.")
    column: str | None = Field(default=None, description="Column here with the value (or, without `by`, the id).")
    text: str | None = Field(default=None, description="Text with columns in braces instead of a column.")
    separator: str | None = Field(default=None, min_length=1, description="What separates several values in the cell.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = self.column is not None or self.text is not None
        if self.column is not None and self.text is not None:
            raise ValueError("give `column` or `text`, not both")
        if self.asset is None and (self.by is not None or not given):
            raise ValueError("give `column` or `text` with the id; or `asset`, `by` and `column`")
        if self.asset is not None and (self.by is not None) != given:
            raise ValueError("give `asset` alone (the asset of the row), or `asset`, `by` and `column`")
        return self


class LinkBlock(_Options):
    """Rows of a table as links, from what supplies to what needs."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    table: str | None = Field(default=None, description="Table of `tables`; needed when there are several.")
    type: str = Field(description="Link type of the schema.")
    start: str | End = Field(validation_alias=AliasChoices("from", "start"), description="What supplies.")
    end: str | End = Field(validation_alias=AliasChoices("to", "end"), description="What needs.")
    group: str | None = Field(default=None, description="Gate group: a text, with columns in braces.")
    need: str | int | None = Field(default=None, description="`any`, `all`, a number, or `{Column}`.")
    where: Where = Field(default_factory=dict, description="Take only rows whose cells are so.")
    required: bool = Field(default=False, description="Whether an empty end is an error.")
    properties: dict[str, str | ColumnMap] = Field(default_factory=dict, description="Link property -> their column.")

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if all(isinstance(end, End) and end.separator for end in (self.start, self.end)):
            raise ValueError("only one end may have a `separator`")
        return self

    def ends(self) -> tuple[End, End]:
        """Both ends in full: a text is a column, or a pattern when it has braces."""
        start, end = (
            one if isinstance(one, End) else End(text=one) if "{" in one else End(column=one)
            for one in (self.start, self.end)
        )
        return start, end


class SheetOptions(_Options):
    """Options of the loader ``sheet``."""

    tables: dict[str, SheetTable] = Field(
        default_factory=lambda: {"table": SheetTable()}, description="The sheets and files that are read, by name."
    )
    assets: dict[str, AssetBlock] = Field(default_factory=dict, description="Which rows are which assets, by name.")
    links: dict[str, LinkBlock] = Field(default_factory=dict, description="Which rows are which links, by name.")

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, data: Any) -> Any:
        """A manifest may write it all as ``[import.mapping.assets.NAME]``."""
        if isinstance(data, dict) and isinstance(data.get("mapping"), dict):
            rest = {key: value for key, value in data.items() if key != "mapping"}
            return {**data["mapping"], **rest}
        return data

    @model_validator(mode="after")
    def _known_names(self) -> Self:
        if not self.assets and not self.links:
            raise ValueError("name at least one block: assets.NAME = { kind, id, ... } or links.NAME")
        if not self.tables:
            raise ValueError("`tables` is empty; leave it out for the only sheet of the only file")
        for where, block in [(f"assets.{k}", b) for k, b in self.assets.items()] + [
            (f"links.{k}", b) for k, b in self.links.items()
        ]:
            if block.table is None and len(self.tables) > 1:
                raise ValueError(f"{where} needs `table`: one of {', '.join(self.tables)}")
            self._known(f"{where}.table", block.table, self.tables)
        for key, table in self.tables.items():
            for name, join in table.join.items():
                self._known(f"tables.{key}.join.{name}.table", join.table, self.tables)
        for key, link in self.links.items():
            for end in link.ends():
                self._known(f"links.{key}", end.asset, self.assets)
                if end.asset and end.by is None and self.table_of(self.assets[end.asset]) != self.table_of(link):
                    raise ValueError(f"links.{key}: {end.asset!r} is of another table; give `by` and `column`")
        return self

    @staticmethod
    def _known(where: str, name: str | None, known: dict[str, Any]) -> None:
        if name is not None and name not in known:
            raise ValueError(f"{where}: {name!r} is not among {', '.join(known) or 'none'}")

    def table_of(self, block: AssetBlock | LinkBlock) -> str:
        """Name of the table that a block reads."""
        return block.table or next(iter(self.tables))
