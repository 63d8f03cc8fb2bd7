"""Runs third-party tools on openapi.json and on the responses of a running server; fails when one finds anything."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import clients

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
SERVER_LOG: Final = HERE / "generated" / "server.log"
CHECKS: Final = {
    "Spectral: openapi.json keeps every rule of spectral:oas, its examples included": [
        "spectral lint --ruleset spectral.yaml --fail-severity hint ../openapi.json",
    ],
    "Redocly: openapi.json keeps every rule of recommended-strict": [
        "redocly lint --config redocly.yaml ../openapi.json",
    ],
    "A front end reads the server by the types of openapi-typescript": [
        "openapi-typescript ../openapi.json --output generated/api.d.ts",
        "tsc --project .",
        "node generated/consumer.js {origin}",
    ],
    "The client of openapi-python-client reads every operation as the JSON says": [
        "mypy --strict --config-file= run.py clients.py responses.py mutating_proxy.py consumer.py data_package.py packages.py synced.py",
        "python consumer.py {origin} ../openapi.json",
    ],
    "The packaged clients sync a copy in Node and in Chromium": [
        "python synced.py",
    ],
    "axe-core: the HTML pages in a browser": [
        "node accessibility.js {origin}",
    ],
    # The random seed is fixed, so that a failure can be reproduced.
    "Schemathesis: every operation by the document alone, with all its checks and phases": [
        (
            "schemathesis --config-file schemathesis.toml run {origin}/openapi.json --checks all"
            " --phases examples,coverage,fuzzing,stateful --max-examples 4 --seed 1 --generation-database none"
            " --request-timeout 5 --continue-on-failure --no-color"
        ),
    ],
    "httplint: the responses of every path to each kind of request": [
        "python responses.py {origin} ../openapi.json",
    ],
    "frictionless: the data package is valid, and so is every CSV file by it": [
        "python data_package.py {origin}",
    ],
}


def main() -> int:
    """Run every check, also after one has failed; 1 when any did."""
    shutil.rmtree(SERVER_LOG.parent, ignore_errors=True)  # what an earlier document made would be compiled as well
    SERVER_LOG.parent.mkdir()
    with running_server() as origin:
        passed = list(clients.check(origin, run))
        passed.append(clients.as_documented())
        passed += [holds(title, [command.format(origin=origin) for command in CHECKS[title]]) for title in CHECKS]
    print(f"{sum(passed)} passed, {len(passed) - sum(passed)} failed")
    return 0 if all(passed) else 1


def holds(title: str, commands: list[str]) -> bool:
    """Run the commands of a check up to the first that fails; show what that one said, or the last line of the last."""
    print(f"== {title}", flush=True)
    begun = time.monotonic()
    said = ""
    for command in commands:
        done = run(command)
        if done.returncode:
            print(f"{done.stdout}{done.stderr}\nFAILED with {done.returncode}: {command}", flush=True)
            return False
        said = done.stdout.strip().rpartition("\n")[2]
    print(f"{said or 'no finding'} ({time.monotonic() - begun:.0f} s)", flush=True)
    return True


def run(command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command here, with the tools of both environments and nothing that asks the network."""
    tools = (HERE / "node_modules" / ".bin", Path(sys.executable).parent, os.environ["PATH"])
    environment = os.environ | {
        "PATH": os.pathsep.join(map(str, tools)),
        "PYTHONPATH": "generated:generated/python",
        "MYPYPATH": "generated:generated/python",
        "REDOCLY_TELEMETRY": "off",
        "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
        "CLASSPATH": clients.CLASSPATH,
        "CGO_ENABLED": "0",
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod",
    }
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def running_server() -> Iterator[str]:
    """The service on a free port, for as long as it is needed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    environment = os.environ | {"API_PORT": str(port), "API_DATABASE_PATH": str(ROOT / "data" / "content.db")}
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "app"]
    with SERVER_LOG.open("w") as log, subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log) as server:
        try:
            _wait_until_ready(server, origin)
            yield origin
        finally:
            server.terminate()


def _wait_until_ready(server: subprocess.Popen[bytes], origin: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urlopen(f"{origin}/health/ready", timeout=2).close()  # noqa: S310  # it is the server that was just started
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the server did not become ready:\n{SERVER_LOG.read_text()}")
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
