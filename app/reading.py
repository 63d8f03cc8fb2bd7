"""Reads records: a list is one indexed query for rendered documents, a detail one look-up by key."""

import json
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any, cast

from fastapi.responses import Response
from sqlalchemy import JSON, BindParameter, ColumnElement, Select, bindparam, exists, func, literal_column, select
from sqlalchemy.dialects import sqlite

from app.database import Database, Former
from app.formats import export
from app.names import Names
from app.problems import GONE, INVALID_REQUEST, NOT_FOUND, ProblemError, ProblemException, shown, summary
from app.schemas.envelopes import MAX_LINK_BYTES
from app.schemas.formats import ListFormat
from app.schemas.queries import PageQuery, QueryParameters, View, query_string
from app.schemas.search import SearchQuery
from app.search.engine import found_slugs
from app.tables import Facet, Resource, Tally, filter_value, filters_index, table_of

MAX_OFFSET = 10_000
BEST_FIRST = ""
"""The sort of a list with `q`: best match first."""
NO_LIMIT = -1
"""SQLite's value for no limit."""
MAX_NAMED = 2000
"""How many records of a collection are indexed for suggestions."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

FLAGS = {str(flag).lower(): filter_value(flag) for flag in (True, False)}
"""How true and false are stored in the tally."""
Filters = dict[str, list[Any]]
"""The values of each filter in a request."""
Shape = tuple[tuple[str, int], ...]
"""The filters of a list and how many values each has: what its SQL depends on besides the sort."""


def list_page(database: Database, resource: type[Resource], query: PageQuery, path: str | None = None) -> Response:
    """Return a page of a collection; its links have the requested path."""
    filters, sort = query.filters(), query.sort
    if "slug" in filters:
        filters["slug"] = _current_slugs(database, resource, filters["slug"])
    if query.q:
        filters["q"] = [_encode(found_slugs(database, query.q, resource.info.record_type))]
        sort = query.sort if "sort" in query.model_fields_set else BEST_FIRST
    shape, values = _shape(filters), _values(filters)
    if query.format != ListFormat.json:
        return _whole_list(database, resource, query, page_sql(resource, shape, sort), values)
    documents = database.read(
        page_sql(resource, shape, sort, query.view), values | {"limit": query.limit, "offset": query.offset}
    )
    total = _total(database, resource, shape, values)
    meta: dict[str, Any] = {
        "total": total,
        "limit": query.limit,
        "offset": query.offset,
        "dataset_version": database.dataset_version,
        "coverage": database.coverage[resource.info.collection],
        "facets": [_facet(database, resource, name, filters) for name in query.facets()] or None,
    }
    if query.view is View.summary:
        meta["disclaimer"] = database.disclaimer
    data = b"[" + b",".join([document for (document,) in documents]) + b"]"
    return page(data, meta, path or resource.info.path, query, f"/{resource.info.collection}")


def page(data: bytes, meta: dict[str, Any], path: str, query: PageQuery | SearchQuery, html: str) -> Response:
    """Return a page: its records in their envelope. `meta` has their total, `html` is the address of the HTML page."""
    return _response(data, meta, _page_links(path, query, meta["total"]), html)


def unpaged(data: bytes, meta: dict[str, Any], path: str, query: QueryParameters) -> Response:
    """Return a response without neighbouring pages, in its envelope."""
    return _response(data, meta, {"self": _address(path, query.written())})


def _whole_list(
    database: Database, resource: type[Resource], query: PageQuery, sql: str, values: dict[str, Any]
) -> Response:
    """Return every matching record, or as many as requested, in a format other than JSON."""
    limit = query.limit if "limit" in query.model_fields_set else NO_LIMIT
    page = values | {"limit": limit, "offset": query.offset}

    def documents() -> Iterator[bytes]:
        return (document for (document,) in database.rows(sql, page))

    return export(database, resource.info, documents, query.format, resource.info.collection)


def get_one(database: Database, resource: type[Resource], slug: str, form: str = ListFormat.json) -> Response:
    """Return a single record in one of its formats.

    Raises:
        ProblemException: 404 with the slug that was probably meant, or 410 with the reason for a withdrawn record.
    """
    found = database.read(detail_sql(resource), {"slug": slug})
    path = resource.info.path
    if not found:
        if former := database.former.get((resource.info.collection, slug)):
            return _moved(path, former, form)
        raise _unknown_slug(database, resource, slug)
    document, history = found[0]
    if form != ListFormat.json:
        return export(database, resource.info, lambda: [document], form, slug)
    meta = {"dataset_version": database.dataset_version, "history": json.loads(history)}
    links: dict[str, str | None] = {"self": f"{path}/{slug}", "collection": path}
    return _response(document, meta, links, f"/{resource.info.collection}/{slug}")


@lru_cache(maxsize=1024)
def page_sql(resource: type[Resource], shape: Shape, sort: str, view: View = View.full) -> str:
    """The SQL of a page of rendered documents, in the order of an index or of the search results."""
    table = table_of(resource)
    document = table.columns.document if view is View.full else table.columns.summary_document
    if sort == BEST_FIRST:
        found = func.json_each(bindparam("q_0")).table_valued("key", "value")
        return _compiled(
            select(document)
            .join(found, found.columns.value == table.columns.slug)
            .where(*(_condition(resource, name, count) for name, count in shape if name != "q"))
            .order_by(found.columns.key)
            .limit(bindparam("limit"))
            .offset(bindparam("offset"))
        )
    column = table.columns[resource.info.sorts[sort.removeprefix("-")]]
    keys = [column] if column.name == "slug" else [column, table.columns.slug]
    return _compiled(
        select(document)
        .where(*(_condition(resource, name, count) for name, count in shape))
        .order_by(*(key.desc() if sort.startswith("-") else key for key in keys))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


@lru_cache(maxsize=1024)
def count_sql(resource: type[Resource], shape: Shape) -> str:
    """The SQL that counts the records that match several filters."""
    conditions = (_condition(resource, name, count) for name, count in shape)
    return _compiled(select(func.count()).select_from(table_of(resource)).where(*conditions))


@lru_cache(maxsize=1024)
def facet_sql(resource: type[Resource], name: str, shape: Shape) -> str:
    """The SQL that counts the records with each value of a filter that match the other filters."""
    table = table_of(resource)
    conditions = [_condition(resource, other, count) for other, count in shape]
    if name in resource.info.facets:
        # Other filters may use the same table.
        counted = table_of(Facet).alias("counted")
        value = counted.columns.value
        conditions += [*_entries(counted.columns, resource, name), counted.columns.slug == table.columns.slug]
    else:
        value = table.columns[name]
    sql = _compiled(select(value, func.count()).select_from(table).where(*conditions).group_by(value))
    if {name, *dict(shape)} <= set(resource.info.column_filters):
        # SQLite would rather take the index in the order of the groups, and fetch every row for the other filters.
        # SQLAlchemy has no hints for SQLite.
        sql = sql.replace(f"FROM {table.name}", f"FROM {table.name} INDEXED BY {filters_index(resource)}", 1)
    return sql


@cache
def detail_sql(resource: type[Resource]) -> str:
    """The SQL that reads one rendered document with its history."""
    table = table_of(resource)
    columns = table.columns
    return _compiled(select(columns.document, columns.history).where(columns.slug == bindparam("slug")))


@cache
def names_sql(resource: type[Resource]) -> str:
    """The SQL that reads the slugs and the names of records."""
    columns = table_of(resource).columns
    # SQLAlchemy always adds an offset to a limit, so it needs a value.
    return _compiled(
        select(columns.slug, *(columns[name] for name in resource.info.names))
        .limit(bindparam("limit"))
        .offset(bindparam("offset"))
    )


def _total(database: Database, resource: type[Resource], shape: Shape, values: dict[str, Any]) -> int:
    """How many records match. Without a filter, and for one value of one filter, the build has counted them."""
    match shape:
        case ():
            return database.totals[resource.info.collection]
        case ((name, 1),) if name not in ("slug", "q"):
            counted = {
                "collection": resource.info.collection,
                "filter": name,
                "value": filter_value(values[f"{name}_0"]),
            }
            found = database.read(TALLY_SQL, counted)
        case _:
            found = database.read(count_sql(resource, shape), values)
    return int(found[0][0]) if found else 0


def _shape(filters: Filters) -> Shape:
    return tuple((name, len(values)) for name, values in filters.items())


def _values(filters: Filters) -> dict[str, Any]:
    return {f"{name}_{n}": value for name, values in filters.items() for n, value in enumerate(values)}


def _facet(database: Database, resource: type[Resource], name: str, filters: Filters) -> dict[str, Any]:
    """How many records have each value of a filter and match the other filters; the filter itself does not narrow its counts."""
    others = {other: values for other, values in filters.items() if other != name}
    if others:
        rows = database.read(facet_sql(resource, name, _shape(others)), _values(others))
    else:
        rows = database.read(TALLIES_SQL, {"collection": resource.info.collection, "filter": name})
    counts = {filter_value(value): total for value, total in rows}
    return {
        "name": name,
        "values": [
            {"value": value, "label": label, "count": counts.get(FLAGS.get(value, value), 0)}
            for value, label in resource.info.facet_values(name)
        ],
    }


def _condition(resource: type[Resource], name: str, count: int) -> ColumnElement[bool]:
    wanted: list[BindParameter[Any]] = [bindparam(f"{name}_{n}") for n in range(count)]
    columns = table_of(resource).columns
    if name in resource.info.facets:
        facet = table_of(Facet).columns
        return exists().where(*_entries(facet, resource, name), facet.value.in_(wanted), facet.slug == columns.slug)
    if name == "q":
        return columns.slug.in_(select(func.json_each(wanted[0]).table_valued("value").columns.value))
    column = cast("ColumnElement[Any]", columns[name])
    return column == wanted[0] if count == 1 else column.in_(wanted)


def _entries(facet: Any, resource: type[Resource], name: str) -> list[ColumnElement[bool]]:
    """The conditions for the entries of a filter of a resource."""
    return [
        facet.collection == literal_column(f"'{resource.info.collection}'"),
        facet.filter == literal_column(f"'{name}'"),
    ]


def _compiled(statement: Select[Any]) -> str:
    return str(
        statement.compile(dialect=sqlite.dialect(paramstyle="named"), compile_kwargs={"render_postcompile": True})
    )


TALLY_SQL = _compiled(
    select(table_of(Tally).columns.total).where(
        *(table_of(Tally).columns[name] == bindparam(name) for name in ("collection", "filter", "value"))
    )
)

TALLIES_SQL = _compiled(
    select(table_of(Tally).columns.value, table_of(Tally).columns.total).where(
        *(table_of(Tally).columns[name] == bindparam(name) for name in ("collection", "filter"))
    )
)


def encoded(value: Any) -> bytes:
    """A value as JSON without spaces."""
    return _encode(value).encode()


def detail(database: Database, document: bytes, path: str, collection: str, html: str = "") -> Response:
    """Return a single document in its envelope; `html` is the address of its HTML page."""
    links: dict[str, str | None] = {"self": path, "collection": collection}
    return _response(document, {"dataset_version": database.dataset_version}, links, html)


def _page_links(path: str, query: PageQuery | SearchQuery, total: int) -> dict[str, str | None]:
    asked = query.written()

    def page(offset: int) -> str:
        # Parameters in a fixed order, so that every link to a page is the same.
        given = asked | {"offset": str(offset)}
        wanted = [name for name in type(query).model_fields if name in given and (name != "offset" or offset)]
        return _address(path, {name: given[name] for name in wanted})

    limit, offset = query.limit, query.offset
    # Pages are counted from the requested offset, so that following the links leads back to it.
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


def enveloped(
    data: bytes, meta: dict[str, Any], links: dict[str, str | None], html: str = ""
) -> tuple[bytes, dict[str, str]]:
    """A document in its envelope, and the `Link` header with the same links and the address of its HTML page."""
    tail = _encode({"meta": meta, "links": links})
    relations = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
    if html:
        relations += f', <{html}>; rel="alternate"; type="text/html"'
    headers = {"Link": relations} if len(relations) <= MAX_LINK_BYTES else {}
    return b'{"data":' + data + b"," + tail.encode()[1:], headers


def _response(data: bytes, meta: dict[str, Any], links: dict[str, str | None], html: str = "") -> Response:
    body, headers = enveloped(data, meta, links, html)
    return Response(body, headers=headers, media_type="application/json")


def _moved(path: str, former: Former, form: str) -> Response:
    """The redirect to the new slug of a record, in the format that was asked for.

    Raises:
        ProblemException: the record was withdrawn.
    """
    if former.renamed_to:
        # Not stored: a later release may rename the record again.
        location = _address(f"{path}/{former.renamed_to}", {"format": form} if form != ListFormat.json else {})
        return Response(status_code=308, headers={"Location": location, "Cache-Control": "no-store"})
    raise ProblemException(GONE, former.why, [_withdrawn("/path/slug", former)], former.link, _successors([former]))


def _withdrawn(where: str, former: Former) -> ProblemError:
    return ProblemError(pointer=where, code="withdrawn", detail=former.why, did_you_mean=former.successor_path)


def _successors(formers: Iterable[Former]) -> list[str]:
    return [former.successor_path for former in formers if former.successor_path]


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
        ProblemException: 422 for a withdrawn record. Leaving it out would look as if it had never existed.
    """
    collection = resource.info.collection
    formers = {slug: former for slug in slugs if (former := database.former.get((collection, slug)))}
    withdrawn = [_withdrawn("/query/slug", former) for former in formers.values() if not former.renamed_to]
    if withdrawn:
        detail = summary(withdrawn, len(withdrawn))
        raise ProblemException(INVALID_REQUEST, detail, withdrawn, addresses=_successors(formers.values()))
    return list(dict.fromkeys(formers[slug].renamed_to or slug if slug in formers else slug for slug in slugs))


def _names(database: Database, resource: type[Resource]) -> Names:
    """The names of a collection; indexed on first use, which takes milliseconds."""
    collection = resource.info.collection
    if collection not in database.names:
        rows = database.read(names_sql(resource), {"limit": MAX_NAMED, "offset": 0})
        named = [pair for row in rows for pair in _named(resource, *row)]
        # A former slug suggests the new one; the slug of a withdrawn record suggests itself, which returns the reason, and no similar record.
        for (of, slug), former in database.former.items():
            if of == collection:
                named.append((slug, former.renamed_to or slug))
        database.names[collection] = Names(named)
    return database.names[collection]


def _named(resource: type[Resource], slug: str, *stored: str | None) -> Iterator[tuple[str, str]]:
    """Each name of a record, with its slug."""
    for field, value in zip(resource.info.names, stored, strict=True):
        is_list = isinstance(table_of(resource).columns[field].type, JSON)
        for name in json.loads(value or "[]") if is_list else [value or slug]:
            yield name, slug
