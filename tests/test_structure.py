"""The structure of the code: imports in one direction, meaningful names, and documented settings."""

import ast
import json
import re
import sys
from pathlib import Path

import pytest

from app.settings import Settings
from support import ROOT, each, run

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "app").rglob("*.py"))
}
# The parts of the application that each part may import, besides itself.
MAY_IMPORT = {
    "settings": {"http"},
    "schemas": set[str](),
    "tables": {"schemas"},
    "registry": {"schemas", "tables"},
    "vocabularies": {"registry", "schemas"},
    "problems": set[str](),
    "names": set[str](),
    "words": set[str](),
    "database": {"names", "registry", "schemas", "tables", "words"},
    "search": {"database", "schemas", "words"},
    "files": set[str](),
    "formats": {"database", "http", "registry", "schemas"},
    "internals": set[str](),
    "logs": set[str](),
    "metrics": set[str](),
    "http": {"internals", "metrics", "problems", "schemas"},
    "pages": {"database", "feeds", "files", "http", "pictures", "problems", "reading", "registry", "schemas", "tables"},
    "pages.__main__": {"pages"},
    "pictures": {"schemas"},
    "releases": {"database", "http", "problems", "reading"},
    "feeds": {"database", "problems", "reading", "registry", "schemas"},
    "reading": {"database", "formats", "names", "problems", "schemas", "search", "tables"},
    "routers": {
        *(
            "database",
            "feeds",
            "formats",
            "pages",
            "pictures",
            "problems",
            "reading",
            "registry",
            "releases",
            "schemas",
        ),
        *("search", "tables", "vocabularies"),
    },
    "openapi": {
        *("database", "feeds", "formats", "http", "pages", "problems", "reading", "registry", "releases", "routers"),
        *("schemas", "tables", "vocabularies"),
    },
    "openapi.__main__": {"database", "files", "main", "openapi", "reading", "registry", "schemas"},
    "content": {
        *(
            "database",
            "files",
            "http",
            "main",
            "pages",
            "pictures",
            "problems",
            "reading",
            "registry",
            "schemas",
            "search",
            "settings",
        ),
        *("tables", "vocabularies", "words"),
    },
    "content.__main__": {"content", "database", "files", "registry"},
    "watching": {"database"},
    "main": {"database", "http", "internals", "metrics", "openapi", "pages", "routers", "settings", "watching"},
    "serving": {"http", "internals", "logs", "settings"},
    "supervisor": {"database", "logs", "pages", "serving", "settings", "watching"},
    "start": {"database", "logs", "serving", "settings", "supervisor", "watching"},
    "worker": {"database", "main", "pages", "serving", "settings"},
    "__main__": {"logs", "start", "worker"},
}
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "services", "core", "deps", "repositories", "misc", "managers"}


def part_of(module: str) -> str:
    """The part of the application that a module belongs to; a command line is a part of its own."""
    parts = module.split(".")[1:]
    return ".".join(parts) if parts[-1] == "__main__" else parts[0]


def imports_of(path: Path) -> set[str]:
    """The modules of the application that a file imports, at its top or inside a function."""
    return imports_in(path.read_text(encoding="utf-8"), path)


def imports_in(source: str, path: Path) -> set[str]:
    """The modules of the application that a source text imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & MODULES.keys()) or (names if node.module == "app" else {str(node.module)})
    return {name for name in found if name.startswith("app.")}


@pytest.mark.parametrize("module", [name for name in MODULES if name != "app"])
def test_a_module_imports_only_what_it_may(module: str) -> None:
    part = part_of(module)
    imported = imports_of(MODULES[module])
    assert {part_of(name) for name in imported} <= MAY_IMPORT[part] | {part}, f"{module} imports {imported}"


def test_imports_inside_functions_are_read() -> None:
    source = "import app.a\ndef f():\n    from app.b import c\n    if c:\n        from app import d\n"
    assert imports_in(source, ROOT) == {"app.a", "app.b", "app.d"}


def test_no_module_imports_itself_through_others() -> None:
    needs = {name: imports_of(path) & MODULES.keys() for name, path in MODULES.items()}
    placed: set[str] = set()
    while len(placed) < len(needs):
        ready = {name for name, below in needs.items() if name not in placed and below <= placed}
        assert ready, f"these import each other: {needs.keys() - placed}"
        placed |= ready


def test_the_allowed_imports_have_no_cycle() -> None:
    # A cycle among the permissions would let imports run in circles.
    placed: set[str] = set()
    while len(placed) < len(MAY_IMPORT):
        ready = {part for part, below in MAY_IMPORT.items() if part not in placed and below <= placed}
        assert ready, f"these import each other: {MAY_IMPORT.keys() - placed}"
        placed |= ready
    assert {part_of(name) for name in MODULES if name != "app"} == set(MAY_IMPORT)


def test_serving_imports_neither_the_build_nor_the_migrations() -> None:
    for name, path in each(MODULES.items()):
        if not (name == "app" or name.startswith("app.content")):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"^\s*(?:import|from) (?:alembic|app\.content)\b", text, re.MULTILINE), name
    program = "import json, sys, app.main; print(json.dumps(sorted(sys.modules)))"
    done = run(sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert "app.main" in loaded
    assert not [name for name in loaded if name.startswith(("alembic", "mako", "app.content", "migrations"))]


def test_every_module_has_a_docstring_and_a_meaningful_name() -> None:
    for name, path in each(MODULES.items()):
        parts = set(name.split("."))
        assert not parts & EMPTY_NAMES, name
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, name
        assert docstring.splitlines()[0].endswith("."), name


def test_every_setting_is_explained_and_every_explained_one_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `API_(\w+)` \|([^|]*)\| (.*\S) \|$", readme, re.MULTILINE)
    explained = {name.lower(): default.strip().strip("`") for name, default, _ in rows}
    fields = Settings.model_fields
    assert set(explained) == set(fields)
    assert set(re.findall(r"API_[A-Z_]+[A-Z]", readme)) <= {f"API_{name.upper()}" for name in fields}
    for name, field in each(fields.items()):
        default = str(field.default)
        assert explained[name] == (default.lower() if isinstance(field.default, bool) else default), name
        assert field.description, name


def test_the_port_that_kubernetes_sets_for_a_service_named_api_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "tcp://10.96.0.12:8000")
    assert Settings().port == Settings.model_fields["port"].default
    monkeypatch.setenv("API_PORT", "udp://10.96.0.12:8000")
    with pytest.raises(ValueError, match="valid integer"):
        Settings()
