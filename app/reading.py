"""Reads records: a list is one indexed query for rendered documents, a detail one look-up by key."""

import json
from typing import Any
from urllib.parse import quote

from fastapi.responses import Response
from sqlalchemy import ColumnElement, func, select

from app.database import Database
from app.problems import NOT_FOUND, ProblemError, ProblemException, nearest, shown
from app.schemas.common import PageQuery
from app.tables import Facet, Resource, order_columns

MAX_OFFSET = 10_000


def list_page(database: Database, resource: type[Resource], query: PageQuery) -> Response:
    """A page of a collection, with the links to its neighbours."""
    conditions = [_matches(resource, name, values) for name, values in query.filters().items()]
    table: Any = resource.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table class
    column = table.columns[order_columns(resource)[query.sort.removeprefix("-")]]
    keys = [column] if column.name == "slug" else [column, table.columns.slug]
    backwards = query.sort.startswith("-")
    statement = (
        select(table.columns.document)
        .where(*conditions)
        .order_by(*(key.desc() if backwards else key for key in keys))
        .limit(query.limit)
        .offset(query.offset)
    )
    documents = database.connection.execute(statement).scalars().all()
    total = (
        database.connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()
        if conditions
        else database.totals[resource.collection]
    )
    links = _page_links(f"/v1/{resource.collection}", query, total)
    meta = {
        "total": total,
        "limit": query.limit,
        "offset": query.offset,
        "dataset_version": database.dataset_version,
        "coverage": database.coverage[resource.collection],
    }
    return _answer(b"[" + b",".join(documents) + b"]", meta, links)


def get_one(database: Database, resource: type[Resource], slug: str) -> Response:
    """A single record.

    Raises:
        ProblemException: not found, with the slug that was probably meant.
    """
    table: Any = resource.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table class
    document = database.connection.execute(select(table.columns.document).where(table.columns.slug == slug)).scalar()
    if document is None:
        raise _unknown_slug(database, resource, slug)
    path = f"/v1/{resource.collection}"
    return detail(database, document, f"{path}/{slug}", path)


def detail(database: Database, document: bytes, path: str, collection: str) -> Response:
    """The envelope of a single record around its document."""
    return _answer(document, {"dataset_version": database.dataset_version}, {"self": path, "collection": collection})


def _matches(resource: type[Resource], name: str, values: list[Any]) -> ColumnElement[bool]:
    columns = resource.__table__.columns  # type: ignore[attr-defined]  # SQLModel sets it on every table class
    if name in resource.facets:
        facet = Facet.__table__.columns  # type: ignore[attr-defined]  # SQLModel sets it on every table class
        having = select(facet.slug).where(
            facet.collection == resource.collection, facet.filter == name, facet.value.in_(values)
        )
        return columns.slug.in_(having)  # type: ignore[no-any-return]  # the columns of a table are untyped
    column = columns[name]
    return column == values[0] if len(values) == 1 else column.in_(values)  # type: ignore[no-any-return]  # the columns of a table are untyped


def _page_links(path: str, query: PageQuery, total: int) -> dict[str, str | None]:
    asked = {
        name: ",".join(map(_written, value)) if isinstance(value, list) else _written(value)
        for name in type(query).model_fields
        if name in query.model_fields_set and (value := getattr(query, name)) is not None
    }

    def page(offset: int | None) -> str | None:
        if offset is None:
            return None
        parameters = {name: value for name, value in asked.items() if name != "offset"} | (
            {"offset": str(offset)} if offset else {}
        )
        return _address(path, parameters)

    limit, offset = query.limit, query.offset
    last = min(max(total - 1, 0), MAX_OFFSET) // limit * limit
    following = offset + limit
    return {
        "self": _address(path, asked),
        "first": page(0),
        "prev": page(max(min(offset - limit, last), 0)) if offset else None,
        "next": page(following) if following < total and following <= MAX_OFFSET else None,
        "last": page(last),
    }


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _address(path: str, parameters: dict[str, str]) -> str:
    query = "&".join(f"{name}={quote(value, safe=',-_.~')}" for name, value in parameters.items())
    return f"{path}?{query}" if query else path


def _answer(data: bytes, meta: dict[str, Any], links: dict[str, str | None]) -> Response:
    tail = json.dumps({"meta": meta, "links": links}, ensure_ascii=False, separators=(",", ":"))
    relations = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
    return Response(
        b'{"data":' + data + b"," + tail.encode()[1:], headers={"Link": relations}, media_type="application/json"
    )


def _unknown_slug(database: Database, resource: type[Resource], slug: str) -> ProblemException:
    table: Any = resource.__table__  # type: ignore[attr-defined]  # SQLModel sets it on every table class
    slugs = database.connection.execute(select(table.columns.slug).limit(1000)).scalars().all()
    fault = ProblemError(
        pointer="/path/slug",
        code="unknown_slug",
        detail=f"No record of {resource.collection} has the slug {shown(slug)!r}.",
        did_you_mean=nearest(slug, slugs),
    )
    return ProblemException(NOT_FOUND, fault.detail, [fault])
