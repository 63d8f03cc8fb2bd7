"""The command line for content: python -m app.content check|build|format|report|schema."""

import argparse
import sys
from pathlib import Path

from app.content.build import BuildError, build
from app.content.check import read_seed
from app.content.faults import SeedFaultsError
from app.content.schema import write_schema
from app.tables import RESOURCES

SEED = Path("data/seed.json")
DATABASE = Path("data/content.db")
SCHEMA = Path("data/seed.schema.json")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it succeeded, 1 when the content is at fault, 2 when the call is."""
    options = _options(arguments)
    try:
        match options.command:
            case "check":
                seed = read_seed(options.seed)
                total = sum(len(seed.records(resource.collection)) for resource in RESOURCES)
                print(f"{options.seed}: no faults in {total} records")
            case "build":
                version = build(read_seed(options.seed), options.database)
                print(f"{options.database}: built {version}")
            case "schema":
                write_schema(options.schema)
                print(f"{options.schema}: written")
    except SeedFaultsError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        count = f"{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}"
        print(f"{options.seed}: {count}, nothing written", file=sys.stderr)
        return 1
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        path = error.filename or (options.seed if "seed" in options else options.schema)
        print(f"{path}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.content", description="Check and build the content.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in (
        ("check", "list every fault of the seed"),
        ("build", "check the seed and build the database from it"),
        ("schema", "write the JSON Schema that editors use"),
    ):
        command = commands.add_parser(name, help=purpose, description=purpose)
        if name == "schema":
            command.add_argument("--schema", type=Path, default=SCHEMA, help="where to write it (default: %(default)s)")
        else:
            command.add_argument("--seed", type=Path, default=SEED, help="the seed (default: %(default)s)")
        if name == "build":
            command.add_argument(
                "--database", type=Path, default=DATABASE, help="the file to write (default: %(default)s)"
            )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
