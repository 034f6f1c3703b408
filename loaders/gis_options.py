"""The options of the loader ``gis``: which layer is which kind, which field is which property."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from loaders.csvfile import known_encoding


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FieldMap(_Options):
    """Where one value comes from, and how it is turned into the schema's."""

    field: str | None = Field(default=None, description="Field (attribute column) of the layer.")
    value: str | float | bool | None = Field(
        default=None, description="The same value for every feature, instead of a field."
    )
    unit: str | None = Field(default=None, description="Unit of the field; the value is converted to the property's.")
    values: dict[str, Any] | None = Field(
        default=None, description="Their word -> our value. Other words are rejected."
    )
    several: Literal["first", "max", "min"] | None = Field(
        default=None, description="What to take from a list like `220000;110000`."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.field is None) == (self.value is None):
            raise ValueError("give either `field` or `value`")
        return self


class Ends(_Options):
    """How the two ends of a line are found, and the type of the two links that join it to them.

    The links go from the asset at the first end to the line, and from the line to the asset at the second.
    """

    type: str = Field(description="Link type, for example CONDUCTS or TRANSPORTS.")
    from_field: str | None = Field(default=None, description="Field with the id of the asset at the first end.")
    to_field: str | None = Field(default=None, description="Field with the id of the asset at the second end.")
    layers: list[str] = Field(
        default_factory=list,
        description="Layers of the mapping whose assets an end may be; when snapping, earlier ones are preferred.",
    )
    tolerance_m: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        description="Snap each end to the nearest asset of `layers` within this.",
    )
    match: list[str] = Field(
        default_factory=list,
        description="Properties (ours) that the line and the asset it snaps to must have in common.",
    )
    open_ends: Literal["reject", "keep"] = Field(
        default="reject", description="An end with nothing within the tolerance is an error, or stays open."
    )
    group: str | None = Field(default=None, description="Gate group of the links.")
    need: str | None = Field(default=None, description="`any`, `all` or a number.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.from_field is None) != (self.to_field is None):
            raise ValueError("give both `from_field` and `to_field`, or neither")
        if self.from_field is None and self.tolerance_m is None:
            raise ValueError("give `from_field` and `to_field`, or `layers` and `tolerance_m`")
        if self.tolerance_m is not None and not self.layers:
            raise ValueError("`tolerance_m` needs `layers`: the layers whose assets an end may be")
        return self


class Reference(_Options):
    """A link between each feature and the asset that one of its fields names."""

    type: str = Field(description="Link type, for example CONTAINS or POWERS.")
    from_field: str | None = Field(default=None, description="Field with the id of the asset that the link comes from.")
    to_field: str | None = Field(default=None, description="Field with the id of the asset that the link goes to.")
    layer: str | None = Field(
        default=None, description="Layer of the mapping that the id belongs to. Without it the id is taken as it is."
    )
    group: str | None = Field(default=None, description="Gate group of the links.")
    need: str | None = Field(default=None, description="`any`, `all` or a number.")
    separator: str | None = Field(default=None, min_length=1, description="What separates several ids in one field.")
    required: bool = Field(default=False, description="Whether an empty field is an error.")

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.from_field is None) == (self.to_field is None):
            raise ValueError("give either `from_field` or `to_field`: the feature itself is the other end")
        return self

    @property
    def field(self) -> str:
        """The field that is read."""
        return self.from_field or self.to_field or ""


class LayerMap(_Options):
    """What becomes of one layer."""

    file: str | None = Field(
        default=None, description="File in the given folder. Default: the one called like the layer."
    )
    layer: str | None = Field(
        default=None, description="Layer in the file. Default: the name of this table, or the only one."
    )
    kind: str = Field(description="Kind of the schema that the features are.")
    id: str = Field(description="Field that identifies a feature and stays the same from export to export.")
    prefix: str = Field(default="", description="Put before each id, where two layers use the same ones.")
    name: str | None = Field(default=None, description="Field with the display name.")
    where: str | None = Field(default=None, description="Take only these features: a condition in OGR SQL.")
    crs: str | None = Field(
        default=None, description="Reference system, where the file does not say it (or says it wrongly)."
    )
    encoding: str | None = Field(default=None, description="Encoding of the text, where the file does not say it.")
    make_valid: bool = Field(
        default=False, description="Mend invalid geometries (crossing rings) instead of rejecting them."
    )
    properties: dict[str, str | FieldMap] = Field(default_factory=dict, description="Our property -> their field.")
    ends: Ends | None = Field(default=None, description="How the ends of lines are found.")
    links: list[Reference] = Field(default_factory=list, description="Links by reference fields.")

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str | None) -> str | None:
        return known_encoding(name) if name is not None else None

    def fields(self) -> dict[str, str]:
        """Every field that is read -> what it is read for."""
        found = {self.id: "id"}
        if self.name:
            found.setdefault(self.name, "name")
        for prop, mapped in self.properties.items():
            field = mapped if isinstance(mapped, str) else mapped.field
            if field:
                found.setdefault(field, f"properties.{prop}")
        if self.ends and self.ends.from_field and self.ends.to_field:
            found.setdefault(self.ends.from_field, "ends.from_field")
            found.setdefault(self.ends.to_field, "ends.to_field")
        for link in self.links:
            found.setdefault(link.field, "links")
        return found


class GisOptions(_Options):
    """Options of the loader ``gis``."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    layers: dict[str, LayerMap] = Field(
        min_length=1,
        validation_alias=AliasChoices("layers", "mapping"),
        description="One entry a layer that is taken; a manifest may write it as [import.mapping.NAME].",
    )

    @model_validator(mode="after")
    def _known_layers(self) -> Self:
        for name, layer in self.layers.items():
            wanted = list(layer.ends.layers) if layer.ends else []
            wanted += [link.layer for link in layer.links if link.layer]
            for other in wanted:
                if other not in self.layers:
                    raise ValueError(
                        f"layers.{name} refers to layer {other!r}, which is not among {', '.join(self.layers)}"
                    )
        return self
