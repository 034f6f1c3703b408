"""The answer in the format that the client wants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.formats import encode
from api.formats.choice import chosen
from api.formats.format import ARROW, COLUMNS, CSV, GEOJSON, JSON, Format
from api.formats.layers import layer_parts
from twin.export.answers import MAIN
from twin.export.comma import csv_of
from twin.export.layer import Layer, flat
from twin.export.places import named, shapes_at
from twin.snapshot.catalogue import Catalogue

VARY = {"Vary": "Accept"}


@dataclass(frozen=True)
class Reply:
    """An answer before it has a format; what a format does not need is not made.

    Attributes:
        name: of the question, and of a file with the answer. document: makes the JSON document.
        table: makes its main table. beside: makes what the document says beside the table.
        at: the column that says where a row is, see :class:`twin.export.answers.Main`.
    """

    name: str
    document: Callable[[], Mapping[str, Any]]
    table: Callable[[], pa.Table]
    beside: Callable[[], Mapping[str, Any]]
    at: str | None

    @classmethod
    def of(cls, question: str, document: Mapping[str, Any]) -> Reply:
        """The answer with this document to a question of :data:`twin.export.answers.MAIN`."""
        main = MAIN[question]
        return cls(
            question,
            lambda: document,
            lambda: main.table(document),
            lambda: main.beside(document),
            main.at,
        )


def respond(
    request: Request,
    question: str,
    document: Mapping[str, Any],
    headers: Mapping[str, str],
    catalogue: Catalogue | None,
) -> Response:
    """*document* in the format that the client wants.

    Args:
        question: whose answer it is, see :data:`twin.export.answers.MAIN`. headers: of the answer in any format.
        catalogue: of the snapshot that it is about, for names and places; None when it is about none.
    """
    return give(request, Reply.of(question, document), headers, catalogue)


def give(request: Request, reply: Reply, headers: Mapping[str, str], catalogue: Catalogue | None) -> Response:
    """*reply* in the format that the client wants; see :func:`respond`."""
    asked = chosen(request)
    more = {**headers, **VARY}
    if asked is JSON:
        return Response(encode.document(reply.document()), 200, more, JSON.media_type)
    if asked.file:
        more["Content-Disposition"] = f'attachment; filename="{reply.name}{asked.suffix}"'
    table = reply.table()
    if catalogue is not None:
        table = named(catalogue, table)
    if asked.layer is not None:
        layer = Layer(reply.name, flat(table), shapes_at(catalogue, table, reply.at))
        return StreamingResponse(layer_parts(layer, asked.layer), 200, more, asked.media_type)
    return Response(_body(asked, reply, table, catalogue), 200, more, asked.media_type)


def _body(asked: Format, reply: Reply, table: pa.Table, catalogue: Catalogue | None) -> bytes | memoryview:
    if asked is CSV:
        return csv_of(table)
    beside = reply.beside()
    if asked is GEOJSON:
        return encode.geojson(table, beside, shapes_at(catalogue, table, reply.at))
    if asked is COLUMNS:
        return encode.columns(table, beside)
    return encode.arrow(table, beside) if asked is ARROW else encode.parquet(table, beside)
