"""The formats of lists and results: which one the client wants, and the answer in it."""

from __future__ import annotations

from api.formats.ask import FORMAT_QUERY, FormatName, Formatted
from api.formats.choice import chosen
from api.formats.format import FORMATS, Format
from api.formats.respond import Reply, give, respond

__all__ = ["FORMATS", "FORMAT_QUERY", "Format", "FormatName", "Formatted", "Reply", "chosen", "give", "respond"]
