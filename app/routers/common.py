"""What the routers share: how a read is routed, the data, the slug in the path, and the answer when there is nothing."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, get_origin
from urllib.parse import parse_qsl

from fastapi import Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.database import Database
from app.problems import Problem
from app.schemas.fields import SLUG_PATTERN


async def _data(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


Data = Annotated[Database, Depends(_data)]
# The form of a slug is told, not enforced: what is no slug is not found, like any other that names nothing.
Slug = Annotated[
    str,
    Path(
        description="Permanent slug of the record.",
        json_schema_extra={"pattern": SLUG_PATTERN, "minLength": 1, "maxLength": 100},
    ),
]
NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": Problem, "description": "No record has this slug."}}


class ReadRoute(APIRoute):
    """A route to a function that takes the data, one query model and perhaps a slug, and returns a response.

    FastAPI describes such a route like any other, but its own handling of a request is made for bodies,
    dependencies of dependencies and response models, and takes several times as long as the reading.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        (query,), (data,) = self.dependant.query_params, self.dependant.dependencies
        assert data.call is _data
        assert data.name
        self._data_name, self._query_name = data.name, query.name
        self._query_model: type[BaseModel] = query.field_info.annotation  # type: ignore[assignment]  # always a model here
        self._lists = {
            name for name, field in self._query_model.model_fields.items() if get_origin(field.annotation) is list
        }
        self._nothing_asked = self._query_model()

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the function with what was asked for.

        Raises:
            RequestValidationError: the query is not what the model says.
        """
        arguments = {
            self._data_name: scope["app"].state.database,
            self._query_name: self._query(scope["query_string"].decode("latin-1")),
        }
        response = await self.endpoint(**arguments, **scope["path_params"])
        await response(scope, receive, send)

    def _query(self, query_string: str) -> BaseModel:
        if not query_string:
            return self._nothing_asked
        # A repeated parameter never gets here: the query string is checked before routing.
        asked = dict(parse_qsl(query_string, keep_blank_values=True))
        values = {name: [value] if name in self._lists else value for name, value in asked.items()}
        try:
            return self._query_model.model_validate(values)
        except ValidationError as error:
            faults = [fault | {"loc": ("query", *fault["loc"])} for fault in error.errors(include_url=False)]
            raise RequestValidationError(faults) from error


class Reads:
    """Leads a read to its route by one look-up, where a router would try its routes in turn."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        reads = [route for route in routes if isinstance(route, ReadRoute)]
        self.lists = {route.path: route for route in reads if "{" not in route.path}
        self.details = {route.path.removesuffix("{slug}"): route for route in reads if "{" in route.path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the route, or pass the request on."""
        path: str = scope["path"]
        route, parameters = self.lists.get(path), {}
        if route is None:
            start = path.rfind("/") + 1
            if slug := path[start:]:
                route, parameters = self.details.get(path[:start]), {"slug": slug}
        if route is None:
            await self.app(scope, receive, send)
        else:
            scope.update(route=route, endpoint=route.endpoint, path_params=parameters)
            await route.handle(scope, receive, send)
