"""Builds both clients, installs the tarball, and syncs a copy in Node and in Chromium with a server of three releases."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.request import urlopen

import packages

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
FOLDER: Final = HERE / "generated" / "synced"
EXPECTED: Final = "updated updated current replaced replaced replaced unreachable"
"""What syncing.ts says of the copies that it starts with."""
NODE: Final = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}") or "node"
"""The one that was installed with the other tools: an older one of the system can't run TypeScript."""


def main() -> int:
    """Whether both runtimes say what is expected; 1 when one does not."""
    wheel, tarball = packages.build()
    shutil.rmtree(FOLDER, ignore_errors=True)
    installed = FOLDER / "node_modules" / "kratom-client"
    installed.parent.mkdir(parents=True)
    shutil.unpack_archive(tarball, FOLDER, "gztar")
    (FOLDER / "package").rename(installed)
    shutil.copy(HERE / "syncing.ts", FOLDER)
    shutil.copy(packages.CLIENTS / "canonical.json", FOLDER)
    python = str(ROOT / ".venv" / "bin" / "python")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([python, "tests/chain.py", str(FOLDER)], cwd=ROOT, env=environment, check=True)
    bundled = ["esbuild", "syncing.ts", "--bundle", "--format=esm", "--platform=neutral", "--log-level=warning"]
    types = ["tsc", "--noEmit", "--strict", "--target", "ES2022", "--lib", "ES2022,DOM,DOM.Iterable", "--skipLibCheck"]
    tools = HERE / "node_modules" / ".bin"
    subprocess.run([tools / bundled[0], *bundled[1:], "--outfile=syncing.mjs"], cwd=FOLDER, check=True)
    module = ["--module", "ESNext", "--moduleResolution", "bundler", "syncing.ts"]
    subprocess.run([tools / types[0], *types[1:], *module], cwd=FOLDER, check=True)
    with server(python) as origin, folder_server() as files:
        documented = as_the_readme_says(origin)
        from_the_wheel(wheel, origin)
        said = {"Node": in_node(origin, files), "Chromium": in_chromium(origin, files)}
    for runtime, states in said.items():
        print(f"{runtime}: {states}", flush=True)
    return 0 if set(said.values()) == {EXPECTED} and documented.split() == ["replaced", "current"] else 1


def from_the_wheel(wheel: Path, origin: str) -> None:
    """Sync, read the copy as typed objects and call a generated operation with what the wheel installs."""
    install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        str(FOLDER / "python"),
        str(wheel),
    ]
    subprocess.run([sys.executable, *install], check=True)
    code = f"""
from kratom_client import State, sync, typed
from kratom_client.generated import Client
from kratom_client.generated.api.strains import list_strains
from kratom_client.generated.models import StrainPage
synced = sync("{origin}")
assert sync("{origin}", synced.bundle).state is State.current
page = list_strains.sync(client=Client(base_url="{origin}"))
assert isinstance(page, StrainPage)
content = typed(synced.bundle)
titles: list[str] = [strain.title for strain in content.records.strains]
assert titles == [record["title"] for record in synced.bundle["records"]["strains"]]
assert sorted(titles) == sorted(strain.title for strain in page.data)
assert content.records.strains[0].cautions and content.records.strains[0].disclaimer
assert content.to_dict() == synced.bundle
"""
    program = FOLDER / "typed_app.py"
    program.write_text(code, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(FOLDER / "python"), "MYPYPATH": str(FOLDER / "python")}
    checked = ["-m", "mypy", "--strict", "--config-file=", "--follow-imports=silent", str(program)]
    subprocess.run([sys.executable, *checked], cwd=FOLDER, env=environment, check=True)
    subprocess.run([sys.executable, str(program)], env=environment, check=True)


def as_the_readme_says(origin: str) -> str:
    """The states that the lines of the README print when they run twice."""
    text = (packages.CLIENTS / "typescript" / "README.md").read_text(encoding="utf-8")
    code = text.partition("```ts\n")[2].partition("```")[0]
    (FOLDER / "app.mts").write_text(code, encoding="utf-8")
    command = [NODE, "app.mts", origin, "copy.json"]
    runs = [subprocess.run(command, cwd=FOLDER, stdout=subprocess.PIPE, text=True, check=True) for _ in range(2)]
    return " ".join(done.stdout.split()[0] for done in runs)


def in_node(origin: str, files: str) -> str:
    """What the module says in Node."""
    code = 'import("./syncing.mjs").then(async (m) => console.log(await m.states(...process.argv.slice(1))))'
    done = subprocess.run(
        [NODE, "--eval", code, origin, files],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout or done.stderr).strip()


def in_chromium(origin: str, files: str) -> str:
    """What the module says in a page in Chromium."""
    script = (
        f'import {{ states }} from "./syncing.mjs"; document.body.textContent = await states("{origin}", "{files}");'
    )
    page = f'<!doctype html><meta charset="utf-8"><body>waiting<script type="module">{script}</script>'
    (FOLDER / "index.html").write_text(page, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=60000", "--dump-dom"]
    done = subprocess.run(
        [shutil.which("chromium") or "chromium", *flags, f"{files}/index.html"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    return done.stdout.partition("<body>")[2].partition("<")[0].strip()


@contextmanager
def server(python: str) -> Iterator[str]:
    """The service over the newest of the three releases."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"API_PORT": str(port), "API_DATABASE_PATH": str(FOLDER / "content.db")}
    with (
        (FOLDER / "server.log").open("w") as log,
        subprocess.Popen([python, "-m", "app"], cwd=ROOT, env=environment, stderr=log) as process,
    ):
        try:
            for _ in range(200):
                try:
                    urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def folder_server() -> Iterator[str]:
    """The folder with the bundles and the module, as an app ships them."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(FOLDER))) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{files.server_address[1]}"
        files.shutdown()


if __name__ == "__main__":
    sys.exit(main())
