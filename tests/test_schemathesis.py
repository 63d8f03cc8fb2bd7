"""Schemathesis tests a running server by its OpenAPI document alone."""

import sys
from pathlib import Path

from support import run, serving

# Any well-formed version but those of a few releases is gone.
EXPECTED = '[checks.positive_data_acceptance]\nexpected-statuses = ["2xx", "3xx", 404, 410]\n'


def test_schemathesis_finds_nothing_with_all_its_checks_and_phases(database_path: Path, tmp_path: Path) -> None:
    # The random seed is fixed, so that a failure can be reproduced.
    options = "--checks all --phases examples,coverage,fuzzing,stateful --max-examples 4 --seed 1"
    quiet = "--generation-database none --request-timeout 5 --continue-on-failure --no-color"
    (tmp_path / "schemathesis.toml").write_text(EXPECTED)
    with serving(database_path) as running:
        command = (sys.executable, "-m", "schemathesis.cli", "run", f"{running.origin}/openapi.json")
        done = run(*command, *options.split(), *quiet.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}\n" in done.stdout, done.stdout
