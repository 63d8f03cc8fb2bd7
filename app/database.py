"""Reads a built database into memory (a file above 1 GiB in place) and validates it. Later changes of the file affect no response."""

import json
import mmap
import os
import shlex
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from errno import ENOENT
from pathlib import Path
from stat import S_ISREG
from time import monotonic
from typing import Any, Final
from zlib import crc32

from pydantic import ValidationError
from sqlalchemy import func, select

from app.names import Names
from app.registry import TABLES
from app.schemas.releases import ReleaseRead
from app.tables import table_of
from app.words.lexicon import Lexicon

SCHEMA_REVISION = "0006"
"""The revision that this program reads; a test compares it with the newest migration."""

NO_MEMORY: Final = ("takes more memory than there is", "allow the process more")
"""Reason and advice."""
HEADER_BYTES: Final = 100
CHECKSUM: Final = slice(60, 64)
"""Where SQLite's header keeps a number for the application ("user version"): here the checksum of all other bytes."""
MAX_HELD_BYTES = 1_073_741_824
"""The largest file that is held in memory; SQLite can't deserialize 2 GiB."""
RECOGNISED_BY: Final = "SELECT version_num, dataset_version, content_hash, coverage FROM alembic_version, release"
"""A query that succeeds on every version of this service's database and on hardly any other database."""
OBJECT_BYTES: Final = 25_165_824
"""How much memory a data set takes besides two copies of its file: its lexicon, its pages, and what validating it takes."""
CHUNK_BYTES = 1_048_576
"""How many bytes of a larger file are read at once for the checksum."""
LEAST_SHARE_KEPT: Final = 0.9
"""A release in which a collection has less than this share of its records is likely to be a mistake."""
QUERY_SECONDS = 1.0
"""How long a query may take before it is interrupted."""
ROWS_AT_ONCE: Final = 10
"""How many rows of a long list are fetched at a time."""
QUERY_STEPS = 10_000
"""How many steps of SQLite's virtual machine lie between two checks of the clock."""


class DatabaseUnusableError(Exception):
    """The file can't be served; the message says in one line why and what to do."""

    def __init__(self, path: Path, reason: str, advice: str = "", *, may_pass: bool = False) -> None:
        self.reason = reason
        """The reason, without the path."""
        self.may_pass = may_pass
        """Whether the cause may be temporary, such as a lack of memory or of file descriptors."""
        advice = advice or "name a database of this service with API_DATABASE_PATH"
        with suppress(OSError):
            if not may_pass and may_be_replaced(path):
                advice = f"build it with: python -m app.content build --database {shlex.quote(str(path))}"
        super().__init__(f"{path}: {reason}; {advice}")


class Owner:
    """Closes a connection as soon as the last data set that reads from it is gone.

    Python's connections refer to themselves, so that their memory would be kept until the garbage collector runs.
    """

    def __init__(self, driver: sqlite3.Connection) -> None:
        self._driver = driver

    def __del__(self) -> None:
        self._driver.close()


@dataclass(frozen=True)
class Former:
    """A former slug."""

    collection: str
    slug: str
    reason: str
    renamed_to: str | None
    successor: str | None
    """`collection/slug` of the record to show instead."""

    @property
    def successor_path(self) -> str | None:
        """The path of the record to show instead."""
        return f"/v1/{self.successor}" if self.successor else None

    @property
    def why(self) -> str:
        """The message to a client that requests a withdrawn record."""
        instead = f" See {self.successor_path} instead." if self.successor else ""
        return (
            f"The record {self.slug!r} of {self.collection} was withdrawn. {self.reason}"[: 500 - len(instead)]
            + instead
        )

    @property
    def link(self) -> dict[str, str]:
        """The `Link` header with the record to show instead."""
        return {"Link": f'<{self.successor_path}>; rel="successor-version"'} if self.successor else {}


@dataclass(frozen=True)
class Database:
    """A data set. Nothing in it changes; another file in its place becomes another `Database`.

    Its memory is freed with the last reference to it: a request may still read it after another one is served.
    """

    driver: sqlite3.Connection
    """One connection, used directly on the event loop: a look-up takes microseconds."""
    dataset_version: str
    checksum: bytes
    """Checksum of the file."""
    may_shrink: bool
    """Whether somebody has confirmed that it may have far fewer records than the data set that it replaces."""
    release_document: bytes
    disclaimer: str
    """The disclaimer of every factual record."""
    coverage: dict[str, str]
    """Coverage note of each collection."""
    totals: dict[str, int]
    """Number of records of each collection."""
    lexicon: Lexicon
    """The lexicon of the search."""
    former: dict[tuple[str, str], Former] = field(default_factory=dict)
    """The register of former slugs, by collection and slug."""
    names: dict[str, Names] = field(default_factory=dict, compare=False)
    """The names of the records of each collection in which a slug was not found."""
    owner: Owner | None = field(default=None, repr=False, compare=False)
    """Frees the memory at the end."""

    def read(self, sql: str, values: Mapping[str, Any]) -> list[Any]:
        """The rows of a query, within the time a request may take.

        Raises:
            sqlite3.Error: when it fails or exceeds its time.
        """
        self._begin()
        return self.driver.execute(sql, values).fetchall()

    def rows(self, sql: str, values: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the rows of a query one by one; the time of the reader does not count.

        Raises:
            sqlite3.Error: when it fails, or its next rows exceed the time a request may take.
        """
        self._begin()
        cursor = self.driver.execute(sql, values)
        while found := cursor.fetchmany(ROWS_AT_ONCE):
            yield from found
            self._begin()

    def _begin(self) -> None:
        """Start the time limit of a query."""
        end = monotonic() + QUERY_SECONDS
        self.driver.set_progress_handler(lambda: monotonic() > end, QUERY_STEPS)

    def close(self) -> None:
        """Free the memory."""
        self.driver.close()


def open_database(path: Path) -> Database:
    """The database in a file, read into memory unless it is too large.

    Raises:
        DatabaseUnusableError: when the file is missing, is not as it was built or is one that this
            program can't read.
    """
    try:
        return _open(path)
    except MemoryError as error:
        raise DatabaseUnusableError(path, *NO_MEMORY, may_pass=True) from error


def open_beside(path: Path) -> Database:
    """The database in a file, while another is served.

    Raises:
        DatabaseUnusableError: when it can't be opened, or when there is not enough memory for both.
    """
    try:
        size = path.stat().st_size
    except OSError:
        size = 0  # opening it tells why
    try:
        # Where memory is short, a library in Rust aborts the process. So what a data set takes is allocated for a moment.
        room = 2 * min(size, MAX_HELD_BYTES) + OBJECT_BYTES
        mmap.mmap(-1, room, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError as error:
        raise DatabaseUnusableError(path, *NO_MEMORY, may_pass=True) from error
    return open_database(path)


def _open(path: Path) -> Database:
    content, checksum = _checked(path)
    # A file that is too large for memory stays open, so a file that replaces it is not read either.
    name = ":memory:" if content else f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    driver = sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False)
    try:
        if content:
            driver.deserialize(content)
            del content
        driver.execute("PRAGMA query_only=ON")
        database = _read(driver, path, checksum)
        _validate(database, path)
    except (DatabaseUnusableError, MemoryError):
        driver.close()
        raise
    except (sqlite3.Error, LookupError, RecursionError, TypeError, ValueError) as error:
        driver.close()
        raise DatabaseUnusableError(path, f"can't be read as a database of this service ({error})") from error
    return database


def losses(before: Database, after: Database) -> list[str]:
    """The collections that have lost more than a tenth of their records, each with both totals."""
    return [
        f"{name} has {after.totals[name]} records instead of {total}"
        for name, total in before.totals.items()
        if after.totals[name] < total * LEAST_SHARE_KEPT
    ]


def may_be_replaced(path: Path) -> bool:
    """Whether a build may write its file there: no file exists, or it is a database of this service.

    A damaged one counts as long as its tables can be read.

    Raises:
        OSError: when that can't be found out.
    """
    try:
        if not S_ISREG(path.stat().st_mode):
            return False
    except FileNotFoundError:
        return True
    path.open("rb").close()
    try:
        # Immutable: SQLite then makes no file beside that of another program.
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as driver:
            driver.execute(f"EXPLAIN {RECOGNISED_BY}")
    except sqlite3.Error:
        return False
    return True


def checksum_of(pieces: Iterable[bytes]) -> bytes:
    """The checksum of a database file that is read in pieces; the first piece contains the header, whose checksum bytes are skipped."""
    checksum = 0
    for number, piece in enumerate(pieces):
        if number == 0:
            view = memoryview(piece)
            checksum = crc32(view[CHECKSUM.stop :], crc32(view[: CHECKSUM.start]))
        else:
            checksum = crc32(piece, checksum)
    return checksum.to_bytes(4)


def _checked(path: Path) -> tuple[bytes | None, bytes]:
    """The content of the file and its checksum, verified; None as content of a file that is too large.

    Raises:
        DatabaseUnusableError: when it can't be read or was changed since it was built.
    """
    try:
        if not S_ISREG(path.stat().st_mode):
            raise DatabaseUnusableError(path, "is not a file")
        # Unbuffered, to avoid a copy of the content. Non-blocking, in case a pipe has just replaced the file.
        with open(path, "rb", buffering=0, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            header, size = file.read(HEADER_BYTES) or b"", os.fstat(file.fileno()).st_size
            _refuse_wrong_size(path, header, size)
            file.seek(0)
            content = file.read() if size <= MAX_HELD_BYTES else None
            checksum = checksum_of([content] if content else iter(lambda: file.read(CHUNK_BYTES), b""))
    except OSError as error:
        reason = (error.strerror or "can't be read").lower()
        raise DatabaseUnusableError(path, reason, may_pass=error.errno != ENOENT) from error
    if header[CHECKSUM] != checksum:
        raise DatabaseUnusableError(path, "does not match its checksum: damaged, changed, or not of this service")
    return content, checksum


def _refuse_wrong_size(path: Path, header: bytes, size: int) -> None:
    """Refuse an incomplete or foreign file before reading it, because it may be of any size."""
    if not header:
        raise DatabaseUnusableError(path, "is empty")
    if len(header) < HEADER_BYTES or not header.startswith(b"SQLite format 3\x00"):
        raise DatabaseUnusableError(path, "is not a SQLite database")
    # The header holds the size of a page (1 stands for 65536) and the number of pages.
    page_size = int.from_bytes(header[16:18]) or 1
    expected = (65536 if page_size == 1 else page_size) * int.from_bytes(header[28:32])
    if size != expected:
        raise DatabaseUnusableError(path, f"is truncated or damaged ({size} bytes, {expected} expected)")


def _read(driver: sqlite3.Connection, path: Path, checksum: bytes) -> Database:
    revision = driver.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    if revision != SCHEMA_REVISION:
        raise DatabaseUnusableError(path, f"has version {revision}, this program reads version {SCHEMA_REVISION}")
    version, document, coverage, may_shrink = driver.execute(
        "SELECT dataset_version, document, coverage, may_shrink FROM release"
    ).fetchone()
    notes = json.loads(coverage)
    return Database(
        driver=driver,
        dataset_version=version,
        checksum=checksum,
        may_shrink=bool(may_shrink),
        release_document=document,
        disclaimer=json.loads(document)["disclaimer"],
        coverage={name: notes[name] for name in TABLES},
        lexicon=Lexicon(driver.execute("SELECT document FROM search_lexicon").fetchone()[0]),
        totals={
            name: driver.execute(str(select(func.count()).select_from(table))).fetchone()[0]
            for name, table in TABLES.items()
        },
        former={
            (row[0], row[1]): Former(*row)
            for row in driver.execute("SELECT collection, slug, reason, renamed_to, successor FROM former_record")
        },
        owner=Owner(driver),
    )


def _validate(database: Database, path: Path) -> None:
    """Validate the release and one record of each collection with their read models.

    Raises:
        DatabaseUnusableError: when one of them is not what this program serves.
    """
    try:
        where = "the release"
        release = ReleaseRead.model_validate_json(database.release_document)
        for name, table in TABLES.items():
            where = f"a record of {name}"
            columns = table_of(table).columns
            first = f"{select(columns.slug, columns.document)} LIMIT 1"
            for slug, document in database.driver.execute(first):
                if table.info.read.model_validate_json(document).slug != slug:
                    raise DatabaseUnusableError(path, f"contains {where} under the slug of another")
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, fault["loc"]))
        raise DatabaseUnusableError(path, f"contains {where} that can't be read ({field}: {fault['msg']})") from error
    expected = {collection.name: collection.total for collection in release.collections}
    if release.dataset_version != database.dataset_version or expected != database.totals:
        raise DatabaseUnusableError(path, "contains other numbers of records than its release states")
