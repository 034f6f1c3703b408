"""Loaders: the formats that can be imported, and the options of each."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import Request, Response

from api import wire_uploads as wire
from api.answers import tagged
from api.deps import NO_QUERY
from api.errors import documented
from api.section import Section
from loaders.described import describe
from twin.errors import UnknownLoader
from twin.ingest.loader import available, load_loader

router = Section(tags=["imports"])


@router.get(
    "/loaders",
    operation_id="listLoaders",
    summary="Formats that can be imported",
    dependencies=[NO_QUERY],
    responses={200: {"model": wire.LoaderList}, **documented([400])},
)
def list_loaders(request: Request) -> Response:
    """Every loader that is installed, what it reads, and its options."""
    return tagged(request, {"loaders": _described()})


@cache
def _described() -> list[dict[str, Any]]:
    found = []
    for name in available():
        try:
            found.append(describe(load_loader(name)))
        except UnknownLoader:  # its package is broken; the others are not
            continue
    return found
