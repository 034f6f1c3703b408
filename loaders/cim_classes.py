"""The classes of IEC CIM (61970-301, 61968-11) that the loaders ``cgmes`` and ``cim`` take, and what they become."""

from __future__ import annotations

from typing import NamedTuple

SWITCHES = frozenset(
    {
        *("Switch", "Breaker", "Disconnector", "LoadBreakSwitch", "Fuse", "Jumper", "GroundDisconnector", "Recloser"),
        *("DisconnectingCircuitBreaker", "Sectionaliser", "ProtectedSwitch"),
        *("DCSwitch", "DCBreaker", "DCDisconnector"),
    }
)
#: What joins the nodes at its terminals, and its kind.
JOINS = {
    **dict.fromkeys(SWITCHES, "switch"),
    "ACLineSegment": "power_line",
    "EquivalentBranch": "power_line",
    "SeriesCompensator": "series_compensator",
    "PowerTransformer": "transformer",
    "CsConverter": "hvdc_converter",
    "VsConverter": "hvdc_converter",
    "DCLineSegment": "hvdc_line",
    "DCSeriesDevice": "hvdc_line",
}
MACHINES = frozenset({"SynchronousMachine", "AsynchronousMachine"})
#: What may feed its node.
EXTERNAL = frozenset({"EnergySource", "ExternalNetworkInjection", "EquivalentInjection"})
LOADS = frozenset({"EnergyConsumer", "ConformLoad", "NonConformLoad", "StationSupply"})
SHUNTS = frozenset(
    {
        *("LinearShuntCompensator", "NonlinearShuntCompensator", "ShuntCompensator", "StaticVarCompensator"),
        "EquivalentShunt",
    }
)
CONVERTERS = "PowerElectronicsConnection"
BUSBAR = "BusbarSection"
#: Equipment without an asset of its own: it earths, measures or only marks its node.
NO_ASSET = frozenset(
    {
        *("Junction", "Connector", "Ground", "GroundingImpedance", "PetersenCoil", "EarthFaultCompensator"),
        *("DCGround", "DCBusbar", "DCShunt", "DCChopper", "Clamp"),
    }
)
EARTHS = frozenset({"Ground", "DCGround"})
EQUIPMENT = frozenset({*JOINS, *MACHINES, *EXTERNAL, *LOADS, *SHUNTS, CONVERTERS, BUSBAR})
CONTAINERS = frozenset(
    {
        "Substation",
        "VoltageLevel",
        "Bay",
        "Line",
        "Feeder",
        "Plant",
        "DCConverterUnit",
        "DCLine",
        "SubGeographicalRegion",
    }
)
UNITS = {
    "GeneratingUnit": None,
    "ThermalGeneratingUnit": "thermal",
    "HydroGeneratingUnit": "hydro",
    "NuclearGeneratingUnit": "nuclear",
    "WindGeneratingUnit": "wind",
    "SolarGeneratingUnit": "solar",
    "PhotovoltaicUnit": "solar",
    "PhotoVoltaicUnit": "solar",
    "PowerElectronicsWindUnit": "wind",
    "BatteryUnit": "battery",
}
CLASSES = frozenset(
    {
        *EQUIPMENT,
        *NO_ASSET,
        *CONTAINERS,
        *UNITS,
        *("GeographicalRegion", "BaseVoltage", "FossilFuel"),
        *("Terminal", "ACDCConverterDCTerminal", "DCTerminal"),
        *("ConnectivityNode", "TopologicalNode", "DCNode", "DCTopologicalNode", "BoundaryPoint"),
        *("PowerTransformerEnd", "TransformerTank", "TransformerTankEnd", "RatioTapChanger"),
        *("TransformerEndInfo", "TransformerTankInfo", "Asset"),
        *("ACLineSegmentPhase", "SwitchPhase", "EnergyConsumerPhase", "LinearShuntCompensatorPhase"),
        *("SvSwitch", "SvStatus", "SvPowerFlow"),
        *("OperationalLimitSet", "OperationalLimitType", "CurrentLimit", "ApparentPowerLimit"),
        *("Location", "PositionPoint", "CoordinateSystem"),
    }
)
PROPERTIES = frozenset(
    {
        *("IdentifiedObject.name", "IdentifiedObject.mRID", "IdentifiedObject.energyIdentCodeEic"),
        *("Equipment.EquipmentContainer", "Equipment.inService", "Equipment.normallyInService"),
        *("ConductingEquipment.BaseVoltage", "BaseVoltage.nominalVoltage", "Conductor.length"),
        *("VoltageLevel.Substation", "VoltageLevel.BaseVoltage", "Bay.VoltageLevel", "Bay.Substation"),
        *("Substation.Region", "SubGeographicalRegion.Region", "DCConverterUnit.Substation", "Plant.Substation"),
        *("Feeder.NormalEnergizingSubstation", "Feeder.NormalHeadTerminal"),
        *("Terminal.ConductingEquipment", "Terminal.ConnectivityNode", "Terminal.TopologicalNode"),
        *("ACDCTerminal.connected", "Terminal.connected", "ACDCTerminal.sequenceNumber", "Terminal.sequenceNumber"),
        *("DCTerminal.DCConductingEquipment", "ACDCConverterDCTerminal.DCConductingEquipment"),
        *("DCBaseTerminal.DCNode", "DCBaseTerminal.DCTopologicalNode", "DCNode.DCTopologicalNode"),
        *("ConnectivityNode.TopologicalNode", "ConnectivityNode.ConnectivityNodeContainer"),
        *("ConnectivityNode.boundaryPoint", "TopologicalNode.boundaryPoint", "BoundaryPoint.ConnectivityNode"),
        *("TopologicalNode.ConnectivityNodeContainer", "TopologicalNode.BaseVoltage"),
        *("DCNode.DCEquipmentContainer", "Clamp.ACLineSegment"),
        *("Switch.open", "Switch.normalOpen", "SwitchPhase.normalOpen", "SwitchPhase.closed", "SwitchPhase.Switch"),
        *("SwitchPhase.phaseSide1", "SvSwitch.open", "SvSwitch.Switch"),
        *("SvStatus.inService", "SvStatus.ConductingEquipment", "SvPowerFlow.p", "SvPowerFlow.Terminal"),
        *("PowerTransformerEnd.PowerTransformer", "PowerTransformerEnd.ratedS", "PowerTransformerEnd.ratedU"),
        *("PowerTransformerEnd.x", "TransformerEnd.Terminal", "TransformerEnd.BaseVoltage", "TransformerEnd.endNumber"),
        *("TransformerTank.PowerTransformer", "TransformerTank.TransformerTankInfo"),
        *("TransformerTankEnd.TransformerTank", "TransformerTankEnd.phases", "TransformerTankEnd.orderedPhases"),
        *("TransformerEndInfo.TransformerTankInfo", "TransformerEndInfo.endNumber"),
        *("TransformerEndInfo.ratedS", "TransformerEndInfo.ratedU", "Asset.AssetInfo", "Asset.PowerSystemResources"),
        *("RatioTapChanger.TransformerEnd", "ACLineSegmentPhase.phase", "ACLineSegmentPhase.ACLineSegment"),
        *("EnergyConsumerPhase.phase", "EnergyConsumerPhase.p", "EnergyConsumerPhase.EnergyConsumer"),
        *("LinearShuntCompensatorPhase.phase", "ShuntCompensatorPhase.phase", "ShuntCompensatorPhase.ShuntCompensator"),
        *("EnergyConsumer.p", "EnergyConsumer.pfixed", "EnergyConsumer.customerCount"),
        *("RotatingMachine.GeneratingUnit", "RotatingMachine.ratedS", "RotatingMachine.ratedU"),
        *("SynchronousMachine.type", "SynchronousMachine.operatingMode"),
        *("AsynchronousMachine.asynchronousMachineType", "GeneratingUnit.maxOperatingP", "GeneratingUnit.nominalP"),
        *("FossilFuel.fossilFuelType", "FossilFuel.ThermalGeneratingUnit"),
        *("PowerElectronicsConnection.ratedS", "PowerElectronicsConnection.ratedU"),
        *("PowerElectronicsConnection.PowerElectronicsUnit", "PowerElectronicsUnit.PowerElectronicsConnection"),
        *("PowerElectronicsUnit.maxP", "BatteryUnit.ratedE", "EnergySource.nominalVoltage"),
        *("ExternalNetworkInjection.maxP", "EquivalentInjection.maxP", "EquivalentInjection.regulationCapability"),
        *("ShuntCompensator.nomU", "ACDCConverter.ratedUdc", "ACDCConverter.baseS", "ACDCConverter.maxP"),
        *("DCLineSegment.length", "VsConverter.maxP"),
        *("OperationalLimitSet.Terminal", "OperationalLimitSet.Equipment", "ACDCTerminal.OperationalLimitSet"),
        *("OperationalLimit.OperationalLimitSet", "OperationalLimit.OperationalLimitType"),
        *("OperationalLimitType.limitType", "OperationalLimitType.kind", "OperationalLimitType.isInfiniteDuration"),
        *("OperationalLimitType.acceptableDuration", "OperationalLimitType.direction"),
        *("CurrentLimit.value", "CurrentLimit.normalValue"),
        *("ApparentPowerLimit.value", "ApparentPowerLimit.normalValue"),
        *("Location.PowerSystemResources", "Location.CoordinateSystem", "PowerSystemResource.Location"),
        *("PositionPoint.Location", "PositionPoint.sequenceNumber", "PositionPoint.xPosition"),
        *("PositionPoint.yPosition", "CoordinateSystem.crsUrn"),
    }
)


class Units(NamedTuple):
    """Factors from the numbers of a file to kV, MW (MVA, MWh) and km."""

    kv: float
    mw: float
    km: float


#: CGMES writes kV, MW, MVA and km; distribution models write V, W, VA and m.
GRID, SI = Units(1.0, 1.0, 1.0), Units(1e-3, 1e-6, 1e-3)
