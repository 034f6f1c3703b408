"""``Snapshot``: one state of the twin in memory, and the questions it answers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from twin.errors import InvalidParameter
from twin.impact import coldstart, verdicts
from twin.impact.coldstart import ColdStart, Deadlock
from twin.impact.findings import found_by_data
from twin.impact.reach import named_walk
from twin.impact.result import ImpactResult, assemble
from twin.impact.system import System
from twin.impact.timeline import Timeline
from twin.model import Finding
from twin.schema import Schema, default_schema
from twin.snapshot.arrays import Arrays
from twin.snapshot.build import build
from twin.snapshot.catalogue import Catalogue
from twin.snapshot.tables import read_folder


class Snapshot:
    """The dependency view of one revision: no database behind it, nothing in it changes.

    Example:
        >>> Snapshot.from_tables("samples/small").impact(["bus-1"]).to_dict()  # doctest: +SKIP
    """

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.catalogue = Catalogue(arrays)

    @classmethod
    def from_tables(cls, folder: str | Path, strict: bool = False, schema: Schema | None = None) -> Snapshot:
        """From a folder with ``assets.csv`` and ``links.csv`` (design §7), ids as written there.

        Args:
            folder: the folder. strict: unknown kinds, properties and ends are errors, not findings.
            schema: the vocabulary, by default the built-in one.

        Raises:
            SourceUnreadable: a file is missing or no CSV. TableError: all bad rows at once.
        """
        schema = schema or default_schema()
        assets, links, findings = read_folder(Path(folder), schema, strict)
        return cls(build(assets, links, schema, findings=findings))

    @classmethod
    def from_arrow(
        cls,
        assets: pa.Table,
        links: pa.Table,
        schema: Schema | None = None,
        *,
        revision: int = 0,
        store_id: str = "",
        sources: list[dict[str, Any]] | None = None,
    ) -> Snapshot:
        """From typed columns, see :func:`twin.snapshot.build.build`."""
        schema = schema or default_schema()
        return cls(build(assets, links, schema, revision=revision, store_id=store_id, sources=sources, file=None))

    @classmethod
    def load(cls, folder: str | Path) -> Snapshot:
        """Open a saved snapshot by memory map. Raises SnapshotError."""
        return cls(Arrays.load(Path(folder)))

    def save(self, folder: str | Path) -> None:
        """Save to *folder*, all or nothing."""
        self.arrays.save(Path(folder))

    @property
    def revision(self) -> int:
        """The state of the twin that this shows."""
        return self.arrays.revision

    @property
    def store_id(self) -> str:
        """The store that this is a state of; empty for tables."""
        return self.arrays.store_id

    @property
    def n_assets(self) -> int:
        """Number of assets."""
        return self.arrays.n

    @property
    def n_links(self) -> int:
        """Number of links."""
        return len(self.arrays.link_from)

    @cached_property
    def system(self) -> System:
        """The operating rules of this snapshot."""
        return System(self.arrays)

    def impact(self, ids: Iterable[str], horizon_s: float | None = None) -> ImpactResult:
        """What fails when these assets are lost (design §4, run in time).

        Args:
            ids: assets taken as failed. horizon_s: verdicts as of this many seconds, None for the end of all buffers.

        Raises:
            UnknownAsset: an id is not there. InvalidParameter: the horizon is negative or no number.
        """
        horizon = math.inf if horizon_s is None else float(horizon_s)
        if math.isnan(horizon) or horizon < 0:
            raise InvalidParameter(f"the horizon is {horizon_s}", fix="Give seconds from 0, or none for infinity.")
        wanted = sorted(set(ids))
        event = np.array([self.catalogue.row(name) for name in wanted], np.int64)
        failed = np.zeros(self.arrays.n, bool)
        failed[event] = True
        failed &= self.system.baseline
        run = Timeline(self.system, failed).run(horizon)
        return assemble(self.system, wanted, event, run, verdicts.judge(self.system, failed, run))

    def steady(self, ids: Iterable[str]) -> set[str]:
        """Answer 1 of design §4: ids operating after the event, finite buffers and fuel spent."""
        failed = np.zeros(self.arrays.n, bool)
        failed[[self.catalogue.row(name) for name in ids]] = True
        return set(self.catalogue.ids(np.flatnonzero(self.system.steady(failed))))

    def baseline_down(self) -> list[str]:
        """Ids in service that do not operate before any event, sorted."""
        return sorted(self.catalogue.ids(np.flatnonzero(self.arrays.in_service & ~self.system.baseline)))

    def cold_start(self) -> ColdStart:
        """Answer 2: what can be started from nothing, in which rounds."""
        started, rounds = coldstart.cold_start(self.system)
        steps = range(1, int(rounds.max(initial=0)) + 1)
        by_round = [sorted(self.catalogue.ids(np.flatnonzero(started & (rounds == step)))) for step in steps]
        return ColdStart({name for names in by_round for name in names}, [names for names in by_round if names])

    def deadlocks(self) -> list[Deadlock]:
        """Answer 3: cores that must be started by hand, in order, each with a witness cycle."""
        return [
            Deadlock(sorted(self.catalogue.ids(core)), self.catalogue.ids(cycle))
            for core, cycle in coldstart.deadlocks(self.system)
        ]

    @cached_property
    def findings(self) -> list[Finding]:
        """Everything wrong or missing that the data show by themselves."""
        return found_by_data(self.system)

    def asset(self, asset_id: str) -> dict[str, Any]:
        """One asset with all it carries. Raises UnknownAsset."""
        return self.catalogue.asset(self.catalogue.row(asset_id))

    def assets(
        self,
        kind: str | None = None,
        domain: str | None = None,
        text: str | None = None,
        bbox: Sequence[float] | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[list[dict[str, Any]], str | None, int]:
        """Assets by filters; see :meth:`twin.snapshot.catalogue.Catalogue.search`."""
        return self.catalogue.search(kind, domain, text, bbox, after, limit)

    def gates(self, asset_id: str) -> list[dict[str, Any]]:
        """What an asset needs: its gates with their members, and whether they hold before any event."""
        held = self.system.before.held
        entries = self.catalogue.gates(self.catalogue.row(asset_id))
        return [{"holds": bool(held[entry.pop("gate")]), **entry} for entry in entries]

    def dependencies(
        self, asset_id: str, depth: int | None = None, domains: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """What an asset depends on, nearest first: id, kind, domain, name, hop, parent, service, group.

        Args:
            depth: most links to follow, None for all. domains: list only assets of these; paths cross any.

        Raises:
            UnknownAsset, InvalidParameter.
        """
        return self._walk(asset_id, True, depth, domains)

    def dependents(
        self, asset_id: str, depth: int | None = None, domains: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """What depends on an asset, nearest first; see :meth:`dependencies`."""
        return self._walk(asset_id, False, depth, domains)

    def _walk(self, asset_id: str, up: bool, depth: int | None, domains: Sequence[str] | None) -> list[dict[str, Any]]:
        return named_walk(self.catalogue, self.catalogue.row(asset_id), up, depth, domains)
