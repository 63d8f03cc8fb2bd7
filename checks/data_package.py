"""Validates the data package and every CSV file of a running server with the frictionless library."""

import sys

from frictionless import validate


def main(origin: str) -> int:
    """Print what is wrong; 1 when anything is."""
    report = validate(f"{origin}/v1/datapackage.json")
    errors = [*report.errors, *(error for task in report.tasks for error in task.errors)]
    for error in errors:
        print(error.message)
    print(f"{report.stats['tasks']} files, {len(errors)} errors")
    return 0 if report.valid and report.tasks else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
