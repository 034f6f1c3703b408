"""Reading CIM RDF/XML: ids, merging, and everything hostile or damaged that a file or zip may hold."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from loaders import rdf, rdf_files
from loaders.rdf import Model, read_model, same_id
from loaders.rdf_files import documents, input_files
from twin.errors import SourceUnreadable

HEAD = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:cim="http://iec.ch/TC57/CIM100#" '
    'xmlns:md="http://iec.ch/TC57/61970-552/ModelDescription/1#">'
)
CLASSES = frozenset({"Substation", "Breaker"})
PROPERTIES = frozenset({"IdentifiedObject.name", "Substation.Region", "Switch.open"})
ONE = HEAD + '<cim:Substation rdf:ID="_a"><cim:IdentifiedObject.name>A</cim:IdentifiedObject.name></cim:Substation>'


def model(tmp_path: Path, *texts: str | bytes) -> Model:
    for number, text in enumerate(texts):
        data = text if isinstance(text, bytes) else (text + "</rdf:RDF>").encode()
        (tmp_path / f"{number}.xml").write_bytes(data)
    return read_model([tmp_path], CLASSES, PROPERTIES)


def packed(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        "_F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
        "#_f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "http://grid.example/model#_f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ],
)
def test_same_id(raw: str) -> None:
    assert same_id(raw) == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"


def test_ids_that_are_no_uuid_keep_their_case() -> None:
    assert same_id("#_Line_7") == "Line_7"


def test_objects_of_several_files_merge(tmp_path: Path) -> None:
    header = '<md:FullModel rdf:about="urn:uuid:x"><md:Model.profile>{}</md:Model.profile></md:FullModel>'
    ssh = HEAD + header.format("http://iec.ch/TC57/ns/CIM/SteadyStateHypothesis-EU/3.0")
    ssh += '<cim:Equipment rdf:about="#_b"><cim:Switch.open>true</cim:Switch.open></cim:Equipment>'
    eq = HEAD + header.format("http://entsoe.eu/CIM/EquipmentCore/3/1")
    eq += '<cim:Breaker rdf:ID="_b"><cim:IdentifiedObject.name> B </cim:IdentifiedObject.name></cim:Breaker>'
    found = model(tmp_path, ssh, eq)
    assert found.rejects == []
    node = found.nodes["b"]
    assert (node.cls, node.name, node.text("Switch.open"), node.file) == ("Breaker", "B", "true", "1.xml")
    (tmp_path / "1.xml").unlink()
    alone = read_model([tmp_path], CLASSES, PROPERTIES)
    assert [r.code for r in alone.rejects] == ["missing_reference"]
    assert alone.nodes == {}


def test_about_defines_where_there_is_no_header(tmp_path: Path) -> None:
    text = HEAD + '<cim:Breaker rdf:about="urn:uuid:b"/>'
    assert set(model(tmp_path, text).nodes) == {"b"}


def test_conflicts(tmp_path: Path) -> None:
    other = ONE.replace(">A<", ">B<")
    again = HEAD + '<cim:Breaker rdf:ID="_a"/>'
    codes = [(r.origin.file, r.code) for r in model(tmp_path, ONE, other, again).rejects]
    assert codes == [("1.xml", "conflicting_value"), ("2.xml", "conflicting_value")]


def test_missing_reference_is_told_once_with_its_count(tmp_path: Path) -> None:
    text = HEAD + "".join(
        f'\n<cim:Substation rdf:ID="_{i}"><cim:Substation.Region rdf:resource="#_r"/></cim:Substation>' for i in "ab"
    )
    (reject,) = model(tmp_path, text).rejects
    assert "2 times" in reject.message
    assert str(reject.origin) == "0.xml:2:Substation.Region"


def test_references_of_classes_that_are_not_taken_count_too(tmp_path: Path) -> None:
    text = HEAD + '<cim:DiagramObject rdf:ID="_d"><cim:DiagramObject.X rdf:resource="#_none"/></cim:DiagramObject>'
    assert [r.code for r in model(tmp_path, text).rejects] == ["missing_reference"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"   ", "empty"),
        (b"<", "empty or cut off"),
        (b"hello", "not XML"),
        (b"<!-- never closed", "empty or cut off"),
        (b"<?xml version='1.0'?><a/>", "no RDF/XML"),
        (ONE.encode(), "not well-formed"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + ONE.encode() + b"</rdf:RDF>", "document type"),
        (b"<?xml version='1.0'?>\n<!-- x --><!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>", "document type"),
        (b"\xef\xbb\xbf<!DOCTYPE x><x/>", "document type"),
        ((ONE + "</rdf:RDF>").encode("utf-16"), "UTF-16"),
        ((ONE + "</rdf:RDF>").encode("utf-16-le"), "UTF-16"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?>" + (ONE + "</rdf:RDF>").encode(), "iso-8859-1"),
        (ONE.replace(">A<", ">\u00fc<").encode("latin-1") + b"</rdf:RDF>", "not well-formed"),
        ((ONE.replace(">A<", ">&a;<") + "</rdf:RDF>").encode(), "not well-formed"),
        ((HEAD + "<a>" * 5000 + "</a>" * 5000 + "</rdf:RDF>").encode(), "not well-formed"),
        ((HEAD + "<cim:DifferenceModel rdf:about='#x'/></rdf:RDF>").encode(), "difference model"),
        (b"<!--" + b"x" * (rdf_files.MAX_PROLOG + 5000) + b"-->" + ONE.encode(), "no element in its first"),
    ],
)
def test_damaged_and_hostile_files(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(SourceUnreadable, match=words) as caught:
        model(tmp_path, data)
    assert caught.value.fix


def test_one_endless_text(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable):
        model(tmp_path, ONE.replace(">A<", ">" + "x" * 11_000_000 + "<"))


def test_one_endless_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdf, "MAX_PROPERTIES", 1000)
    with pytest.raises(SourceUnreadable, match="properties"):
        model(tmp_path, HEAD + '<cim:Substation rdf:ID="_a">' + "<cim:x/>" * 2000 + "</cim:Substation>")


def test_too_many_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rdf, "MAX_OBJECTS", 10)
    with pytest.raises(SourceUnreadable, match="objects"):
        model(tmp_path, HEAD + "".join(f'<cim:Substation rdf:ID="_{i}"/>' for i in range(20)))


def test_zip_with_names_outside(tmp_path: Path) -> None:
    whole = (ONE + "</rdf:RDF>").encode()
    for name in ("../evil.xml", "/etc/evil.xml", "a/../../evil.xml", "..\\evil.xml", "C:\\evil.xml"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(name, whole)
        (tmp_path / "x.zip").write_bytes(buffer.getvalue())
        with pytest.raises(SourceUnreadable, match="outside the archive"):
            read_model([tmp_path / "x.zip"], CLASSES, PROPERTIES)


def test_zip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("bomb.xml", b" " * (rdf_files.BOMB_FROM + 1))
    (tmp_path / "x.zip").write_bytes(buffer.getvalue())
    with pytest.raises(SourceUnreadable, match="zip bomb"):
        read_model([tmp_path / "x.zip"], CLASSES, PROPERTIES)
    monkeypatch.setattr(rdf_files, "MAX_BYTES", 1000)
    (tmp_path / "x.zip").write_bytes(packed(**{f"{i}.xml": (ONE + "</rdf:RDF>").encode() for i in range(9)}))
    with pytest.raises(SourceUnreadable, match="unpacks to more"):
        read_model([tmp_path / "x.zip"], CLASSES, PROPERTIES)


def test_zips_too_deep(tmp_path: Path) -> None:
    data = packed(**{"a.xml": (ONE + "</rdf:RDF>").encode()})
    for _ in range(rdf_files.MAX_NESTING - 1):
        data = packed(**{"inner.zip": data})
    (tmp_path / "x.zip").write_bytes(data)
    assert set(read_model([tmp_path / "x.zip"], CLASSES, PROPERTIES).nodes) == {"a"}
    (tmp_path / "x.zip").write_bytes(packed(**{"inner.zip": data}))
    with pytest.raises(SourceUnreadable, match="deep"):
        read_model([tmp_path / "x.zip"], CLASSES, PROPERTIES)


def test_damaged_zips(tmp_path: Path) -> None:
    whole = packed(**{"a.xml": (ONE + "</rdf:RDF>").encode() * 3, "b.xml": b"<x/>"})
    for at in range(0, len(whole), 7):
        (tmp_path / "x.zip").write_bytes(whole[:at] + b"\x5a\xa5" + whole[at + 2 :])
        with pytest.raises(SourceUnreadable):
            read_model([tmp_path / "x.zip"], CLASSES, PROPERTIES)
        (tmp_path / "x.zip").write_bytes(whole[:at])
        with pytest.raises(SourceUnreadable):
            read_model([tmp_path / "x.zip"], CLASSES, PROPERTIES)


def test_links_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.xml").write_text("<x/>")
    (tmp_path / "in" / "a.xml").symlink_to(tmp_path / "secret.xml")
    with pytest.raises(SourceUnreadable, match="leads out"):
        input_files(tmp_path / "in")


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="does not exist"):
        input_files(tmp_path / "none")
    with pytest.raises(SourceUnreadable, match="no XML file"):
        input_files(tmp_path)
    (tmp_path / "README.md").write_text("not ours")
    (tmp_path / "a.XML").write_text(ONE + "</rdf:RDF>")
    assert [d.name for d in documents(tmp_path)] == ["a.XML"]
