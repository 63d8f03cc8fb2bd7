"""The command line for content: python -m app.content check|build|release|rollback|format|report|schema|search-report|export."""

import argparse
import gc
import json
import sys
from datetime import date, timedelta
from pathlib import Path

INTERRUPTED = 130
"""The conventional exit status of a program that Ctrl-C ended."""

try:
    from app.content.build import BuildError, build, roll_back
    from app.content.check import check_seed, read_seed
    from app.content.faults import SeedFaultsError
    from app.content.layout import formatted_seed
    from app.content.releases import ReleasesError, bundle_of, read_releases, release_summary, write_releases
    from app.content.report import as_text, overview
    from app.content.schema import write_schema
    from app.content.search_report import as_text as search_as_text
    from app.content.search_report import read_judgements, scored
    from app.database import DatabaseUnusableError, open_database
    from app.files import packaged_path, stat_regular_file, write_atomically
except KeyboardInterrupt:  # importing the libraries takes a large part of the time of a command
    sys.exit(INTERRUPTED)

SEED = Path("data/seed.json")
DATABASE = Path("data/content.db")
SCHEMA = Path("data/seed.schema.json")
JUDGEMENTS = Path("data/search-judgements.json")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns 0 on success, 1 on a fault of the content, 130 after Ctrl-C. Wrong arguments exit with 2."""
    options = _options(arguments)
    try:
        return _run(options)
    except SeedFaultsError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        count = f"{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}"
        print(f"{options.seed}: {count}, nothing written", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BuildError, DatabaseUnusableError, ReleasesError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        named = (getattr(options, name) for name in ("seed", "schema", "directory", "database") if name in options)
        path = error.filename or next(named)
        print(f"{path}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "check":
            content = read_seed(options.seed, read_releases(options.releases).ever_served())
            print(f"{options.seed}: no faults in {len(content.records)} records")
        case "build":
            if options.database == DATABASE:
                DATABASE.parent.mkdir(exist_ok=True)
            releases = read_releases(options.releases)
            content = read_seed(options.seed, releases.ever_served())
            version = build(
                content,
                options.database,
                releases,
                thorough=not options.quick,
                may_shrink=options.allow_shrink,
            )
            print(f"{options.database}: built {version}")
        case "rollback":
            before, version = roll_back(options.database)
            print(f"{options.database}: rolled back to {version} from {before}")
        case "release":
            return _release(options.seed, options.releases, replace=options.replace, only_check=options.check)
        case "format":
            return _format(options.seed, only_check=options.check)
        case "report":
            report = overview(read_seed(options.seed), options.older_than)
            print(json.dumps(report, indent=2, ensure_ascii=False) if options.json else as_text(report))
        case "schema":
            write_schema(options.schema)
            print(f"{options.schema}: written")
        case "search-report":
            _report_search(options.database, options.judgements)
        case "export":
            from app.content.export import export  # noqa: PLC0415  # loads the whole service, which no other command needs

            count = export(options.database, options.directory, options.public_url, quick=options.quick)
            print(f"{options.directory}: {count} files, and their compressed forms")
    return 0


def _release(seed: Path, file: Path, *, replace: bool, only_check: bool) -> int:
    recorded = read_releases(file)
    before = recorded.without_newest() if replace else recorded
    bundle = bundle_of(read_seed(seed, before.ever_served()))
    version = bundle["dataset_version"]
    if only_check and recorded.newest != version:
        print(
            f"{file}: the newest recorded release is {recorded.newest}, the content is {version}. Content or rendering has "
            "changed; run: python -m app.content release (with --replace if the newest was never published)",
            file=sys.stderr,
        )
        return 1
    releases = before.with_newest(bundle)
    releases.bundles()
    print(f"{file}: {version} is the newest release")
    if releases != recorded:
        write_releases(file, releases)
        print("\n".join(release_summary(releases)))
    return 0


def _format(seed: Path, *, only_check: bool) -> int:
    stat_regular_file(seed)
    content = seed.read_bytes()
    # A seed with faults may have values that the layout can't keep: a repeated key, a lone surrogate, an infinity.
    check_seed(content)
    formatted = formatted_seed(content.decode()).encode()
    if only_check and formatted != content:
        print(f"{seed}: not formatted; run: python -m app.content format --seed {seed}", file=sys.stderr)
        return 1
    if formatted != content:
        write_atomically(seed, formatted, over=content.__eq__)
    print(f"{seed}: formatted")
    return 0


def _report_search(database: Path, judgements: Path) -> None:
    rated, data = read_judgements(judgements), open_database(database)
    for half in ("tune", "report"):
        print(search_as_text(half, scored(data, [judgement for judgement in rated if judgement.half == half])))


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.content", description="Check and build the content.")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=purpose, description=purpose)

    check = command("check", "list every fault of the seed")
    build_ = command("build", "check the seed and build the database from it")
    release = command("release", "record the content as a release, in the file of releases beside the seed")
    rollback = command(
        "rollback", "swap the database with the one before the last build; a second time swaps them back"
    )
    format_ = command("format", "sort and format the seed")
    report = command("report", "print an overview for editors")
    schema = command("schema", "write the JSON Schema that editors use")
    search_report = command("search-report", "score the search against rated questions")
    copy = command("export", "write a static copy of the service, for any static file host")
    copy.add_argument("directory", type=Path, help="the folder to write; an empty one or an earlier copy is replaced")
    copy.add_argument("--database", type=Path, default=DATABASE, help="the database to export (default: %(default)s)")
    copy.add_argument("--public-url", default="", help="the public URL of the copy, such as https://example.org/api")
    copy.add_argument("--quick", action="store_true", help="compress less, which saves most of the time")
    for reader in (check, build_, release, format_, report):
        # Without a seed here, the packaged one is read; only a seed here is written.
        default = SEED if reader in (format_, release) or SEED.exists() else packaged_path(str(SEED))
        reader.add_argument("--seed", type=Path, default=default, help="the seed (default: %(default)s)")
    for writer in (build_, rollback):
        writer.add_argument("--database", type=Path, default=DATABASE, help="the file to write (default: %(default)s)")
    build_.add_argument(
        "--allow-shrink", action="store_true", help="let a collection have over a tenth fewer records than before"
    )
    for reader in (check, build_, release):
        reader.add_argument(
            "--releases", type=Path, help="the file of releases (default: releases.json beside the seed)"
        )
    release.add_argument(
        "--check", action="store_true", help="only check whether the content is the newest recorded release"
    )
    release.add_argument(
        "--replace", action="store_true", help="replace the newest release, which has not been published yet"
    )
    build_.add_argument("--quick", action="store_true", help="compress the bundle less, which saves seconds")
    format_.add_argument("--check", action="store_true", help="only check whether it is formatted")
    report.add_argument("--json", action="store_true", help="print JSON instead of text")
    report.add_argument(
        "--older-than",
        type=date.fromisoformat,
        default=date.today() - timedelta(days=365),  # noqa: DTZ011  # an editor's day is the local one
        metavar="DATE",
        help="list legal statuses whose newest source is older (default: a year ago, %(default)s)",
    )
    search_report.add_argument(
        "--database", type=Path, default=DATABASE, help="the database to search (default: %(default)s)"
    )
    search_report.add_argument(
        "--judgements", type=Path, default=JUDGEMENTS, help="the rated questions (default: %(default)s)"
    )
    schema.add_argument("--schema", type=Path, default=SCHEMA, help="where to write it (default: %(default)s)")
    options = parser.parse_args(arguments)
    if "releases" in options and options.releases is None:
        options.releases = options.seed.with_name("releases.json")
    return options


if __name__ == "__main__":
    # Everything that is read is needed to the end: garbage collection would take a tenth of the time and free nothing.
    gc.disable()
    sys.exit(main())
