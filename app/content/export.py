"""Writes a static copy of the service: every list, record, release, document and HTML page as a file.

The name of a file is its address without the leading slash, plus a suffix for its media type where it has none. Each page of
a list has an address of its own, because static hosts ignore queries.
"""

import asyncio
import gzip
import json
from collections.abc import Container, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urljoin

import brotli
import zstandard

from app.content.build import BuildError
from app.database import Database
from app.files import temporary_folder_beside
from app.http.cache import Reply
from app.http.negotiation import MIN_COMPRESSED_BYTES
from app.http.pipeline import whole_response
from app.http.prefix import prefixed
from app.main import Service, create_app
from app.pages import data_pages
from app.pages.problem_pages import missing_html
from app.pages.site import Site, list_html, picture_of
from app.pictures import PICTURES
from app.problems import GONE
from app.reading import list_page
from app.registry import RESOURCES, TABLES
from app.schemas.queries import PageQuery, View
from app.schemas.resources import ResourceInfo
from app.settings import Settings
from app.tables import Resource

MANIFEST: Final = "_files.json"
"""The file that names all others: address, media type, header fields and digest of each."""
MOVED: Final = 308
DATA_PACKAGE: Final = "/v1/datapackage.json"
FORMER: Final = "_former.conf"
"""The addresses of former slugs as maps of nginx, which deploy/static.conf includes."""
GONE_FOLDER: Final = "_gone"
"""The folder of the 410 responses for withdrawn records."""
PAGE_SIZE: Final = {View.full: 100, View.summary: 500}
SUFFIXES: Final = {
    "application/json": ".json",
    "text/html": ".html",
    "text/csv": ".csv",
    "application/x-ndjson": ".ndjson",
    "application/vnd.citationstyles.csl+json": ".csl.json",
    "application/x-bibtex": ".bib",
    "application/x-research-info-systems": ".ris",
    "application/problem+json": ".json",
}
"""The suffix of a file whose address has none."""
KEPT_HEADERS: Final = frozenset({"cache-control", "content-disposition", "content-security-policy", "link"})
"""Header fields that a static host should send for each file; deploy/static.conf has those that all files share.

`Repr-Digest` is not among them: it would be wrong where the host sends a compressed form.
"""
COMPRESSED: Final = ("text/", "application/", "image/svg+xml")


@dataclass(frozen=True)
class File:
    """A file of the copy."""

    address: str
    name: str
    media_type: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 200

    def entry(self) -> dict[str, Any]:
        """The entry of the file in the manifest."""
        return {
            "address": self.address,
            "file": self.name,
            "media_type": self.media_type,
            "headers": self.headers,
            "bytes": len(self.body),
            "sha256": sha256(self.body).hexdigest(),
        }


def export(database_path: Path, target: Path, public_url: str = "", *, quick: bool = False) -> int:
    """Write the copy to a new folder or, once it is complete, over an earlier copy; return the number of files in the manifest.

    Raises:
        BuildError: something else is there, or a response is not a success.
        DatabaseUnusableError: the database can't be served.
        OSError: the folder can't be written.
    """
    if not _may_be_replaced(target):
        raise BuildError(
            f"{target}: is not an earlier copy and was left as it is; name a folder that is empty or does not exist"
        )
    service = create_app(Settings(database_path=database_path, public_url=public_url))
    service.state.site = Site(public_url, is_static=True)
    for path, page in data_pages(service.title, service.state.database, service.state.site).items():
        service.pipeline.pages.add(path, page.response, page.compressed)
    files, former = asyncio.run(_collect(service))
    # The current directory and a link have another name, and that is replaced.
    place = target.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder_beside(place) as workshop:
            _write(workshop / "copy", service.state.database.dataset_version, files, former, quick=quick)
            if place.exists():
                place.rename(workshop / "earlier")
            (workshop / "copy").rename(place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    return len(files)


def _may_be_replaced(target: Path) -> bool:
    """Whether nothing but an earlier copy would be lost."""
    if not target.is_dir():
        return not target.exists()
    return (target / MANIFEST).is_file() or not any(target.iterdir())


def _write(folder: Path, dataset_version: str, files: list[File], former: list[File], *, quick: bool) -> None:
    """Write the files of a copy, their compressed forms and the manifest."""
    gone = [each for each in former if each.status == GONE.status]
    for each in (*files, *gone):
        file = folder / each.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(each.body)
    manifest = {
        "dataset_version": dataset_version,
        "files": [each.entry() for each in sorted(files, key=lambda each: each.address)],
        "moved": {each.address: each.headers["location"] for each in former if each not in gone},
        "gone": [each.entry() for each in gone],
    }
    (folder / FORMER).write_text(_maps(former), encoding="utf-8")
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with ProcessPoolExecutor() as pool:
        worth = [each for each in (*files, *gone) if each.media_type.startswith(COMPRESSED)]
        paths = [folder / each.name for each in worth if len(each.body) >= MIN_COMPRESSED_BYTES]
        list(pool.map(_compress, paths, [quick] * len(paths), chunksize=20))


def _compress(path: Path, quick: bool) -> None:  # noqa: FBT001  # a pool passes no keywords
    """Write the compressed forms of a file beside it."""
    body = path.read_bytes()
    forms = {
        ".br": bytes(brotli.compress(body, quality=5 if quick else 11)),
        ".zst": zstandard.ZstdCompressor(level=3 if quick else 19).compress(body),
        ".gz": gzip.compress(body, compresslevel=6 if quick else 9, mtime=0),
    }
    for suffix, form in forms.items():
        path.with_name(path.name + suffix).write_bytes(form)


async def _collect(service: Service) -> tuple[list[File], list[File]]:
    """Every file, and what there is at the addresses of former slugs, from the responses of the service itself."""
    database: Database = service.state.database
    files: list[File] = []
    for resource in RESOURCES:
        table = TABLES[resource.collection]
        shared = await _shared_headers(service, resource.path)
        files += _lists(service, table, View.full, resource.path, shared)
        files += _lists(service, table, View.summary, resource.summaries_path, shared)
        files += _html_lists(service, table, await _shared_headers(service, f"/{resource.collection}"))
        files += [
            await _fetched(service, f"{resource.path}?format={form}", resource.path) for form in _formats(resource)
        ]
    for address in _addresses(service, database):
        files.append(await _fetched(service, address, address))
    # Static hosts serve a file of this name for unknown addresses.
    missing = missing_html(database, service.state.site).encode()
    files.append(
        File("/404.html", "404.html", "text/html; charset=utf-8", await _shared_headers(service, "/"), missing)
    )
    for (version,) in database.read("SELECT dataset_version FROM kept_release ORDER BY position", {}):
        address = f"/v1/changes?since={quote(version, safe='')}"
        named = f"/v1/changes/since-{version.replace('+', '-')}"
        files.append(await _fetched(service, address, named))
    former = [
        await _fetched(service, address, address, {MOVED, GONE.status})
        for collection, slug in sorted(database.former)
        for address in (f"/v1/{collection}/{slug}", f"/{collection}/{slug}")
    ]
    return files, former


def _maps(former: list[File]) -> str:
    """Maps of nginx from the address of a former slug to its new address, to the file that says why it is gone, and to its link."""
    redirects = [each for each in former if each.status != GONE.status]
    gone = [each for each in former if each.status == GONE.status]
    values = {
        "$copy_moved": {each.address: each.headers["location"] for each in redirects},
        "$copy_gone": {each.address: f"/{each.name}" for each in gone},
        "$copy_link": {f"/{each.name}": each.headers["link"] for each in gone if "link" in each.headers},
    }
    return "".join(
        f'map $uri {variable} {{\n    volatile;\n    default "";\n'
        + "".join(f"    {json.dumps(address)} {json.dumps(value)};\n" for address, value in named.items())
        + "}\n"
        for variable, named in values.items()
    )


def _formats(resource: ResourceInfo) -> list[str]:
    """The formats of a list besides JSON."""
    return [str(form) for form in resource.query.formats() if form.value != "json"]


def _addresses(service: Service, database: Database) -> Iterator[str]:
    """Every address without a query but those of lists."""
    # It would add a search to browsers.
    yield from (path for path in service.pipeline.pages if path != "/opensearch.xml")
    yield from (
        "/v1",
        "/v1/meta",
        "/v1/vocabularies",
        DATA_PACKAGE,
        "/v1/changes",
        "/v1/feeds",
        "/sitemap.xml",
    )
    yield from ("/v1/releases", "/v1/releases/latest", "/search")
    for (version,) in database.read("SELECT dataset_version FROM kept_release ORDER BY position", {}):
        yield from (f"/v1/releases/{version}", f"/v1/releases/{version}/bundle")
    for name in ("all", "safety", *(resource.collection for resource in RESOURCES)):
        yield from (f"/v1/feeds/{name}.atom", f"/v1/feeds/{name}.json")
    for picture in (each for each in PICTURES if picture_of(database, each)):
        yield from (f"/pictures/{picture.slug}.svg", f"/pictures/{picture.slug}.csv")
    for resource in RESOURCES:
        for slug in _slugs(database, TABLES[resource.collection]):
            yield from (f"{resource.path}/{slug}", f"/{resource.collection}/{slug}")


def _slugs(database: Database, table: type[Resource]) -> list[str]:
    page = json.loads(bytes(list_page(database, table, _query(table, View.summary, 0)).body))
    found = [record["slug"] for record in page["data"]]
    while len(found) < page["meta"]["total"]:
        page = json.loads(bytes(list_page(database, table, _query(table, View.summary, len(found))).body))
        found += [record["slug"] for record in page["data"]]
    return found


def _query(table: type[Resource], view: View, offset: int) -> PageQuery:
    return table.info.query.model_validate({}).model_copy(
        update={"view": view, "limit": PAGE_SIZE[view], "offset": offset}
    )


async def _shared_headers(service: Service, address: str) -> dict[str, str]:
    """The header fields of a response that others of its kind have too."""
    return {
        name: value for name, value in (await _fetched(service, address, address)).headers.items() if name != "link"
    }


def _lists(service: Service, table: type[Resource], view: View, path: str, shared: Mapping[str, str]) -> Iterator[File]:
    """The pages of a list, which link to each other by their addresses in the copy."""
    database: Database = service.state.database
    prefix = service.pipeline.public_path or ""
    size, offset, total = PAGE_SIZE[view], 0, 1
    while offset < total:
        page = json.loads(bytes(list_page(database, table, _query(table, view, offset), path).body))
        total = page["meta"]["total"]
        last = max(total - 1, 0) // size * size
        page["links"] = {
            "self": page_address(path, offset, size),
            "first": path,
            "prev": page_address(path, offset - size, size) if offset else None,
            "next": page_address(path, offset + size, size) if offset + size < total else None,
            "last": page_address(path, last, size),
        }
        relations = ", ".join(f'<{url}>; rel="{name}"' for name, url in page["links"].items() if url)
        headers = [(b"content-type", b"application/json"), (b"link", relations.encode())]
        reply = prefixed(Reply(200, headers, _json(page)), prefix)
        address = page_address(path, offset, size)
        link = {name.decode(): value.decode() for name, value in reply.headers if name == b"link"}
        yield File(address, f"{address[1:]}.json", "application/json", {**shared, **link}, reply.body)
        offset += size


def _html_lists(service: Service, table: type[Resource], shared: dict[str, str]) -> Iterator[File]:
    """The HTML pages of a list."""
    database: Database = service.state.database
    size, path = PAGE_SIZE[View.full], f"/{table.info.collection}"
    for offset in range(0, max(database.totals[table.info.collection], 1), size):
        html = list_html(database, table, _query(table, View.full, offset), service.state.site)
        address = page_address(path, offset, size)
        yield File(address, f"{address[1:]}.html", "text/html; charset=utf-8", shared, html.encode())


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _as_copied(address: str, body: bytes) -> bytes:
    """The index and the catalog without the addresses that need a server; the data package with the files of the copy."""
    if address == "/v1":
        index = json.loads(body)
        index["data"]["service"] = [
            entry
            for entry in index["data"]["service"]
            if not any(part in entry["url"] for part in ("/v1/search", "/v1/suggest", "/health/"))
        ]
        return _json(index)
    if address == "/.well-known/api-catalog":
        catalog = json.loads(body)
        for entry in catalog["linkset"]:
            entry.pop("status", None)
        return _json(catalog)
    if address == DATA_PACKAGE:
        package = json.loads(body)
        for file in package["resources"]:
            file["path"] = f"{file['name']}{SUFFIXES[file['mediatype']]}"
        return _json(package)
    return body


def page_address(path: str, offset: int, size: int) -> str:
    """The address of a page of a list in the copy."""
    return f"{path}/pages/{offset // size + 1}" if offset > 0 else path


async def _fetched(service: Service, address: str, named: str, statuses: Container[int] = (200,)) -> File:
    """The response of the service at an address, as a file named by another.

    Raises:
        BuildError: it has another status.
    """
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": quote(path, safe="/+").encode(),
        "root_path": "",
        "query_string": query.encode(),
        # Problems contain the identifier; a fixed one makes the copy reproducible.
        "headers": [(b"host", b"localhost"), (b"x-request-id", b"copy")],
        "client": None,
        "server": None,
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    reply = await whole_response(service, scope, receive)
    if reply.status not in statuses:
        raise BuildError(f"{address}: the service responds with {reply.status}")
    headers = {name.decode(): value.decode() for name, value in reply.headers}
    if reply.status == MOVED:
        location = urljoin(f"{service.pipeline.public_path or ''}{address}", headers["location"])
        return File(named, "", "", {"location": location}, status=reply.status)
    media_type = headers["content-type"]
    suffix = SUFFIXES.get(media_type.partition(";")[0], "")
    name = "index.html" if named == "/" else named[1:]
    if reply.status == GONE.status:
        name = f"{GONE_FOLDER}/{name}"
    if suffix and not name.endswith(suffix):
        name += suffix
    body = _as_copied(address, reply.body)
    kept = {field: headers[field] for field in sorted(KEPT_HEADERS & headers.keys())}
    return File(named + (suffix if query and named == path else ""), name, media_type, kept, body, reply.status)
