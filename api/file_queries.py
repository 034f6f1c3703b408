"""What may be asked of downloads."""

from __future__ import annotations

from pydantic import Field

from api.queries import LIMITS, Strict
from twin.export.files import FORMATS

_NAMES = f"^({'|'.join(FORMATS)})$"
_SAYS = "Format of the file: " + "; ".join(f"`{each.name}` {each.title}" for each in FORMATS.values()) + "."


class FileQuery(Strict):
    """Which file."""

    f: str = Field("gpkg", pattern=_NAMES, description=_SAYS, examples=["gpkg", "fgb"])


class LayerQuery(FileQuery):
    """Which assets in which file."""

    kind: str | None = Field(None, max_length=LIMITS.text, description="Only this kind.", examples=["power_line"])
    domain: str | None = Field(None, max_length=LIMITS.text, description="Only this domain.", examples=["energy"])
    text: str | None = Field(
        None, max_length=LIMITS.text, description="Words in the id or the name.", examples=["Berlin"]
    )
    bbox: str | None = Field(
        None,
        max_length=LIMITS.text,
        description="Only assets inside: west,south,east,north in degrees (WGS 84); "
        "west > east crosses the 180th meridian.",
        examples=["12.9,52.3,13.8,52.7"],
    )
