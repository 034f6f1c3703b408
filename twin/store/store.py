"""``class Store``: the twin's graph through the queries of the catalogue.

Every call is a managed transaction in the mode that the query declares, so the same code runs on the local
server, a cluster and Aura; bookmarks make each Store see its own writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

import neo4j

from twin.errors import EmptyTwin, QueryParameterError, StoreConfigError, StoreTransient, StoreUnavailable
from twin.schema import Schema, SchemaText
from twin.schema.generate import ASSET_LABEL, Index, indexes
from twin.store.catalogue import Catalogue, Query, default_catalogue
from twin.store.faults import translated

T = TypeVar("T")
OLDEST = (5, 26)
INDEX_SECONDS = 600
#: Kinds of indexes that only queries of people use.
SEARCH = ("point", "fulltext")
FETCH = 2000
#: How long asking for the state is tried again: every question waits for it, so a dead server must be told soon.
STATE_RETRY_SECONDS = 2.0
SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


class State(NamedTuple):
    """What the store says of itself.

    Attributes:
        store_id: identity of the data, "" before the first preparation.
        revision: number of the last published state, 0 before the first.
        applying: the import run that is being written in batches, or None.
        schema: the users' schema files that the data were imported with.
        state_id: identity of the published state; a restored backup may reach the same revision with other data.
    """

    store_id: str
    revision: int
    applying: str | None
    schema: tuple[SchemaText, ...] = ()
    state_id: str = ""


class Unit:
    """Several queries in one transaction; handed to the function given to :meth:`Store.write`."""

    def __init__(self, transaction: neo4j.ManagedTransaction, catalogue: Catalogue, mode: str) -> None:
        self._transaction, self._catalogue, self._mode = transaction, catalogue, mode

    def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """The answer of one query of the catalogue.

        Raises:
            QueryParameterError: parameters are missing or extra, or the query may not run in this transaction.
        """
        query = self._catalogue.get(name)
        query.check(params)
        if query.mode != "read" and query.mode != self._mode:
            raise QueryParameterError(f"query {name} ({query.mode}) in a {self._mode} transaction", query=name)
        return _run(self._transaction, query, params)


class Store:
    """A connection to one twin.

    Args:
        uri: ``neo4j://``, ``neo4j+s://``, ``bolt://`` ... user, password, database: as the server knows them.
        catalogue: the queries; the built-in ones if not given.

    Raises:
        StoreConfigError: the address is not one.
    """

    def __init__(
        self, uri: str, user: str, password: str, database: str = "neo4j", catalogue: Catalogue | None = None
    ) -> None:
        self.uri, self.database = uri, database
        self.catalogue = catalogue or default_catalogue()
        self._version: str | None = None
        self._reached = False
        self._marks = neo4j.GraphDatabase.bookmark_manager()
        if uri.partition("://")[0] not in SCHEMES:
            raise StoreConfigError(f"{uri!r} is no address of a Neo4j server", uri=uri)
        with translated(f"connecting to {uri}"):
            self._driver = neo4j.GraphDatabase.driver(
                uri,
                auth=(user, password),
                user_agent="infrastructure-twin",
                connection_timeout=15,
                connection_acquisition_timeout=30,
                max_transaction_retry_time=30,
                notifications_min_severity="OFF",
            )

    def close(self) -> None:
        """Close all connections."""
        self._driver.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # -- queries --------------------------------------------------------------------------------------------

    def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """The answer of one query, run in the mode that it declares; repeated when a passing fault cut it off.

        Raises:
            UnknownQuery, QueryParameterError: before the server is asked.
            StoreError: the server refused it or does not answer.
        """
        query = self.catalogue.get(name)
        query.check(params)
        if query.mode == "schema":
            return self._apply(query, params)
        return self._managed(query.mode, query.name, lambda tx: _run(tx, query, params))

    def read(self, work: Callable[[Unit], T]) -> T:
        """Run several reading queries in one transaction; *work* may be called again after a passing fault."""
        return self._managed("read", "reading", lambda tx: work(Unit(tx, self.catalogue, "read")))

    def write(self, work: Callable[[Unit], T]) -> T:
        """Run several queries in one write transaction: all of it happens or nothing.

        *work* may be called again after a passing fault, so it must not change anything but the transaction.
        """
        return self._managed("write", "writing", lambda tx: work(Unit(tx, self.catalogue, "write")))

    def explain(self, name: str, mode: str | None = None) -> neo4j.ResultSummary:
        """Plan and notifications of one query with its example parameters, without running it."""
        query = self.catalogue.get(name)
        access = neo4j.READ_ACCESS if (mode or query.mode) == "read" else neo4j.WRITE_ACCESS
        with (
            translated(f"EXPLAIN {name}"),
            self._session(default_access_mode=access, notifications_min_severity="INFORMATION") as session,
        ):
            return session.run(neo4j.Query("EXPLAIN " + query.text), query.params).consume()

    def _managed(self, mode: str, doing: str, work: Callable[[neo4j.ManagedTransaction], T], **options: Any) -> T:
        self._reach()
        with translated(doing), self._session(**options) as session:
            run = session.execute_read if mode == "read" else session.execute_write
            return run(work)

    def _at_once(self, query: Query) -> list[dict[str, Any]]:
        """A reading query in a transaction that is its own, not repeated when a passing fault cuts it off."""
        self._reach()
        with translated(query.name), self._session(default_access_mode=neo4j.READ_ACCESS) as session:
            return _run(session, query, {})

    def _apply(self, query: Query, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        return self._managed("schema", query.name, lambda tx: _run(tx, query, params))

    def _reach(self) -> None:
        """Before the first query: a server that is not there is told at once, not after all the retries."""
        if not self._reached:
            with translated(f"connecting to {self.uri}"):
                self._driver.verify_connectivity()
            self._reached = True

    def _session(self, **options: Any) -> neo4j.Session:
        return self._driver.session(database=self.database, bookmark_manager=self._marks, fetch_size=FETCH, **options)

    # -- bookmarks ------------------------------------------------------------------------------------------

    def bookmarks(self) -> list[str]:
        """Marks of what this store has written and seen; another process can wait for them with :meth:`after`."""
        return sorted(str(mark) for mark in self._marks.get_bookmarks())

    def begin_anew(self) -> None:
        """Forget all marks: the database behind the address is another one now, and counts from the beginning."""
        self._marks = neo4j.GraphDatabase.bookmark_manager()
        self._reached = False

    def after(self, bookmarks: Iterable[str]) -> None:
        """From now on read only states that hold what these marks stand for."""
        self._marks.update_bookmarks(set(), set(bookmarks))

    # -- the twin's own state -------------------------------------------------------------------------------

    def state(self) -> State:
        """Identity, revision and run in progress. Raises StoreUnavailable within seconds, not after all retries."""
        query = self.catalogue.get("store.state")
        try:  # every question begins with this: one round trip, where a managed transaction takes three
            found = self._at_once(query)
        except (StoreTransient, StoreUnavailable):
            retry = {"max_transaction_retry_time": STATE_RETRY_SECONDS}
            found = self._managed("read", query.name, lambda tx: _run(tx, query, {}), **retry)
        if not found:
            return State("", 0, None)
        row = found[0]
        schema = tuple(map(SchemaText, row["schema_names"], row["schema_texts"]))
        return State(row["store_id"], row["revision"], row["applying"], schema, row["state_id"])

    def published(self) -> State:
        """Like :meth:`state`, for those who need data. Raises EmptyTwin when nothing was published yet."""
        state = self.state()
        if state.revision == 0:
            raise EmptyTwin("nothing has been imported yet")
        return state

    def version(self) -> str:
        """Version of the server, such as ``2026.08.1``."""
        if self._version is None:
            self._version = str(self.rows("store.components")[0]["version"])
        return self._version

    def check_version(self) -> str:
        """The version. Raises StoreConfigError when the server is older than 5.26."""
        version = self.version()
        numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
        if numbers < OLDEST:
            raise StoreConfigError(f"the server is Neo4j {version}; 5.26 or newer is needed")
        return version

    def prepare(self, schema: Schema, search: bool = True) -> None:
        """Create the constraints, indexes and state node that are missing; returns when all are online.

        Args:
            search: wait for the indexes of places and texts too, which only queries of people use; else the server
                goes on making them.

        Raises:
            StoreConfigError: the server is too old. StoreConstraintError: existing data break a constraint.
        """
        self.check_version()
        needed = [index for index in indexes(schema) if search or index.kind not in SEARCH]
        self.create_indexes(needed)
        self.rows("store.await_indexes", seconds=INDEX_SECONDS)
        missing = self.missing_indexes(needed)
        if missing:
            raise StoreConfigError(f"constraints or indexes are not online: {', '.join(missing)}")
        if not self.rows("store.state"):
            self.rows("store.create_state")
        if not search:
            self.create_indexes(indexes(schema))

    def create_indexes(self, wanted: Sequence[Index]) -> None:
        """Have the server make the constraints and indexes that are missing; see :meth:`prepare` for waiting."""
        there = {row["name"] for row in self.rows("store.indexes")}
        for index in wanted:
            if index.name not in there:
                self._apply(statement(self.catalogue, index), {})

    def drop_indexes(self, schema: Schema) -> None:
        """Remove the indexes of assets that are no constraint: keeping them costs a large import more than making
        them anew; see :meth:`prepare`."""
        query = self.catalogue.get("schema.drop")
        for index in indexes(schema):
            if index.kind != "unique" and index.label == ASSET_LABEL:
                self._apply(query.named(name=index.name), {})

    def missing_indexes(self, wanted: Sequence[Index]) -> list[str]:
        """Names of the constraints and indexes that are absent or not online."""
        online = {row["name"] for row in self.rows("store.indexes") if row["state"] == "ONLINE"}
        return [index.name for index in wanted if index.name not in online]


def statement(catalogue: Catalogue, index: Index) -> Query:
    """The statement that creates one constraint or index of the schema."""
    query = catalogue.get(f"schema.{index.kind}")
    return query.named(name=index.name, label=index.label, properties=index.properties)


def _run(
    transaction: neo4j.ManagedTransaction | neo4j.Session, query: Query, params: Mapping[str, Any]
) -> list[dict[str, Any]]:
    result = transaction.run(query.text, dict(params))
    keys = result.keys()
    return [dict(zip(keys, record.values(), strict=True)) for record in result]
