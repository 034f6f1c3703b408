"""The schema as objects: domains, services, units, properties, kinds and link types.

Everything here is read from TOML (see :mod:`twin.schema.load`); code asks the schema and never names a kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

ANY_KIND = "*"

#: Value of ``need`` in arrays: at least one member; all members.
NEED_ANY = 1
NEED_ALL = -2


@dataclass(frozen=True, slots=True)
class Domain:
    """A field that owns kinds; ``label`` is its Neo4j label, ``colour`` its map colour."""

    name: str
    label: str
    title: str
    description: str
    colour: str


@dataclass(frozen=True, slots=True)
class Service:
    """What links deliver. In a ``grounded`` service support must lead back to a source."""

    name: str
    description: str
    grounded: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: value in base unit = value * factor."""

    name: str
    quantity: str
    factor: float


@dataclass(frozen=True, slots=True)
class Property:
    """One property of assets or links.

    ``type`` is ``string``, ``number``, ``integer``, ``boolean`` or ``enum`` (then ``values`` lists them).
    """

    name: str
    type: str
    description: str
    unit: str | None = None
    values: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    default: Any = None
    status: str = "stable"
    common: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of asset; ``label`` is its Neo4j label, ``requires`` the services it cannot do without."""

    name: str
    label: str
    domain: str
    layer: str
    geometry: str
    requires: tuple[str, ...]
    properties: tuple[str, ...]
    description: str
    counterpart: str
    status: str = "stable"


@dataclass(frozen=True, slots=True)
class LinkType:
    """A type of link. ``ends`` holds every allowed (from kind, to kind); ``*`` stands for any kind.

    ``service`` is None for information-only types. ``need`` is 1 (any), ``NEED_ALL`` or a number.
    ``joined`` marks gates whose members must also be joined through the transport mesh of the service.
    """

    name: str
    service: str | None
    effect: str
    group: str
    need: int
    mesh: bool
    joined: bool
    ends: frozenset[tuple[str, str]]
    on_delete: str
    description: str
    status: str = "stable"

    @property
    def gated(self) -> bool:
        """Whether links of this type make gates (``TRANSPORTS`` and ``WITHIN`` do not)."""
        return self.service is not None and self.effect != "none"

    def allows(self, from_kind: str, to_kind: str) -> bool:
        """Whether a link of this type may go from one kind to the other."""
        return any(
            pair in self.ends
            for pair in (
                (from_kind, to_kind),
                (from_kind, ANY_KIND),
                (ANY_KIND, to_kind),
                (ANY_KIND, ANY_KIND),
            )
        )


class SchemaText(NamedTuple):
    """A user's schema file: its name for messages, and its TOML."""

    name: str
    text: str


@dataclass(frozen=True)
class Schema:
    """The whole vocabulary. Mappings keep the order of the files; ``digest`` changes with any of it.

    ``extras`` are the user's files that it was extended with; the store keeps them with the data.
    """

    domains: Mapping[str, Domain]
    services: Mapping[str, Service]
    units: Mapping[str, Unit]
    properties: Mapping[str, Property]
    link_properties: Mapping[str, Property]
    kinds: Mapping[str, Kind]
    link_types: Mapping[str, LinkType]
    digest: str
    extras: tuple[SchemaText, ...] = ()
    _by_kind: dict[str, dict[str, Property]] = field(default_factory=dict, repr=False, compare=False)

    def kind_properties(self, kind: str) -> dict[str, Property]:
        """All properties that assets of *kind* may carry, the common ones first.

        Raises:
            KeyError: unknown kind.
        """
        found = self._by_kind.get(kind)
        if found is None:
            own = self.kinds[kind].properties
            found = {name: p for name, p in self.properties.items() if p.common}
            found.update({name: self.properties[name] for name in own})
            self._by_kind[kind] = found
        return found

    def ride_through(self, service: str) -> str:
        """Name of the property that holds the buffer of *service*, in seconds."""
        return f"ride_through_{service}_s"

    @property
    def gated_services(self) -> list[str]:
        """Services that at least one gated link type delivers, in schema order."""
        used = {t.service for t in self.link_types.values() if t.gated}
        return [name for name in self.services if name in used]

    def kinds_of(self, domain: str) -> list[str]:
        """Names of the kinds of one domain."""
        return [k.name for k in self.kinds.values() if k.domain == domain]

    def convert(self, value: float, unit: str, target: str) -> float:
        """*value* in *unit*, expressed in *target*.

        Raises:
            KeyError: a unit is unknown.
            ValueError: the units measure different quantities.
        """
        if unit == target:
            return value
        source, wanted = self.units[unit], self.units[target]
        if source.quantity != wanted.quantity:
            raise ValueError(f"{unit} measures {source.quantity}, {target} measures {wanted.quantity}")
        return value * source.factor / wanted.factor


def suggest(word: str, known: list[str] | Mapping[str, Any]) -> str:
    """A *did you mean* half-sentence for an unknown word, or an empty string."""
    close = get_close_matches(word, list(dict.fromkeys(known)), n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(close)}?" if close else ""
