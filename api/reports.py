"""Reports of imports as the API gives them: where files lie on the server is nobody's business."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, Response


def public(report: Mapping[str, Any], rejects: str | None = None) -> dict[str, Any]:
    """A report without paths of the server.

    Args:
        rejects: address of the API at which all rejects are, if they are.
    """
    return {**report, "rejects_file": rejects, "report_file": None}


def rejects_csv(path: Path) -> Response:
    """The file with all rejects, for download."""
    headers = {"Cache-Control": "private, no-cache"}
    return FileResponse(path, headers=headers, media_type="text/csv", filename="rejects.csv")
