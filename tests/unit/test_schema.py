"""The schema as data: what the built-in files hold, and that a user's bad file says what is wrong with it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from twin.errors import SchemaError
from twin.schema import NEED_ALL, default_schema, load_schema, parse_need
from twin.schema.load import RESERVED
from twin.schema.values import ValueProblem, convert_value, parse_value

SCHEMA = default_schema()
#: Kinds that the foundation promises, by domain.
PROMISED = {
    "energy": "power_plant generator storage_unit substation bus transformer power_line switch feeder load genset ups",
    "connectivity": "exchange site cell_site router span fibre_cable duct landing_station path circuit rtu"
    " control_centre",
    "compute": "data_centre hall rack pdu cooling_unit server vm workload tenant",
    "place": "country region building",
}
#: Link type -> service, default group, default need, effect (design §3).
TYPES = {
    "POWERS": ("power", "power", 1, "outage"),
    "CONDUCTS": ("power", "power", 1, "outage"),
    "COOLS": ("cooling", "cooling", 1, "outage"),
    "CARRIES": ("data", "route", NEED_ALL, "outage"),
    "TRANSPORTS": ("data", None, None, "none"),
    "CONNECTS": ("data", "ends", NEED_ALL, "outage"),
    "SERVES": ("data", "data", 1, "outage"),
    "CONTROLS": ("control", "control", 1, "degrade"),
    "HOSTS": ("hosting", "hosting", 1, "outage"),
    "CONTAINS": ("housing", "housing", NEED_ALL, "outage"),
    "WITHIN": (None, None, None, "none"),
}
#: Properties that decide a verdict: absence must mean absence (design §3).
DECIDING = ("standby", "start_delay_s", "endurance_s", "black_start", "manual_restart", "status")


@pytest.mark.parametrize("domain", PROMISED)
def test_promised_kinds_are_there(domain: str) -> None:
    assert set(PROMISED[domain].split()) <= set(SCHEMA.kinds_of(domain))


@pytest.mark.parametrize("name", TYPES)
def test_link_types_are_those_of_the_design(name: str) -> None:
    made = SCHEMA.link_types[name]
    service, group, need, effect = TYPES[name]
    assert (made.service, made.effect) == (service, effect)
    assert made.gated == (group is not None)
    if made.gated:
        assert (made.group, made.need) == (group, need)
    assert made.mesh == (name in {"CONDUCTS", "TRANSPORTS"})
    assert made.joined == (name == "CONNECTS")


def test_only_power_and_cooling_are_grounded() -> None:
    assert [s.name for s in SCHEMA.services.values() if s.grounded] == ["power", "cooling"]


def test_no_resilience_is_invented() -> None:
    names = [*DECIDING, *(SCHEMA.ride_through(s) for s in SCHEMA.services)]
    for name in names:
        assert SCHEMA.properties[name].default is None
        assert SCHEMA.properties[name].common


def test_every_entry_is_described_and_has_a_counterpart_where_a_standard_has_one() -> None:
    entries = [
        *SCHEMA.domains.values(),
        *SCHEMA.services.values(),
        *SCHEMA.properties.values(),
        *SCHEMA.link_properties.values(),
        *SCHEMA.kinds.values(),
        *SCHEMA.link_types.values(),
    ]
    assert not [e.name for e in entries if len(e.description) < 8]
    assert not [k.name for k in SCHEMA.kinds.values() if k.domain != "place" and not k.counterpart]


def test_numbers_with_a_dimension_have_a_unit() -> None:
    for prop in SCHEMA.properties.values():
        if prop.type in ("number", "integer"):
            assert prop.unit, f"{prop.name} has no unit"


@pytest.mark.shared
def test_ends_of_the_shared_cases_are_allowed(cases: Path) -> None:
    seen = set()
    for folder in sorted(p for p in cases.iterdir() if p.is_dir()):
        with (folder / "assets.csv").open(encoding="utf-8", newline="") as file:
            kinds = {row["id"]: row["kind"] for row in csv.DictReader(file)}
        with (folder / "links.csv").open(encoding="utf-8", newline="") as file:
            seen |= {(r["type"], kinds.get(r["from"]), kinds.get(r["to"])) for r in csv.DictReader(file)}
    known = {(t, a, b) for t, a, b in seen if a in SCHEMA.kinds and b in SCHEMA.kinds}
    assert len(known) > 20
    assert not sorted(pair for pair in known if not SCHEMA.link_types[pair[0]].allows(pair[1], pair[2]))


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        (1500, "kW", "MW", 1.5),
        (2, "h", "s", 7200),
        (10, "mi", "km", 16.09344),
        (1, "Tbit/s", "Gbit/s", 1000),
        (50, "%", "1", 0.5),
        (110, "kV", "kV", 110),
    ],
)
def test_units_convert(value: float, unit: str, target: str, expected: float) -> None:
    assert SCHEMA.convert(value, unit, target) == pytest.approx(expected)


def test_units_of_different_quantities_do_not_convert() -> None:
    with pytest.raises(ValueError, match="power"):
        SCHEMA.convert(1, "MW", "km")
    with pytest.raises(KeyError):
        SCHEMA.convert(1, "furlong", "km")


@pytest.mark.parametrize("unit", ["furlong", "km"])
def test_a_wrong_unit_in_a_mapping_is_a_problem_with_a_code(unit: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        convert_value(SCHEMA, SCHEMA.properties["capacity_mw"], 1.0, unit)
    assert caught.value.code == "unknown_unit"


@pytest.mark.parametrize(("text", "need"), [("any", 1), (" ALL ", NEED_ALL), ("2", 2), ("3.0", 3), (4, 4)])
def test_need_is_read(text: str | int, need: int) -> None:
    assert parse_need(text) == need


@pytest.mark.parametrize("text", ["", "some", "0", "-1", "1.5", "nan", "inf", "1e99"])
def test_a_bad_need_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="need is"):
        parse_need(text)


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("standby", "Yes", True),
        ("standby", "0", False),
        ("status", "planned", "planned"),
        ("start_delay_s", " 60 ", 60.0),
        ("customers", "12.0", 12),
        ("operator", 7.0, "7"),
        ("operator", "  ", None),
        ("customers", None, None),
    ],
)
def test_values_are_read(name: str, raw: object, expected: object) -> None:
    got = parse_value(SCHEMA.properties[name], raw)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("standby", "maybe", "wrong_type"),
        ("status", "in_servce", "wrong_type"),
        ("start_delay_s", "-1", "out_of_range"),
        ("start_delay_s", "nan", "not_finite"),
        ("endurance_s", "inf", "not_finite"),
        ("customers", "1.5", "wrong_type"),
        ("customers", "many", "wrong_type"),
        ("operator", "x" * 10_001, "value_too_long"),
    ],
)
def test_bad_values_have_a_code_and_a_fix(name: str, raw: object, code: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        parse_value(SCHEMA.properties[name], raw)
    assert caught.value.code == code
    assert caught.value.fix


KIND = '[kinds.pump]\ndomain = "energy"\nlayer = "physical"\ngeometry = "point"\ndescription = "A pump."\n'
LINK = (
    '[link_types.PUMPS]\nservice = "power"\neffect = "outage"\ngroup = "g"\non_delete = "remove"\ndescription = "d"\n'
)
BAD: dict[str, tuple[str, str]] = {
    "no toml": ("[kinds", "cannot be read as TOML"),
    "unknown table": ("[kindz.a]\nb = 1\n", "Did you mean kinds"),
    "defined twice": (KIND.replace("pump", "bus"), "defined twice"),
    "unknown domain": (KIND.replace('"energy"', '"enrgy"'), "unknown domain 'enrgy'. Did you mean energy"),
    "unknown service": (KIND + 'requires = ["powr"]\n', "unknown service 'powr'. Did you mean power"),
    "unknown property": (KIND + 'properties = ["capacity_mv"]\n', "unknown property 'capacity_mv'. Did you mean"),
    "unknown geometry": (KIND.replace('"point"', '"dot"'), "unknown geometry 'dot'"),
    "unknown layer": (KIND.replace('"physical"', '"real"'), "physical or logical"),
    "unknown key": (KIND + "weight = 1\n", "weight"),
    "missing key": (KIND.replace('description = "A pump."\n', ""), "description"),
    "bad kind name": (KIND.replace("pump", "Pump"), "not a usable name"),
    "label used twice": (KIND + 'label = "Bus"\n', "labels used twice: Bus"),
    "label of the twin": (KIND + 'label = "Asset"\n', "labels used twice: Asset"),
    "unknown unit": ('[properties.head]\ntype = "number"\nunit = "metre"\ndescription = "Head."\n', "unknown unit"),
    "unknown type": ('[properties.head]\ntype = "text"\ndescription = "Head."\n', "unknown type 'text'"),
    "enum without values": ('[properties.head]\ntype = "enum"\ndescription = "Head."\n', "enum needs it"),
    "end of unknown kind": (LINK + 'ends = ["pmp -> bus"]\n', "unknown kind 'pmp'"),
    "end without arrow": (LINK + 'ends = ["bus"]\n', "from -> to"),
    "unknown effect": (LINK.replace('"outage"', '"dim"') + 'ends = ["bus -> bus"]\n', "unknown effect 'dim'"),
    "lower-case type": (LINK.replace("PUMPS", "pumps") + 'ends = ["bus -> bus"]\n', "upper case"),
    "gate without group": (LINK.replace('group = "g"\n', "") + 'ends = ["bus -> bus"]\n', "needs a default `group`"),
    "mesh and joined": (LINK + 'mesh = true\njoined = true\nends = ["bus -> bus"]\n', "both mesh and joined"),
    "type of unknown service": (LINK.replace('"power"', '"steam"') + 'ends = ["bus -> bus"]\n', "unknown service"),
    "extends nothing": ('[extend.kinds.pump]\nproperties = ["ref"]\n', "extends nothing"),
    "extends too much": ('[extend.kinds.bus]\ndomain = "place"\n', "domain"),
    "domain label": (
        '[domains.water]\nlabel = "A`B"\ntitle = "W"\ndescription = "Water."\ncolour = "#000000"\n',
        "not a usable name or label",
    ),
    "service name": ('[services."Drinking water"]\ndescription = "Water."\ngrounded = true\n', "not a usable name"),
    "buffer of a service": (
        '[properties.ride_through_power_s]\ntype = "number"\nunit = "s"\ndescription = "Mine."\n',
        "every service has this property already",
    ),
    "book-keeping label": (KIND + 'label = "ImportRun"\n', "labels used twice: ImportRun"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_schema_file_says_what_is_wrong(case: str, tmp_path: Path) -> None:
    text, message = BAD[case]
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_schema([path])
    assert message in caught.value.detail


@pytest.mark.parametrize("text", ['[kinds]\npump = "x"\n', "[kinds.pump]\n", "[extend]\nkinds = 3\n", 'kinds = "x"\n',
                                  LINK + "ends = [3]\n", LINK + 'ends = "bus -> bus"\n', KIND + "requires = 3\n",
                                  LINK + 'need = "most"\nends = ["bus -> bus"]\n', KIND + "properties = [[1]]\n",
                                  '[units]\nfoo = { quantity = "x", factor = "y" }\n'])  # fmt: skip
def test_a_schema_file_of_the_wrong_shape_is_an_error_of_ours(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError):
        load_schema([path])


def test_a_missing_schema_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"gone\.toml"):
        load_schema([tmp_path / "gone.toml"])


@pytest.mark.parametrize("name", [*sorted(RESERVED), "image_run", "image_mine"])
def test_reserved_names_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'[properties.{name}]\ntype = "string"\ndescription = "Mine."\n', encoding="utf-8")
    with pytest.raises(SchemaError, match="not a usable property name"):
        load_schema([path])


def test_a_user_may_add_properties_and_ends_to_built_in_entries(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        '[properties.bay]\ntype = "string"\ndescription = "Bay of the station."\n'
        '[extend.kinds.bus]\nproperties = ["bay"]\n'
        '[extend.link_types.POWERS]\nends = ["bus -> circuit"]\n',
        encoding="utf-8",
    )
    mine = load_schema([path])
    assert "bay" in mine.kind_properties("bus")
    assert "bay" not in mine.kind_properties("load")
    assert mine.link_types["POWERS"].allows("bus", "circuit")
    assert not SCHEMA.link_types["POWERS"].allows("bus", "circuit")
    assert mine.digest != SCHEMA.digest
