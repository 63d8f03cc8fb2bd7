"""Assembles the service."""

from typing import NoReturn

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.database import open_database
from app.http.pipeline import Pipeline
from app.http.routing import Routes
from app.internals import AsyncExitStackMiddleware
from app.openapi import describe
from app.pages import make_pages
from app.pages.site import Site
from app.routers import ROUTERS
from app.settings import Settings


class Service(FastAPI):
    """An application whose requests go through the pipeline of app/http."""

    pipeline: Pipeline

    def build_middleware_stack(self) -> ASGIApp:
        """The pipeline inside the added middleware; the rest of FastAPI's own stack is not needed."""
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


def create_app(settings: Settings | None = None) -> Service:
    """The service over the database that the settings name.

    Raises:
        DatabaseUnusableError: when that file can't be served.
        OSError: when the address of the metrics can't be had.
    """
    settings = settings or Settings()
    database = open_database(settings.database_path)
    app = Service(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.database = database
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
    describe(app)
    for path, page in make_pages(app, settings.public_url).items():
        app.pipeline.add_page(path, page.response, page.compressed)
    if settings.metrics_port:
        from app.metrics import Metrics, serve_metrics  # noqa: PLC0415  # loads a library that is needed only here

        metrics = Metrics(app.pipeline.route_of, app.pipeline.gauges, lambda: database.dataset_version)
        app.pipeline.metrics = metrics
        serve_metrics(metrics, settings.metrics_host, settings.metrics_port, settings.workers)
    return app
