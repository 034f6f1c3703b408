"""Build hook: the libraries of the map, where `npm ci` has put them, become files of the wheel and the sdist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = "api/web"


class WebLibraries(BuildHookInterface):  # type: ignore[type-arg]
    """Adds what ``api/web/vendor.json`` allows as ``api/web/vendor/<library>/<file>``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to add; none for an editable install, which reads them from ``node_modules``."""
        web = Path(self.root) / WEB
        if version == "editable" or not (web / "node_modules").is_dir():
            return
        allowed: dict[str, dict[str, str]] = json.loads((web / "vendor.json").read_text(encoding="utf-8"))
        for library, files in allowed.items():
            for name, inside in files.items():
                source = web / "node_modules" / library / inside
                build_data["force_include"][str(source)] = f"{WEB}/vendor/{library}/{name}"
