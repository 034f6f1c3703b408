"""Every exception of the driver becomes one of ours, with a code and a fix."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from neo4j import exceptions

from twin import errors as e
from twin.store import Endpoint, Store
from twin.store.catalogue import Catalogue
from twin.store.faults import ERRORS, translate, translated

ALL = sorted(
    (c for _, c in inspect.getmembers(exceptions, inspect.isclass) if issubclass(c, exceptions.GqlError)),
    key=lambda c: c.__name__,
)


def test_the_driver_has_errors_to_map() -> None:
    assert len(ALL) >= 30


@pytest.mark.parametrize("theirs", ALL, ids=lambda c: c.__name__)
def test_every_class_is_mapped(theirs: type[exceptions.GqlError]) -> None:
    assert theirs in ERRORS, f"neo4j.exceptions.{theirs.__name__} has no error of ours in twin/store/faults.py"
    ours = translate(theirs.__new__(theirs), "testing")
    assert isinstance(ours, ERRORS[theirs])
    assert issubclass(ERRORS[theirs], e.StoreError)
    assert ours.code
    assert ours.fix
    assert ours.detail.startswith("testing: ")


def test_no_class_that_is_gone_is_mapped() -> None:
    assert set(ERRORS) == set(ALL)


def test_a_class_of_a_newer_driver_goes_by_its_base() -> None:
    class Newer(exceptions.ConstraintError):
        pass

    assert isinstance(translate(Newer.__new__(Newer), "x"), e.StoreConstraintError)


def test_other_errors_pass_through() -> None:
    with pytest.raises(KeyError), translated("x"):
        raise KeyError("ours")


@pytest.fixture
def queries(tmp_path: Path) -> Catalogue:
    folder = tmp_path / "t"
    folder.mkdir()
    texts = {
        "syntax": ("read", "RETRUN 1"),
        "type": ("read", "RETURN 1 + date()"),
        "twice": ("write", "UNWIND [1, 2] AS i CREATE (:Asset {id: 'same'})"),
        "sneaky": ("read", "CREATE (:Asset {id: 'x'})"),
        "divide": ("read", "RETURN 1 / 0"),
    }
    for name, (mode, text) in texts.items():
        (folder / f"{name}.cypher").write_text(f"// Test.\n// mode: {mode}\n{text}\n", encoding="utf-8")
    return Catalogue.load([tmp_path])


@pytest.mark.store
@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("syntax", e.StoreQueryError),
        ("type", e.StoreQueryError),
        ("divide", e.StoreQueryError),
        ("twice", e.StoreConstraintError),
        ("sneaky", e.StoreQueryError),
    ],
)
def test_real_errors(store: Store, endpoint: Endpoint, queries: Catalogue, name: str, ours: type[e.StoreError]) -> None:
    with Store(endpoint.uri, endpoint.user, endpoint.password, catalogue=queries) as opened:
        with pytest.raises(ours) as caught:
            opened.rows(f"t.{name}")
        assert caught.value.extra["neo4j_code"].startswith("Neo.ClientError")


@pytest.mark.store
def test_wrong_password_and_database(endpoint: Endpoint) -> None:
    with Store(endpoint.uri, endpoint.user, "wrong") as store, pytest.raises(e.StoreAuthFailed):
        store.state()
    with (
        Store(endpoint.uri, endpoint.user, endpoint.password, "elsewhere") as store,
        pytest.raises(e.StoreConfigError),
    ):
        store.state()


@pytest.mark.parametrize("uri", ["http://localhost", "neo4j//localhost", "localhost:7687", ""])
def test_an_address_that_is_none(uri: str) -> None:
    with pytest.raises(e.StoreConfigError):
        Store(uri, "a", "b")


def test_nobody_listens() -> None:
    with Store("neo4j://127.0.0.1:1", "a", "b") as store, pytest.raises(e.StoreUnavailable):
        store.state()
