"""Files: any layer and any saved result in the formats that GIS programs open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from api import wire_files
from api.deps import LibraryDep, View, ViewDep
from api.downloads import Asked, download
from api.errors import documented
from api.file_queries import FileQuery, GraphQuery, LayerQuery
from api.queries import LIMITS, known
from api.section import Section
from twin.errors import InvalidParameter, NotFound
from twin.export.files import FORMATS, FileFormat
from twin.export.graph import GRAPH_FORMATS, Network, stream_graph, write_graph
from twin.export.layer import Layer
from twin.geo import parse_bbox

router = Section(tags=["files"])


def _answers(formats: Mapping[str, FileFormat]) -> dict[int | str, dict[str, Any]]:
    """What a download may answer with."""
    media = {each.media_type.partition(";")[0] for each in formats.values()} - {"application/json"}
    binary, document = {"type": "string", "format": "binary"}, {"type": "object"}
    return {
        200: {
            "description": "The file; formats that are not streamed can be asked for in ranges",
            "content": {name: {"schema": document if name.endswith("+json") else binary} for name in sorted(media)},
        },
        206: {"description": "The range that was asked for"},
        416: {"description": "The file has no such range"},
    }


def _graph_answers() -> dict[int | str, dict[str, Any]]:
    found = _answers(GRAPH_FORMATS)
    found[200]["model"] = wire_files.GraphDocument
    return {**found, **documented([400, 409])}


@router.get(
    "/export/assets",
    operation_id="exportAssets",
    summary="Assets as a file",
    response_class=Response,
    responses={**_answers(FORMATS), **documented([400, 404, 409])},
)
def export_assets(request: Request, view: ViewDep, query: Annotated[LayerQuery, Query()]) -> Response:
    """All assets that match, with all their properties: a GeoPackage or KML has a layer for each kind and geometry."""
    form = FORMATS[query.f]
    kind = known("kind", query.kind, view.schema.kinds)
    domain = known("domain", query.domain, view.schema.domains)
    bbox = parse_bbox(query.bbox) if query.bbox is not None else None
    catalogue = view.snapshot.catalogue
    if not catalogue.found(kind, domain, query.text, bbox, None, 1)[2]:
        raise NotFound("No asset matches, so there is nothing to export", fix="Look with: GET /assets")

    def layers() -> Sequence[Layer]:
        from twin.export.layer import asset_layer, layers_by_kind

        table, _, _ = catalogue.found(kind, domain, query.text, bbox, None, view.snapshot.n_assets)
        whole = asset_layer(catalogue, table["id"], kind or domain or "assets")
        return layers_by_kind(whole) if form.several else [whole]

    return download(request, Asked.of_layers(form, kind or domain or "assets", view.headers(request), layers))


@router.get(
    "/export/graph",
    operation_id="exportGraph",
    summary="The whole graph as a file",
    response_class=Response,
    responses=_graph_answers(),
)
def export_graph(request: Request, view: ViewDep, query: Annotated[GraphQuery, Query()]) -> Response:
    """All assets and links, with the gate that each link is in, for graph programs and other twins."""
    form, network = GRAPH_FORMATS[query.f], Network(view.snapshot, view.schema)
    asked = Asked(
        form,
        f"twin-{form.name}",
        view.headers(request),
        lambda: stream_graph(network, form),
        lambda path: write_graph(network, path, form),
    )
    return download(request, asked)


@router.get(
    "/results/{id}/export",
    operation_id="exportResult",
    summary="A saved result as a file",
    response_class=Response,
    responses={**_answers(FORMATS), **documented([400, 404, 409])},
)
def export_result(
    request: Request,
    id: Annotated[str, Path(max_length=LIMITS.text, description="Id of the saved result.")],
    view: ViewDep,
    library: LibraryDep,
    query: Annotated[FileQuery, Query()],
) -> Response:
    """The main table of the answer, each row where its asset is; coloured by verdict where the format has styles."""
    saved = library.result(id)
    layers = _of_result(view, FORMATS[query.f], saved.question, saved.answer or {})
    name = f"{saved.question}-{id[:8]}"
    return download(request, Asked.of_layers(FORMATS[query.f], name, view.headers(request), layers))


def _of_result(view: View, form: FileFormat, question: str, answer: dict[str, Any]) -> Any:
    from twin.export.answers import MAIN

    main = MAIN.get(question)
    if main is None:
        raise InvalidParameter(f"an answer to {question!r} has no table", fix="Read it as JSON: GET /results/{id}.")

    def layers() -> Sequence[Layer]:
        from twin.export.layer import answer_layer

        whole = answer_layer(question, main, answer, view.snapshot.catalogue)
        return whole.split() if form.several else [whole]

    return layers
