"""Open a layer definition in QGIS without a screen, and draw what is on: ``look_qgis.py FILE.qlr PICTURE.png``.

Run it with the Python that QGIS was installed for (Debian: ``apt install qgis python3-qgis``, then
``/usr/bin/python3 scripts/look_qgis.py twin.qlr twin.png``). Exit 1 when a layer is not valid.
"""

from __future__ import annotations

import os
import sys
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsLayerDefinition,
    QgsLayerTreeGroup,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def leaves(group: QgsLayerTreeGroup):
    """Layers of a tree with whether they are on, the topmost first."""
    for child in group.children():
        if isinstance(child, QgsLayerTreeGroup):
            yield from leaves(child)
        elif child.layer() is not None:
            yield child.layer(), child.isVisible()


def main(definition: str, picture: str) -> int:
    """Load, tell, draw; how many layers are not valid."""
    application = QgsApplication([], False)
    application.initQgis()
    project = QgsProject.instance()
    fine, fault = QgsLayerDefinition.loadLayerDefinition(definition, project, project.layerTreeRoot())
    if not fine:
        print(fault)
        return 1
    layers = list(leaves(project.layerTreeRoot()))
    bad = [layer for layer, _ in layers if not layer.isValid()]
    for layer in bad:
        print("not valid:", layer.name(), layer.source())
    shown = [layer for layer, on in layers if on and layer.isValid()]
    settings = QgsMapSettings()
    settings.setLayers(shown)
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(720, 800))
    settings.setExtent(settings.fullExtent())
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)
    print(f"{len(layers)} layers, {len(bad)} not valid, {len(shown)} drawn: {picture}")
    return len(bad)


if __name__ == "__main__":
    failed = main(*sys.argv[1:3])
    sys.stdout.flush()
    os._exit(1 if failed else 0)  # QGIS 3.22 does not always end well
