"""Receiving a multipart body part by part: files go to disk as they come, nothing is held in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fastapi.exceptions import RequestValidationError
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from api.uploads.names import safe
from twin.errors import InvalidParameter, LibraryUnavailable, LimitExceeded

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

#: Files and fields of one upload, and bytes of a field.
MAX_FILES, MAX_FIELDS, MAX_FIELD = 5_000, 30, 1 << 20


async def receive(request: Request, folder: Path, most: int) -> dict[str, str]:
    """The fields of the body; its files are written into *folder*.

    Args:
        most: bytes of the body.

    Raises:
        RequestValidationError: the body is no multipart form. LimitExceeded: it is too large or has too many parts.
        InvalidParameter: a file has no usable name, or one name comes twice. LibraryUnavailable: the disk is full.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise _unfit("multipart_expected", "the body is not declared as multipart/form-data with a boundary")
    form = Form(folder)
    try:
        parser = MultipartParser(options[b"boundary"], form.callbacks())
        async for chunk in _chunks(request, most):
            await run_in_threadpool(parser.write, chunk)
        parser.finalize()
    except MultipartParseError as error:
        raise _unfit("multipart_invalid", f"the body is no multipart form: {error}") from None
    except OSError as error:
        raise LibraryUnavailable(f"the upload cannot be written: {error.strerror or error}") from error
    except ClientDisconnect:
        raise _unfit("multipart_invalid", "the body ended before it was whole") from None
    finally:
        form.close()
    if not form.whole:
        raise _unfit("multipart_invalid", "the body ended before it was whole")
    return form.fields


async def _chunks(request: Request, most: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise LimitExceeded(f"an upload may have at most {most:,} bytes", fix="Pack it (zip), or send it in parts.")
        if chunk:
            yield chunk


def _unfit(code: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": code, "loc": ("body",), "msg": message}])


class Form:
    """Takes what the parser finds.

    Attributes:
        fields: name -> text of the parts that are no files. whole: whether the end of the form came.
    """

    def __init__(self, folder: Path) -> None:
        self.fields: dict[str, str] = {}
        self.whole = False
        self._folder = folder
        self._files = 0
        self._header = (b"", b"")
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._text: bytearray | None = None
        self._file: BinaryIO | None = None

    def callbacks(self) -> MultipartCallbacks:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._spell(data[start:end], b""),
            "on_header_value": lambda data, start, end: self._spell(b"", data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._open,
            "on_part_data": lambda data, start, end: self._take(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def close(self) -> None:
        """Close a file that is still open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._headers, self._header = {}, (b"", b"")

    def _spell(self, name: bytes, value: bytes) -> None:
        self._header = (self._header[0] + name, self._header[1] + value)

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = (b"", b"")

    def _open(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if kind != b"form-data" or b"name" not in options:
            raise MultipartParseError("a part has no name")
        self._name = options[b"name"].decode("utf-8", "replace")
        if b"filename" not in options:
            if len(self.fields) >= MAX_FIELDS:
                raise LimitExceeded(f"a form may have at most {MAX_FIELDS} fields")
            self._text = bytearray()
            return
        self._files += 1
        if self._files > MAX_FILES:
            raise LimitExceeded(f"an upload may have at most {MAX_FILES:,} files", fix="Pack them: send a zip.")
        path = safe(options[b"filename"].decode("utf-8", "replace"))
        target = self._folder.joinpath(*path.parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._file = target.open("xb")
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise InvalidParameter(f"{path} comes twice", fix="Give each file a name of its own.") from None

    def _take(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
        elif self._text is not None:
            if len(self._text) + len(data) > MAX_FIELD:
                raise LimitExceeded(f"{self._name}: a field may have at most {MAX_FIELD:,} bytes")
            self._text += data

    def _end(self) -> None:
        self.close()
        if self._text is not None:
            if self._name in self.fields:
                raise InvalidParameter(f"{self._name}: given more than once", fix="Give each field once.")
            self.fields[self._name] = self._text.decode("utf-8", "replace")
            self._text = None

    def _finish(self) -> None:
        self.whole = True
