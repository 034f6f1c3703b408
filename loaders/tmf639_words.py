"""Words of TM Forum inventories and what they mean here; options add to the tables and overrule them.

Words are compared without case, blanks, hyphens and underscores, and without the endings Specification and Spec.
"""

from __future__ import annotations

import re

#: Types that say nothing more than that it is a resource or service.
BASE = (
    "resource",
    "physicalresource",
    "logicalresource",
    "softwareresource",
    "resourcefunction",
    "service",
    "customerfacingservice",
    "resourcefacingservice",
    "cfs",
    "rfs",
)
KINDS: dict[str, tuple[str, ...]] = {
    "site": ("site", "geographicsite", "pop", "telecomsite", "hub", "manhole", "handhole", "pole", "cabinet"),
    "exchange": ("exchange", "centraloffice", "ixp"),
    "cell_site": ("cellsite", "radiosite", "basestation", "enodeb", "gnodeb", "nodeb", "gnb", "enb", "ransite"),
    "landing_station": ("landingstation", "cablelandingstation"),
    "data_centre": ("datacentre", "datacenter"),
    "building": ("building",),
    "hall": ("hall", "equipmentroom", "room"),
    "rack": ("rack", "frame"),
    "chassis": ("chassis", "shelf", "subrack", "enclosure"),
    "router": (
        *("router", "iprouter", "edgerouter", "corerouter", "perouter", "prouter", "switch", "ethernetswitch", "olt"),
        *("networkelement", "roadm", "wdmnode", "dwdmnode", "transportnode", "opticallineterminal", "dslam", "bras"),
        *("bng", "firewall", "mux", "multiplexer", "otnswitch", "ont", "onu", "cpe", "ntu"),
    ),
    "card": ("card", "linecard", "module", "board", "pluggable", "transceiver", "sfp"),
    "port": ("port", "physicalport", "interface", "physicalinterface", "ethernetport", "opticalport"),
    "device": ("device", "equipment", "storage", "appliance"),
    "span": ("span", "fibrespan", "fiberspan", "fibrelink", "fiberlink", "physicallink", "link", "microwavelink"),
    "fibre_cable": ("fibrecable", "fibercable", "opticalcable", "cablesegment", "submarinecable"),
    "duct": ("duct", "conduit", "trench", "microduct"),
    "path": ("path", "route", "lightpath", "lsp", "tunnel", "trail"),
    "circuit": (
        *("circuit", "leasedline", "evc", "wavelength", "ethernetcircuit", "vpls", "pseudowire", "vlan", "otncircuit"),
        *("connectivity", "connection", "logicallink", "backhaul"),
    ),
    "server": ("server", "computenode", "host", "physicalserver", "bladeserver"),
    "vm": ("vm", "virtualmachine", "vnf", "vnfc", "virtualnetworkfunction", "container", "pod"),
    "workload": ("application", "software", "softwareapplication", "cnf", "workload"),
    "power_supply": ("powersupply", "psu", "powersupplyunit"),
    "ups": ("ups", "uninterruptiblepowersupply", "battery", "batterystring", "rectifier", "dcpowersystem"),
    "genset": ("genset", "dieselgenerator", "standbygenerator"),
    "pdu": ("pdu", "powerdistributionunit"),
    "power_panel": ("powerpanel", "distributionboard"),
    "feeder": ("feeder", "powerfeed", "utilityfeed"),
    "transformer": ("transformer",),
    "substation": ("substation",),
    "cooling_unit": ("coolingunit", "airconditioner", "airconditioning", "crac", "crah", "chiller", "hvac"),
    "rtu": ("rtu", "remoteterminalunit"),
}
#: What a relationship of A to B says: the role of A.
RELATIONS: dict[str, tuple[str, ...]] = {
    "contains": ("contains", "haspart", "includes", "isparentof", "parentof", "parent", "houses", "containment"),
    "contained": (
        *("iscontainedin", "containedin", "iscontainedby", "containedby", "ispartof", "partof", "ischildof", "childof"),
        *("installedin", "isinstalledin", "locatedin", "islocatedin", "mountedin", "housedin", "child"),
    ),
    "connects": ("connectsto", "connectedto", "isconnectedto", "connects", "linkedto", "connectedwith", "connection"),
    "depends": (
        *("dependson", "dependency", "relieson", "requires", "uses", "isusing"),
        *("supportedby", "issupportedby", "realizedby", "realisedby", "isrealizedby", "needs", "runsover"),
    ),
    "supports": ("supports", "issupporting", "realizes", "realises", "isusedby", "usedby", "isrequiredby", "enables"),
    "terminates": (
        *("terminatesat", "terminateson", "terminatedat", "terminatedby", "isterminatedby", "endsat", "hasendpoint"),
        *("endpoint", "terminatedon", "aend", "zend"),
    ),
    "terminated": ("terminates", "isendpointof", "isterminationof"),
    "protects": ("protects", "isprotectionfor", "backupof", "isbackupof", "isbackupfor", "backsup"),
    "protected": ("protectedby", "isprotectedby", "backupby", "hasbackup", "isbackedupby"),
    "POWERS": ("powers", "feeds", "supplies", "suppliespower", "suppliespowerto"),
    "-POWERS": ("poweredby", "ispoweredby", "fedby", "isfedby", "suppliedby"),
    "COOLS": ("cools",),
    "-COOLS": ("cooledby", "iscooledby"),
    "HOSTS": ("hosts",),
    "-HOSTS": ("hostedon", "hostedby", "ishostedon", "ishostedby", "runson", "deployedon"),
    "CARRIES": ("carries",),
    "-CARRIES": ("carriedby", "iscarriedby", "carriedover", "routedover", "runsthrough"),
    "CONTROLS": ("controls", "manages", "supervises"),
    "-CONTROLS": ("controlledby", "iscontrolledby", "managedby", "ismanagedby", "supervisedby"),
}
ROLES = tuple(role for role in RELATIONS if role.islower())
#: State of a resource or service -> status; None: in service. Each member with its words.
STATES: dict[str, dict[str, str | None]] = {
    "resourceStatus": {
        **dict.fromkeys(("standby", "alarm", "available", "reserved", "unknown", "installed", "inuse", "active"), None),
        **dict.fromkeys(("planned", "notinstalled", "notexists"), "planned"),
        **dict.fromkeys(("suspended", "retired", "terminated", "inactive"), "out_of_service"),
        "pendingremoval": None,
    },
    "lifecycleState": {"planned": "planned", "installed": None, "pendingremoval": None},
    "administrativeState": {"locked": "out_of_service", "unlocked": None, "shutdown": None, "shuttingdown": None},
    "operationalState": {
        **dict.fromkeys(("enable", "enabled"), None),
        **dict.fromkeys(("disable", "disabled"), "out_of_service"),
    },
    "state": {
        **dict.fromkeys(("feasibilitychecked", "designed", "reserved"), "planned"),
        **dict.fromkeys(("inactive", "terminated", "suspended"), "out_of_service"),
        "active": None,
    },
    "operatingStatus": {
        **dict.fromkeys(("pending", "configured", "starting", "running", "degraded", "limited", "unknown"), None),
        **dict.fromkeys(("failed", "stopping", "stopped"), "out_of_service"),
    },
}


def norm(word: str) -> str:
    """A word without case, blanks, signs and the endings Specification and Spec."""
    plain = re.sub(r"[^a-z0-9]", "", word.lower())
    for ending in ("specification", "spec"):
        if plain.endswith(ending) and plain != ending:
            return plain.removesuffix(ending)
    return plain


def by_word(table: dict[str, tuple[str, ...]], more: dict[str, str]) -> dict[str, str]:
    """Word -> meaning, with what the options add."""
    return {word: meaning for meaning, words in table.items() for word in words} | {
        norm(word): meaning for word, meaning in more.items()
    }
