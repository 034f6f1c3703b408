"""A composition root for Python: what ``Twin.open()`` and ``Twin.connect(url)`` take from the settings (``TWIN_*``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.settings import load_settings

if TYPE_CHECKING:
    from twin.settings import Settings


def settings_of_process() -> Settings:
    """The settings that the environment names. Raises SettingsError."""
    return load_settings()


def api_key() -> str | None:
    """The key for APIs that the environment names (``TWIN_API_KEY``), None without one. Raises SettingsError."""
    key = load_settings().api_key
    return None if key is None else key.get_secret_value()
