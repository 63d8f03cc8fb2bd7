"""What an outside tester finds that knows the service by its OpenAPI document alone."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest


@pytest.fixture
def origin(database_path: Path) -> Iterator[str]:
    """The program on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"API_PORT": str(port), "API_DATABASE_PATH": str(database_path)}
    with subprocess.Popen([sys.executable, "-m", "app"], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            while not answers(f"{address}/health/ready"):
                assert process.poll() is None, "the program ended before it served"
                time.sleep(0.05)
            yield address
        finally:
            process.terminate()


def answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def test_schemathesis_finds_nothing_with_all_its_checks_and_phases(origin: str, tmp_path: Path) -> None:
    # The seed is fixed so that a failure can be told again; another one is an afternoon's search, not a test.
    options = "--checks all --phases examples,coverage,fuzzing,stateful --max-examples 4 --seed 1"
    quiet = "--generation-database none --request-timeout 5 --continue-on-failure --no-color"
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{origin}/openapi.json", *options.split(), *quiet.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}\n" in done.stdout, done.stdout
