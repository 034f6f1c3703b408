"""The words of the docs are true: links lead somewhere, commands, options and settings exist, pictures are there."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from twin.cli.main import build
from twin.settings import Settings

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    p
    for p in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "samples").rglob("*.md")]
    if "node_modules" not in p.parts
)
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


@cache
def root() -> TyperGroup:
    command = typer.main.get_command(build())
    assert isinstance(command, TyperGroup)
    return command


def commands(text: str) -> Iterator[list[str]]:
    """Every `twin ...` command line of a page: in fenced blocks at the start of a line, and in backticks."""
    lines = [line.strip() for block in FENCE.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    lines += re.findall(r"`([^`\n]+)`", FENCE.sub("", text))
    for line in lines:
        found = re.match(r"(?:\$ )?(?:\.venv/bin/)?twin ((?:[a-z]|--?[a-z]).*)$", line)
        if found and "|" not in found.group(1):
            yield shlex.split(found.group(1), comments=True)


def options(command: Any) -> set[str]:
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target, anchor in LINK.findall(text):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path = (page.parent / target).resolve()
        assert path.exists(), f"{page.name} links to {target}"
        if anchor and path.suffix == ".md":
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
            assert anchor in slugs, f"{page.name} links to {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_and_options_exist(page: Path) -> None:
    for words in commands(page.read_text(encoding="utf-8")):
        name, *rest = words
        if name.startswith("-"):
            assert name in options(root()) | {"--help", "-h"}
            continue
        assert name in root().commands, f"{page.name}: twin {name}"
        command = root().commands[name]
        known = options(command) | {"--help", "-h"}
        if rest and rest[0] in getattr(command, "commands", {}):  # a group: twin keys add
            known |= options(command.commands[rest[0]])
        given = {word.split("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
        assert given <= known, f"{page.name}: twin {shlex.join(words)}"


def test_readme_shows_the_two_commands_and_a_picture() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+\.(?:svg|png))\)", text)
    assert pictures
    assert all((ROOT / picture).stat().st_size > 10_000 for picture in pictures)


def test_settings_named_in_the_docs_exist() -> None:
    known = {f"TWIN_{name.upper()}" for name in Settings.model_fields}
    known |= {
        str(alias)
        for field in Settings.model_fields.values()
        for alias in (field.validation_alias, *getattr(field.validation_alias, "choices", ()))
        if alias
    }
    known |= {"TWIN_CI", "TWIN_SHARED", "TWIN_SIMBENCH", "TWIN_PANDAPOWER", "TWIN_MATPOWER"}  # of the tests
    for page in PAGES:
        for name in re.findall(r"\bTWIN_[A-Z0-9_]+\b", page.read_text(encoding="utf-8")):
            assert name in known, f"{page.relative_to(ROOT)} names {name}"


def test_page_of_commands_is_what_the_program_says() -> None:
    spec = importlib.util.spec_from_file_location("scripts_docs", ROOT / "scripts" / "docs.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = module.command_page()
    assert all(f"## twin {name}" in page for name in root().commands)
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == page, "run: make docs"
