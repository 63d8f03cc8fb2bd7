"""Builds the clients that people install from openapi.json: a wheel and an npm tarball, with nothing from the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
CLIENTS: Final = HERE.parent / "clients"
COMMANDS: Final = {
    "typescript": (
        "openapi-ts --input ../../openapi.json --output src/generated --client @hey-api/client-fetch --no-log-file",
        "tsc --project .",
        "npm pack --offline --ignore-scripts --silent",
    ),
    "python": (
        (
            "openapi-python-client generate --path ../../openapi.json --config ../../checks/python-client.yaml "
            "--custom-template-path ../../checks/templates/openapi-python-client --fail-on-warning "
            "--meta none --output-path kratom_client/generated --overwrite"
        ),
        f"{sys.executable} -m mypy --strict --config-file= kratom_client",
        (
            f"{sys.executable} -m pip wheel --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation "
            "--wheel-dir dist ."
        ),
    ),
}
"""How each client is made, in its own folder."""


def build() -> tuple[Path, Path]:
    """The wheel and the tarball."""
    tools = (HERE / "node_modules" / ".bin", Path(sys.executable).parent, os.environ["PATH"])
    environment = os.environ | {"PATH": os.pathsep.join(map(str, tools))}
    for name, commands in COMMANDS.items():
        shutil.rmtree(CLIENTS / name / "dist", ignore_errors=True)
        for command in commands:
            subprocess.run(["/bin/sh", "-c", command], cwd=CLIENTS / name, env=environment, check=True)
    (wheel,) = (CLIENTS / "python" / "dist").glob("*.whl")
    return wheel, max((CLIENTS / "typescript").glob("*.tgz"), key=lambda path: path.stat().st_mtime)


if __name__ == "__main__":
    for package in build():
        print(package)
