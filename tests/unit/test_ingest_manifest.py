"""Reading manifests: what they say, and every mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from twin.errors import LoaderOptionError, ManifestError, UnknownLoader
from twin.ingest.loader import Loader, available, load_loader, parse_options
from twin.ingest.manifest import read_manifest, single
from twin.ingest.rules import check_rules
from twin.ingest.sides import Range
from twin.schema import Schema, default_schema

GOOD = """
[twin]
name = "Test"
schema = ["water.toml"]

[[import]]
source = "grid"
loader = "tables"
path = "exports/grid"
options = { encoding = "latin-1" }

[[import]]
source = "telecom"
loader = "gis"
paths = ["a.gpkg", "b.gpkg"]
mapping = { layers = 1 }

[[stitch]]
name = "feeds"
rule = "nearest"
link = "POWERS"
from = { kind = "substation", source = "grid", where = { operator = ["A", "B"], customers = { min = 3 } } }
to = { kind = ["site", "exchange"] }
k = 2
max_distance_m = 5000
need = "any"
"""


@pytest.fixture(scope="module")
def schema() -> Schema:
    return default_schema()


def write(folder: Path, text: str) -> Path:
    path = folder / "twin.toml"
    path.write_text(text)
    return path


def test_a_manifest_says_what_to_import_and_stitch(tmp_path: Path, schema: Schema) -> None:
    manifest = read_manifest(write(tmp_path, GOOD))
    assert manifest == read_manifest(tmp_path), "the folder stands for its twin.toml"
    assert (manifest.name, manifest.sources) == ("Test", ["grid", "telecom"])
    assert manifest.schema_files == (tmp_path / "water.toml",)
    grid, telecom = manifest.imports
    assert grid.paths == (tmp_path / "exports/grid",)
    assert grid.options == {"encoding": "latin-1"}
    assert telecom.paths == (tmp_path / "a.gpkg", tmp_path / "b.gpkg")
    assert telecom.options == {"mapping": {"layers": 1}}
    (rule,) = manifest.stitches
    assert (rule.start.kind, rule.start.source, rule.end.kind) == (("substation",), ("grid",), ("site", "exchange"))
    assert rule.start.where == {"operator": ("A", "B"), "customers": Range(min=3)}
    check_rules(manifest, schema)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[twin]", "[twni]", "line 2: unknown table 'twni'. Did you mean twin?"),
        ('name = "Test"', "nam = 1", "line 3: unknown key 'nam' in [twin]"),
        ('source = "grid"\nloader', 'source = "Grid!"\nloader', "line 7: source: 'Grid!' is no source name"),
        ('source = "grid"\nloader', 'source = "stitch"\nloader', "line 7: source: the source name 'stitch' is kept"),
        ('loader = "tables"', 'lader = "tables"', "line 8: unknown key 'lader' in [[import]]. Did you mean loader?"),
        ('loader = "tables"', "", "line 6: [[import]] needs 'loader'"),
        ('path = "exports/grid"', "paths = []", "line 9: paths: name at least one path"),
        ('rule = "nearest"', 'rule = "nearby"', "line 20: rule: "),
        ("k = 2", "k = 0", "line 24: k: "),
        ('need = "any"', 'need = "some"', "need is 'any', 'all' or a whole number"),
        ("max_distance_m = 5000", "max_distance_m = inf", "line 25: max_distance_m"),
        ("[[stitch]]", "[stitch]", "line 18: write [[stitch]] with two brackets"),
        ('rule = "nearest"', 'rule = "key"', "rule 'key' needs `key` on both sides"),
        ('rule = "nearest"', 'rule = "table"', "`path` belongs to rule 'table'"),
        ("[twin]", "[twin", "not valid TOML"),
        ("[twin]", "[[twin]]", "line 2: write [twin] as a table"),
        ('name = "Test"', "name = 3", "line 3: name: write a text"),
        ('schema = ["water.toml"]', "schema = 5", "line 4: schema: write a path or a list of paths"),
        ('schema = ["water.toml"]', "schema = [5]", "line 4: schema: write a path or a list of paths"),
        ('options = { encoding = "latin-1" }', "options = 3", "line 10: options: "),
        (
            "mapping = { layers = 1 }",
            "mapping = 4",
            "line 12: import: `mapping` must be a table or the path of a mapping file",
        ),
        ("mapping = { layers = 1 }", "mapping = {}\noptions = 3", "line 17: options: "),
        ('from = { kind = "substation"', 'from = 3 # { kind = "substation"', "line 22: from: "),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ManifestError) as caught:
        read_manifest(path)
    assert said in caught.value.detail
    assert str(path) in caught.value.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("twin = 3", "line 1: write [twin] as a table"),
        ("stitch = 1", "line 1: write [[stitch]] with two brackets"),
        ("stitch = [1]", "line 1: stitch: "),
        ("import = 1", "line 1: write [[import]] with two brackets"),
        ('[import]\nsource = "grid"', "line 1: write [[import]] with two brackets"),
    ],
)
def test_tables_of_a_wrong_type(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ManifestError) as caught:
        read_manifest(write(tmp_path, text))
    assert said in caught.value.detail


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("k = 2", "k = 0").replace('loader = "gis"', "").replace("[twin]", "[twin]\nx = 1")
    with pytest.raises(ManifestError) as caught:
        read_manifest(write(tmp_path, text))
    assert len(caught.value.extra["problems"]) == 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "substation"', 'kind = "substaton"', "unknown kind 'substaton'. Did you mean substation"),
        ('link = "POWERS"', 'link = "POWER"', "unknown link type 'POWER'. Did you mean POWERS"),
        ("customers =", "custmers =", "substation has no property 'custmers'. Did you mean customers"),
        ('link = "POWERS"', 'link = "HOSTS"', "HOSTS does not go from substation to site"),
        ("k = 2", "properties = { capacty = 1 }", "unknown link property 'capacty'. Did you mean capacity"),
    ],
)
def test_stitch_rules_are_checked_against_the_schema(
    tmp_path: Path, schema: Schema, old: str, new: str, said: str
) -> None:
    manifest = read_manifest(write(tmp_path, GOOD.replace(old, new, 1)))
    with pytest.raises(ManifestError) as caught:
        check_rules(manifest, schema)
    assert said in caught.value.detail


def test_a_missing_manifest_and_a_broken_one(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no such file"):
        read_manifest(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ManifestError, match="cannot be read"):
        read_manifest(tmp_path / "bad.toml")
    with pytest.raises(ManifestError, match=r"lists no \[\[import\]\]"):
        read_manifest(write(tmp_path, "[twin]\n"))
    with pytest.raises(ManifestError, match="no source name"):
        single("tables", "a:b", tmp_path)


def test_loaders_are_found_by_entry_point() -> None:
    assert {"tables", "gis", "pypsa", "topohub"} <= set(available())
    loader = load_loader("tables")
    assert isinstance(loader, Loader)
    with pytest.raises(UnknownLoader, match="Did you mean tables"):
        load_loader("table")
    with pytest.raises(LoaderOptionError, match=r"unknown option 'encodig'. Did you mean encoding"):
        parse_options(loader, {"encodig": "utf-8"})
