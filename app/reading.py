"""Reads records: a list is one indexed query for rendered documents, a detail one look-up by key."""

import json
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, cast

from fastapi.responses import Response
from sqlalchemy import JSON, BindParameter, ColumnElement, Select, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects import sqlite

from app.database import Database, Former
from app.names import Names
from app.problems import GONE, INVALID_REQUEST, NOT_FOUND, ProblemError, ProblemException, shown, summary
from app.schemas.queries import PageQuery, query_string
from app.tables import Facet, Resource, Tally, filter_value, table_of

MAX_OFFSET = 10_000
MAX_NAMED = 2000
"""How many records of a collection can be found by a name."""
MAX_LINK_BYTES = 2000
"""The longest `Link` header: proxies return 502 when the headers of a response exceed their buffer."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

Shape = tuple[tuple[str, int], ...]
"""The filters of a list and how many values each has: what its SQL depends on besides the sort."""


def list_page(database: Database, resource: type[Resource], query: PageQuery) -> Response:
    """A page of a collection, with the links to its neighbours."""
    filters = query.filters()
    if "slug" in filters:
        filters["slug"] = _current_slugs(database, resource, filters["slug"])
    shape = tuple((name, len(values)) for name, values in filters.items())
    values = {f"{name}_{n}": value for name, listed in filters.items() for n, value in enumerate(listed)}
    documents = database.read(
        page_sql(resource, shape, query.sort), values | {"limit": query.limit, "offset": query.offset}
    )
    total = _total(database, resource, shape, values)
    links = _page_links(resource.info.path, query, total)
    meta = {
        "total": total,
        "limit": query.limit,
        "offset": query.offset,
        "dataset_version": database.dataset_version,
        "coverage": database.coverage[resource.info.collection],
    }
    return _response(b"[" + b",".join([document for (document,) in documents]) + b"]", meta, links)


def get_one(database: Database, resource: type[Resource], slug: str) -> Response:
    """A single record.

    Raises:
        ProblemException: not found, with the slug that was probably meant; or withdrawn, with the reason.
    """
    found = database.read(detail_sql(resource), {"slug": slug})
    path = resource.info.path
    if not found:
        if former := database.former.get((resource.info.collection, slug)):
            return _moved(path, former)
        raise _unknown_slug(database, resource, slug)
    document, history = found[0]
    meta = {"dataset_version": database.dataset_version, "history": json.loads(history)}
    return _response(document, meta, {"self": f"{path}/{slug}", "collection": path})


@lru_cache(maxsize=1024)
def page_sql(resource: type[Resource], shape: Shape, sort: str) -> str:
    """The query for a page of rendered documents, in the order of an index."""
    table = table_of(resource)
    column = table.columns[resource.info.sorts[sort.removeprefix("-")]]
    keys = [column] if column.name == "slug" else [column, table.columns.slug]
    return _compiled(
        select(table.columns.document)
        .where(*(_condition(resource, name, count) for name, count in shape))
        .order_by(*(key.desc() if sort.startswith("-") else key for key in keys))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


@lru_cache(maxsize=1024)
def count_sql(resource: type[Resource], shape: Shape) -> str:
    """The query for how many records match several filters at once."""
    conditions = (_condition(resource, name, count) for name, count in shape)
    return _compiled(select(func.count()).select_from(table_of(resource)).where(*conditions))


@cache
def detail_sql(resource: type[Resource]) -> str:
    """The look-up of one rendered document with its history."""
    table = table_of(resource)
    columns = table.columns
    return _compiled(select(columns.document, columns.history).where(columns.slug == bindparam("slug")))


@cache
def names_sql(resource: type[Resource]) -> str:
    """The query for the slugs and the other names of records."""
    columns = table_of(resource).columns
    # SQLAlchemy writes an offset in any case, for which there must be a value.
    return _compiled(
        select(columns.slug, *(columns[name] for name in resource.info.names))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


def _total(database: Database, resource: type[Resource], shape: Shape, values: dict[str, Any]) -> int:
    """How many records match; the build has counted them for no filter and for a single value of one."""
    match shape:
        case ():
            return database.totals[resource.info.collection]
        case ((name, 1),) if name != "slug":
            counted = {
                "collection": resource.info.collection,
                "filter": name,
                "value": filter_value(values[f"{name}_0"]),
            }
            found = database.read(TALLY_SQL, counted)
        case _:
            found = database.read(count_sql(resource, shape), values)
    return int(found[0][0]) if found else 0


def _condition(resource: type[Resource], name: str, count: int) -> ColumnElement[bool]:
    wanted: list[BindParameter[Any]] = [bindparam(f"{name}_{n}") for n in range(count)]
    columns = table_of(resource).columns
    if name in resource.info.facets:
        facet = table_of(Facet).columns
        of_this = [
            facet.collection == literal_column(f"'{resource.info.collection}'"),
            facet.filter == literal_column(f"'{name}'"),
        ]
        return exists().where(*of_this, facet.value.in_(wanted), facet.slug == columns.slug)
    column = cast("ColumnElement[Any]", columns[name])
    return column == wanted[0] if count == 1 else column.in_(wanted)


def _compiled(statement: Select[Any]) -> str:
    return str(
        statement.compile(dialect=sqlite.dialect(paramstyle="named"), compile_kwargs={"render_postcompile": True})
    )


TALLY_SQL = _compiled(
    select(table_of(Tally).columns.total).where(
        *(table_of(Tally).columns[name] == bindparam(name) for name in ("collection", "filter", "value"))
    )
)


def detail(database: Database, document: bytes, path: str, collection: str) -> Response:
    """The envelope of a single record around its document."""
    return _response(document, {"dataset_version": database.dataset_version}, {"self": path, "collection": collection})


def _page_links(path: str, query: PageQuery, total: int) -> dict[str, str | None]:
    asked = query.written()

    def page(offset: int) -> str:
        # In a fixed order, so that every link to a page has the same address.
        given = asked | {"offset": str(offset)}
        wanted = [name for name in type(query).model_fields if name in given and (name != "offset" or offset)]
        return _address(path, {name: given[name] for name in wanted})

    limit, offset = query.limit, query.offset
    # Counted from the requested page, so that its links lead back to it.
    start, furthest = offset % limit, min(total - 1, MAX_OFFSET)
    last = furthest - (furthest - start) % limit if furthest >= start else 0
    following = offset + limit
    return {
        "self": _address(path, asked),
        "first": page(0),
        "prev": page(max(min(offset - limit, last), 0)) if offset else None,
        "next": page(following) if following < total and following <= MAX_OFFSET else None,
        "last": page(last),
    }


def _address(path: str, parameters: dict[str, str]) -> str:
    return f"{path}?{query_string(parameters)}" if parameters else path


def enveloped(data: bytes, meta: dict[str, Any], links: dict[str, str | None]) -> tuple[bytes, dict[str, str]]:
    """A document in its envelope, and the header with the same links."""
    tail = _encode({"meta": meta, "links": links})
    relations = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
    headers = {"Link": relations} if len(relations) <= MAX_LINK_BYTES else {}
    return b'{"data":' + data + b"," + tail.encode()[1:], headers


def _response(data: bytes, meta: dict[str, Any], links: dict[str, str | None]) -> Response:
    body, headers = enveloped(data, meta, links)
    return Response(body, headers=headers, media_type="application/json")


def _moved(path: str, former: Former) -> Response:
    """The redirect to the new slug of a record.

    Raises:
        ProblemException: the record was withdrawn.
    """
    if former.renamed_to:
        # Not stored: a later release may rename the record again.
        location = f"{path}/{former.renamed_to}"
        return Response(status_code=308, headers={"Location": location, "Cache-Control": "no-store"})
    raise ProblemException(GONE, former.why, [_withdrawn("/path/slug", former)], former.link)


def _withdrawn(where: str, former: Former) -> ProblemError:
    return ProblemError(pointer=where, code="withdrawn", detail=former.why, did_you_mean=former.successor_path)


def _unknown_slug(database: Database, resource: type[Resource], slug: str) -> ProblemException:
    fault = ProblemError(
        pointer="/path/slug",
        code="unknown_slug",
        detail=f"No record of {resource.info.collection} has the slug {shown(slug)!r}.",
        did_you_mean=_names(database, resource).nearest(slug),
    )
    return ProblemException(NOT_FOUND, fault.detail, [fault])


def _current_slugs(database: Database, resource: type[Resource], slugs: list[str]) -> list[str]:
    """The slugs of a batch, with the new one of each renamed record.

    Raises:
        ProblemException: a record was withdrawn. To leave it out would look as if it had never been there.
    """
    collection = resource.info.collection
    formers = {slug: former for slug in slugs if (former := database.former.get((collection, slug)))}
    withdrawn = [_withdrawn("/query/slug", former) for former in formers.values() if not former.renamed_to]
    if withdrawn:
        raise ProblemException(INVALID_REQUEST, summary(withdrawn, len(withdrawn)), withdrawn)
    return list(dict.fromkeys(formers[slug].renamed_to or slug if slug in formers else slug for slug in slugs))


def _names(database: Database, resource: type[Resource]) -> Names:
    """The names of a collection; gathered when one is first asked for, which takes milliseconds."""
    collection = resource.info.collection
    if collection not in database.names:
        rows = database.read(names_sql(resource), {"limit": MAX_NAMED, "offset": 0})
        named = [pair for row in rows for pair in _named(resource, *row)]
        # Under its former slug a record is known too.
        for (of, slug), former in database.former.items():
            if of == collection and former.renamed_to:
                named.append((slug, former.renamed_to))
        database.names[collection] = Names(named)
    return database.names[collection]


def _named(resource: type[Resource], slug: str, *stored: str | None) -> Iterator[tuple[str, str]]:
    """Each name of a record, beside its slug."""
    for field, value in zip(resource.info.names, stored, strict=True):
        is_list = isinstance(table_of(resource).columns[field].type, JSON)
        for name in json.loads(value or "[]") if is_list else [value or slug]:
            yield name, slug
