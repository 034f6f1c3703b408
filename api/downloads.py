"""Downloads: files made once for each state and question, with ranges, and layers that are sent as they are made."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.answers import not_modified

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.export.files import FileFormat
    from twin.export.layer import Layer

#: Files that are kept for further ranges, bytes of them, and seconds that one is kept unused.
MOST, MOST_BYTES, KEPT_S = 16, 4_000_000_000, 600.0


@dataclass
class Kept:
    """A file that was made; ``tag`` is its strong entity tag, ``users`` are sending it now."""

    path: Path
    tag: str
    users: int = 0
    used_at: float = field(default_factory=monotonic)


class Files:
    """Files made for downloads, in a folder of their own that goes when the server ends.

    A client that reads a file piece by piece is given pieces of one file. One file is made at a time.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()

    def lease(self, key: str, suffix: str, make: Callable[[Path], None]) -> Kept:
        """The file of *key*, made by *make* if it is not there; to be given back with :meth:`release`."""
        with self._making:
            kept = self._taken(key)
            if kept is not None:
                return kept
            path = self._home() / f"{uuid4().hex}{suffix}"
            try:
                make(path)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
            with self._lock:
                kept = self._kept[key] = Kept(path, f'"{key}-{path.name[:8]}"', users=1)
                self._forget()
            return kept

    def release(self, kept: Kept) -> None:
        """One who was sending the file is done."""
        with self._lock:
            kept.users -= 1
            kept.used_at = monotonic()
            self._forget()

    def close(self) -> None:
        """Remove all files."""
        with self._lock:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self._kept.clear()

    def _taken(self, key: str) -> Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                kept.users += 1
                self._kept.move_to_end(key)
            return kept

    def _home(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="twin-files-"))
            return self._folder

    def _forget(self) -> None:
        """Remove what nobody sends and what is old or beyond the bounds, the longest unused first."""
        total = sum(kept.path.stat().st_size for kept in self._kept.values())
        for key, kept in list(self._kept.items()):
            old = monotonic() - kept.used_at > KEPT_S
            if kept.users == 0 and (old or len(self._kept) > MOST or total > MOST_BYTES):
                total -= kept.path.stat().st_size
                kept.path.unlink(missing_ok=True)
                del self._kept[key]


class _Sent(FileResponse):
    """A kept file, whole or in ranges, given back when it is sent or the client is gone."""

    def __init__(self, files: Files, kept: Kept, name: str, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(kept.path, headers={**headers, "ETag": kept.tag}, media_type=media_type, filename=name)
        self._files, self._lent = files, kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; of a HEAD only the headers."""
        if scope.get("state", {}).get("head"):
            scope = {**scope, "method": "HEAD"}
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._files.release(self._lent)


@dataclass(frozen=True)
class Asked:
    """A download that is asked for.

    Attributes:
        form: the format. name: of the file, without a suffix. headers: of the answer; its ``ETag`` names the state.
        parts: gives it in pieces, where the format is streamed. make: writes it to a file, where it is not.
    """

    form: FileFormat
    name: str
    headers: dict[str, str]
    parts: Callable[[], Iterator[bytes]]
    make: Callable[[Path], None]

    @classmethod
    def of_layers(
        cls, form: FileFormat, name: str, headers: dict[str, str], layers: Callable[[], Sequence[Layer]]
    ) -> Asked:
        """A download of layers, which *layers* makes."""
        from twin.export.files import stream, write

        return cls(form, name, headers, lambda: stream(layers(), form), lambda path: write(layers(), path, form))


def download(request: Request, asked: Asked) -> Response:
    """The answer with a download: sent while it is made, or from a file with ranges."""
    form, files = asked.form, request.app.state.files
    key = asked.headers["ETag"].removeprefix("W/").strip('"')
    headers = {name: value for name, value in asked.headers.items() if name != "ETag"}
    held = _held(request, key)
    if held is not None:
        return not_modified({**headers, "ETag": held})
    name = f"{asked.name}{form.suffix}"
    if form.streamed:
        headers |= {"ETag": f'W/"{key}"', "Content-Disposition": f'attachment; filename="{name}"'}
        if getattr(request.state, "head", False):
            return Response(b"", 200, {**headers, "Content-Type": form.media_type})
        return StreamingResponse(_started(asked.parts()), 200, headers, form.media_type)
    kept = files.lease(key, form.suffix, asked.make)
    return _Sent(files, kept, name, form.media_type, headers)


def _started(parts: Iterator[bytes]) -> Iterator[bytes]:
    """*parts*, the first already made: what is wrong with it is an answer, not a torn stream."""
    first = next(parts, b"")

    def all_parts() -> Iterator[bytes]:
        yield first
        yield from parts

    return all_parts()


def _held(request: Request, key: str) -> str | None:
    """The tag that the client holds of this state of the download, whichever file it was sent from."""
    for part in request.headers.get("if-none-match", "").split(","):
        tag = part.strip()
        if tag.removeprefix("W/").strip('"').startswith(key):
            return tag
    return None
