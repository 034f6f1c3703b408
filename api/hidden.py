"""Secrets that must not reach a log or an answer: API keys, passwords, and what stands in an address or a header."""

from __future__ import annotations

import re
from urllib.parse import quote

MASK = "***"
#: What API keys look like: a mark, then 256 random bits.
KEY = re.compile(r"twin_[A-Za-z0-9_-]{43}")
#: ``scheme://user:password@host``, and what follows the scheme of an ``Authorization`` header.
IN_ADDRESS = re.compile(r"(://[^/\s:@\"']{0,200}:)[^/\s@\"']{1,500}(?=@)")
IN_HEADER = re.compile(r"\b((?:Bearer|Basic)\s+)(?!realm=)[A-Za-z0-9+/_.~=-]{8,}", re.IGNORECASE)
#: A shorter password would take ordinary words out of messages.
SHORTEST = 4


class Hidden:
    """Takes secrets out of texts: what looks like one, and those that it was told."""

    def __init__(self) -> None:
        self._told: tuple[str, ...] = ()

    def know(self, *secrets: str) -> None:
        """Hide these from now on, also as JSON or an address writes them."""
        forms = {form for s in secrets if len(s) >= SHORTEST for form in (s, quote(s, safe=""), _in_json(s))}
        self._told = tuple(sorted(forms.union(self._told), key=len, reverse=True))

    def clean(self, text: str) -> str:
        """*text* with every secret masked."""
        for secret in self._told:
            text = text.replace(secret, MASK)
        if "://" in text:
            text = IN_ADDRESS.sub(rf"\g<1>{MASK}", text)
        return IN_HEADER.sub(rf"\g<1>{MASK}", KEY.sub(f"twin_{MASK}", text))


def _in_json(secret: str) -> str:
    return secret.replace("\\", "\\\\").replace('"', '\\"')
