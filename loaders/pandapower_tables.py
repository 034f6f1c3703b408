"""Which pandapower table is which kind, where it ends, and which of its columns are taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Element(NamedTuple):
    """One table: the kind, how it stands to its buses, the columns that name them, our property -> their column.

    Roles: ``joins`` its buses (mesh), ``feeds`` its bus, ``follows`` it (a source only if told so), ``draws`` from it.
    """

    kind: str
    role: str
    ends: tuple[str, ...]
    fields: Mapping[str, str]


#: In the order in which they are read.
ELEMENTS: Mapping[str, Element] = {
    "line": Element(
        "power_line",
        "joins",
        ("from_bus", "to_bus"),
        {"length_km": "length_km", "circuits": "parallel", "equipment_type": "std_type"},
    ),
    "trafo": Element(
        "transformer",
        "joins",
        ("hv_bus", "lv_bus"),
        {"voltage_kv": "vn_hv_kv", "voltage_low_kv": "vn_lv_kv", "equipment_type": "std_type"},
    ),
    "trafo3w": Element(
        "transformer",
        "joins",
        ("hv_bus", "mv_bus", "lv_bus"),
        {
            "voltage_kv": "vn_hv_kv",
            "voltage_low_kv": "vn_lv_kv",
            "capacity_mva": "sn_hv_mva",
            "equipment_type": "std_type",
        },
    ),
    "impedance": Element("series_compensator", "joins", ("from_bus", "to_bus"), {}),
    "tcsc": Element("series_compensator", "joins", ("from_bus", "to_bus"), {}),
    "dcline": Element("hvdc_line", "joins", ("from_bus", "to_bus"), {"capacity_mw": "max_p_mw"}),
    "line_dc": Element("hvdc_line", "joins", ("from_bus_dc", "to_bus_dc"), {"length_km": "length_km"}),
    "vsc": Element("hvdc_converter", "joins", ("bus", "bus_dc"), {}),
    "gen": Element("generator", "feeds", ("bus",), {"capacity_mva": "sn_mva", "fuel": "type"}),
    "ext_grid": Element("external_grid", "feeds", ("bus",), {}),
    "sgen": Element("generator", "follows", ("bus",), {"capacity_mva": "sn_mva", "fuel": "type"}),
    "asymmetric_sgen": Element("generator", "follows", ("bus",), {"capacity_mva": "sn_mva", "fuel": "type"}),
    "storage": Element(
        "storage_unit", "follows", ("bus",), {"capacity_mva": "sn_mva", "energy_mwh": "max_e_mwh", "fuel": "type"}
    ),
    "load": Element("load", "draws", ("bus",), {"equipment_type": "type"}),
    "asymmetric_load": Element("load", "draws", ("bus",), {"equipment_type": "type"}),
    "motor": Element("load", "draws", ("bus",), {}),
    "ward": Element("load", "draws", ("bus",), {}),
    "xward": Element("load", "draws", ("bus",), {}),
    "shunt": Element("shunt", "draws", ("bus",), {"voltage_kv": "vn_kv"}),
    "svc": Element("shunt", "draws", ("bus",), {}),
    "ssc": Element("shunt", "draws", ("bus",), {}),
}
#: Demand of a table in MW: the columns that are added up (times ``scaling``).
DEMAND: Mapping[str, tuple[str, ...]] = {
    "load": ("p_mw",),
    "asymmetric_load": ("p_a_mw", "p_b_mw", "p_c_mw"),
    "motor": ("pn_mech_mw",),
    "ward": ("ps_mw", "pz_mw"),
    "xward": ("ps_mw", "pz_mw"),
}
#: Active power of a source in MW: the first of these that is there and not negative.
POWER = ("max_p_mw", "p_mw")
#: What a switch stands at (its ``et``): the table.
SWITCHED: Mapping[str, str] = {"l": "line", "t": "trafo", "t3": "trafo3w"}
#: Tables that are read elsewhere, or hold nothing that anything depends on.
OTHER = frozenset(
    (
        "bus", "bus_dc", "switch", "bus_geodata", "line_geodata", "measurement", "poly_cost", "pwl_cost", "controller",
        "group", "characteristic", "characteristic_temp", "trafo_characteristic_table", "trafo_characteristic_spline",
        "shunt_characteristic_table", "shunt_characteristic_spline", "q_capability_curve_table",
        "q_capability_characteristic", "protection",
    )
)  # fmt: skip
