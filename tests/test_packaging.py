"""Packaging: one list of dependencies, the commands, and `make run`, which SIGTERM stops."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from app import files
from app.content.__main__ import main
from support import each, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
INTERRUPTED = """
import runpy, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[2]:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=False)
"""
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def named_in(*files: str) -> list[str]:
    """The packages that requirement files name, without those that they include."""
    lines = [line for file in files for line in (ROOT / "requirements" / file).read_text(encoding="utf-8").split("\n")]
    return sorted(line for line in lines if line and not line.startswith(("#", "-r")))


def test_the_package_has_the_dependencies_of_the_requirements_and_allows_the_pinned_versions() -> None:
    needed = {need.name: need for need in map(Requirement, PROJECT["project"]["dependencies"])}
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", (ROOT / "requirements/build.txt").read_text("utf-8"), re.MULTILINE))

    assert sorted(needed) == named_in("serve.in", "build.in")
    assert sorted(PROJECT["dependency-groups"]["dev"]) == named_in("test.in")
    assert not [name for name, need in needed.items() if pinned[name] not in need.specifier]


def test_the_commands_of_the_package_are_there() -> None:
    for command in each(PROJECT["project"]["scripts"].values()):
        module, _, function = command.partition(":")
        assert callable(getattr(import_module(module), function))


def test_what_the_package_carries_is_found_inside_it_and_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for path, inside in each(carried.items()):
        assert inside == f"app/{path}"
        assert files.packaged_path(path) == ROOT / path
        assert files.packaged_path(path).exists()
    monkeypatch.setattr(files, "PACKAGE", tmp_path)
    (tmp_path / "migrations").mkdir()
    assert files.packaged_path("migrations") == tmp_path / "migrations"


def test_sigterm_to_make_run_stops_the_server(database_path: Path) -> None:
    make = shutil.which("make")
    if not make:
        pytest.skip("there is no make here")
    # The database is there already, and so is what the program needs: --old-file keeps make from looking.
    command = [make, "--old-file=data/content.db", "run", f"BIN={Path(sys.executable).parent}", "PORT=0"]
    variables = os.environ | {"API_DATABASE_PATH": str(database_path)}
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as started:
        try:
            assert started.stderr
            said = started.stderr.readline()
            serving = re.match(r"Serving on http://127\.0\.0\.1:(\d+) ", said)
            assert serving, said

            started.send_signal(signal.SIGTERM)

            # The pipe closes when the last process that make started has ended.
            started.communicate(timeout=15)
            with socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", int(serving[1]))) != 0
        finally:
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("program", "module"),
    [("app", "uvicorn"), ("app", "app.serving"), ("app.content", "sqlmodel"), ("app.content", "app.content.report")],
)
def test_a_program_that_is_interrupted_while_it_loads_ends_quietly(program: str, module: str) -> None:
    done = run(sys.executable, "-c", INTERRUPTED, program, module)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_build_that_is_interrupted_ends_quietly_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.content.build._write_checksum", interrupt)
    assert main(["build", "--database", str(tmp_path / "content.db")]) == 130
    assert capsys.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
