"""`make docs`: write the pages that are generated. Tests hold the committed files to the same text."""

from __future__ import annotations

import json
from pathlib import Path

from twin.schema import default_schema
from twin.schema.generate import json_schema, reference_page

ROOT = Path(__file__).resolve().parent.parent


def pages() -> dict[str, str]:
    """Path below the project -> text of every generated page."""
    from api.app import create_app

    schema = default_schema()
    return {
        "docs/schema.md": reference_page(schema),
        "docs/rows.schema.json": json.dumps(json_schema(schema), indent=1, ensure_ascii=False) + "\n",
        "docs/openapi.json": json.dumps(create_app().openapi(), indent=2, ensure_ascii=False) + "\n",
    }


def main() -> None:
    """Write every page whose text has changed."""
    for name, text in pages().items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")


if __name__ == "__main__":
    main()
