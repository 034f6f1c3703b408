"""What holds a mesh together: bridges, articulation points, islands, dominators."""

from twin.impact.meshes.cuts import Cuts, Graph, components, cuts, giant, graph, mutual_giant
from twin.impact.meshes.dominators import DominatorResult, dominators, idoms
from twin.impact.meshes.mesh import MeshResult, mesh

__all__ = [
    "Cuts",
    "DominatorResult",
    "Graph",
    "MeshResult",
    "components",
    "cuts",
    "dominators",
    "giant",
    "graph",
    "idoms",
    "mesh",
    "mutual_giant",
]
