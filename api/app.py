"""The composition root of the API: reads the settings, opens the store, puts the parts together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from api import errors
from api.deps import SINGLE_VALUES
from api.downloads import Files
from api.errors import documented
from api.hidden import Hidden
from api.holder import Holder
from api.jobs import Pool
from api.library import Library
from api.limits import Limits
from api.middleware import Envelope
from api.openapi import TAGS, describe
from api.operations import Gate, Metrics, Observe, Pulse
from api.routes import ROUTERS, uploads
from api.security import Access, Guard, Keyring, by_method
from api.security.access import CORS
from api.security.guard import is_open
from api.streams import Streams
from api.uploads import Uploads
from api.watch import Watcher
from twin.errors import TwinError
from twin.export.tiles.shelf import Shelf
from twin.service import Twin
from twin.settings import load_settings

log = logging.getLogger("api")
# What the driver logs would else be printed by Python's handler of last resort; whoever configures logging gets it.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

DESCRIPTION = """Power grids, telecom networks and data centres as one graph: what depends on what,
what fails when something is lost, when and why.

Every answer says the `revision` of the twin's state that it comes from. Answers of GET carry an `ETag`: ask
again with `If-None-Match` and get 304 while nothing has changed. Lists come in pages: follow `next`. Errors
are problem documents (RFC 9457): decide by `code`, and do what `fix` says."""


def create_app(twin: Twin | None = None, limits: Limits | None = None, access: Access | None = None) -> FastAPI:
    """The API.

    Args:
        twin: the twin to serve; it stays open when the app ends. Without one, the settings (``TWIN_*``)
            say which store to open, and it is closed with the app.
        limits: bounds of one request; without them and without a twin, the settings say.
        access: whom to let in; without it the settings say, and with a twin or limits of your own: everybody.

    Raises:
        SettingsError: a setting is not valid.
    """
    access = access or (Access() if twin or limits else access_of_settings())
    limits = limits or (Limits() if twin else limits_of_settings())
    app = FastAPI(
        title="Infrastructure twin",
        summary="One graph for energy, connectivity and compute.",
        description=DESCRIPTION,
        version=version("infrastructure-twin"),
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        responses=documented([401, 403, 500, 503]),
        dependencies=[by_method, SINGLE_VALUES],
        redirect_slashes=False,
    )
    app.state.limits = limits
    app.state.holder = Holder(twin, None if twin else lambda: open_twin(app.state.hidden))
    app.state.tiles, app.state.files = Shelf(), Files()
    app.state.access = access
    home = twin.home if twin else load_settings().home
    app.state.library = Library(home / "library.sqlite")
    app.state.uploads = Uploads(home / "uploads", app.state.library.database)
    app.state.watcher = Watcher(app.state.holder, app.state.library, limits)
    app.state.jobs, app.state.streams = Pool(app.state.library.database), Streams()
    _operate(app, access, limits)
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router, max_body_size=limits.upload if router is uploads.router else limits.body)
    _describe_once(app)
    return app


def _operate(app: FastAPI, access: Access, limits: Limits) -> None:
    """What stands around the routes, the innermost first."""
    app.state.hidden, app.state.metrics, app.state.pulse = Hidden(), Metrics(), Pulse(lambda: app.state.holder)
    app.state.pulse.measure(app.state.metrics)
    app.state.jobs.measure(app.state.metrics)
    always = lambda path: path == "/metrics" or is_open(path)  # noqa: E731
    app.add_middleware(Gate, places=limits.places, patience_s=limits.patience_s, always=always)
    app.add_middleware(Guard, access=access)
    app.add_middleware(Envelope, max_body=limits.body, max_upload=limits.upload)
    if access.origins:
        app.add_middleware(CORSMiddleware, allow_origins=access.origins, **CORS)
    app.add_middleware(Observe, metrics=app.state.metrics)


def limits_of_settings() -> Limits:
    """The bounds that the settings name. Raises SettingsError."""
    settings = load_settings()
    return Limits(
        max_page=settings.page_limit,
        body=settings.body_limit,
        upload=settings.upload_limit,
        private_webhooks=settings.webhook_private,
        places=settings.places_limit,
    )


def access_of_settings(origins: Sequence[str] = ()) -> Access:
    """Whom the settings let in, and pages of *origins* too; without keys only this machine. Raises SettingsError."""
    settings = load_settings()
    more = load_settings(cors_origins=tuple(origins)).cors_origins if origins else ()
    allowed = tuple(dict.fromkeys([*settings.cors_origins, *more]))
    return Access(Keyring(settings.keys_file), allowed, local_only=True)


def open_twin(hidden: Hidden) -> Twin:
    """The twin that the settings name; *hidden* learns its passwords.

    Raises:
        TwinError: a setting is not valid, or the store cannot be opened.
    """
    settings = load_settings()
    hidden.know(settings.neo4j_password.get_secret_value())
    twin = Twin.open(settings)
    own = settings.home / "neo4j" / "password"
    if own.is_file():
        hidden.know(own.read_text(encoding="utf-8").strip())
    return twin


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    holder: Holder = app.state.holder
    warming = asyncio.create_task(run_in_threadpool(warm, holder, app.state.tiles))
    app.state.jobs.open()
    app.state.watcher.open()
    app.state.streams.open()
    try:
        yield
    finally:
        app.state.streams.close()
        await run_in_threadpool(app.state.watcher.close)
        await run_in_threadpool(app.state.jobs.close)
        await warming
        await run_in_threadpool(holder.close)
        app.state.files.close()
        await run_in_threadpool(app.state.library.close)


def warm(holder: Holder, shelf: Shelf) -> None:
    """Open the twin, read its state and run the kernels once, so that the first question need not wait."""
    try:
        with holder.asking() as twin:
            snapshot = twin.current().snapshot
            snapshot.warm()
            shelf.warm(snapshot)
    except TwinError as error:
        log.warning("%s (%s); each request tries again. %s", error.detail, error.code, error.fix)


def _describe_once(app: FastAPI) -> None:
    made: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = describe(made(), app.routes)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
