"""Builds the database file: migrated, filled, checked, then renamed into place in one step."""

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from errno import EISDIR
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from pydantic_core import to_json
from sqlalchemy import URL, Connection, create_engine, event, insert, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.content.release_rows import change_rows, release_rows
from app.content.releases import Releases, bundle_of
from app.content.render import Rendered, RenderedSeed
from app.content.search_index import SearchRow, lexicon_of, search_rows
from app.database import (
    CHECKSUM,
    CHUNK_BYTES,
    Database,
    DatabaseUnusableError,
    checksum_of,
    losses,
    may_be_replaced,
    open_database,
)
from app.files import flush, packaged_path, temporary_folder_beside
from app.pictures import PICTURES, as_csv
from app.registry import TABLES
from app.tables import (
    ClaimBearing,
    DrawnPicture,
    Facet,
    FormerRecord,
    KeptRelease,
    Record,
    RecordCitation,
    RecordedChange,
    RelatedRecord,
    Release,
    SearchDocument,
    SearchLexicon,
    SearchName,
    Tally,
    filter_value,
    table_of,
)
from app.words.text import Phrase

MIGRATIONS = packaged_path("migrations")
T = TypeVar("T")
BATCH = 1000
SELECT_INDEXED = "SELECT 1 FROM search_index WHERE search_index MATCH :match LIMIT 1"
INSERT_INDEXED = "INSERT INTO search_index (rowid, names, aliases, outline, body) VALUES (:number, :names, :aliases, :outline, :body)"


class BuildError(Exception):
    """The database could not be built; the message says why in one line."""


def build(
    content: RenderedSeed,
    database: Path,
    releases: Releases | None = None,
    *,
    thorough: bool = False,
    may_shrink: bool = False,
) -> str:
    """Write the content to the file `database` and return its dataset version.

    The content is served as the newest of the recorded `releases`, whether or not it has been recorded
    itself. A `thorough` build takes seconds to compress the bundle as far as possible.

    The file is written atomically: an earlier one stays unchanged until the new one has been checked,
    flushed and renamed over it. A symbolic link to it is preserved. An earlier file that differs is kept
    beside it, for `roll_back`.

    Raises:
        BuildError: when the file can't be written or fails the integrity check, when the existing file is no
            database of this service, or when many records would be lost and `may_shrink` is false.
        ReleasesError: when a recorded release can't be made again.
    """
    with _as_build_error(database):
        _refuse_foreign_file(database)
        target = database.resolve()
        with temporary_folder_beside(target) as folder:
            file = folder / "content.db"
            migrate(file)
            _fill(content, releases or Releases(), file, thorough=thorough, may_shrink=may_shrink)
            _write_checksum(file)
            file.chmod(0o644)
            flush(file)
            # Another file may have been created during the build.
            _refuse_foreign_file(database)
            made, before = open_database(file), _usable(target)
            if before and not may_shrink:
                _refuse_losses(before, made, database)
            if before and before.checksum != made.checksum:
                _keep(target, folder)
            file.rename(target)
            flush(target.parent)
    return made.dataset_version


def roll_back(database: Path) -> tuple[str, str]:
    """Swap the file `database` with the one that was kept beside it; return the version before and after.

    The restored file may have fewer records; it is marked as confirmed.

    Raises:
        BuildError: when there is no usable file to go back to, or when it can't be written.
    """
    with _as_build_error(database):
        _refuse_foreign_file(database)
        target = database.resolve()
        kept = previous(target)
        if not kept.exists():
            raise BuildError(f"{kept} does not exist, so there is no earlier database to restore")
        with temporary_folder_beside(target) as folder:
            file = folder / "content.db"
            shutil.copy(kept, file)
            restored, replaced = _opened(file, kept), _usable(target)
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("PRAGMA journal_mode=OFF")
                connection.execute("UPDATE release SET may_shrink = 1")
                connection.commit()
            _write_checksum(file)
            file.chmod(0o644)
            flush(file)
            if replaced:
                _keep(target, folder)
            file.rename(target)
            flush(target.parent)
    return replaced.dataset_version if replaced else "a file that can't be served", restored.dataset_version


def previous(database: Path) -> Path:
    """The path of the file that the last build replaced."""
    return database.with_name(f"{database.name}.previous")


@contextmanager
def _as_build_error(database: Path) -> Iterator[None]:
    try:
        yield
    except DatabaseUnusableError as error:
        raise BuildError(str(error)) from error
    except OSError as error:
        raise BuildError(f"{database} could not be written: {(error.strerror or str(error)).lower()}") from error
    except SQLAlchemyError as error:
        # SQLAlchemy wraps the error of the driver, whose message is the helpful one.
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise BuildError(f"{database} could not be written: {reason}") from error
    except sqlite3.Error as error:
        raise BuildError(f"{database} could not be written: {error}") from error


def _usable(database: Path) -> Database | None:
    """The data set in a file; none when this program can't serve it."""
    try:
        return open_database(database)
    except DatabaseUnusableError:
        return None


def _opened(file: Path, kept: Path) -> Database:
    """The data set in a copy of the kept file.

    Raises:
        BuildError: it can't be served.
    """
    try:
        return open_database(file)
    except DatabaseUnusableError as error:
        raise BuildError(f"{kept}: {error.reason}; nothing changed") from error


def _refuse_losses(before: Database, made: Database, database: Path) -> None:
    if lost := losses(before, made):
        raise BuildError(f"{database} was left as it is: {'; '.join(lost)}; confirm that with --allow-shrink")


def _keep(target: Path, folder: Path) -> None:
    """Keep the current file for `roll_back`; it also stays in place until it is replaced."""
    kept = folder / "previous"
    try:
        kept.hardlink_to(target)
    except OSError:
        # This file system has no hard links.
        shutil.copy(target, kept)
    kept.rename(previous(target))


def _refuse_foreign_file(database: Path) -> None:
    if database.is_dir():
        raise OSError(EISDIR, os.strerror(EISDIR))
    if not may_be_replaced(database):
        raise BuildError(
            f"{database} is not a database of this service and was left as it is; move it away or name another"
        )


def migrate(database: Path, revision: str = "head") -> None:
    """Migrate the tables of a file to a revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["database"] = database
    command.upgrade(config, revision)


def _fill(content: RenderedSeed, releases: Releases, database: Path, *, thorough: bool, may_shrink: bool) -> None:
    engine = create_engine(URL.create("sqlite", database=str(database)), poolclass=NullPool)
    event.listen(engine, "connect", _for_building)
    try:
        with engine.begin() as connection:
            _insert(content, releases, connection, thorough=thorough, may_shrink=may_shrink)
        with engine.connect() as connection:
            _verify(connection)
            connection.execute(text("ANALYZE"))
            connection.commit()
    finally:
        engine.dispose()


def _write_checksum(file: Path) -> None:
    """Write the checksum into the header of the file; the service verifies it."""
    with file.open("r+b") as written:
        checksum = checksum_of(iter(lambda: written.read(CHUNK_BYTES), b""))
        written.seek(CHECKSUM.start)
        written.write(checksum)


def _for_building(connection: sqlite3.Connection, _: object) -> None:
    # The file is discarded when anything fails, so it needs no journal; it is flushed once at the end.
    for pragma in ("foreign_keys=ON", "journal_mode=OFF", "synchronous=OFF", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _insert(
    content: RenderedSeed, releases: Releases, connection: Connection, *, thorough: bool, may_shrink: bool
) -> None:
    seed, rendered = content.seed, content.records
    bundle = bundle_of(content)
    releases = releases.with_newest(bundle)
    history = releases.history()

    _insert_all(
        connection,
        Record,
        (
            {"path": item.path, "type": item.resource.record_type, "slug": item.record.slug, "title": item.title}
            for item in rendered
        ),
    )
    for item_resource in dict.fromkeys(item.resource for item in rendered):
        _insert_all(
            connection,
            TABLES[item_resource.collection],
            (_row(item, history[item.path]) for item in rendered if item.resource is item_resource),
        )
    _insert_all(
        connection,
        RecordCitation,
        (
            {
                "record": item.path,
                "citation": link["citation"],
                "position": position,
                "support": link["support"],
                "note": link["note"],
            }
            for item in rendered
            for position, link in enumerate(item.links, start=1)
        ),
    )
    _insert_all(
        connection,
        ClaimBearing,
        ({"claim": claim.slug, "record": path} for claim in seed.claims for path in claim.bears_on),
    )
    _insert_all(
        connection,
        RelatedRecord,
        (
            {"record": item.path, "related": other, "position": position}
            for item in rendered
            for position, other in enumerate(getattr(item.record, "related", []), start=1)
        ),
    )
    _insert_all(
        connection,
        Facet,
        (
            {"collection": item.resource.collection, "filter": name, "value": value, "slug": item.record.slug}
            for item in rendered
            for name, field in item.resource.facets.items()
            for value in getattr(item.record, field)
        ),
    )
    _insert_all(connection, Tally, _tallies(rendered))
    _insert_all(connection, DrawnPicture, _drawn_pictures(rendered))
    _insert_search(content, connection)
    _insert_all(
        connection,
        Release,
        [
            {
                "dataset_version": bundle["dataset_version"],
                "content_hash": bundle["release"]["content_hash"],
                "release_date": seed.release.release_date,
                "coverage": json.dumps(seed.release.coverage),
                "document": to_json(bundle["release"]),
                "may_shrink": may_shrink,
            }
        ],
    )
    _insert_all(connection, KeptRelease, release_rows(releases, thorough=thorough))
    _insert_all(connection, RecordedChange, change_rows(releases))
    _insert_all(
        connection,
        FormerRecord,
        (
            former.model_dump(include={"collection", "slug", "reason", "renamed_to", "successor"})
            for former in seed.former_slugs
        ),
    )


def _insert_search(content: RenderedSeed, connection: Connection) -> None:
    """Write the full-text index, the search hits and the lexicon."""
    words: Counter[str] = Counter()
    named: set[str] = set()
    types: dict[str, str] = {}

    def counted() -> Iterator[SearchRow]:
        for row in search_rows(content):
            types[row.path] = row.shown["type"].value
            words.update(row.words)
            named.update(row.named_words)
            yield row

    for rows in _batches(counted()):
        connection.execute(insert(SearchDocument), [row.shown for row in rows])
        connection.execute(text(INSERT_INDEXED), [row.indexed for row in rows])
        connection.execute(insert(SearchName), [name for row in rows for name in row.named])
    connection.execute(text("INSERT INTO search_index (search_index) VALUES ('optimize')"))

    def is_indexed(phrase: Phrase) -> bool:
        """Whether a phrase is in the index."""
        return connection.execute(text(SELECT_INDEXED), {"match": f'"{" ".join(phrase)}"'}).first() is not None

    stored = lexicon_of(content.seed, types, words, named, is_indexed)
    connection.execute(insert(SearchLexicon), [{"id": 1, "document": stored}])


def _row(item: Rendered, history: list[dict[str, Any]]) -> dict[str, Any]:
    """The columns of a record."""
    columns = table_of(TABLES[item.resource.collection]).columns.keys()
    row = item.record.model_dump(include=set(columns))
    row |= {"review_due": item.review_due, "document": item.document, "summary_document": item.summary_document}
    row["history"] = to_json(history)
    for column in set(columns) - row.keys():
        # Named values are stored as they are served; a rank beside them gives their order.
        name = column.removesuffix("_rank")
        row[column] = list(item.resource.enumeration(name) or ()).index(getattr(item.record, name))
    return row


def _tallies(rendered: list[Rendered]) -> Iterator[dict[str, Any]]:
    """How many records have each value that can be filtered by."""
    tally: Counter[tuple[str, str, str]] = Counter()
    for item in rendered:
        for name in item.resource.column_filters:
            if (value := getattr(item.record, name)) is not None:
                tally[item.resource.collection, name, filter_value(value)] += 1
        for name, field in item.resource.facets.items():
            for value in getattr(item.record, field):
                tally[item.resource.collection, name, filter_value(value)] += 1
    for (collection, name, value), total in sorted(tally.items()):
        yield {"collection": collection, "filter": name, "value": value, "total": total}


def _drawn_pictures(rendered: list[Rendered]) -> Iterator[dict[str, str]]:
    """The picture of each collection that has records to show.

    Raises:
        BuildError: a record has no place in its picture.
    """
    for picture in PICTURES:
        records = [json.loads(item.document) for item in rendered if item.resource.collection == picture.collection]
        if rows := picture.rows(records):
            try:
                inline, file = picture.inline(rows), picture.svg(rows, "../", is_file=True)
            except LookupError as error:
                raise BuildError(f"the picture {picture.slug} can't be drawn: {error}") from error
            yield {"slug": picture.slug, "inline": inline, "file": file, "csv": as_csv(rows)}


def _insert_all(connection: Connection, table: type[Any], rows: Iterable[dict[str, Any]]) -> None:
    for batch in _batches(rows):
        connection.execute(insert(table), batch)


def _batches(rows: Iterable[T]) -> Iterator[list[T]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def _verify(connection: Connection) -> None:
    violation = connection.execute(text("PRAGMA foreign_key_check")).first()
    if violation:
        raise BuildError(f"a row of {violation[0]} refers to a missing row of {violation[2]}")
    verdict = connection.execute(text("PRAGMA integrity_check")).scalar()
    if verdict != "ok":
        raise BuildError(f"the file fails SQLite's integrity check: {verdict}")
