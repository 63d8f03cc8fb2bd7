"""Finds the route of a path in one look-up, and calls its endpoint without FastAPI's general machinery where it can."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import FastAPI, params
from fastapi.routing import APIRoute, APIRouter
from pydantic import BaseModel, ValidationError
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from app.problems import invalid_parameters
from app.schemas.queries import QueryParameters

Endpoint = Callable[..., Awaitable[Response]]
Provider = Callable[[HTTPConnection], Any]


@dataclass(frozen=True)
class DirectCall:
    """A direct call of an endpoint that takes simple dependencies, one query model and path parameters."""

    endpoint: Endpoint
    providers: dict[str, Provider]
    """Functions of the connection alone, by the argument that each provides."""
    query: "QueryParser | None"

    @property
    def lists(self) -> frozenset[str]:
        """The query parameters that take several values."""
        return self.query.lists if self.query else frozenset()

    def parse(self, query: bytes) -> QueryParameters | None:
        """The query as the endpoint takes it, if it takes one.

        Raises:
            ProblemException: the query is not what the model says.
        """
        return self.query.parse(query) if self.query else None

    async def __call__(self, scope: Scope, query: QueryParameters | None, path_parameters: dict[str, str]) -> Response:
        """Call the endpoint with the arguments of the request."""
        connection = HTTPConnection(scope)
        arguments = {name: provide(connection) for name, provide in self.providers.items()}
        if self.query:
            arguments[self.query.argument] = query
        return await self.endpoint(**arguments, **path_parameters)


class QueryParser:
    """Parses query strings into the query model of an endpoint."""

    def __init__(self, argument: str, model: type[QueryParameters]) -> None:
        self.argument = argument
        self._model = model
        self.lists = frozenset(
            name for name, field in model.model_fields.items() if get_origin(field.annotation) is list
        )
        requires = any(field.is_required() for field in model.model_fields.values())
        self._empty = None if requires else model.model_validate({})

    def parse(self, query: bytes) -> QueryParameters:
        """The model of a query string.

        Raises:
            ProblemException: the query is not what the model says.
        """
        if not query and self._empty:
            return self._empty
        # The query has been checked: only lists are repeated, and all of it is UTF-8.
        values: dict[str, Any] = {}
        for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
            # Some clients repeat a list, others write vein[]=red.
            if (listed := name.removesuffix("[]")) in self.lists:
                values.setdefault(listed, []).append(value)
            else:
                values[name] = value
        try:
            return self._model.model_validate(values)
        except ValidationError as error:
            faults = [fault | {"loc": ("query", *fault["loc"])} for fault in error.errors(include_url=False)]
            raise invalid_parameters(faults, self._model.model_fields) from error


def direct_call(route: APIRoute) -> DirectCall | None:
    """The direct call of the endpoint of a route; None when it needs something that only FastAPI can do."""
    plain = route.methods == {"GET"} and route.status_code in (None, 200) and not route.dependencies
    if not plain or not inspect.iscoroutinefunction(route.endpoint):
        return None
    providers: dict[str, Provider] = {}
    query: QueryParser | None = None
    for name, parameter in inspect.signature(route.endpoint, eval_str=True).parameters.items():
        kind, *notes = get_args(parameter.annotation) if get_origin(parameter.annotation) is Annotated else (None,)
        match notes:
            case [params.Depends(dependency=provider, use_cache=True, scope=None)] if provider and _is_provider(
                provider
            ):
                providers[name] = provider
            case [params.Query()] if query is None and isinstance(kind, type) and issubclass(kind, QueryParameters):
                query = QueryParser(name, kind)
            case [params.Path()] if kind is str and f"{{{name}}}" in route.path:
                pass
            case _:
                return None
    return DirectCall(route.endpoint, providers, query)


def query_model(endpoint: Endpoint) -> type[BaseModel] | None:
    """The model of the query parameters of an endpoint."""
    for parameter in inspect.signature(endpoint, eval_str=True).parameters.values():
        kind = next(iter(get_args(parameter.annotation)), None)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _is_provider(dependency: object) -> bool:
    """Whether a dependency is a plain function of the connection alone."""
    if not inspect.isfunction(dependency) or inspect.iscoroutinefunction(dependency):
        return False
    parameters = list(inspect.signature(dependency, eval_str=True).parameters.values())
    return [parameter.annotation for parameter in parameters] == [HTTPConnection]


class Route(NamedTuple):
    """The route of a path."""

    direct_call: DirectCall | None
    """The direct call; None for a route that FastAPI calls."""
    parameters: dict[str, str]


class _Entry(NamedTuple):
    """A route of the tables below."""

    template: str
    direct_call: DirectCall | None
    parameter: str
    """The name of the path parameter; empty when there is none."""


class Routes:
    """The routes of the application by path.

    Every address of the API is a fixed path, or has one path parameter as its last segment or the one before. Routes of
    another shape, and those added to the application later, are tried one after the other.
    """

    def __init__(self, app: FastAPI, routers: Iterable[APIRouter]) -> None:
        self._fixed: dict[str, _Entry] = {}
        self._parametrized: dict[tuple[str, str], _Entry] = {}
        """Routes with a path parameter, by the text before and after it."""
        self._all = app.router.routes
        self._known = len(self._all)
        self._others: list[BaseRoute] = []
        for router in routers:
            for route in router.routes:
                self._add(route)

    def _add(self, route: BaseRoute) -> None:
        if not isinstance(route, APIRoute):
            self._others.append(route)
            return
        before, brace, rest = route.path.partition("{")
        name, _, after = rest.partition("}")
        entry = _Entry(route.path, direct_call(route), name)
        if not brace:
            self._fixed[route.path] = entry
        elif name.isidentifier() and after.count("/") <= 1:
            self._parametrized[before, after] = entry
        else:
            self._others.append(route)

    def find(self, path: str, scope: Scope) -> Route | None:
        """The route of a path, whatever the method, or None when there is none."""
        entry, value = self._look_up(path)
        if entry:
            return Route(entry.direct_call, {entry.parameter: value} if entry.parameter else {})
        others: Sequence[BaseRoute] = [*self._others, *self._all[self._known :]]
        if any(other.matches({**scope, "method": "GET"})[0] is not Match.NONE for other in others):
            return Route(None, {})
        return None

    def template(self, path: str) -> str:
        """The path template of the route of a path; empty when there is none."""
        entry, _ = self._look_up(path)
        return entry.template if entry else ""

    def _look_up(self, path: str) -> tuple[_Entry | None, str]:
        """The entry of a path, and the value of its path parameter."""
        if entry := self._fixed.get(path):
            return entry, ""
        before, _, last = path.rpartition("/")
        if last and (entry := self._parametrized.get((f"{before}/", ""))):
            return entry, last
        before, _, value = before.rpartition("/")
        if value and (entry := self._parametrized.get((f"{before}/", f"/{last}"))):
            return entry, value
        return None, ""
