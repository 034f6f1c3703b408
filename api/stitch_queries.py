"""What may be asked of stitching: rules as in a manifest (docs/manifest.md), tables of pairs in the body."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from api.queries import LIMITS, Strict
from twin.errors import InvalidParameter
from twin.ingest.manifest import Manifest, StitchSpec

MAX_RULES = 50
MAX_PAIRS = 100_000
MAX_WORDS = 100

Word = Annotated[str, Field(min_length=1, max_length=LIMITS.text)]
Words = Word | Annotated[list[Word], Field(min_length=1, max_length=MAX_WORDS)]
Metres = Annotated[float, Field(gt=0, le=1e8)]


class StitchSide(Strict):
    """Which assets a rule takes on one side."""

    kind: Words = Field(description="One kind or several.")
    source: Words | None = Field(None, description="One source or several; absent: all.")
    where: dict[Word, Any] = Field(
        default_factory=dict, max_length=MAX_WORDS, description="Property = value, a list of values, or min and max."
    )
    key: Word | None = Field(None, description="Rule `key`: the property that is compared.")


class StitchRule(Strict):
    """A rule that links assets of different exports."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$", description="Remembered on each link.")
    rule: Literal["nearest", "within", "key", "table"]
    link: Word = Field(description="Link type.")
    start: StitchSide = Field(alias="from")
    end: StitchSide = Field(alias="to")
    k: int = Field(1, ge=1, le=1000, description="`nearest`: how many partners.")
    max_distance_m: Metres | None = Field(None, description="`nearest`: no link beyond this.")
    max_move_m: Metres | None = Field(None, description="A partner further than this from the one before is told.")
    each: Literal["from", "to"] = Field("to", description="`nearest`: the side whose assets each look for partners.")
    outer: Literal["from", "to"] = Field("from", description="`within`: the side whose polygons contain the others.")
    pairs: list[tuple[Word, Word]] | None = Field(
        None, min_length=1, max_length=MAX_PAIRS, description="Rule `table`: ids, from and to."
    )
    group: Word | None = None
    need: Word | int | None = None
    properties: dict[Word, Any] = Field(default_factory=dict, max_length=MAX_WORDS)
    unmatched: Literal["warning", "info", "ignore"] = Field(
        "warning", description="Severity of the finding about assets without a partner."
    )

    def spec(self, folder: Path) -> StitchSpec:
        """The rule as a manifest has it; its pairs are written to *folder*.

        Raises:
            InvalidParameter: the parts of the rule do not fit.
        """
        given = self.model_dump(by_alias=True, exclude_none=True, exclude={"pairs"})
        if self.pairs is not None:
            given["path"] = folder / f"{self.name}.csv"
            with given["path"].open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("from", "to"), *self.pairs])
        try:
            return StitchSpec.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            said = first["msg"].removeprefix("Value error, ").replace("`path`", "`pairs`")
            raise InvalidParameter(
                f"rule {self.name}: {where and where + ': '}{said}", fix="See docs/manifest.md."
            ) from None


class StitchRequest(Strict):
    """Rules, run as one: all or none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "rules": [
                        {
                            "name": "sites-on-grid", "rule": "nearest", "link": "POWERS", "max_distance_m": 5000,
                            "from": {"kind": "substation", "source": "grid"}, "to": {"kind": "cell_site"},
                        }
                    ],
                    "dry_run": True,
                }
            ]
        },
    )  # fmt: skip

    rules: list[StitchRule] = Field(min_length=1, max_length=MAX_RULES)
    dry_run: bool = Field(False, description="Say what would change; write nothing.")

    def manifest(self, folder: Path) -> Manifest:
        """The rules as a manifest without imports. Raises InvalidParameter."""
        names = [rule.name for rule in self.rules]
        if len(set(names)) < len(names):
            raise InvalidParameter("two rules have the same name", fix="Give each rule a name of its own.")
        owner = f"http:{','.join(sorted(names))}"
        return Manifest(name="stitch", owner=owner, stitches=tuple(rule.spec(folder) for rule in self.rules))
