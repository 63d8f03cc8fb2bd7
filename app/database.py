"""Opens the built file for reading only."""

import json
import shlex
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from stat import S_ISREG
from time import monotonic
from typing import Any

from sqlalchemy import URL, Connection, create_engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from app.tables import RESOURCES, Release, table_of

SCHEMA_REVISION = "0001"
"""The migration this program reads; a test holds it against the newest one."""

HEADER_BYTES = 100
QUERY_SECONDS = 1.0
"""How long one query may take before it is given up."""
QUERY_STEPS = 10_000
"""How many steps of SQLite's virtual machine lie between two looks at the clock."""


class DatabaseUnusableError(Exception):
    """The file can't be served; the message says in one line why and what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        command = f"python -m app.content build --database {shlex.quote(str(path))}"
        super().__init__(f"{path}: {reason}; build it with: {command}")


@dataclass(frozen=True)
class Database:
    """The data set, open for reading. Nothing in it changes while the process lives."""

    connection: Connection
    """One connection, used inline on the event loop: a look-up takes microseconds."""
    driver: sqlite3.Connection
    """The driver's own connection beneath it, for the queries of a request."""
    dataset_version: str
    release_date: date
    release_document: bytes
    coverage: dict[str, str]
    """Coverage note of each collection."""
    totals: dict[str, int]
    """Number of records of each collection."""

    def read(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """The rows of a query, within the time a request may take.

        Raises:
            sqlite3.Error: when the file can't be read, or not in time.
        """
        end = monotonic() + QUERY_SECONDS
        self.driver.set_progress_handler(lambda: monotonic() > end, QUERY_STEPS)
        return self.driver.execute(sql, values).fetchall()

    def close(self) -> None:
        """Give the file back."""
        self.connection.close()
        self.connection.engine.dispose()


def open_database(path: Path) -> Database:
    """The database in a file, opened read-only and immutable, so that serving never alters it.

    Raises:
        DatabaseUnusableError: when the file is missing, is not a whole database or is one that
            this program can't read.
    """
    _refuse_broken_file(path)
    engine = create_engine(
        URL.create(
            "sqlite",
            database=f"file://{_uri_path(path)}",
            query={"mode": "ro", "immutable": "1", "uri": "true", "check_same_thread": "false"},
        ),
        poolclass=StaticPool,
        isolation_level="AUTOCOMMIT",
    )
    try:
        return _read(engine.connect(), path)
    except DatabaseUnusableError:
        engine.dispose()
        raise
    except (SQLAlchemyError, TypeError, ValueError) as error:
        # Values that are not what the columns say show as the latter two.
        engine.dispose()
        reason = f"can't be read as a database of this service ({_words_of(error)})"
        raise DatabaseUnusableError(path, reason) from error


def _read(connection: Connection, path: Path) -> Database:
    connection.execute(text("PRAGMA query_only=ON"))
    connection.execute(text("PRAGMA mmap_size=1073741824"))
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if revision != SCHEMA_REVISION:
        raise DatabaseUnusableError(path, f"has version {revision}, this program reads version {SCHEMA_REVISION}")
    damage = connection.execute(text("PRAGMA quick_check(1)")).scalar()
    if damage != "ok":
        raise DatabaseUnusableError(path, f"is damaged ({' '.join(str(damage).split())})")
    release = connection.execute(select(*table_of(Release).columns)).one()
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return Database(
        connection=connection,
        driver=driver,
        dataset_version=release.dataset_version,
        release_date=release.release_date,
        release_document=release.document,
        coverage=json.loads(release.coverage),
        totals={
            resource.collection: connection.execute(select(func.count()).select_from(resource)).scalar_one()
            for resource in RESOURCES
        },
    )


def _refuse_broken_file(path: Path) -> None:
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise DatabaseUnusableError(path, "is not a file")
        with path.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except OSError as error:
        raise DatabaseUnusableError(path, (error.strerror or "can't be read").lower()) from error
    if not header:
        raise DatabaseUnusableError(path, "is empty")
    if len(header) < HEADER_BYTES or not header.startswith(b"SQLite format 3\x00"):
        raise DatabaseUnusableError(path, "is not a SQLite database")
    # The header holds the size of a page (1 stands for 65536) and the number of pages.
    page_size = int.from_bytes(header[16:18]) or 1
    expected = (65536 if page_size == 1 else page_size) * int.from_bytes(header[28:32])
    if status.st_size != expected:
        raise DatabaseUnusableError(path, f"is truncated or damaged ({status.st_size} bytes, {expected} expected)")


def _uri_path(path: Path) -> str:
    # In a SQLite URI these three have a meaning of their own.
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _words_of(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
