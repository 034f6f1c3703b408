"""Base of all answers: plain data and back, table, layer, graph, picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Self

from twin.errors import InvalidParameter

if TYPE_CHECKING:
    import geopandas
    import networkx as nx
    import pyarrow as pa

    from twin.display.where import Where


class Answer:
    """An answer of the twin, whether it was given in this process or over HTTP.

    Attributes:
        QUESTION: name of the question, see :data:`twin.export.answers.MAIN`.
    """

    QUESTION: ClassVar[str]
    _where: Where | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        raise TypeError(f"{type(self).__name__} has no plain form")

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """The answer that has this plain form: ``from_dict(x.to_dict()) == x``."""
        names = [field.name for field in fields(cls) if field.name in document]  # type: ignore[arg-type]
        return cls(**{name: document[name] for name in names})

    def placed(self, where: Where) -> Self:
        """This answer, which asks *where* for the places of its assets from now on."""
        self._where = where
        return self

    def to_arrow(self) -> pa.Table:
        """The main table of the answer: what is affected, the ranking, the routes; see docs/python.md."""
        from twin.export.answers import MAIN

        return MAIN[self.QUESTION].table(self.to_dict())

    def to_geodataframe(self) -> geopandas.GeoDataFrame:
        """The main table as a layer in WGS 84, one feature per row; ``geometry`` is None where a row has no place.

        A row about several assets (a cut set, a finding, a scenario) is where all of them are, as a MultiPoint.

        Raises:
            InvalidParameter: the answer does not know where assets are: it was rebuilt from plain data.
        """
        from twin.display.layer import layer_of

        if self._where is None:
            raise InvalidParameter(
                "this answer does not know where its assets are", fix="Give it a twin: answer.placed(twin.places)"
            )
        return layer_of(self.QUESTION, self.to_arrow(), self._where)

    def to_networkx(self) -> nx.DiGraph[str]:
        """The answer as a graph, from what supplies (or failed) to what needs it; see :mod:`twin.display.graph`.

        Raises:
            MissingExtra: networkx is not installed.
        """
        from twin.display.graph import graph_of

        return graph_of(self.QUESTION, self.to_dict())

    def __repr__(self) -> str:
        """One line; see ``_repr_html_`` for more."""
        from twin.display.said import said

        return f"<{type(self).__name__}: {said(self)}>"

    def _repr_html_(self) -> str:
        """For notebooks: a map and a table, as plain HTML and SVG."""
        from twin.display.page import page_of

        return page_of(self)
