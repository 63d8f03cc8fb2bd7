"""Generates clients with third-party generators, compiles them, and lists strains of two vein colours with each."""

import json
import re
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

HERE: Final = Path(__file__).resolve().parent
GUIDE: Final = HERE.parent / "docs" / "clients.md"
ASKED: Final = "/v1/strains?vein=red,green&sort=slug"
"""What every client asks for, each in its own way of writing."""
STAGES: Final = ("generate", "compile", "run", "later")
OPENAPI_GENERATOR: Final = (
    "openapi-generator-cli generate --input-spec ../openapi.json "
    "--global-property apis,models,supportingFiles,apiDocs=false,modelDocs=false,apiTests=false,modelTests=false"
)
TYPESCRIPT: Final = (
    "tsc --noEmit --strict --noUncheckedIndexedAccess --target ES2022 --lib ES2022,DOM,DOM.Iterable "
    "--module ESNext --moduleResolution bundler --skipLibCheck clients/{name}.ts && "
    "esbuild clients/{name}.ts --bundle --platform=node --format=esm --log-level=warning --outfile=generated/{name}.mjs"
)
CLASSPATH: Final = ":".join(
    (
        "generated/classes",
        str(Path(sysconfig.get_path("purelib")) / "openapi_generator_cli" / "openapi-generator.jar"),
        "/usr/share/java/jakarta-annotation-api.jar",
    )
)
"""The generator's jar holds the Jackson that its Java client needs, in the version that it needs."""
CLIENTS: Final = {
    "hey-api": {
        "generate": "openapi-ts --input ../openapi.json --output generated/hey-api --client @hey-api/client-fetch --no-log-file",
        "compile": TYPESCRIPT.replace("{name}", "hey-api"),
        "run": "node generated/hey-api.mjs",
    },
    "orval": {
        "generate": "orval --config clients/orval.config.mjs --fail-on-warnings",
        "compile": TYPESCRIPT.replace("{name}", "orval"),
        "run": "node generated/orval.mjs",
    },
    "openapi-typescript with openapi-fetch": {
        "generate": "openapi-typescript ../openapi.json --output generated/api.d.ts",
        "compile": TYPESCRIPT.replace("{name}", "openapi-fetch"),
        "run": "node generated/openapi-fetch.mjs",
    },
    "openapi-python-client": {
        "generate": (
            "openapi-python-client generate --path ../openapi.json --config python-client.yaml --fail-on-warning "
            "--custom-template-path templates/openapi-python-client "
            "--meta none --output-path generated/generated_client --overwrite"
        ),
        "compile": "mypy --strict --config-file= clients/openapi_python_client.py generated/generated_client",
        "run": "python clients/openapi_python_client.py",
    },
    "openapi-generator, Python": {
        "generate": (
            f"{OPENAPI_GENERATOR} --generator-name python --output generated/python "
            "--template-dir templates/openapi-generator-python "
            "--additional-properties packageName=kratom,enumUnknownDefaultCase=true"
        ),
        "compile": "mypy --strict --config-file= --follow-imports=silent clients/openapi_generator.py",
        "run": "python clients/openapi_generator.py",
    },
    "openapi-generator, Go": {
        "generate": (
            f"{OPENAPI_GENERATOR} --generator-name go --output generated/go "
            "--additional-properties packageName=kratom,withGoMod=false,enumClassPrefix=true,"
            "enumUnknownDefaultCase=true,disallowAdditionalPropertiesIfNotPresent=false"
        ),
        "compile": "go build -o generated/strains ./clients/go",
        "run": "generated/strains",
    },
    "openapi-generator, Java": {
        "generate": (
            f"{OPENAPI_GENERATOR} --generator-name java --library native --output generated/java "
            "--additional-properties openApiNullable=false,useJakartaEe=true,enumUnknownDefaultCase=true"
        ),
        "compile": (
            "javac -proc:none -nowarn -d generated/classes clients/Strains.java "
            "$(find generated/java/src/main -name '*.java')"
        ),
        "run": "java Strains",
    },
}
"""How each client is made, compiled and run; to run it takes the origin of the server."""
Run = Callable[[str], "subprocess.CompletedProcess[str]"]


def check(origin: str, run: Run) -> Iterator[bool]:
    """Whether each client was made, compiled, ran, and ran against a later version of the server; shown as a table."""
    expected = _strains(origin)
    assert {vein for _, vein in expected} == {"red", "green"}, "the data has no strain of one of the colours"
    width = max(map(len, CLIENTS))
    print(f"== Clients: made, compiled, run for {ASKED}, and run against a server that has grown")
    print("  ".join(("".ljust(width), *(stage.rjust(10) for stage in STAGES), " asked")), flush=True)
    with later_server(origin) as (later, asked):
        for name, commands in CLIENTS.items():
            stages = {
                "generate": commands["generate"],
                "compile": commands["compile"],
                "run": f"{commands['run']} {origin}",
                "later": f"{commands['run']} {later}",
            }
            cells, faults = [], []
            for stage, command in stages.items():
                begun = time.monotonic()
                fault = _fault(stage, run(command), expected)
                cells.append("failed" if fault else f"{time.monotonic() - begun:.1f} s")
                if fault:
                    faults.append(f"{command}\n{fault}")
                    if stage in ("generate", "compile"):
                        break
            how = (
                re.sub(r"\w+=(?!\w*(?:red|green))[^&]*&?", "", asked()).rstrip("&") if len(cells) == len(STAGES) else ""
            )
            print("  ".join((name.ljust(width), *(cell.rjust(10) for cell in cells), f" {how}")), flush=True)
            for fault in faults:
                print(f"FAILED: {fault}", flush=True)
            yield not faults


def as_documented() -> bool:
    """Whether the recipes in the guide are the ones that were run; say where they are not."""
    print("== docs/clients.md shows the commands and the lines that were run", flush=True)
    found = differences()
    print("\n".join(found) or "no difference", flush=True)
    return not found


def _fault(stage: str, done: "subprocess.CompletedProcess[str]", expected: list[tuple[str, str]]) -> str:
    if done.returncode:
        return f"{done.stdout}{done.stderr}"
    if stage in ("generate", "compile"):
        return ""
    lines = [line.split() for line in done.stdout.splitlines()]
    listed = [(line[0], line[-1]) for line in lines if line]
    if stage == "run" and [(slug, vein.lower()) for slug, vein in listed] != expected:
        return f"listed {listed}\nwhere the server has {expected}"
    if stage == "later":
        if [slug for slug, _ in listed] != [slug for slug, _ in expected]:
            return f"listed {listed}\nwhere the server has {expected}"
        if {vein for _, vein in listed} & {"red", "green"}:
            return "the client did not meet the added value"
    return ""


def differences() -> list[str]:
    """The commands and code of docs/clients.md that are not run here, and those that are run here but not shown there."""
    text = GUIDE.read_text(encoding="utf-8")
    shown = re.findall(r"^\$ (.*)$", text.replace(" \\\n", " "), re.MULTILINE)
    shown = [" ".join(command.split()) for command in shown]
    ran = [command for commands in CLIENTS.values() for command in commands.values()]
    files = [path for folder in ("clients", "templates") for path in (HERE / folder).rglob("*") if path.is_file()]
    lines = {line.strip() for path in files for line in path.read_text(encoding="utf-8").splitlines()}
    blocks = re.findall(r"^```(?:ts|js|python|go|java|jinja|mustache)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [
        *(f"shown but not run: {command}" for command in shown if command not in ran),
        *(f"run but not shown: {command}" for command in ran if " ".join(command.split()) not in shown),
        *(
            f"shown but in no file: {line}"
            for block in blocks
            for line in block.splitlines()
            if line.strip() not in lines | {""}
        ),
    ]


def _strains(origin: str) -> list[tuple[str, str]]:
    with urlopen(f"{origin}{ASKED}") as response:  # noqa: S310  # it is the server that was just started
        return [(strain["slug"], strain["vein"]) for strain in json.load(response)["data"]]


@contextmanager
def later_server(origin: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """A later version of the server, and the query of the last request to it."""
    command = [sys.executable, str(HERE / "mutating_proxy.py"), origin, str(HERE.parent / "openapi.json")]
    log = HERE / "generated" / "mutating_proxy.log"
    with (
        log.open("w") as requests,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=requests, text=True) as proxy,
    ):
        assert proxy.stdout
        try:
            address = proxy.stdout.readline().strip()
            assert address, log.read_text(encoding="utf-8")
            yield address, lambda: (re.findall(r'"GET [^ ?]+\??(\S*)', log.read_text(encoding="utf-8")) or [""])[-1]
        finally:
            proxy.terminate()
