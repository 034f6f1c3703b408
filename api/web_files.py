"""The files of the map's page: our own, and of each vendored library what ``api/web/vendor.json`` allows."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
}
#: Of our own folder, what a browser needs.
OWN = ("app.css", "app/**/*.js", "app/**/*.css", "app/**/*.svg")
PAGE = "index.html"
IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)
#: The page says by this attribute that the libraries are not there, so that it need not ask for them.
MISSING = '<html lang="en" data-libraries="missing"'


@dataclass(frozen=True)
class WebFile:
    """A file as it is sent."""

    content: bytes
    media_type: str

    @cached_property
    def tag(self) -> str:
        """Entity tag: a digest of the content."""
        return f'"{sha256(self.content).hexdigest()[:20]}"'

    @cached_property
    def packed(self) -> bytes:
        """The content, gzipped."""
        return gzip.compress(self.content, 6, mtime=0)


class WebFiles:
    """What may be served from the folder *root* (``api/web`` of the installed package)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        allowed: dict[str, dict[str, str]] = json.loads((root / "vendor.json").read_text(encoding="utf-8"))
        self._vendored = {
            f"vendor/{library}/{name}": (root / "vendor" / library / name, root / "node_modules" / library / inside)
            for library, files in allowed.items()
            for name, inside in files.items()
        }

    def find(self, name: str) -> WebFile | None:
        """The file that is served as ``/web/<name>``; None when there is none, or when it may not be read."""
        for path in self._vendored.get(name) or self._own(name):
            if path.is_file():
                return _read(path, path.stat().st_mtime_ns)
        return None

    def page(self) -> WebFile:
        """The page itself; it says when libraries are missing."""
        page = _read(self.root / PAGE, (self.root / PAGE).stat().st_mtime_ns)
        if self.complete:
            return page
        text = page.content.decode().replace('<html lang="en"', MISSING, 1)
        return WebFile(text.encode(), page.media_type)

    @property
    def complete(self) -> bool:
        """Whether every vendored file is there."""
        return all(any(path.is_file() for path in places) for places in self._vendored.values())

    def policy(self) -> str:
        """The page's content security policy: its own files only, and the import map by its hash."""
        found = IMPORT_MAP.search((self.root / PAGE).read_text(encoding="utf-8"))
        digest = b64encode(sha256(found.group(1).encode()).digest()).decode() if found else ""
        return (
            f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; connect-src 'self'; "
            "img-src 'self' data: blob:; worker-src 'self' blob:; font-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"
        )

    def _own(self, name: str) -> tuple[Path, ...]:
        path = self.root / name
        wanted = not any(part in ("", ".", "..") for part in name.split("/"))
        return (path,) if wanted and any(path in self.root.glob(pattern) for pattern in OWN) else ()


@lru_cache(maxsize=256)
def _read(path: Path, changed_ns: int) -> WebFile:
    """The file; read again when it has changed."""
    return WebFile(path.read_bytes(), TYPES.get(path.suffix, TYPES[""]))
