"""Single edits: assets and links added, changed and removed by hand, through the import plan."""

from twin.ingest.edits.edit import Edit, parse_edits
from twin.ingest.edits.run import newest, run_edits, undo

__all__ = ["Edit", "newest", "parse_edits", "run_edits", "undo"]
