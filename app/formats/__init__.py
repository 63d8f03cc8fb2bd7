"""Formats besides the JSON of the API: whole lists as CSV and NDJSON, citations for reference managers, a data package."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from fastapi.responses import Response

from app.database import Database
from app.formats.citations import write_bibtex, write_csl, write_ris
from app.formats.csv import write_csv
from app.http.responses import StreamedResponse
from app.schemas.formats import MEDIA_TYPES
from app.schemas.resources import ResourceInfo

DATA_PACKAGE_PATH: Final = "/v1/datapackage.json"
"""The path of the data package, which describes the columns of every CSV file."""
PIECE_BYTES: Final = 32_768
"""How many bytes of a body are written at a time; other requests run in between."""
MAX_WHOLE_BYTES: Final = 1_048_576
"""A response with up to so many bytes of records is made in memory and cached; a longer one is streamed and not cached."""
Writer = Callable[[ResourceInfo, Iterable[bytes], Database], Iterator[bytes]]


def _write_ndjson(_: ResourceInfo, documents: Iterable[bytes], __: Database) -> Iterator[bytes]:
    return (document + b"\n" for document in documents)


def _write_csv(resource: ResourceInfo, documents: Iterable[bytes], database: Database) -> Iterator[bytes]:
    return write_csv(list(resource.read.model_fields), documents, database.dataset_version)


def _for_citations(write: Callable[[Iterable[bytes], str], Iterator[bytes]]) -> Writer:
    return lambda _, documents, database: write(documents, database.dataset_version)


WRITERS: Final[dict[str, Writer]] = {
    "csv": _write_csv,
    "ndjson": _write_ndjson,
    "csl": _for_citations(write_csl),
    "bibtex": _for_citations(write_bibtex),
    "ris": _for_citations(write_ris),
}
EXTENSIONS: Final = {"csv": "csv", "ndjson": "ndjson", "csl": "csl.json", "bibtex": "bib", "ris": "ris"}
"""The extension of a downloaded file."""


def export(
    database: Database, resource: ResourceInfo, documents: Callable[[], Iterable[bytes]], form: str, name: str
) -> Response:
    """Return records in a format other than JSON, as a file with the version of the data in its name.

    The records may be read twice: their size decides about streaming before any of the body is written, so that HEAD and 304 are fast
    and nothing is buffered while the client reads.
    """
    licence: dict[str, Any] = json.loads(database.release_document)["data_licence"]
    links = [f'<{licence["url"]}>; rel="license"', f'<{resource.path}>; rel="collection"']
    if form == "csv":
        links.append(f'<{DATA_PACKAGE_PATH}>; rel="describedby"')
    file = f"{name}-{database.dataset_version}.{EXTENSIONS[form]}"
    headers = {"Content-Disposition": f'attachment; filename="{file}"', "Link": ", ".join(links)}
    whole = _all_if_small(documents())
    if whole is not None:
        body = b"".join(WRITERS[form](resource, whole, database))
        return Response(body, headers=headers, media_type=MEDIA_TYPES[form])
    pieces = _pieces(WRITERS[form](resource, documents(), database))
    return StreamedResponse(pieces, made_from=database.checksum, headers=headers, media_type=MEDIA_TYPES[form])


def _all_if_small(documents: Iterable[bytes]) -> list[bytes] | None:
    """The records, or None when they exceed `MAX_WHOLE_BYTES`."""
    found, size = [], 0
    for document in documents:
        found.append(document)
        size += len(document)
        if size > MAX_WHOLE_BYTES:
            return None
    return found


def _pieces(records: Iterable[bytes]) -> Iterator[bytes]:
    """Join whole records into pieces of at least `PIECE_BYTES`."""
    piece = bytearray()
    for record in records:
        piece += record
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
