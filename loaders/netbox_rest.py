"""The pages of a live NetBox, saved as files: the export that the import then reads like any other."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from loaders.netbox_objects import MODELS
from loaders.netbox_options import NetboxOptions
from twin.errors import SourceUnreadable

#: Bytes of one page, objects of one list.
MAX_PAGE, MAX_OBJECTS = 256 << 20, 5_000_000
#: Answers that may be better next time, and the longest wait before it (seconds).
PASSING, MAX_WAIT = {429, 500, 502, 503, 504}, 30.0
OURS = re.compile(r"[a-z]+\.[a-z-]+\.\d{5}\.json\Z|instance\.json\Z")
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the machine that it is for and to no other."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        fp.close()
        where = urllib.parse.urlsplit(newurl)
        raise SourceUnreadable(
            f"{_bare(req.full_url)} sends on to {where.scheme}://{where.netloc}", fix="Give that URL, if it is right."
        )


class Api:
    """One NetBox.

    Raises:
        SourceUnreadable: the URL cannot be used, or the token is not there.
    """

    def __init__(self, options: NetboxOptions) -> None:
        self.options = options
        url = urllib.parse.urlsplit(options.url or "")
        if url.scheme not in ("http", "https") or not url.hostname or url.username or url.query:
            raise SourceUnreadable(
                "the option url is no plain web address", fix='Write it like url = "https://netbox.example.org".'
            )
        if url.scheme == "http" and url.hostname not in LOOPBACK and not options.plain_http:
            fix = "Use https://, or set plain_http = true."
            raise SourceUnreadable(f"{url.hostname}: the token would go over the net in the clear", fix=fix)
        path = url.path.rstrip("/").removesuffix("/api")
        self.root = f"{url.scheme}://{url.netloc}{path}/api/"
        token = os.environ.get(options.token_env, "").strip()
        if not token or not token.isascii() or not token.isprintable():
            fix = f"export {options.token_env}=... (or name another variable with token_env)"
            raise SourceUnreadable(f"the environment variable {options.token_env} holds no API token", fix=fix)
        scheme = "Bearer" if token.startswith("nbt_") else "Token"
        self._headers = {"Authorization": f"{scheme} {token}", "Accept": "application/json"}
        self._open = urllib.request.build_opener(_NoRedirect()).open

    def get(self, path: str) -> dict[str, Any]:
        """The JSON object at a path below ``/api/``.

        Raises:
            SourceUnreadable: no answer, a refusal, or no JSON.
        """
        data = self._read(path)
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise SourceUnreadable(f"{self.root}{_bare(path)} answers with no JSON object", fix="Is the URL a NetBox?")
        return document

    def _read(self, path: str) -> bytes:
        for attempt in range(self.options.retries + 1):
            last = attempt == self.options.retries
            wait = min(MAX_WAIT, 0.5 * 2**attempt)
            try:
                request = urllib.request.Request(self.root + path, headers=self._headers)  # noqa: S310 only http(s)
                with self._open(request, timeout=self.options.timeout_s) as answer:
                    data: bytes = answer.read(MAX_PAGE + 1)
                if len(data) > MAX_PAGE:
                    raise SourceUnreadable(f"{self.root}{_bare(path)}: a page is too large", fix="Set a smaller page.")
                return data
            except urllib.error.HTTPError as error:
                error.close()
                if error.code not in PASSING or last:
                    raise self._refused(path, error.code) from None
                wait = _asked(error.headers.get("Retry-After"), wait)
            except (OSError, http.client.HTTPException) as error:
                if last:
                    reason = getattr(error, "reason", None) or error
                    text = f"{self.root}{_bare(path)} does not answer: {str(reason)[:200] or type(error).__name__}"
                    raise SourceUnreadable(text, fix="Check the URL and that it can be reached from here.") from None
            time.sleep(wait)
        raise AssertionError("unreachable")  # the last attempt returns or raises

    def _refused(self, path: str, code: int) -> SourceUnreadable:
        where = f"{self.root}{_bare(path)}"
        app, _, rest = path.partition("/")
        permission = f"{app}.view_{_model(app, rest.partition('/')[0])}"
        says = {
            401: ("the token is not known there", f"Put a token that is in force into {self.options.token_env}."),
            403: (
                "the token may not read this",
                f"Give the token's user the permission {permission}, or check that the token in "
                f"{self.options.token_env} is in force and allowed from here.",
            ),
            404: ("there is no such page", "Give the address of NetBox itself, version 3.3 or newer."),
        }
        what, fix = says.get(code, ("the server failed" if code >= 500 else "the server refuses", "Try again later."))
        return SourceUnreadable(f"{where}: {what} (HTTP {code})", fix=fix)

    def pages(self, path: str) -> list[dict[str, Any]]:
        """All pages of a list, asked for by offset; once more from the start if it changed meanwhile.

        Raises:
            SourceUnreadable: see :meth:`get`; or the list does not hold still, or is too long.
        """
        for _ in range(2):
            pages: list[dict[str, Any]] = []
            seen: set[Any] = set()
            got = 0
            while True:
                query = urllib.parse.urlencode({"limit": self.options.page, "offset": got, "ordering": "id"})
                page = self.get(f"{path}/?{query}")
                results, count = page.get("results"), page.get("count")
                if not isinstance(results, list) or not isinstance(count, int):
                    raise SourceUnreadable(f"{self.root}{path}/ is no list of NetBox", fix="Is the URL a NetBox?")
                pages.append(page)
                got += len(results)
                seen |= {one.get("id") for one in results if isinstance(one, dict)}
                if got > MAX_OBJECTS:
                    raise SourceUnreadable(f"{self.root}{path}/ does not end", fix="Import a dump instead.")
                if not results or got >= count:
                    break
            if len(seen) == got == pages[-1]["count"]:
                return pages
        raise SourceUnreadable(f"{self.root}{path}/ changes while it is read", fix="Run the import again.")


def _model(app: str, last: str) -> str:
    model = next((m for m, path in MODELS.items() if path == f"{app}/{last}"), "")
    return model.partition(".")[2] or last


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _asked(text: str | None, wait: float) -> float:
    return min(MAX_WAIT, float(text)) if text is not None and text.isdecimal() else wait


def fetch(folder: Path, options: NetboxOptions) -> None:
    """Save the pages of the instance into *folder*, in place of the pages that are there.

    Nothing changes until all of them are here. Contacts are only asked for if they are wanted.

    Raises:
        SourceUnreadable: the instance does not answer or refuses, or *folder* holds something else.
    """
    api = Api(options)
    if folder.exists() and not (folder.is_dir() and all(OURS.match(p.name) for p in folder.iterdir())):
        fix = "With url, `path` is a folder of its own for the pages of the instance."
        raise SourceUnreadable(f"{folder} holds something else than pages of a NetBox", fix=fix)
    status = api.get("status/")
    new = folder.with_name(f"{folder.name}.new-{os.getpid()}")
    try:
        new.mkdir(parents=True)
        about = {"netbox": str(status.get("netbox-version", "")), "url": api.root}
        (new / "instance.json").write_text(json.dumps(about) + "\n", encoding="utf-8")
        for model, path in MODELS.items():
            if model.startswith("tenancy.contact") and not options.contacts:
                continue
            for number, page in enumerate(api.pages(path), start=1):
                name = f"{path.replace('/', '.')}.{number:05}.json"
                (new / name).write_text(json.dumps({"results": page["results"]}), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    except OSError as error:
        raise SourceUnreadable(f"{folder} cannot be written: {error.strerror}", fix="Choose another path.") from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
