"""Exports sent over HTTP: received to disk, unpacked, tried (a dry run), and imported."""

from __future__ import annotations

from api.uploads.shelf import Upload, Uploads

__all__ = ["Upload", "Uploads"]
