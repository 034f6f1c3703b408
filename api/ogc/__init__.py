"""OGC API - Features under ``/ogc``: every kind of asset and link, findings and results as layers for GIS programs.

The standards are OGC 17-069r4 (Part 1), 18-058r1 (Part 2: CRS), 19-079r2 (Part 3: filtering), 21-065r2 (CQL2) and
23-058r1 (Part 5: schemas). These routes have an OpenAPI document of their own, ``/ogc/api``, made from the collections.
"""

from fastapi import APIRouter

from api.ogc import collections, document, items, landing, qlr, schemas

router = APIRouter(include_in_schema=False)
for _part in (landing, collections, schemas, items, document, qlr):
    router.include_router(_part.router)

__all__ = ["router"]
