"""Scenarios to screen: from a table of failed ids, or drawn at random from chances of failure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from twin.errors import InvalidParameter, LimitExceeded, SourceUnreadable, TableError, UnknownAsset
from twin.model import Origin, Reject
from twin.schema import suggest
from twin.snapshot.arrays import Bools, Floats, Ints, Longs
from twin.snapshot.catalogue import Catalogue
from twin.snapshot.cells import read_csv

SHOWN = 20
MAX_SUGGEST = 50_000
MAX_FAILURES = 200_000_000
CERTAIN = 1.0


@dataclass
class Scenarios:
    """Events: ``rows[ptr[i]:ptr[i+1]]`` fail in the scenario called ``names[i]``."""

    names: list[str]
    ptr: Longs
    rows: Ints

    def __len__(self) -> int:
        """How many."""
        return len(self.names)


@dataclass(frozen=True)
class Random:
    """Scenarios to draw at random.

    Attributes:
        count: how many. seed: the same seed gives the same scenarios.
        probability: chance of failure per asset: a number, per kind, a table or a file (see :func:`chances`).
        failures: instead of chances: how many operating assets fail in each, all sets alike.
        max_failures: drawn in all, at most.
    """

    count: int
    seed: int = 0
    probability: float | Mapping[str, float] | pa.Table | Path | None = None
    failures: int | None = None
    max_failures: int = MAX_FAILURES


Source: TypeAlias = "Scenarios | Random | Mapping[str, Sequence[str]] | pa.Table | Path"


def scenarios_of(catalogue: Catalogue, operating: Bools, source: Source) -> Scenarios:
    """The scenarios that *source* stands for; random ones are drawn from what is *operating* (n,).

    Raises:
        InvalidParameter, LimitExceeded, SourceUnreadable, TableError.
    """
    if isinstance(source, Scenarios):
        return source
    if isinstance(source, Random):
        return _random(catalogue, operating, source)
    if isinstance(source, pa.Table):
        return tabled(catalogue, source, "table")
    return read(catalogue, source) if isinstance(source, Path) else given(catalogue, source)


def _random(catalogue: Catalogue, operating: Bools, asked: Random) -> Scenarios:
    if (asked.probability is None) == (asked.failures is None):
        raise InvalidParameter(
            "random scenarios need chances of failure, or a number of failures, and not both",
            fix="Give the probability of a failure, or how many assets fail in each scenario.",
        )
    if asked.failures is not None:
        _check_size(asked.failures * asked.count, asked.max_failures)
        return exactly(np.flatnonzero(operating).astype(np.int32), asked.failures, asked.count, asked.seed)
    if isinstance(asked.probability, Path):
        chance = read_chances(catalogue, asked.probability)
    else:
        chance = chances(catalogue, asked.probability or 0.0)
    chance = np.where(operating, chance, 0.0)
    if asked.count > 0 and not chance.any():
        raise InvalidParameter(
            "no operating asset has a chance to fail: every scenario would be empty", fix="Give a chance above 0."
        )
    _check_size(float(chance.sum()) * asked.count, asked.max_failures)
    return drawn(chance, asked.count, asked.seed)


def _check_size(failures: float, most: int) -> None:
    if failures > most:
        raise LimitExceeded(f"some {failures:,.0f} failures would be drawn; at most {most:,} are")


def given(catalogue: Catalogue, scenarios: Mapping[str, Sequence[str]]) -> Scenarios:
    """From names and the ids that fail in each.

    Raises:
        UnknownAsset: naming every unknown id with its scenario. InvalidParameter: there is no scenario, or every
            one is empty; some may be: what hits nothing counts in means and frequencies.
    """
    if not scenarios:
        raise InvalidParameter("there is no scenario", fix="Give a name and the ids that fail, at least once.")
    rows: list[Ints] = []
    unknown: dict[str, str] = {}
    for name, ids in scenarios.items():
        found = [_row(catalogue, id) for id in ids]
        unknown |= {id: name for id, row in zip(ids, found, strict=True) if row < 0}
        rows.append(np.array(found, np.int32))
    if unknown:
        shown = ", ".join(f"{id} (in {name})" for id, name in list(unknown.items())[:SHOWN])
        more = f" and {len(unknown) - SHOWN:,} more" if len(unknown) > SHOWN else ""
        first = next(iter(unknown))
        hint = suggest(first, catalogue.ids(np.arange(min(catalogue.arrays.n, MAX_SUGGEST))))
        raise UnknownAsset(f"{len(unknown):,} unknown ids: {shown}{more}.{hint}", ids=list(unknown))
    ptr = np.concatenate([[0], np.cumsum([len(part) for part in rows])]).astype(np.int64)
    if not ptr[-1]:
        shown = ", ".join(map(str, list(scenarios)[:SHOWN]))
        more = f" and {len(scenarios) - SHOWN:,} more" if len(scenarios) > SHOWN else ""
        raise InvalidParameter(f"no scenario names an asset: {shown}{more}", fix="Name ids, in one of them at least.")
    return Scenarios([str(name) for name in scenarios], ptr, np.concatenate(rows))


def read(catalogue: Catalogue, path: Path) -> Scenarios:
    """From a file: CSV or Parquet with the columns ``scenario`` and ``id``, or JSON ``{"name": ["id", ...]}``.

    Raises:
        SourceUnreadable: missing or of another format. TableError: bad rows, all at once, with row and column.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        return given(catalogue, _json(path))
    return tabled(catalogue, _table(path, ("scenario", "id")), path.name)


def _table(path: Path, needed: tuple[str, ...]) -> pa.Table:
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise SourceUnreadable(
            f"{path}: no table has the suffix {suffix!r}",
            fix=f"Use a .csv or .parquet with the columns {', '.join(needed)}"
            + (
                ', or .json {"storm-1": ["id", ...]}; the polygons of one hazard: twin impact --hazard FILE.'
                if "scenario" in needed
                else " and id or kind."
            ),
        )
    if suffix == ".csv":
        return read_csv(path, needed)
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise SourceUnreadable(f"{path} is not there", fix="Check the path.") from None
    except (OSError, pa.ArrowInvalid) as error:
        raise SourceUnreadable(f"{path}: {error}") from error
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        there = ", ".join(table.column_names[:SHOWN]) or "none"
        lacks = f"column {missing[0]} is" if len(missing) == 1 else f"columns {', '.join(missing)} are"
        raise SourceUnreadable(f"{path}: {lacks} missing; there are {there}", fix=f"Needed are: {', '.join(needed)}.")
    return table


def _json(path: Path) -> dict[str, list[str]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceUnreadable(f"{path} is not there", fix="Check the path.") from None
    except (OSError, ValueError) as error:
        raise SourceUnreadable(f"{path}: {error}") from error
    if not isinstance(found, dict) or not all(
        isinstance(ids, list) and all(isinstance(id, str) for id in ids) for ids in found.values()
    ):
        raise SourceUnreadable(f"{path}: it is no object of lists of ids", fix='Write {"storm-1": ["id", ...], ...}.')
    return found


def tabled(catalogue: Catalogue, table: pa.Table, file: str) -> Scenarios:
    """From the columns ``scenario`` and ``id``.

    Args:
        file: what the table is called in errors; rows count from 2, below the header.

    Raises:
        TableError: a blank cell or an unknown id; InvalidParameter: there is no scenario.
    """
    scenario, ids = (table[name].combine_chunks().cast(pa.string()) for name in ("scenario", "id"))
    coded, named = ids.dictionary_encode(), scenario.dictionary_encode()
    if not len(named.dictionary):
        raise InvalidParameter(f"{file}: there is no scenario", fix="Give one row per scenario and failed asset.")
    rejects = [
        Reject(Origin(file, row + 2, column), "missing_value", f"the {column} is blank", "Fill it in.")
        for column, values in (("scenario", scenario), ("id", ids))
        for row in np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False)).tolist()[:SHOWN]
    ]
    known = np.array([_row(catalogue, name) for name in coded.dictionary.to_pylist()] + [-1], np.int32)
    rows = known[coded.indices.fill_null(len(known) - 1).to_numpy(zero_copy_only=False)]
    wrong = np.flatnonzero((rows < 0) & ~ids.is_null().to_numpy(zero_copy_only=False))
    for row in wrong.tolist()[:SHOWN]:
        hint = suggest(ids[row].as_py(), catalogue.ids(np.arange(min(catalogue.arrays.n, MAX_SUGGEST))))
        rejects.append(
            Reject(Origin(file, row + 2, "id"), "unknown_asset", f"no asset has the id {ids[row]}.{hint}", _FIND)
        )
    if rejects:
        more = f" (and {len(wrong) - SHOWN:,} more unknown ids)" if len(wrong) > SHOWN else ""
        lines = "; ".join(f"{r.origin}: {r.message}" for r in rejects[:SHOWN])
        raise TableError(lines + more, rejects=rejects, fix=rejects[0].fix)
    order = named.dictionary.to_pylist()
    of = named.indices.to_numpy()
    sort = np.argsort(of, kind="stable")
    return Scenarios(order, np.searchsorted(of[sort], np.arange(len(order) + 1)).astype(np.int64), rows[sort])


_FIND = "Search for it with: twin find TEXT"


def _row(catalogue: Catalogue, name: str) -> int:
    found = catalogue.find(name)
    return -1 if found is None else found


def chances(catalogue: Catalogue, probability: float | Mapping[str, float] | pa.Table, file: str = "") -> Floats:
    """(n,) chance of failure of each asset.

    Args:
        probability: one for all; per kind; or a table with ``probability`` and ``kind`` or ``id`` (an id outweighs
            its kind). What is not named does not fail.
        file: what the table is called in errors.

    Raises:
        InvalidParameter, TableError: no probability, or an unknown kind or id.
    """
    n = catalogue.arrays.n
    if isinstance(probability, pa.Table):
        return _fragility(catalogue, probability, file)
    if isinstance(probability, int | float):
        return np.full(n, _chance(probability, "probability"))
    kinds = catalogue.arrays.assets["kind"].combine_chunks().cast(pa.string()).to_numpy(zero_copy_only=False)
    found = np.zeros(n)
    known = sorted({str(kind) for kind in set(kinds.tolist()) if kind})
    for kind, value in probability.items():
        if kind not in known:
            raise InvalidParameter(
                f"no asset is of the kind {kind!r}.{suggest(kind, known)}", fix=f"Use one of: {', '.join(known)}."
            )
        found[kinds == kind] = _chance(value, f"probability of {kind}")
    return found


def _chance(value: Any, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0.0 <= number <= CERTAIN:
        raise InvalidParameter(f"the {what} is {value}", fix="Give a number from 0 to 1.")
    return number


def read_chances(catalogue: Catalogue, path: Path) -> Floats:
    """(n,) chance of failure of each asset from a CSV or Parquet file; see :func:`chances`."""
    return _fragility(catalogue, _table(path, ("probability",)), path.name)


def _fragility(catalogue: Catalogue, table: pa.Table, file: str) -> Floats:
    if not {"kind", "id"} & set(table.column_names) or "probability" not in table.column_names:
        raise SourceUnreadable(
            f"{file}: it needs the column probability, and id or kind; there are "
            f"{', '.join(table.column_names[:SHOWN])}",
            fix="A row per kind (kind, probability) or per asset (id, probability).",
        )
    rejects: list[Reject] = []
    kinds = catalogue.arrays.assets["kind"].combine_chunks().cast(pa.string()).to_numpy(zero_copy_only=False)
    found, own = np.zeros(catalogue.arrays.n), []
    for number, line in enumerate(table.to_pylist(), 2):
        try:
            value = _chance(line["probability"], "probability")
        except InvalidParameter as error:
            rejects.append(Reject(Origin(file, number, "probability"), "out_of_range", error.detail, error.fix))
            continue
        name, kind = line.get("id"), line.get("kind")
        row = _row(catalogue, str(name)) if name else -1
        if row >= 0:
            own.append((row, value))
        elif name:
            rejects.append(Reject(Origin(file, number, "id"), "unknown_asset", f"no asset has the id {name!r}", _FIND))
        elif kind and (kinds == kind).any():
            found[kinds == kind] = value
        else:
            known = sorted({str(word) for word in set(kinds.tolist()) if word})
            said = f"no asset is of the kind {kind!r}.{suggest(kind, known)}" if kind else "neither an id nor a kind"
            rejects.append(Reject(Origin(file, number, "kind"), "unknown_kind", said.rstrip("."), _FIND))
    if rejects:
        raise TableError("; ".join(f"{r.origin}: {r.message}" for r in rejects[:SHOWN]), rejects=rejects)
    for row, value in own:
        found[row] = value
    return found


def drawn(chance: Floats, count: int, seed: int) -> Scenarios:
    """*count* random events: each asset fails by its *chance*, independently.

    Event number i depends on *seed* and i alone, so a longer screening has the shorter one as its beginning.

    Raises:
        InvalidParameter: a negative number.
    """
    _check(count, seed)
    levels, level = np.unique(chance, return_inverse=True)
    groups = [(p, np.flatnonzero(level == i).astype(np.int32)) for i, p in enumerate(levels.tolist()) if p > 0]
    parts = []
    for number in range(count):
        dice = np.random.default_rng([seed, number])
        parts.append(np.concatenate([_some(dice, p, rows) for p, rows in groups] or [np.zeros(0, np.int32)]))
    return _numbered(parts)


def _some(dice: np.random.Generator, p: float, rows: Ints) -> Ints:
    """Each of *rows* with chance p: how many fail is binomial, which ones is a draw without putting back."""
    many = int(dice.binomial(len(rows), p))
    return rows[dice.choice(len(rows), many, replace=False, shuffle=False)]


def exactly(rows: Ints, failures: int, count: int, seed: int) -> Scenarios:
    """*count* random events in each of which *failures* of *rows* fail, all sets of that size alike.

    Raises:
        InvalidParameter: a negative number, or more failures than rows.
    """
    _check(count, seed)
    if not 0 < failures <= len(rows):
        raise InvalidParameter(f"failures is {failures}", fix=f"Give a whole number from 1 to {len(rows):,}.")
    parts = [
        rows[np.random.default_rng([seed, number]).choice(len(rows), failures, replace=False, shuffle=False)]
        for number in range(count)
    ]
    return _numbered(parts)


def _check(count: int, seed: int) -> None:
    if count < 1:
        raise InvalidParameter(f"the number of scenarios is {count}", fix="Give a whole number from 1.")
    if seed < 0:
        raise InvalidParameter(f"the seed is {seed}", fix="Give a whole number from 0.")


def _numbered(parts: list[Ints]) -> Scenarios:
    ptr = np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)
    return Scenarios([str(i) for i in range(len(parts))], ptr, np.concatenate(parts).astype(np.int32))
