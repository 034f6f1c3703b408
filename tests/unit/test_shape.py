"""House rules that no linter knows: sizes, no Cypher in Python, no registry named, codes documented."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from api.errors import FAULTS
from twin.errors import all_errors

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("twin", "loaders", "api")
CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+\Z")
#: Cypher that somebody would run: a clause followed by what only Cypher has there.
CYPHER = re.compile(
    r"\b(MATCH|MERGE|CREATE)\s*\(|\bUNWIND\s+\$|\bDETACH DELETE\b|\bCREATE (CONSTRAINT|[A-Z]* ?INDEX)\b|\bCALL db\."
)
REGISTRY = re.compile(
    r"://[a-z0-9.-]*(pypi|pythonhosted|npm|maven|debian|ubuntu)|\b(pypi\.org|registry\.npmjs|files\.pythonhosted)"
)


def modules(*folders: str) -> list[Path]:
    """Python files of the folders, without what tools put there."""
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not {"node_modules", "__pycache__"} & set(path.parts)
    ]


def tracked() -> list[Path]:
    """Files that git knows, or every file of an unpacked archive."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    return [p for p in ROOT.rglob("*") if p.is_file() and not {".venv", "node_modules"} & set(p.parts)]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and text of every string constant, parts of f-strings too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_files_stay_short() -> None:
    sizes = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in modules(*PACKAGES)}
    assert len(sizes) > 20
    assert {name: lines for name, lines in sizes.items() if lines > 400} == {}


def test_functions_stay_short() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules(*PACKAGES)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > 60
    ]
    assert long == []


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    doc = node.body[0]
    if ast.get_docstring(node) is None:
        return lines
    return lines - ((doc.end_lineno or doc.lineno) - doc.lineno + 1)


def test_public_names_say_what_they_are() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', 'module')}"
        for path in modules(*PACKAGES)
        for node in [parsed(path), *parsed(path).body]
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not getattr(node, "name", "").startswith("_")
        and (not isinstance(node, ast.Module) or node.body)
        and ast.get_docstring(node) is None
    ]
    assert bare == []


def test_no_unfinished_work_is_marked() -> None:
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|NotImplemented" + r"Error)\b")
    marked = [str(p.relative_to(ROOT)) for p in modules(*PACKAGES) if mark.search(p.read_text(encoding="utf-8"))]
    assert marked == []


def test_no_cypher_in_python() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line} {text.strip()[:60]!r}"
        for path in modules(*PACKAGES, "scripts", "bench", "samples")
        for line, text in strings(parsed(path))
        if CYPHER.search(text)
    ]
    assert found == []


def test_cypher_rule_sees_cypher() -> None:
    assert CYPHER.search("MATCH (a:Asset) RETURN a")
    assert CYPHER.search("UNWIND $rows AS row")
    assert CYPHER.search("CREATE FULLTEXT INDEX x")
    assert not CYPHER.search("a match (of words) and merge runs")


def test_no_registry_is_named() -> None:
    named = []
    for path in tracked():
        if path.suffix in {".png", ".gpkg", ".parquet", ".pyc"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if REGISTRY.search(line):
                named.append(f"{path.relative_to(ROOT)}:{number}")
    assert named == []


def test_registry_rule_sees_registries() -> None:
    assert REGISTRY.search("https:/" + "/py" + "pi.org/simple")
    assert REGISTRY.search("http:/" + "/deb.deb" + "ian.org/x")


def test_requirements_are_pinned_hashed_and_complete() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-zA-Z])", re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE).strip())
    assert len(entries) > 50
    assert [e.splitlines()[0] for e in entries if "==" not in e or "--hash=sha256:" not in e] == []
    locked = {re.sub(r"[-_.]+", "-", e.split("==")[0].split("[")[0]).lower() for e in entries}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(d for extra in project["optional-dependencies"].values() for d in extra)]
    names = {re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", d)[0]).lower() for d in wanted}
    assert names - locked == set(), "run: make lock"


def test_makefile_has_at_most_ten_documented_targets() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    documented = re.findall(r"^([a-z]+):.*## .", text, flags=re.MULTILINE)
    assert 5 <= len(documented) <= 10
    assert {"demo", "test", "check", "soak", "bench"} <= set(documented)
    phony = re.search(r"^\.PHONY: (.*)$", text, flags=re.MULTILINE)
    assert phony
    assert sorted(phony.group(1).split()) == sorted(documented)


def sections(page: str) -> list[str]:
    """Second-level headings of a page of codes."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(r"^## `?([a-z_0-9]+)`?$", text, flags=re.MULTILINE)


@cache
def takes_code() -> dict[str, set[int]]:
    """Name of every function and class with a parameter or field ``code`` -> its places in a call."""
    places: dict[str, set[int]] = {}
    for path in modules(*PACKAGES):
        for node in ast.walk(parsed(path)):
            names: list[str] = []
            if isinstance(node, ast.FunctionDef) and node.name != "__init__":
                names = [a.arg for a in node.args.args if a.arg not in ("self", "cls")]
            elif isinstance(node, ast.ClassDef):
                made = next((f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"), None)
                names = [a.arg for a in made.args.args if a.arg != "self"] if made else []
                names = names or [
                    f.target.id for f in node.body if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)
                ]
            if "code" in names:
                places.setdefault(node.name, set()).add(names.index("code"))  # type: ignore[attr-defined]
    return places


def used_codes() -> dict[str, str]:
    """Every code that a finding or reject is made with -> where."""
    found: dict[str, str] = {}
    for path in modules("twin", "loaders"):
        for node in ast.walk(parsed(path)):
            given: list[ast.expr] = []
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                given += [k.value for k in node.keywords if k.arg == "code"]
                given += [node.args[i] for i in takes_code().get(name, ()) if i < len(node.args)]
            elif isinstance(node, ast.Tuple) and len(node.elts) == 3:  # (code, message, fix), to be unpacked
                texts = [text for element in node.elts for _, text in strings(element)]
                given += [node.elts[0]] if len(texts) >= 3 and " " in texts[1] and " " in texts[2] else []
            for value in given:
                for _, text in strings(value):
                    if CODE.match(text):
                        found.setdefault(text, f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    return found


def test_every_error_has_a_section() -> None:
    codes = [error.code for error in all_errors()]
    assert sorted(codes) == sorted(set(codes))
    only_http = {fault.code for fault in FAULTS.values()} - set(codes)
    assert sorted(sections("errors.md")) == sorted([*codes, *only_http])


def test_every_finding_and_reject_has_a_section() -> None:
    used = used_codes()
    assert {"unknown_kind", "duplicate_id", "baseline_down", "conflicting_need"} <= set(used)
    errors = {error.code for error in all_errors()}
    documented = sections("findings.md")
    assert sorted(documented) == sorted(set(documented))
    assert {code: where for code, where in used.items() if code not in errors and code not in documented} == {}
    assert set(documented) - set(used) == set(), "documented, but no code uses it"


@pytest.mark.parametrize("error", all_errors(), ids=lambda e: e.code)
def test_every_error_says_what_to_do(error: type) -> None:
    made = error("it broke")
    assert CODE.match(made.code)
    assert made.fix.endswith((".", ")")) or "twin " in made.fix
    assert made.to_dict()["title"]
