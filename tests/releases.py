"""Shared by the tests of releases: other data sets made from a built file, and clients that never pause."""

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from app.database import CHECKSUM, checksum_of
from support import Running

LOOKS_OFTEN = """
from app import watching
watching.POLL_SECONDS = 0.1
from app.__main__ import main
raise SystemExit(main())
"""
"""The program, looking at its file ten times a second."""
NEVER_LOOKS = """
from app import watching
watching.POLL_SECONDS = 3600
from app.__main__ import main
raise SystemExit(main())
"""
"""The program, looking at its file on SIGHUP only."""
OTHER_VERSION = "2027-01-01+0123abcd"
MARK = "Of the other release. "
WITHIN_SECONDS = 10
"""How long the service may take to serve what was put in place."""

ADDRESSES = (
    *("/v1/strains", "/v1/strains/red-vein", "/v1/citations?limit=100", "/v1/meta", "/v1/vocabularies"),
    *("/v1/search?q=pain", "/", "/side-effects/nausea"),
)
MARKED = ("/v1/strains", "/v1/strains/red-vein")


def write_checksum(path: Path) -> None:
    """Let a changed file pass for one that was built."""
    content = bytearray(path.read_bytes())
    content[CHECKSUM] = checksum_of([bytes(content)])
    path.write_bytes(content)


def changed(path: Path, target: Path, change: Callable[[sqlite3.Connection, dict[str, Any]], None]) -> Path:
    """Another file with the data set of a file, changed along with the document of its release."""
    shutil.copy(path, target)
    with closing(sqlite3.connect(target)) as connection:
        release = json.loads(connection.execute("SELECT document FROM release").fetchone()[0])
        change(connection, release)
        document = json.dumps(release).encode()
        connection.execute(
            "UPDATE release SET document = ?, dataset_version = ?", (document, release["dataset_version"])
        )
        connection.commit()
    write_checksum(target)
    return target


def other_release(path: Path, target: Path) -> Path:
    """A file of another release, in which every strain says so."""

    def change(connection: sqlite3.Connection, release: dict[str, Any]) -> None:
        release["dataset_version"] = OTHER_VERSION
        connection.execute(
            'UPDATE strain SET document = CAST(replace(document, \'"summary":"\', ?) AS BLOB)',
            (f'"summary":"{MARK}',),
        )

    return changed(path, target, change)


def smaller_release(path: Path, target: Path, *, keep: int, confirmed: bool = False) -> Path:
    """A file of another release with only some of the contacts."""

    def change(connection: sqlite3.Connection, release: dict[str, Any]) -> None:
        release["dataset_version"] = OTHER_VERSION
        connection.execute(
            "DELETE FROM contact WHERE slug NOT IN (SELECT slug FROM contact ORDER BY slug LIMIT ?)", (keep,)
        )
        connection.execute("UPDATE release SET may_shrink = ?", (confirmed,))
        for collection in release["collections"]:
            if collection["name"] == "contacts":
                collection["total"] = keep

    return changed(path, target, change)


def put(new: Path, path: Path) -> None:
    """Put a copy of a file in the place of another in one step."""
    beside = path.with_name("on its way")
    shutil.copy(new, beside)
    beside.rename(path)


def readiness(running: Running) -> dict[str, Any]:
    """What the service says of itself."""
    response = httpx.get(f"{running.origin}/health/ready")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def version_of(address: str, body: bytes) -> str:
    """The data set that a response is from; all of it is from that one."""
    if not address.startswith("/v1"):
        found = re.search(rb"\d{4}-\d\d-\d\d\+[0-9a-f]{8}", body)
        assert found
        return found[0].decode()
    version: str = json.loads(body)["meta"]["dataset_version"]
    if address in MARKED:
        marks, summaries = body.count(MARK.encode()), body.count(b'"marketed_effects":')
        assert marks == (summaries if version == OTHER_VERSION else 0), f"{address} is of two data sets"
    return version


async def ask_on(port: int, told: asyncio.Event, *, keep_alive: bool) -> list[tuple[str, str, str]]:
    """Ask one address after the other without a pause; address, data set and entity tag of each response."""
    answers: list[tuple[str, str, str]] = []
    close = "" if keep_alive else "Connection: close\r\n"
    while not told.is_set():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            kept = True
            while kept and not told.is_set():
                address = ADDRESSES[len(answers) % len(ADDRESSES)]
                writer.write(f"GET {address} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n".encode())
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                assert head.startswith("http/1.1 200 "), head
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
                body = await reader.readexactly(int(fields["content-length"]))
                answers.append((address, version_of(address, body), fields["etag"]))
                kept = keep_alive
        finally:
            writer.close()
    return answers
