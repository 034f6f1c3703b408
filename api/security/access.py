"""Whom a server lets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.security.keys import Keyring

#: What pages of the allowed origins may send and see. No cookies: a key is sent by whoever has it.
CORS: dict[str, Any] = {
    "allow_methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    "allow_headers": [
        "Authorization", "X-API-Key", "Content-Type", "Accept", "If-None-Match", "Range", "X-Request-ID", "traceparent",
    ],
    "expose_headers": [
        "ETag", "Link", "Location", "Retry-After", "X-Request-ID", "X-Twin-Revision", "Content-Disposition",
        "Content-Range", "Accept-Ranges", "Content-Crs",
    ],
    "max_age": 600,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """Whom a server lets in.

    Attributes:
        keyring: the API keys; None, or a file without keys, asks for none.
        origins: pages of other origins that may ask by script, exactly as browsers write them
            (``https://maps.example.org``); none by default.
        local_only: as long as there are no keys, only this machine is answered, and only under its own names.
    """

    keyring: Keyring | None = None
    origins: tuple[str, ...] = ()
    local_only: bool = False

    @property
    def required(self) -> bool:
        """Whether requests need a key. Raises SettingsError: the file of keys cannot be used."""
        return self.keyring is not None and self.keyring.required
