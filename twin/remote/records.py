"""What a server keeps under an id: the base of jobs, uploads, subscriptions, saved events and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from twin.remote.places import RemotePlaces
from twin.remote.wire import Wire, path_of


class Server(NamedTuple):
    """A server, and the places of its assets for answers that it kept."""

    wire: Wire
    places: RemotePlaces


@dataclass(repr=False)
class Record:
    """Something that the server keeps, as it was when it was last looked at.

    Attributes:
        id: unguessable; ``open(id)`` of the collection finds it again. made_at: UTC, ISO 8601.
        made_by: name of the API key, None without keys.
    """

    NOUN: ClassVar[str]

    id: str
    made_at: str
    made_by: str | None
    server: Server = field(repr=False, compare=False)

    @classmethod
    def of(cls, server: Server, document: Mapping[str, Any]) -> Self:
        """The record that the server tells by this document."""
        names = {each.name for each in fields(cls)} - {"server"}
        told: dict[str, Any] = {name: document.get(name) for name in names}
        return cls(**told | cls._read(server, document) | {"server": server})

    @classmethod
    def _read(cls, server: Server, document: Mapping[str, Any]) -> dict[str, Any]:
        """Attributes that are no plain data, from the document."""
        return {}

    def _take(self, document: Mapping[str, Any]) -> Self:
        vars(self).update(vars(type(self).of(self.server, document)))
        return self

    def __repr__(self) -> str:
        """One line."""
        return f"<{type(self).__name__} {self.id}: {self._said()}>"

    def _said(self) -> str:
        return f"made {self.made_at}"

    @property
    def _path(self) -> str:
        return path_of(self.NOUN, self.id)

    @property
    def url(self) -> str:
        """The address to share: whoever may read finds it there."""
        return self.server.wire.url + self._path

    def reload(self) -> Self:
        """Look again; this very object. Raises NotFound: it was removed."""
        return self._take(self.server.wire.get(self._path))

    def _removed(self) -> None:
        self.server.wire.send("DELETE", self._path)


R = TypeVar("R", bound=Record)


class Collection(Generic[R]):
    """What a server keeps of one sort."""

    _of: type[R]

    def __init__(self, server: Server) -> None:
        self._server = server

    def all(self, limit: int | None = None) -> list[R]:
        """Everything that is kept (or the newest *limit*), newest first; ``open`` has the rest of each."""
        return list(self._rows(limit))

    def open(self, id: str) -> R:
        """The one with this id. Raises NotFound."""
        return self._of.of(self._server, self._server.wire.get(path_of(self._of.NOUN, id)))

    def _rows(self, limit: int | None) -> Iterator[R]:
        for row in self._server.wire.items(path_of(self._of.NOUN), limit):
            yield self._of.of(self._server, row)
