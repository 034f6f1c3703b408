"""Objects of a NetBox, whichever way they were exported: fields by NetBox's own names, references by key or by text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from loaders.fields import is_absent, text_of
from twin.model import Origin, Reject

#: Model -> its list in the REST API; the last part is also what the UI calls its CSV file.
MODELS = {
    "dcim.region": "dcim/regions",
    "dcim.sitegroup": "dcim/site-groups",
    "dcim.site": "dcim/sites",
    "dcim.location": "dcim/locations",
    "dcim.rack": "dcim/racks",
    "dcim.devicerole": "dcim/device-roles",
    "dcim.devicetype": "dcim/device-types",
    "dcim.device": "dcim/devices",
    "dcim.devicebay": "dcim/device-bays",
    "dcim.powerpanel": "dcim/power-panels",
    "dcim.powerfeed": "dcim/power-feeds",
    "dcim.powerport": "dcim/power-ports",
    "dcim.poweroutlet": "dcim/power-outlets",
    "dcim.interface": "dcim/interfaces",
    "dcim.frontport": "dcim/front-ports",
    "dcim.rearport": "dcim/rear-ports",
    "dcim.consoleport": "dcim/console-ports",
    "dcim.consoleserverport": "dcim/console-server-ports",
    "dcim.cable": "dcim/cables",
    "circuits.provider": "circuits/providers",
    "circuits.providernetwork": "circuits/provider-networks",
    "circuits.circuittype": "circuits/circuit-types",
    "circuits.circuit": "circuits/circuits",
    "circuits.circuittermination": "circuits/circuit-terminations",
    "tenancy.tenant": "tenancy/tenants",
    "tenancy.contact": "tenancy/contacts",
    "tenancy.contactassignment": "tenancy/contact-assignments",
    "virtualization.clustertype": "virtualization/cluster-types",
    "virtualization.cluster": "virtualization/clusters",
    "virtualization.virtualmachine": "virtualization/virtual-machines",
}
#: Models that only a dump has: ends of cables, ports of panels since 4.5, and what generic references name.
DUMPED = ("dcim.cabletermination", "dcim.portmapping", "contenttypes.contenttype")
#: Models that may be missing as a whole, for nothing depends on them.
INFORMATION = {
    "dcim.region",
    "dcim.sitegroup",
    "dcim.devicerole",
    "dcim.devicetype",
    "circuits.circuittype",
    "tenancy.tenant",
    "tenancy.contact",
    "virtualization.clustertype",
}
#: What tells objects of one name apart, in exports without keys.
CONTEXTS = ("device", "site", "power_panel", "cluster", "circuit")

Key = int | str
Node = tuple[str, Key]


@dataclass(slots=True, eq=False)
class Obj:
    """One object: ``model`` like ``dcim.device``, its key, its fields and where it stands."""

    model: str
    pk: Key
    fields: dict[str, Any]
    origin: Origin

    @property
    def node(self) -> Node:
        """What identifies it among all objects."""
        return self.model, self.pk

    @property
    def name(self) -> str:
        """What it is called, or empty."""
        return text_of(self.fields.get("name") or self.fields.get("cid") or self.fields.get("model"))

    @property
    def status(self) -> str:
        """Its status in NetBox's word, or empty."""
        return text_of(self.fields.get("status")).lower()

    def text(self, *names: str) -> str:
        """The first of these fields that is there, as text."""
        return next((text for name in names if (text := text_of(self.fields.get(name)))), "")


@dataclass
class Inventory:
    """All objects that were read, and the rejects on the way.

    Attributes:
        by: model -> key -> object, in the order of the export.
        problems: rejects that were found, to be handed on.
        by_text: whether references are texts (CSV) and not keys.
    """

    by: dict[str, dict[Key, Obj]] = field(default_factory=dict)
    problems: list[Reject] = field(default_factory=list)
    by_text: bool = False
    _texts: dict[str, dict[str, list[Obj]]] = field(default_factory=dict)
    _told: set[Reject] = field(default_factory=set)

    def add(self, obj: Obj) -> None:
        """Take an object; a key that is there already is a reject."""
        found = self.by.setdefault(obj.model, {})
        if obj.pk in found:
            message = f"{obj.model} {obj.pk} stands twice, first in {found[obj.pk].origin}"
            self.problems.append(Reject(obj.origin, "duplicate_id", message, "Export it again; keys are unique."))
            return
        found[obj.pk] = obj

    def all(self, model: str) -> Iterable[Obj]:
        """All objects of a model."""
        return self.by.get(model, {}).values()

    def reject(self, obj: Obj, column: str | None, code: str, message: str, fix: str) -> None:
        """Remember what cannot be taken of an object, once."""
        problem = Reject(Origin(obj.origin.file, obj.origin.row, column), code, message, fix)
        if problem not in self._told:
            self._told.add(problem)
            self.problems.append(problem)

    def ref(self, obj: Obj, column: str, model: str) -> Obj | None:
        """What a field refers to; None when it is empty. What is not there is a reject."""
        value = obj.fields.get(column)
        if is_absent(value):
            return None
        if model in INFORMATION and not self.by.get(model):
            return None
        found = self.find(model, value, obj)
        if len(found) == 1:
            return found[0]
        what = "is not in the export" if not found else f"is the name of {len(found)} of them"
        fix = "Export it too." if not found else "Export with the column ID, or give them different names."
        self.reject(obj, column, "missing_end", f"{model.split('.')[1]} {str(value)[:80]!r} {what}", fix)
        return None

    def find(self, model: str, value: Any, near: Obj | None = None) -> list[Obj]:
        """Objects by key, or by what NetBox shows for them; those of the same device, site, ... as *near* first."""
        objects = self.by.get(model, {})
        if isinstance(value, bool):
            return []
        if isinstance(value, list):  # a natural key
            value = value[-1] if value else ""
        if not self.by_text and isinstance(value, int | str) and value in objects:
            return [objects[value]]
        if isinstance(value, (int, dict)):
            return []
        if model not in self._texts:
            self._texts[model] = self._named(model)
        found = self._texts[model].get(text_of(value), [])
        if len(found) > 1 and near is not None:
            found = self._nearer(found, near)
        return found

    def _nearer(self, found: list[Obj], near: Obj) -> list[Obj]:
        for context in CONTEXTS:
            here = near.text(context)
            same = [one for one in found if here and one.text(context) == here]
            if same and len(same) < len(found):
                found = same
        return found

    def _named(self, model: str) -> dict[str, list[Obj]]:
        """What NetBox shows for an object -> the objects that show as it."""
        named: dict[str, list[Obj]] = {}
        for obj in self.all(model):
            texts = {obj.name, obj.text("slug"), f"{obj.name} ({obj.text('asset_tag')})"}
            if model == "dcim.device" and not obj.name:
                texts |= {f"{obj.text('manufacturer')} {obj.text('device_type')} ({obj.pk})".strip()}
            if model == "circuits.circuittermination":
                side = obj.text("term_side")
                texts = {f"{obj.text('circuit')}: Termination {side}", f"{obj.text('circuit')}/{side}"}
            for text in texts - {""}:
                named.setdefault(text, []).append(obj)
        return named

    def type_of(self, value: Any) -> str:
        """Model that a generic reference names: ``["dcim", "site"]``, ``dcim.site`` or the key of a content type."""
        if isinstance(value, list):
            return ".".join(text_of(part) for part in value)
        if isinstance(value, int):
            known = self.by.get("contenttypes.contenttype", {}).get(value)
            return f"{known.text('app_label')}.{known.text('model')}" if known is not None else ""
        word = text_of(value).lower().rpartition("|")[2].strip().replace(" ", "")
        return word if "." in word else next((m for m in MODELS if m.endswith(f".{word}")), word)

    def scope(self, obj: Obj, type_column: str, key_column: str) -> Obj | None:
        """What a generic reference points at, of the models that are known; None when it is empty or not there."""
        model, key = self.type_of(obj.fields.get(type_column)), obj.fields.get(key_column)
        if not model or is_absent(key) or model not in MODELS:
            return None
        return self.ref(obj, key_column, model)
