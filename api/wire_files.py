"""The shapes of downloads that are JSON, for the OpenAPI document; handlers do not build these."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class GraphDocument(BaseModel):
    """The whole graph as JSON: Cytoscape's ``elements``, or models, twins and relationships (DTDL v3)."""

    model_config = ConfigDict(extra="allow")

    elements: dict[str, Any] | None = Field(None, description="Of `cyjs`: `nodes` and `edges`, each with `data`.")
    digitalTwinsGraph: dict[str, Any] | None = Field(None, description="Of `dtdl`: twins and relationships.")
    digitalTwinsModels: list[dict[str, Any]] | None = Field(None, description="Of `dtdl`: interfaces, DTDL v3.")
