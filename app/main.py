"""Assembles the service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.database import Database, open_database
from app.http.pipeline import Pipeline
from app.http.routing import Routes
from app.internals import AsyncExitStackMiddleware
from app.openapi import describe
from app.pages import Page, data_pages, make_pages
from app.pages.problem_pages import HtmlProblems
from app.pages.site import Site
from app.routers import ROUTERS
from app.settings import Settings
from app.watching import Stamp, Watcher, stamp_of

MAX_REASON: Final = 400
"""How many characters of the reason for a refusal readiness reports."""


class Service(FastAPI):
    """An application whose requests go through the pipeline of app/http."""

    pipeline: Pipeline
    reload: Callable[[], None] = staticmethod(lambda: None)
    """Reads the database file again at once and serves or refuses it."""

    def serve(self, database: Database, pages: dict[str, Page]) -> None:
        """Serve another data set, with its pages, from the next request on.

        Everything derived from the previous one is replaced in one iteration of the event loop. A request in progress
        keeps reading the data set with which it began.
        """
        self.state.database = database
        self.pipeline.forget_responses()
        for path, page in pages.items():
            self.pipeline.pages.add(path, page.response, page.compressed)

    def refuse(self, reason: str | None) -> None:
        """Report in readiness why the newest file is refused; None when it is served."""
        self.state.refusal = reason and reason[:MAX_REASON]

    def build_middleware_stack(self) -> ASGIApp:
        """Wrap the pipeline in the added middleware; FastAPI's own middleware is not needed."""
        app: ASGIApp = self.pipeline
        for middleware, arguments, options in reversed(self.user_middleware):
            app = middleware(app, *arguments, **options)
        return app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)

    def add_exception_handler(self, *_: object, **__: object) -> NoReturn:
        """Refuse a custom exception handler: it would never be called.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("every exception ends in a problem: add it to app.problems.problem_of")


Source = Callable[[Service], AbstractAsyncContextManager[None]]
"""A lifespan that gives a running service its next data sets."""


def create_app(
    settings: Settings | None = None, database: Database | None = None, source: Source | None = None
) -> Service:
    """Create the service, from the database file in the settings, or from a data set and a source of later ones.

    Raises:
        DatabaseUnusableError: when the file can't be served.
        OSError: when the port of the metrics is in use.
    """
    settings = settings or Settings()
    if database is None:
        stamp = stamp_of(settings.database_path)
        database = open_database(settings.database_path)
        source = partial(follow_file, path=settings.database_path, stamp=stamp)
    app = Service(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=source)
    app.state.database = database
    app.state.refusal = None
    app.state.site = Site(settings.public_url)
    for router in ROUTERS:
        app.include_router(router)
    app.pipeline = Pipeline(
        app,
        Routes(app, ROUTERS),
        AsyncExitStackMiddleware(app.router),
        cache_bytes=settings.cache_bytes,
        cache_seconds=settings.cache_seconds,
        tls=settings.tls,
        access_log=settings.access_log,
        public_path=settings.public_path,
    )
    app.pipeline.problems.pages = HtmlProblems(app.state)
    describe(app)
    for path, page in make_pages(app, settings.public_url).items():
        app.pipeline.pages.add(path, page.response, page.compressed)
    if settings.metrics_port:
        from app.metrics import Metrics, serve_metrics  # noqa: PLC0415  # loads a library that is needed only here

        metrics = Metrics(app.pipeline.route_of, app.pipeline.gauges, lambda: app.state.database.dataset_version)
        app.pipeline.metrics = metrics
        serve_metrics(metrics, settings.metrics_host, settings.metrics_port, settings.workers)
    return app


@asynccontextmanager
async def follow_file(service: Service, path: Path, stamp: Stamp) -> AsyncIterator[None]:
    """Serve each replacement of a file; `stamp` is the stamp that the file had before it was read."""
    loop = asyncio.get_running_loop()

    def serve(database: Database) -> None:
        pages = data_pages(service.title, database, service.state.site)
        loop.call_soon_threadsafe(service.serve, database, pages)

    def refuse(reason: str | None) -> None:
        loop.call_soon_threadsafe(service.refuse, reason)

    watcher = Watcher(path, stamp, service.state.database, serve=serve, refuse=refuse)
    service.reload = watcher.look_now
    watcher.start()
    try:
        yield
    finally:
        watcher.stop()
