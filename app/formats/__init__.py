"""Formats besides the JSON of the API: whole lists as CSV and NDJSON, citations for reference managers, a data package."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from fastapi.responses import Response

from app.database import Database
from app.formats.citations import write_bibtex, write_csl, write_ris
from app.formats.csv import write_csv
from app.schemas.formats import MEDIA_TYPES
from app.schemas.resources import ResourceInfo

DATA_PACKAGE_PATH: Final = "/v1/datapackage.json"
"""Where the columns of every CSV file are described."""
Writer = Callable[[ResourceInfo, Iterable[bytes], Database], bytes]


def _write_ndjson(_: ResourceInfo, documents: Iterable[bytes], __: Database) -> bytes:
    return b"".join(document + b"\n" for document in documents)


def _write_csv(resource: ResourceInfo, documents: Iterable[bytes], database: Database) -> bytes:
    return write_csv(list(resource.read.model_fields), documents, database.dataset_version)


def _for_citations(write: Callable[[Iterable[bytes], str], bytes]) -> Writer:
    return lambda _, documents, database: write(documents, database.dataset_version)


WRITERS: Final[dict[str, Writer]] = {
    "csv": _write_csv,
    "ndjson": _write_ndjson,
    "csl": _for_citations(write_csl),
    "bibtex": _for_citations(write_bibtex),
    "ris": _for_citations(write_ris),
}
EXTENSIONS: Final = {"csv": "csv", "ndjson": "ndjson", "csl": "csl.json", "bibtex": "bib", "ris": "ris"}
"""What the name of a downloaded file ends in."""


def export(database: Database, resource: ResourceInfo, documents: Iterable[bytes], form: str, name: str) -> Response:
    """Records in a format other than JSON, as a file whose name tells the version of the data."""
    licence: dict[str, Any] = json.loads(database.release_document)["data_licence"]
    links = [f'<{licence["url"]}>; rel="license"', f'<{resource.path}>; rel="collection"']
    if form == "csv":
        links.append(f'<{DATA_PACKAGE_PATH}>; rel="describedby"')
    file = f"{name}-{database.dataset_version}.{EXTENSIONS[form]}"
    return Response(
        WRITERS[form](resource, documents, database),
        headers={
            "Content-Disposition": f'attachment; filename="{file}"',
            "Link": ", ".join(links),
        },
        media_type=MEDIA_TYPES[form],
    )
