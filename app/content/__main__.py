"""The command line for content: python -m app.content check|build|rollback|format|report|schema|search-report."""

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
    from app.content.layout import laid_out
    from app.content.report import as_text, overview
    from app.content.schema import write_schema
    from app.content.search_report import as_text as search_as_text
    from app.content.search_report import read_judgements, scored
    from app.database import DatabaseUnusableError, open_database
    from app.files import ordinary, shipped, write_whole
except KeyboardInterrupt:  # loading the libraries takes a good part of the time of a command
    sys.exit(INTERRUPTED)

SEED = Path("data/seed.json")
DATABASE = Path("data/content.db")
SCHEMA = Path("data/seed.schema.json")
JUDGEMENTS = Path("data/search-judgements.json")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it succeeded, 1 when the content is at fault, 2 when the call is, 130 after Ctrl-C."""
    options = _options(arguments)
    try:
        match options.command:
            case "check":
                print(f"{options.seed}: no faults in {len(read_seed(options.seed).records)} records")
            case "build":
                if options.database == DATABASE:
                    DATABASE.parent.mkdir(exist_ok=True)
                version = build(read_seed(options.seed), options.database, may_shrink=options.allow_shrink)
                print(f"{options.database}: built {version}")
            case "rollback":
                before, version = roll_back(options.database)
                print(f"{options.database}: went back to {version} from {before}")
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
    except SeedFaultsError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        count = f"{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}"
        print(f"{options.seed}: {count}, nothing written", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BuildError, DatabaseUnusableError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        path = error.filename or (options.seed if "seed" in options else options.schema)
        print(f"{path}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    return 0


def _format(seed: Path, *, only_check: bool) -> int:
    ordinary(seed)
    content = seed.read_bytes()
    # What has a fault may hold what the layout can't: a key that comes twice, half a character, an infinity.
    check_seed(content)
    formatted = laid_out(content.decode()).encode()
    if only_check and formatted != content:
        print(f"{seed}: not laid out; run: python -m app.content format --seed {seed}", file=sys.stderr)
        return 1
    if formatted != content:
        write_whole(seed, formatted, over=content.__eq__)
    print(f"{seed}: laid out")
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
    rollback = command("rollback", "go back to the database whose place the last build took, or forward again")
    format_ = command("format", "bring the seed into its one layout")
    report = command("report", "print an overview for editors")
    schema = command("schema", "write the JSON Schema that editors use")
    search_report = command("search-report", "score the search on rated questions")
    for reader in (check, build_, format_, report):
        # Where there is no seed, the one that came with the program is read; only the editor's own is written.
        default = SEED if reader is format_ or SEED.exists() else shipped(str(SEED))
        reader.add_argument("--seed", type=Path, default=default, help="the seed (default: %(default)s)")
    for writer in (build_, rollback):
        writer.add_argument("--database", type=Path, default=DATABASE, help="the file to write (default: %(default)s)")
    build_.add_argument(
        "--allow-shrink", action="store_true", help="let a collection have over a tenth fewer records than before"
    )
    format_.add_argument("--check", action="store_true", help="only say whether it is laid out")
    report.add_argument("--json", action="store_true", help="print JSON instead of text")
    report.add_argument(
        "--older-than",
        type=date.fromisoformat,
        default=date.today() - timedelta(days=365),  # noqa: DTZ011  # an editor's day is the local one
        metavar="DATE",
        help="list legal statuses whose newest source is older (default: a year ago, %(default)s)",
    )
    search_report.add_argument(
        "--database", type=Path, default=DATABASE, help="what is searched (default: %(default)s)"
    )
    search_report.add_argument(
        "--judgements", type=Path, default=JUDGEMENTS, help="the rated questions (default: %(default)s)"
    )
    schema.add_argument("--schema", type=Path, default=SCHEMA, help="where to write it (default: %(default)s)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    # What is read stays to the end: looking for garbage among it takes a tenth of the time and finds none.
    gc.disable()
    sys.exit(main())
