"""API keys in a file: names, roles and salted hashes; the keys themselves are nowhere.

A key is 256 random bits, so nobody can try them all: SHA-256 of salt and key is enough. A slow hash (scrypt) protects
words that people think of, and would cost each request a tenth of a second. The salt keeps two files from telling that
they hold the same key. Every hash in the file is compared in constant time, whichever fits.

The file is looked at with each request and read again when it has changed, so that a key that was removed opens
nothing any more, without a restart.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any

import orjson

from api.security.roles import Caller, Role
from twin.errors import InvalidParameter, NotFound, SettingsError

#: Easy to find where a key should not be; see :data:`api.hidden.KEY`.
PREFIX = "twin_"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
#: Keys of one file; each costs a request about a microsecond.
MAX_KEYS = 1_000
#: Characters of a key that are looked at.
LONGEST = 200
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the file keeps it: everything but the key."""

    name: str
    role: Role
    salt: str
    hash: str
    made_at: str

    def fits(self, presented: str) -> bool:
        """Whether this is the key, told in constant time."""
        return compare_digest(_digest(self.salt, presented), self.hash)

    def to_dict(self) -> dict[str, str]:
        """What may be shown: name, role and when it was made."""
        return {"name": self.name, "role": self.role.name, "made_at": self.made_at}


def _key(row: Any) -> Key:
    return Key(str(row["name"]), Role[row["role"]], str(row["salt"]), str(row["sha256"]), str(row["made_at"]))


def _digest(salt: str, presented: str) -> str:
    return sha256(f"{salt}{presented}".encode()).hexdigest()


class Keyring:
    """The keys of one file. Safe to share between threads.

    Args:
        path: the file; one that is not there holds no keys.

    Raises:
        SettingsError: the file cannot be read, is no file of keys, or may be written by others.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: tuple[tuple[int, ...], tuple[Key, ...]] = ((), ())
        self._closed = False
        self.keys()

    @property
    def required(self) -> bool:
        """Whether requests need a key: the file holds one, or did once while this process ran."""
        self.keys()
        return self._closed

    def keys(self) -> tuple[Key, ...]:
        """All keys, in the order in which they were made. Raises SettingsError."""
        mark = self._mark()
        seen, keys = self._held
        if mark != seen:
            keys = self._read() if mark else ()
            self._held = (mark, keys)
        self._closed = self._closed or bool(keys)
        return keys

    def caller(self, presented: str) -> Caller | None:
        """Who has this key, or None. Raises SettingsError."""
        short = presented[:LONGEST]
        fitting = [key for key in self.keys() if key.fits(short)]
        return Caller(fitting[0].name, fitting[0].role) if fitting else None

    def add(self, name: str, role: Role) -> str:
        """A new key of this name; it is given back here and never again.

        Raises:
            InvalidParameter: the name is taken or not one, or there are too many. SettingsError: see above.
        """
        keys = self.keys()
        if not NAME.match(name):
            raise InvalidParameter(
                f"{name!r} is no name for a key", fix="Use letters, digits, dots, dashes and underscores: planner-1"
            )
        if any(key.name == name for key in keys):
            raise InvalidParameter(
                f"there is a key {name} already", fix=f"Choose another name, or remove it: twin keys remove {name}"
            )
        if len(keys) >= MAX_KEYS:
            raise InvalidParameter(f"there are {MAX_KEYS:,} keys already", fix="Remove some: twin keys list")
        made = PREFIX + secrets.token_urlsafe(32)
        salt = secrets.token_hex(16)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._write([*keys, Key(name, role, salt, _digest(salt, made), now)])
        return made

    def remove(self, name: str) -> None:
        """Remove a key; running servers stop taking it at once. Raises NotFound, SettingsError."""
        keys = self.keys()
        left = [key for key in keys if key.name != name]
        if len(left) == len(keys):
            raise NotFound(f"There is no key {name}", fix="List them with: twin keys list")
        self._write(left)

    def _mark(self) -> tuple[int, ...]:
        """What tells one state of the file from another; empty when there is none."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None
        if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o022:
            raise self._unusable("others may write to it", f"Close it with: chmod 600 {self.path}")
        return (found.st_mtime_ns, found.st_size, found.st_ino)

    def _read(self) -> tuple[Key, ...]:
        try:
            document: Any = orjson.loads(self.path.read_bytes())
            if document["format"] != FORMAT:
                raise ValueError("another format")
            return tuple(_key(row) for row in document["keys"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._unusable(f"it is no file of keys ({type(error).__name__})") from None

    def _unusable(self, why: str, fix: str | None = None) -> SettingsError:
        told = fix or "Mend or remove the file; keys are made with: twin keys add NAME"
        return SettingsError(f"the API keys in {self.path} cannot be used: {why}", fix=told)

    def _write(self, keys: Sequence[Key]) -> None:
        """Replace the file, all or nothing; only its owner may read it."""
        rows = [{**key.to_dict(), "salt": key.salt, "sha256": key.hash} for key in keys]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            with os.fdopen(handle, "wb") as file:  # mkstemp made it with mode 0600
                file.write(orjson.dumps({"format": FORMAT, "keys": rows}, option=orjson.OPT_INDENT_2))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError as error:
            raise self._unusable(error.strerror or str(error), "Choose another place: TWIN_API_KEYS_FILE") from None
