"""How much one request may ask for. Every list, body and walk of the API has a bound."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one request.

    Attributes:
        page: rows of a list when the request does not say.
        max_page: rows of a list at most.
        max_rows: the same in the formats that are written column by column.
        answer: rows of an answer that has no pages; ten times as many in the formats written column by column.
        failed: assets that one event may name.
        depth: hops that one dependency question may follow.
        text: characters of a search text or an id (a source, a colon and 1,000 of the native id fit).
        cursor: characters of a cursor.
        body: bytes of a request body. upload: bytes of the files that one upload sends.
        vertices: corners of a hazard's polygons.
        private_webhooks: whether webhooks may lead to this machine and to private networks.
        places: requests that are answered at once; those beyond are told to come back.
        patience_s: seconds that the next part of a body may take.
    """

    page: int = 100
    max_page: int = 10_000
    max_rows: int = 100_000
    answer: int = 100_000
    failed: int = 10_000
    depth: int = 1_000
    text: int = 1_100
    cursor: int = 8_000
    body: int = 4 * 1024 * 1024
    upload: int = 1024 * 1024 * 1024
    vertices: int = 100_000
    private_webhooks: bool = False
    places: int = 64
    patience_s: float = 30.0
