"""Requests to the API: addresses, the key, patience, problems."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import pyarrow as pa

from twin.errors import ApiAnswerInvalid, ApiUnavailable, InvalidParameter, LimitExceeded, TwinError
from twin.remote.problems import error_of

JSON, ARROW, GEOJSON = "application/json", "application/vnd.apache.arrow.stream", "application/geo+json"
T = TypeVar("T")
#: Rows that one answer gives, where the server does not say less.
MOST = 10_000
#: What a server says that gives less.
LESS = re.compile(r"limit: at most ([\d,]+)")
#: Seconds to wait when a busy server does not say how long, and at most.
PAUSE_S, MAX_PAUSE_S = 1.0, 30.0
#: How often a list that changes while it is read is begun again.
ATTEMPTS = 3


def path_of(*parts: str) -> str:
    """An address from its parts; what an id has of slashes and signs stays part of it."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


class Wire:
    """One API. Safe to share between threads."""

    def __init__(self, url: str, key: str | None, timeout_s: float, patience_s: float) -> None:
        """*key* goes as a bearer token; *patience_s*: seconds to go on asking a server that is busy.

        Raises:
            InvalidParameter: *url* is no address of an API.
        """
        place = urlsplit(url)
        if place.scheme.lower() not in ("http", "https") or not place.hostname or place.query or place.fragment:
            raise InvalidParameter(f"{url!r} is no address of an API", fix="Write it like https://twin.example:8000")
        self.url = url.rstrip("/")
        self.most = MOST
        self.patience_s = patience_s
        self._told = threading.local()
        headers = {"User-Agent": f"infrastructure-twin/{version('infrastructure-twin')}"}
        if key:
            if not key.isascii() or not key.isprintable():
                raise InvalidParameter("the key has characters that no key has", fix="Give the key as it was made.")
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx.Client(base_url=self.url, headers=headers, timeout=timeout_s)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @property
    def notice(self) -> str | None:
        """What the last answer to this thread said is going on."""
        told: str | None = getattr(self._told, "notice", None)
        return told

    def get(self, path: str, asked: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The JSON answer to a GET; parameters that are None are left out. Raises TwinError."""
        return self._read(self._send("GET", path, JSON, params=_given(asked)))

    def post(self, path: str, body: Mapping[str, Any], *, again: bool = True) -> dict[str, Any]:
        """The JSON answer to a POST.

        Args:
            again: a question, which may be asked again when it was not answered; what writes is sent once.

        Raises:
            TwinError.
        """
        return self._read(self._send("POST", path, JSON, json=dict(body), again=again))

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The JSON answer to what writes, which is sent once; *more* as httpx takes it (a form). Raises TwinError."""
        how = more if body is None else {"json": dict(body), **more}
        return self._read(self._send(method, path, JSON, again=False, **how))

    def text(self, path: str) -> str:
        """The answer to a GET as text. Raises TwinError."""
        return self._send("GET", path, "*/*").text

    def items(self, path: str, most: int | None = None) -> Iterator[dict[str, Any]]:
        """The rows of all pages of a list (*most* at most), each page asked for when it is reached.

        Raises:
            TwinError.
        """
        left, cursor = most, None
        while left is None or left > 0:
            page = self.fitting(partial(self._page, path, cursor, left))
            yield from page["items"]
            left, cursor = None if left is None else left - len(page["items"]), page["cursor"]
            if cursor is None:
                return

    def _page(self, path: str, cursor: str | None, left: int | None, most: int) -> dict[str, Any]:
        return self.get(path, {"limit": most if left is None else min(most, left), "cursor": cursor})

    @contextmanager
    def stream(self, path: str, headers: Mapping[str, str]) -> Iterator[httpx.Response]:
        """The answer to a GET before it is read: its body comes as the server sends it.

        Raises:
            TwinError: the server refuses it, or the line breaks.
        """
        try:
            with self._client.stream("GET", path, headers=dict(headers)) as response:
                if not response.is_success:
                    response.read()
                    raise self._problem(response)
                yield response
        except httpx.HTTPError as error:
            raise ApiUnavailable(f"{self.url} cannot be reached: {error}") from error

    def table(self, path: str, asked: Mapping[str, Any]) -> tuple[pa.Table, dict[str, Any]]:
        """The answer to a GET as an Arrow table, and what it says beside the table. Raises TwinError."""
        response = self._send("GET", path, ARROW, params=_given(asked))
        try:
            table = pa.ipc.open_stream(response.content).read_all()
            beside = json.loads((table.schema.metadata or {})[b"twin"])
        except (pa.ArrowInvalid, KeyError, ValueError) as error:
            raise self._strange(response, f"it is no Arrow stream: {error}") from error
        self._told.notice = beside.get("notice")
        return table.replace_schema_metadata(), beside

    def features(self, path: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a GET as GeoJSON. Raises TwinError."""
        return self._read(self._send("GET", path, GEOJSON, params=_given(asked)))

    def fitting(self, ask: Callable[[int], T]) -> T:
        """What *ask* gives for as many rows as this server gives at once; asks again when that is less.

        Raises:
            TwinError.
        """
        try:
            return ask(self.most)
        except (InvalidParameter, LimitExceeded) as error:
            less = LESS.match(error.detail)
            if less is None:
                raise
            self.most = int(less[1].replace(",", ""))
            return ask(self.most)

    def whole(
        self, path: str, asked: Mapping[str, Any], most: int | None = None, page: int = 100_000
    ) -> tuple[pa.Table, dict[str, Any]]:
        """All pages of a list (at most *most* rows) as one table, and what the first page says beside it.

        All pages are of one revision: when the twin changes meanwhile, the list is begun again.

        Raises:
            TwinError.
        """
        for _ in range(ATTEMPTS):
            try:
                return self._whole(path, asked, most, page)
            except _Moved:
                continue
        raise ApiUnavailable(f"{path} changed {ATTEMPTS} times while it was read", fix="Ask again in a moment.")

    def _whole(
        self, path: str, asked: Mapping[str, Any], most: int | None, page: int
    ) -> tuple[pa.Table, dict[str, Any]]:
        table, first = self.table(path, {**asked, "limit": page if most is None else max(1, min(page, most))})
        parts, cursor = [table], first.get("cursor")
        while cursor is not None and (most is None or sum(map(len, parts)) < most):
            try:
                table, beside = self.table(path, {**asked, "limit": page, "cursor": cursor})
            except InvalidParameter as error:
                if error.detail.startswith("cursor:"):
                    raise _Moved from error
                raise
            if beside.get("revision") != first.get("revision"):
                raise _Moved
            parts.append(table)
            cursor = beside.get("cursor")
        found = pa.concat_tables(parts, promote_options="default")
        return (found if most is None else found.slice(0, most)), first

    def _send(self, method: str, path: str, accept: str, *, again: bool = True, **more: Any) -> httpx.Response:
        deadline = time.monotonic() + self.patience_s
        while True:
            response = self._once(method, path, accept, again, more)
            if response.is_success:
                return response
            error = self._problem(response)
            wait = _pause(response)
            if response.status_code != 503 or not again or time.monotonic() + wait > deadline:
                raise error
            time.sleep(wait)

    def _once(self, method: str, path: str, accept: str, again: bool, more: Mapping[str, Any]) -> httpx.Response:
        def send() -> httpx.Response:
            return self._client.request(method, path, headers={"Accept": accept}, **more)

        try:
            return _twice(send) if again else send()
        except httpx.TimeoutException as error:
            raise ApiUnavailable(
                f"{self.url} did not answer in time", fix="Ask for less, or give Twin.connect(..., timeout_s=...) more."
            ) from error
        except httpx.HTTPError as error:
            raise ApiUnavailable(f"{self.url} cannot be reached: {error}") from error

    def _problem(self, response: httpx.Response) -> TwinError:
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind == "application/problem+json":
            document = self._read(response)
            return error_of(response.status_code, document)
        if response.status_code in (502, 503, 504):
            return ApiUnavailable(f"{self.url} answers {response.status_code}: something before the twin does")
        return self._strange(response, f"status {response.status_code}, {kind or 'no media type'}")

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        try:
            document = json.loads(response.content)
        except ValueError as error:
            raise self._strange(response, "it is no JSON") from error
        if not isinstance(document, dict):
            raise self._strange(response, "it is no object")
        self._told.notice = document.get("notice")
        return document

    def _strange(self, response: httpx.Response, why: str) -> ApiAnswerInvalid:
        return ApiAnswerInvalid(f"{response.request.url.copy_with(query=None)} does not answer as a twin: {why}")


class _Moved(Exception):
    """The twin changed between two pages of a list."""


def _twice(send: Callable[[], httpx.Response]) -> httpx.Response:
    """Once more when a kept connection turns out to be closed."""
    try:
        return send()
    except httpx.RemoteProtocolError:
        return send()


def _pause(response: httpx.Response) -> float:
    try:
        return min(MAX_PAUSE_S, max(0.0, float(response.headers.get("retry-after", PAUSE_S))))
    except ValueError:
        return PAUSE_S


def _given(asked: Mapping[str, Any] | None) -> dict[str, Any]:
    found = {name: value for name, value in (asked or {}).items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in found.items()}
