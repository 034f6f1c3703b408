"""The dependency view of the twin as flat arrays, and how they lie on disk.

One folder holds ``arrays.json`` (format, names, scalars), one ``.npy`` per array and one Arrow file of asset
attributes; all are opened by memory map, so that several processes share one copy.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from twin.errors import SnapshotError

FORMAT = 3

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint32]


@dataclass
class Gates:
    """All gates, sorted by owner; ``m`` gates with ``k`` memberships in all, of ``n`` assets.

    Attributes:
        owner: (m,) asset that needs. service: (m,) index into ``services``. group: (m,) index into ``groups``.
        need: (m,) members that must deliver; more than ``size`` never holds.
        size: (m,) different members that are not planned.
        degrade: (m,) the effect is ``degrade``, not ``outage``. joined: (m,) ``CONNECTS``.
        mesh: (m,) the gate has mesh links in it.
        buffer_s: (m,) ride-through of the owner for the service, seconds, 0 for none.
        ptr, member, member_mesh: members of gate g are ``member[ptr[g]:ptr[g+1]]``; planned ones are left out;
            ``member_mesh`` is True where only mesh links join the member.
        own_ptr: gates of asset v are ``own_ptr[v]:own_ptr[v+1]``.
        use_ptr, use_gate, use_mesh: gates that asset u is a member of are ``use_gate[use_ptr[u]:use_ptr[u+1]]``.
    """

    owner: Ints
    service: Bytes
    group: Ints
    need: Ints
    size: Ints
    degrade: Bools
    joined: Bools
    mesh: Bools
    buffer_s: Floats
    ptr: Longs
    member: Ints
    member_mesh: Bools
    own_ptr: Longs
    use_ptr: Longs
    use_gate: Ints
    use_mesh: Bools


@dataclass
class Order:
    """Strongly connected components of one grounded service, suppliers first.

    ``asset[start[c]:start[c+1]]`` are the assets of component c; ``component[v]`` is -1 outside the service.
    """

    asset: Ints
    start: Longs
    component: Ints


@dataclass
class Mesh:
    """Undirected transport mesh of one service: neighbours of v are ``to[ptr[v]:ptr[v+1]]``."""

    ptr: Longs
    to: Ints


@dataclass
class Adjacency:
    """Dependencies in one direction, to be followed: down (who needs me) or up (whom I need).

    The nodes are the n assets, then the c carriers: node ``n + i`` is asset ``carriers[i]`` as a part of the
    transport mesh. Only joined gates (``CONNECTS``) lead into the carriers, so a router does not depend on the spans
    that end at it, but a circuit routed between two routers depends on all the transport that may join them.
    Down, an asset has an entry for each gate that it is a member of (as in ``use_gate``), then its carrier; a carrier
    has its joined gates, then its neighbours. Up, an asset has the members of its gates (as in ``member``), then the
    carriers of those of joined gates; a carrier has its neighbours, then its asset.

    Attributes:
        ptr: (n + c + 1,) entries of node v are ``ptr[v]:ptr[v+1]``. to: nodes. service: of the link followed, ``SAME``
            between an asset and its carrier.
    """

    ptr: Indices
    to: Indices
    service: Bytes


#: Service of the step between an asset and its carrier, which is no link.
SAME = 255


@dataclass(eq=False)
class Arrays:
    """Everything that answers need: ``n`` assets, ``l`` links, the gates and the attribute table.

    Assets are numbered for locality: by domain, component, then breadth-first from the sources. ``place`` has the
    order in which they were given; lists that people see follow it.

    Attributes:
        revision: state of the twin that this shows. store_id: which twin. schema_digest: which schema.
            state_id: identity of that state in the store.
        services, groups, link_types: names behind the indices. grounded: per service.
        assets: Arrow table of n rows: ``id, kind, domain, name, lon, lat, geometry, source, run`` and properties.
        in_service, planned, standby, black_start, manual_restart: (n,) flags.
        assumed: (n,) in service, and without any gate of a service that its kind requires, or that an import
            took its last supplier from.
        removed: (n,) taken out by an overlay: out of service, without links, and not listed.
        start_delay_s, endurance_s: (n,) seconds, endurance inf for endless.
        place: (n,) position in the order given: row of the table, ``ord`` in the store.
        id_hash: (n,) CRC-32 of the ids, sorted. id_row: (n,) their assets.
        link_from, link_to: (l,) assets; sorted by both, then by type, group and need. link_type: (l,) index.
            link_group, link_need: (l,) as written (-1 and 0 for blank).
        measured: links with a length or latency of their own, sorted; measured_km, measured_ms: these, NaN for none.
        out_ptr: (n+1,) links that leave v are ``out_ptr[v]:out_ptr[v+1]``.
        in_ptr, in_link: links that enter v are ``in_link[in_ptr[v]:in_ptr[v+1]]``.
        carriers: (c,) assets that are in a transport mesh or an end of a joined gate, sorted.
        down, up: what to follow from an asset to those that need it, and to those that it needs.
        need_all: (m,) gates whose need is ``all``: it follows the size.
        orders: service index -> :class:`Order`. meshes: service index -> :class:`Mesh`.
        findings: what building it met, as plain data. sources: import sources with times.
    """

    revision: int
    store_id: str
    schema_digest: str
    services: list[str]
    grounded: list[bool]
    groups: list[str]
    link_types: list[str]
    assets: pa.Table
    in_service: Bools
    planned: Bools
    standby: Bools
    black_start: Bools
    manual_restart: Bools
    assumed: Bools
    removed: Bools
    start_delay_s: Floats
    endurance_s: Floats
    place: Longs
    id_hash: Indices
    id_row: Indices
    link_from: Ints
    link_to: Ints
    link_type: Bytes
    link_group: Ints
    link_need: Ints
    measured: Longs
    measured_km: Floats
    measured_ms: Floats
    out_ptr: Indices
    in_ptr: Indices
    in_link: Indices
    carriers: Ints
    need_all: Bools
    gates: Gates
    orders: dict[int, Order]
    meshes: dict[int, Mesh]
    down: Adjacency
    up: Adjacency
    state_id: str = ""
    findings: list[dict[str, Any]] = field(default_factory=list)
    sources: list[dict[str, Any]] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Number of assets."""
        return len(self.in_service)

    def save(self, folder: Path) -> None:
        """Write to *folder* at once: a reader sees all of it or nothing."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
        try:
            self._write(scratch)
            if folder.exists():
                shutil.rmtree(folder)
            scratch.replace(folder)
        except OSError:
            shutil.rmtree(scratch, ignore_errors=True)
            if not (folder / "arrays.json").exists():
                raise

    def _write(self, folder: Path) -> None:
        names: list[str] = []
        for name, value, _ in self.named():
            names.append(name)
            np.save(folder / f"{name}.npy", value, allow_pickle=False)
        with (
            pa.OSFile(str(folder / "assets.arrow"), "wb") as sink,
            pa.ipc.new_file(sink, self.assets.schema) as out,
        ):
            out.write_table(self.assets)
        head = {
            "format": FORMAT,
            "arrays": names,
            "orders": sorted(self.orders),
            "meshes": sorted(self.meshes),
            **{name: getattr(self, name) for name in _SCALARS},
        }
        (folder / "arrays.json").write_text(json.dumps(head), encoding="utf-8")

    def named(self) -> Iterator[tuple[str, np.ndarray[Any, Any], str]]:
        """Every array with its name (as in ``gates.owner``) and the name of its type (as in ``Ints``)."""
        holders: list[tuple[str, Any]] = [
            ("", self),
            ("gates.", self.gates),
            ("down.", self.down),
            ("up.", self.up),
            *((f"order.{s}.", order) for s, order in self.orders.items()),
            *((f"mesh.{s}.", mesh) for s, mesh in self.meshes.items()),
        ]
        for prefix, holder in holders:
            for item in fields(holder):
                value = getattr(holder, item.name)
                if isinstance(value, np.ndarray):
                    yield prefix + item.name, value, str(item.type)

    @classmethod
    def load(cls, folder: Path) -> Arrays:
        """Open a saved snapshot by memory map, as it is; :func:`twin.snapshot.check.opened` checks it too.

        Raises:
            SnapshotError: missing, damaged or of another format.
        """
        try:
            head = json.loads((folder / "arrays.json").read_text(encoding="utf-8"))
            if head["format"] != FORMAT:
                raise SnapshotError(f"{folder} has format {head['format']}, this version reads {FORMAT}")

            def part(kind: type, prefix: str) -> Any:
                return kind(**{f.name: _open(folder / f"{prefix}{f.name}.npy") for f in fields(kind)})

            own: dict[str, Any] = {name: _open(folder / f"{name}.npy") for name in head["arrays"] if "." not in name}
            with pa.memory_map(str(folder / "assets.arrow")) as source:
                assets = pa.ipc.open_file(source).read_all()
            return cls(
                assets=assets,
                gates=part(Gates, "gates."),
                down=part(Adjacency, "down."),
                up=part(Adjacency, "up."),
                orders={s: part(Order, f"order.{s}.") for s in head["orders"]},
                meshes={s: part(Mesh, f"mesh.{s}.") for s in head["meshes"]},
                **own,
                **{name: head[name] for name in _SCALARS},
            )
        except (OSError, EOFError, ValueError, KeyError, TypeError, pa.ArrowInvalid) as error:
            raise SnapshotError(f"{folder}: {error}") from error


_SCALARS = (
    "revision",
    "store_id",
    "state_id",
    "schema_digest",
    "services",
    "grounded",
    "groups",
    "link_types",
    "findings",
    "sources",
)


def _open(path: Path) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    # A memory map is a subclass that kernels compile a second time for; a plain view shares the pages.
    return array.view(np.ndarray)
