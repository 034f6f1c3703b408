"""What an asset is worth: one number per asset, summed over what is lost, in all and per domain."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.errors import InvalidParameter
from twin.schema import Schema, default_schema, suggest
from twin.snapshot.arrays import Arrays, Bools, Floats, Longs

COUNT, WORKLOADS, OF_KIND = "count", "workloads", "kind:"
#: Quantities whose sum over assets means something; a length is that of all lines together.
ADDITIVE = ("power", "apparent_power", "energy", "data_rate", "data", "length", "number")
#: Numeric columns that are no amounts, whatever their unit.
NOT_AMOUNTS = ("lon", "lat", "windings", "tanks")


def amounts(arrays: Arrays, schema: Schema | None = None) -> list[str]:
    """Names of the properties that any asset carries and that add up: see :func:`adds_up`."""
    schema = schema or default_schema()
    return [
        field.name
        for field in arrays.assets.schema
        if (pa.types.is_integer(field.type) or pa.types.is_floating(field.type))
        and field.name not in NOT_AMOUNTS
        and arrays.assets[field.name].null_count < arrays.n
        and adds_up(field.name, schema)
    ]


def adds_up(name: str, schema: Schema) -> bool:
    """Whether a sum of this property over assets means anything, by its unit.

    Not so for voltages, times, shares and what is given per unit. What the schema does not know is the user's own,
    who knows.
    """
    known = schema.properties.get(name)
    if known is None or known.unit is None:
        return True
    unit = schema.units[known.unit]
    share = unit.quantity == "number" and (unit.factor != 1.0 or known.maximum is not None)
    return unit.quantity in ADDITIVE and not share


def unit_of(weight: str, schema: Schema | None = None) -> str:
    """What a sum of *weight* is counted in: a unit, or what is counted (``assets``, a kind, ``customers``)."""
    if weight == COUNT:
        return "assets"
    known = (schema or default_schema()).properties.get(weight)
    if known is not None and known.unit is not None and known.unit != "1":
        return known.unit
    return weight.removeprefix(OF_KIND)


def worth(arrays: Arrays, weight: str) -> Floats:
    """(n,) what each asset is worth.

    Args:
        weight: ``count`` (1 each), ``workloads`` (1 per workload), ``kind:KIND`` (1 per asset of that kind) or a
            numeric property that adds up, such as ``demand_mw``, ``customers``, ``gpus`` (absent is 0).

    Raises:
        InvalidParameter: no such weight; the message names what is close.
    """
    if weight == COUNT:
        return np.ones(arrays.n)
    if weight == WORKLOADS:
        return _of_kind(arrays, "workload")
    if weight.startswith(OF_KIND):
        kind = weight.removeprefix(OF_KIND)
        kinds = [name for name in pc.unique(arrays.assets["kind"]).to_pylist() if name]
        if kind not in kinds:
            raise InvalidParameter(
                f"weight {weight!r}: no asset is of the kind {kind!r}.{suggest(kind, kinds)}",
                fix=f"Use one of: {', '.join(sorted(kinds))}.",
            )
        return _of_kind(arrays, kind)
    known = amounts(arrays)
    if weight not in known:
        words = [COUNT, WORKLOADS, *known]
        property_ = default_schema().properties.get(weight)
        if property_ is not None and property_.type in ("number", "integer"):
            why = "no asset here carries it" if adds_up(weight, default_schema()) else "its sum means nothing"
            said = f"{weight!r} is no weight: {why}"
        else:
            said = f"unknown weight {weight!r}.{suggest(weight, words)}"
        raise InvalidParameter(said, fix=f"Use {', '.join(words)} or kind:KIND.")
    values = pc.cast(arrays.assets[weight], pa.float64()).fill_null(0.0).to_numpy()
    return np.ascontiguousarray(np.nan_to_num(values, nan=0.0))


def _of_kind(arrays: Arrays, kind: str) -> Floats:
    same = pc.equal(pc.cast(arrays.assets["kind"], pa.string()), kind).fill_null(False)
    return np.ascontiguousarray(same.to_numpy().astype(np.float64))


def domains(arrays: Arrays) -> tuple[list[str], Longs]:
    """Names of the domains that assets have, and (n,) the domain of each asset as an index into them."""
    column = pc.cast(arrays.assets["domain"], pa.string()).fill_null("").combine_chunks().dictionary_encode()
    codes: Longs = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return column.dictionary.to_pylist(), codes


def spread(values: Floats, domain: Longs, count: int) -> Floats:
    """(n, count) each value in the column of its asset's domain, 0 elsewhere."""
    columns = np.zeros((len(values), count))
    columns[np.arange(len(values)), domain] = values
    return columns


def only(arrays: Arrays, domain: str | None) -> Bools:
    """(n,) assets of *domain*, all for None. Raises InvalidParameter for one that no asset has."""
    if domain is None:
        return np.ones(arrays.n, bool)
    names, code = domains(arrays)
    if domain not in names:
        raise InvalidParameter(
            f"unknown domain {domain!r}.{suggest(domain, names)}", fix=f"Use one of: {', '.join(sorted(names))}."
        )
    chosen: Bools = code == names.index(domain)
    return chosen
