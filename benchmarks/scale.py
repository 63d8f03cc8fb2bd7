"""Sends the same requests to data sets of growing size and prints how the cost of a response grows: make bench-scale."""

import argparse
import sqlite3
import statistics
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from questions import SEARCH, SUGGEST, questions
from servers import (
    Building,
    Request,
    Sample,
    build,
    machine,
    measured,
    ours,
    progress,
    require,
    running,
    steady_cpu,
    table,
)
from synthetic import write_seed

DETAIL: Final = "detail"
FIRST: Final = "first page"
FILTERED: Final = "filtered and sorted page"
DEEPEST: Final = "deepest page"
BRIEF: Final = "500 records in brief"
COUNTED: Final = "page with counts of two filters"
COUNTED_FILTERED: Final = "filtered page with counts of two others"
KINDS: Final = (DETAIL, FIRST, FILTERED, DEEPEST, BRIEF, COUNTED, COUNTED_FILTERED, SEARCH, SUGGEST)
DETAILS: Final = 500
"""How many different records are requested in turn."""
PAGE: Final = 20
MAX_OFFSET: Final = 10_000

Samples = dict[tuple[int, str], list[Sample]]


@dataclass(frozen=True)
class DataSet:
    """A data set, and what building it took."""

    records: int
    seed_size: int
    """Bytes of its seed."""
    database: Path
    building: Building


def main() -> None:
    """Build every size, measure them in rounds, print the tables."""
    options = _options()
    require("wrk", "taskset")
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        data_sets = [built(Path(name) / str(size), size) for size in sorted(options.sizes)]
        print(f"{options.rounds} rounds of {options.seconds} s a row, without the response cache\n")
        print(builds_table(data_sets), flush=True)
        samples: Samples = defaultdict(list)
        starts: dict[int, list[float]] = defaultdict(list)
        for number in range(1, options.rounds + 1):
            for data in data_sets:
                progress(f"round {number} of {options.rounds}: {data.records} records")
                requests = asked(data)
                with running(ours("ours", data.database, requests, fast_path=True, cached=False)) as at:
                    starts[data.records].append(at.first_response)
                    for kind, request in requests.items():
                        samples[data.records, kind].append(measured(at, request, options.seconds))
    progress("")
    print("", requests_table(samples, list(starts)), "", starts_table(samples, starts), sep="\n")


def built(folder: Path, size: int) -> DataSet:
    """A data set, written and built."""
    folder.mkdir()
    seed, database = folder / "seed.json", folder / "content.db"
    records = write_seed(seed, size)
    data = DataSet(records, seed.stat().st_size, database, build(seed, database))
    seed.unlink()
    return data


def asked(data: DataSet) -> dict[str, Request]:
    """The requests whose cost should not grow."""
    with sqlite3.connect(f"file:{data.database}?mode=ro", uri=True) as connection:
        slugs = [slug for (slug,) in connection.execute("SELECT slug FROM side_effect ORDER BY slug")]
    paths = data.database.with_name("details")
    spread = slugs[:: max(1, len(slugs) // DETAILS)]
    paths.write_text("".join(f"/v1/side-effects/{slug}\n" for slug in spread))
    deepest = min(MAX_OFFSET, (len(slugs) - 1) // PAGE * PAGE)
    return {
        DETAIL: Request(f"/v1/side-effects/{slugs[0]}", paths=paths),
        FIRST: Request("/v1/side-effects"),
        FILTERED: Request("/v1/side-effects?seriousness=serious&sort=name"),
        DEEPEST: Request(f"/v1/side-effects?offset={deepest}"),
        BRIEF: Request("/v1/side-effects?view=summary&limit=500"),
        COUNTED: Request("/v1/side-effects?facet=seriousness,category"),
        COUNTED_FILTERED: Request("/v1/side-effects?facet=seriousness,category&in_article=false"),
        **questions(data.database.parent),
    }


def builds_table(data_sets: list[DataSet]) -> str:
    """What each build took."""
    head = [
        "build, records",
        "seed, MiB",
        "file, MiB",
        "s",
        "CPU, s",
        "CPU, ms a record",
        "memory at most, MiB",
        "growth",
    ]
    rows = []
    for data in data_sets:
        took, least = data.building, data_sets[0].building
        rows.append(
            [
                f"{data.records:,}",
                f"{data.seed_size / 2**20:,.0f}",
                f"{data.database.stat().st_size / 2**20:,.0f}",
                f"{took.seconds:.1f}",
                f"{took.cpu:.1f}",
                f"{took.cpu / data.records * 1000:.2f}",
                f"{took.memory:,.0f}",
                f"{took.cpu / least.cpu:.1f} x",
            ]
        )
    return table(head, rows)


def requests_table(samples: Samples, sizes: list[int]) -> str:
    """What each response costs, and how that grows."""
    head = ["request, records", "body, bytes", "req/s", "p50, ms", "p99, ms", "CPU/req, µs", "growth by CPU", "by p50"]
    rows = []
    for kind in KINDS:
        least = samples[sizes[0], kind]
        for size in sizes:
            taken = samples[size, kind]
            p50, least_p50 = (statistics.median(sample.p50 for sample in some) for some in (taken, least))
            rows.append(
                [
                    f"{kind}, {size:,}",
                    f"{taken[0].size:,}",
                    f"{statistics.median(sample.rate for sample in taken):,.0f}",
                    f"{p50:.2f}",
                    f"{statistics.median(sample.p99 for sample in taken):.2f}",
                    f"{steady_cpu(taken):,.0f}",
                    f"{steady_cpu(taken) / steady_cpu(least):.2f} x",
                    f"{p50 / least_p50:.2f} x",
                ]
            )
    return table(head, rows)


def starts_table(samples: Samples, starts: dict[int, list[float]]) -> str:
    """How long each start takes, and the most memory the server has."""
    rows = []
    for size, seconds in starts.items():
        taken = [sample for kind in KINDS for sample in samples[size, kind]]
        rows.append(
            [
                f"{size:,}",
                f"{statistics.median(seconds):.2f}",
                f"{min(seconds):.2f} to {max(seconds):.2f}",
                f"{max(sample.rss for sample in taken):,.0f}",
            ]
        )
    return table(["start, records", "first response, s", "(min to max)", "RSS, MiB"], rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 100_000], help="how many records")
    parser.add_argument("--rounds", type=int, default=5, help="how often every row is measured (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="how long each time (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
