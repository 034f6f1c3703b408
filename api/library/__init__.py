"""The library: saved events and results under names, in one SQLite file beside the twin."""

from __future__ import annotations

from api.library.database import Database
from api.library.events import SavedEvent
from api.library.library import Library
from api.library.results import Saved

__all__ = ["Database", "Library", "Saved", "SavedEvent"]
