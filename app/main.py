"""Puts the service together: what is wrapped around what."""

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from app.database import open_database
from app.http.kept import KeptAnswers, Store
from app.http.representations import Methods, Representations
from app.http.requests import RequestIds, StrictQueries, StrictRequests
from app.http.responses import AccessLog, CommonHeaders, Failures
from app.openapi import describe
from app.problems import add_problem_handlers
from app.routers import ROUTERS, pages
from app.routers.common import Reads
from app.settings import Settings


class Service(FastAPI):
    """The application inside the layers that every request passes, outermost first."""

    layers: ASGIApp
    common: CommonHeaders
    """What belongs on every answer, for those that are given before any layer is reached."""

    def build_middleware_stack(self) -> ASGIApp:
        """Only what turns exceptions into problems: the rest of FastAPI's own stack has nothing to do here."""
        ordinary = AsyncExitStackMiddleware(self.router)
        return ExceptionMiddleware(Reads(ordinary, self.routes), handlers=self.exception_handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        scope["app"] = self
        await self.layers(scope, receive, send)


def create_app(settings: Settings | None = None) -> Service:
    """The service over the database that the settings name.

    Raises:
        DatabaseUnusableError: when that file can't be served.
    """
    settings = settings or Settings()
    database = open_database(settings.database_path)
    app = Service(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.database = database
    for router in ROUTERS:
        # Side by side: each router inside a router would cost a step of its own on every request.
        app.router.routes.extend(router.routes)
    add_problem_handlers(app)
    describe(app)
    pages.prepare(app)

    layers = app.build_middleware_stack()
    store = Store(settings.cache_bytes)
    layers = Representations(layers, store=store, released=database.release_date, cache_seconds=settings.cache_seconds)
    layers = StrictQueries(layers)
    layers = Methods(layers)
    layers = StrictRequests(layers)
    layers = Failures(layers)
    common = CommonHeaders(layers, tls=settings.tls)
    app.common = common
    app.layers = KeptAnswers(RequestIds(common), store=store, common=common)
    if settings.access_log:
        app.layers = AccessLog(app.layers)
    return app
