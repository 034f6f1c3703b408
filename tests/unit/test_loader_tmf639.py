"""Loader ``tmf639``: v4 and v5 say the same; roles of relationships; protection; what is not known is told."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from loaders.tmf639 import Tmf639Loader, Tmf639Options
from loaders.tmf639_words import BASE, KINDS, RELATIONS, norm
from tests.unit.loader_snapshot import lost, snapshot_of, verdict
from tests.unit.loader_tools import FIXTURES, Result, check_against_schema
from tests.unit.test_loader_damage import ODD, PLACES, QUICK, damage, read_damaged, spots
from twin.errors import LoaderOptionError, SourceUnreadable
from twin.model import LinkRecord
from twin.schema import default_schema

V4, V5 = FIXTURES / "tmf639" / "v4", FIXTURES / "tmf639" / "v5"


def read(path: Path = V4, **options: Any) -> Result:
    return Result(Tmf639Loader(), path, **options)


def write(tmp_path: Path, document: Any, name: str = "x.json") -> Path:
    (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
    return tmp_path / name


def res(native: str, type_: str, *relations: tuple[str, str], **more: Any) -> dict[str, Any]:
    """One resource as v4 has it."""
    links = [{"relationshipType": word, "resource": {"id": other}} for word, other in relations]
    named = {"id": native, "@type": "LogicalResource", "resourceSpecification": {"name": type_}}
    return named | {"resourceRelationship": links} | more


def gates(result: Result, consumer: str) -> set[tuple[str, str, str | None, str | None]]:
    return {
        (one.from_id, one.type, one.group, one.need)
        for one in result.all
        if isinstance(one, LinkRecord) and one.to_id == consumer
    }


def test_fixture() -> None:
    result = read(characteristics={"length": {"property": "length_km", "unit": "m"}})
    assert result.rejects == []
    check_against_schema(result)
    assert Counter(one.kind for one in result.assets.values()) == {
        "router": 4,
        "port": 4,
        "network_service": 3,
        "card": 2,
        "ups": 2,
        "feeder": 2,
        "span": 2,
        "path": 2,
        "circuit": 2,
        "site": 2,
        "duct": 1,
        "fibre_cable": 1,
        "server": 1,
        "vm": 1,
    }
    assert result.assets["resource/rt-b"].name == "Router B"
    assert result.assets["resource/rt-b"].properties == {"ref": "SN-b"}
    assert result.assets["resource/span-1"].properties == {"length_km": 255.0}
    assert result.assets["resource/cab-1"].properties == {"fibre_count": 96}
    assert result.assets["resource/port-b1"].properties == {"capacity_gbps": 100.0}
    assert result.assets["resource/old-1"].properties == {"status": "out_of_service"}
    assert result.assets["resource/new-1"].properties == {"status": "planned"}
    assert result.assets["service/svc-3"].properties == {"status": "planned"}
    assert result.assets["place/gs-b"].name == "Berlin POP"
    assert result.shape("resource/duct-1").wkt == "LINESTRING (13.4 52.5, 10 53.55)"
    assert str(result.assets["resource/rt-b"].origin) == "resource.json:1"
    assert len(result.inputs) == 2


def test_both_versions_say_the_same() -> None:
    old, new = read(V4), read(V5)
    assert new.rejects == []
    assert set(old.links) == set(new.links)
    assert {k: (v.kind, v.name, v.properties, v.geometry) for k, v in old.assets.items()} == {
        k: (v.kind, v.name, v.properties, v.geometry) for k, v in new.assets.items()
    }


@pytest.mark.parametrize("folder", [V4, V5])
def test_what_goes_down(folder: Path, tmp_path: Path) -> None:
    twin = snapshot_of(read(folder), tmp_path / "tables")
    services = {"service/svc-1", "service/svc-2"}
    circuits = {"resource/cir-1", "resource/cir-2"}

    def down(*failed: str) -> set[str]:
        return lost(twin, *(f"resource/{one}" for one in failed)) & (services | circuits)

    assert down("path-1") == set()
    assert verdict(twin, "resource/cir-1", "resource/path-1") == "at_risk"
    assert down("duct-1") == set()  # the protection path is on the other span, and so is the routed circuit
    assert down("duct-1", "span-2") == services | circuits
    assert down("port-b1", "path-2") == {"resource/cir-1"} | services
    assert down("port-b2") == {"resource/cir-2"}
    assert down("card-h", "span-2") == services | circuits
    assert down("card-h") == {"resource/cir-2"}
    assert down("ups-b") == {"service/svc-2"}  # the server has no other supply; the router has its feed
    assert down("srv-1") == {"service/svc-2"}
    assert down("feed-b") >= {"resource/cir-2", "service/svc-2"}
    assert lost(twin, "resource/cir-1") & services == services
    assert {"resource/rt-b", "resource/srv-1", "resource/vm-1"} <= lost(twin, "place/gs-b")
    assert twin.deadlocks() == []


ROLES = [
    ("contains", ("A", "CONTAINS", "B", None, None), ("Router", "Port")),
    ("isContainedIn", ("B", "CONTAINS", "A", None, None), ("Port", "Router")),
    ("poweredBy", ("B", "POWERS", "A", None, None), ("Router", "UPS")),
    ("feeds", ("A", "POWERS", "B", None, None), ("UPS", "Router")),
    ("reliesOn", ("B", "POWERS", "A", "depends", "all"), ("Router", "UPS")),
    ("supports", ("A", "HOSTS", "B", "depends", "all"), ("Server", "VM")),
    ("dependsOn", ("B", "CARRIES", "A", "depends", "all"), ("Circuit", "Span")),
    ("dependsOn", ("B", "CONTAINS", "A", None, None), ("Router", "Rack")),
    ("cooledBy", ("B", "COOLS", "A", None, None), ("Router", "Chiller")),
    ("controls", ("A", "CONTROLS", "B", None, None), ("RTU", "Router")),
    ("connectedTo", ("A", "TRANSPORTS", "B", None, None), ("Router", "Span")),
    ("terminatesAt", ("B", "TRANSPORTS", "A", None, None), ("Span", "Router")),
    ("terminates", ("A", "TRANSPORTS", "B", None, None), ("Router", "Span")),
    ("terminatesAt", ("B", "CONNECTS", "A", None, None), ("Circuit", "Router")),
]


@pytest.mark.parametrize(("word", "wanted", "types"), ROLES)
def test_roles(tmp_path: Path, word: str, wanted: Any, types: tuple[str, str]) -> None:
    result = read(write(tmp_path, [res("A", types[0], (word, "B")), res("B", types[1])]))
    assert result.rejects == []
    found = [(r.from_id, r.type, r.to_id, r.group, r.need) for r in result.all if isinstance(r, LinkRecord)]
    start, type_, end, group, need = wanted
    assert found == [(f"resource/{start}", type_, f"resource/{end}", group, need)]


def test_a_connection_of_two_nodes_is_a_span(tmp_path: Path) -> None:
    items = [res("a", "Router", ("connectsTo", "b")), res("b", "Router", ("connectsTo", "a"))]
    result = read(write(tmp_path, items))
    assert result.assets["connection/a/b"].kind == "span"
    assert Counter(result.links) == {
        ("resource/a", "TRANSPORTS", "connection/a/b"): 1,
        ("resource/b", "TRANSPORTS", "connection/a/b"): 1,
    }
    ports = [
        res("ra", "Router", ("contains", "pa")),
        res("rb", "Router", ("contains", "pb")),
        res("pa", "Port", ("connectsTo", "pb")),
        res("pb", "Port"),
        res("lone", "Port", ("connectsTo", "pa")),
    ]
    result = read(write(tmp_path, ports))
    assert [r.code for r in result.rejects] == ["disallowed_ends"]
    check_against_schema(result)
    twin = snapshot_of(result, tmp_path / "tables")
    assert lost(twin, "resource/pa") == {"connection/pa/pb"}
    assert lost(twin, "resource/ra") == {"resource/pa", "connection/pa/pb"}


def test_a_cable_with_ends_is_a_span(tmp_path: Path) -> None:
    items = [
        res("a", "Router"),
        res("b", "Router"),
        res("c", "Fibre Cable", ("terminatesAt", "a"), ("terminatesAt", "b")),
    ]
    result = read(write(tmp_path, items))
    assert result.rejects == []
    assert ("resource/c", "CARRIES", "connection/c") in result.links
    twin = snapshot_of(result, tmp_path / "tables")
    assert lost(twin, "resource/c") == {"connection/c"}


def test_protection_of_what_nothing_needs_yet(tmp_path: Path) -> None:
    items = [
        res("main", "Circuit", ("carriedBy", "s1"), ("carriedBy", "s2")),
        res("spare", "Circuit", ("carriedBy", "s3"), ("protects", "main")),
        *(res(f"s{n}", "Span") for n in (1, 2, 3)),
    ]
    result = read(write(tmp_path, items))
    assert result.rejects == []
    check_against_schema(result)
    assert result.assets["working/main"].kind == "path"
    assert gates(result, "resource/main") == {
        ("working/main", "SERVES", "protected", "any"),
        ("resource/spare", "SERVES", "protected", "any"),
    }
    twin = snapshot_of(result, tmp_path / "tables")
    assert verdict(twin, "resource/main", "resource/s1") == "at_risk"
    assert verdict(twin, "resource/main", "resource/s3") == "at_risk"
    assert verdict(twin, "resource/main", "resource/s2", "resource/s3") == "down"


def test_protection_of_a_routed_circuit(tmp_path: Path) -> None:
    items = [
        res("a", "Router"),
        res("b", "Router"),
        res("s1", "Span", ("connectsTo", "a"), ("connectsTo", "b")),
        res("s2", "Span"),
        res("main", "Circuit", ("terminatesAt", "a"), ("terminatesAt", "b")),
        res("spare", "Circuit", ("carriedBy", "s2"), ("protects", "main")),
    ]
    twin = snapshot_of(read(write(tmp_path, items)), tmp_path / "tables")
    assert verdict(twin, "resource/main", "resource/s1") == "at_risk"
    assert verdict(twin, "resource/main", "resource/s1", "resource/s2") == "down"


def test_several_protections_of_one_thing(tmp_path: Path) -> None:
    items = [
        res("c", "Circuit", ("dependsOn", "p1"), ("dependsOn", "p2")),
        res("p1", "Path"),
        res("p2", "Path", ("protects", "p1"), ("protectedBy", "p3")),
        res("p3", "Path", ("protects", "p1")),
    ]
    result = read(write(tmp_path, items))
    assert {(one[0], one[2:]) for one in gates(result, "resource/c")} == {
        (f"resource/p{n}", ("protected resource/p1", "any")) for n in (1, 2, 3)
    }


def test_one_protection_for_two_is_two_gates(tmp_path: Path) -> None:
    items = [
        res("c", "Circuit", ("dependsOn", "p1"), ("dependsOn", "p2")),
        res("p1", "Path"),
        res("p2", "Path"),
        res("q", "Path", ("protects", "p1"), ("protects", "p2")),
    ]
    twin = snapshot_of(read(write(tmp_path, items)), tmp_path / "tables")
    circuit = "resource/c"
    assert verdict(twin, circuit, "resource/p1", "resource/p2") == "at_risk"
    assert verdict(twin, circuit, "resource/p1", "resource/q") == "down"
    assert verdict(twin, circuit, "resource/p2", "resource/q") == "down"


def test_things_that_only_protect_each_other_are_told(tmp_path: Path) -> None:
    circle = [
        res("p1", "Path", ("protects", "p2")),
        res("p2", "Path", ("protects", "p1"), ("protects", "p3")),
        res("p3", "Path", ("protects", "p1")),
    ]
    alone = read(write(tmp_path, circle))
    assert [reject.code for reject in alone.rejects] == ["circular_protection"] * 4
    needed = read(write(tmp_path, [*circle, res("c", "Circuit", ("dependsOn", "p2"))]))
    assert needed.rejects == []
    assert {one[0] for one in gates(needed, "resource/c")} == {"resource/p1", "resource/p2", "resource/p3"}


def test_protection_of_a_feed_joins_its_gate(tmp_path: Path) -> None:
    items = [
        res("r", "Router", ("poweredBy", "u1"), ("poweredBy", "f")),
        res("u1", "UPS"),
        res("u2", "UPS", ("protects", "u1")),
        res("f", "Feeder"),
    ]
    result = read(write(tmp_path, items))
    assert {(one[0], one[2], one[3]) for one in gates(result, "resource/r")} == {
        ("resource/u1", None, None),
        ("resource/u2", None, None),
        ("resource/f", None, None),
    }


def test_what_is_not_known_is_told(tmp_path: Path) -> None:
    items = [
        res("a", "Flux Capacitor", ("contains", "b")),
        res("b", "flux-capacitor"),
        res("c", "Router", ("hasCrush", "d"), ("contains", "a"), ("reliesOn", "zz"), ("contains", "")),
        res("d", "Router", ("poweredBy", "c")),
        {"id": "e"},
        {"@type": "Router"},
        "text",
        res("f", "Router", resourceStatus="sleepy"),
        res(
            "g",
            "Router",
            place=["here", {"@type": "GeoJsonPoint", "geoJson": {"type": "Point", "coordinates": [1, 95]}}],
        ),
        res("h", "Span", resourceCharacteristic=[{"name": "lengthKm", "value": "far"}]),
    ]
    result = read(write(tmp_path, items))
    assert sorted((str(r.origin), r.code) for r in result.rejects) == sorted(
        [
            ("x.json:1:@type", "unknown_kind"),
            ("x.json:2:@type", "unknown_kind"),
            ("x.json:3:resourceRelationship/0/relationshipType", "unknown_link_type"),
            ("x.json:3:resourceRelationship/1", "missing_end"),
            ("x.json:3:resourceRelationship/2", "missing_end"),
            ("x.json:3:resourceRelationship/3", "missing_value"),
            ("x.json:4:resourceRelationship/0", "disallowed_ends"),
            ("x.json:5:@type", "missing_value"),
            ("x.json:6:id", "missing_value"),
            ("x.json:7", "bad_row"),
            ("x.json:8:resourceStatus", "wrong_type"),
            ("x.json:9:place/0", "wrong_type"),
            ("x.json:9:place/1", "out_of_range"),
            ("x.json:10:resourceCharacteristic/0/value", "wrong_type"),
        ]
    )
    told = next(r for r in result.rejects if str(r.origin) == "x.json:1:@type")
    assert "'Flux Capacitor', the type of 1 item(s)" in told.message
    relies = next(r for r in result.rejects if str(r.origin) == "x.json:3:resourceRelationship/2")
    assert relies.link == ("dependsOn", "resource/zz", "resource/c")
    mended = read(
        tmp_path / "x.json",
        kinds={"Flux capacitor": "device"},
        relationships={"HasCrush": "CONTROLS", "poweredBy": "ignore"},
    )
    codes = Counter(r.code for r in mended.rejects)
    assert "unknown_kind" not in codes
    assert "unknown_link_type" not in codes
    assert ("resource/c", "CONTAINS", "resource/a") not in mended.links  # a router contains no device
    left_out = read(tmp_path / "x.json", kinds={"flux capacitor": "ignore"})
    assert not [r for r in left_out.rejects if "resource/a" in r.message]


def test_wrappers_single_objects_and_lines(tmp_path: Path) -> None:
    items = [res("a", "Router", ("poweredBy", "u")), res("u", "UPS")]
    wanted = read(write(tmp_path, items)).links
    assert read(write(tmp_path, {"resource": items})).links == wanted
    lines = tmp_path / "x.ndjson"
    lines.write_text("\n".join(json.dumps(one) for one in items) + "\n\n")
    assert read(lines).links == wanted
    assert list(read(write(tmp_path, items[1])).assets) == ["resource/u"]
    nested = res("a", "Circuit", supportingResource=[res("s", "Span", operationalState="enabled"), {"id": "p"}])
    result = read(write(tmp_path, [nested, res("p", "Port")]))
    assert result.rejects == []
    assert {one[:2] for one in gates(result, "resource/a")} == {("resource/s", "CARRIES"), ("resource/p", "CARRIES")}


def test_places(tmp_path: Path) -> None:
    site = {
        "id": "p1",
        "@type": "GeographicSite",
        "name": "Hub",
        "geographicLocation": {"geometry": [{"x": "9.5", "y": "52.1"}]},
    }
    at = {"place": {"id": "p1", "@referredType": "GeographicSite"}, "role": "installed"}
    address = {"id": "ad1", "@referredType": "GeographicAddress"}
    path = write(tmp_path, [site, res("a", "Router", place=[at, address]), res("c", "Circuit", place=at)])
    result = read(path)
    assert result.rejects == []
    assert result.shape("place/p1").wkt == "POINT (9.5 52.1)"
    assert set(result.links) == {("place/p1", "CONTAINS", "resource/a"), ("place/p1", "WITHIN", "resource/c")}
    assert set(read(path, places="within").links) == {
        ("place/p1", "WITHIN", "resource/a"),
        ("place/p1", "WITHIN", "resource/c"),
    }
    assert read(path, places="none").links == []


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"resourceStatus": "Alarm"}, None),
        ({"resourceStatus": "not installed"}, "planned"),
        ({"administrativeState": "locked", "operationalState": "enabled"}, "out_of_service"),
        ({"operationalState": "disable"}, "out_of_service"),
        ({"operationalState": "disabled", "availabilityStatus": ["dependency"]}, None),
        ({"operationalState": "disabled", "availabilityStatus": ["dependency", "failed"]}, "out_of_service"),
        ({"lifecycleState": "planned", "operationalState": "disabled"}, "planned"),
        ({"lifecycleState": "pendingRemoval"}, None),
    ],
)
def test_states(tmp_path: Path, members: dict[str, Any], status: str | None) -> None:
    result = read(write(tmp_path, [res("a", "Router", **members)]))
    assert result.assets["resource/a"].properties.get("status") == status


def test_duplicates(tmp_path: Path) -> None:
    one = res("a", "Router")
    assert read(write(tmp_path, [one, one])).rejects == []
    assert read(write(tmp_path, [one, one | {"name": "other"}])).places == [("x.json:2:id", "duplicate_id")]
    service = {"id": "a", "@type": "Service", "state": "active"}
    assert set(read(write(tmp_path, [one, service])).assets) == {"resource/a", "service/a"}


def test_tables_are_sound() -> None:
    schema = default_schema()
    assert set(KINDS) <= set(schema.kinds)
    for table in (KINDS, RELATIONS):
        words = [word for many in table.values() for word in many]
        assert len(words) == len(set(words))
        assert [word for word in words if norm(word) != word] == []
    assert not {word for many in KINDS.values() for word in many} & set(BASE)


def test_options() -> None:
    with pytest.raises(LoaderOptionError, match=r"no kind 'ruter'.*router"):
        read(kinds={"x": "ruter"})
    with pytest.raises(LoaderOptionError, match="neither a role nor a link type"):
        read(relationships={"x": "POWER"})
    with pytest.raises(LoaderOptionError, match="no property"):
        read(characteristics={"x": {"property": "lenght"}})
    with pytest.raises(ValidationError):
        Tmf639Options.model_validate({"places": "maybe"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "not valid JSON"),
        ((V4 / "resource.json").read_bytes()[:300], "not valid JSON"),
        (b'{"a": 1}', "no resource and no service"),
        (b"3", "no resource and no service"),
        (b"[]", "no resource and no service"),
    ],
)
def test_no_inventory(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(SourceUnreadable, match=message):
        read(tmp_path / "x.json")


def test_empty_and_missing(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"")
    assert read(tmp_path / "x.json").places == [("x.json", "empty_file")]
    with pytest.raises(SourceUnreadable, match="does not exist"):
        read(tmp_path / "y.json")


@QUICK
@given(places=PLACES, folder=st.sampled_from([V4, V5]))
def test_damaged(tmp_path: Path, places: list[tuple[float, int, bytes]], folder: Path) -> None:
    (tmp_path / "x.json").write_bytes(damage((folder / "resource.json").read_bytes(), places))
    read_damaged(Tmf639Loader(), tmp_path / "x.json")


VALUES = st.one_of(ODD, st.dictionaries(st.sampled_from(["id", "@type", "name", "resource", "place"]), ODD))


@QUICK
@given(where=st.integers(0, 10_000), value=VALUES, file=st.sampled_from(["resource", "service"]))
def test_anything_anywhere(tmp_path: Path, where: int, value: Any, file: str) -> None:
    for folder in (V4, V5):
        document = copy.deepcopy(json.loads((folder / f"{file}.json").read_text()))
        places = spots(document)
        holder, key = places[where % len(places)]
        holder[key] = value
        read_damaged(Tmf639Loader(), write(tmp_path, document))


@QUICK
@given(
    relations=st.lists(
        st.tuples(
            st.integers(0, 7),
            st.sampled_from([word for words in RELATIONS.values() for word in words]),
            st.integers(0, 7),
        ),
        max_size=14,
    ),
    types=st.lists(st.sampled_from(sorted(KINDS)), min_size=8, max_size=8),
)
def test_any_relationships(tmp_path: Path, relations: list[tuple[int, str, int]], types: list[str]) -> None:
    """Whatever is said of whom: each link is one that the schema takes, and nothing said is left without a trace."""
    items = [
        res(str(n), KINDS[kind][0], *((w, str(b)) for a, w, b in relations if a == n)) for n, kind in enumerate(types)
    ]
    result = read(write(tmp_path, items))
    check_against_schema(result)
    assert {r.code for r in result.rejects} <= {"disallowed_ends", "missing_end"}
    if any(a != b for a, _, b in relations):
        assert result.links or result.rejects
    snapshot_of(result, tmp_path / "tables")
