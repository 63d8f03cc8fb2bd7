"""Shared fixtures: the seed, a database built from it, the service, clients, and the records and bodies that it serves."""

import gc
import json
import logging
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from app.content.build import build
from app.content.check import read_seed
from app.main import Service, create_app
from app.settings import Settings
from browser import CHROMIUM, DRIVER, PATIENCE, Browser, driver_port
from seeds import without_records
from support import (
    COLLECTIONS,
    OLD,
    PATHS,
    SEED,
    Ask,
    Headers,
    Object,
    RawResponse,
    answered,
    fetch,
    raw_response,
    select,
    serving,
)


def pytest_collection_finish() -> None:
    """Leave the imported modules out of garbage collection: scanning them would take a tenth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Restore the log configuration after a test that starts the program in this process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def seed() -> Path:
    return SEED


@pytest.fixture(scope="session")
def small_seed(content: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A seed without records, for tests of a build as a whole."""
    path = tmp_path_factory.mktemp("small") / "seed.json"
    path.write_text(json.dumps(without_records(content)))
    return path


@pytest.fixture(scope="session")
def content(seed: Path) -> Any:
    """The content of the seed; a test that changes it must copy it first."""
    return json.loads(seed.read_bytes())


@pytest.fixture(scope="session")
def database_path(seed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "content.db"
    build(read_seed(seed), path)
    return path


@pytest.fixture(scope="session")
def app(database_path: Path) -> Iterator[Service]:
    service = create_app(Settings(database_path=database_path))
    yield service
    service.state.database.close()


@pytest.fixture(scope="session")
async def client(app: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http_client:
        yield http_client


@pytest.fixture
def ask(app: Service) -> Ask:
    async def ask_app(address: str, headers: Headers = (), **how: Any) -> RawResponse:
        return await raw_response(app, address, headers, **how)

    return ask_app


@pytest.fixture(scope="session")
async def records(client: httpx.AsyncClient) -> dict[str, list[Object]]:
    """Every record of every collection."""
    return {path: await select(client, path) for path in COLLECTIONS}


@pytest.fixture(scope="session")
async def bodies(client: httpx.AsyncClient, records: dict[str, list[Object]]) -> dict[str, Object]:
    """The body of every path: every list, every record and every other path."""
    addresses = [answered(path) for path in PATHS if "{" not in path and path not in COLLECTIONS]
    addresses += [f"{path}/{record['slug']}" for path in COLLECTIONS for record in records[path]]
    pages = [f"{path}?limit=100&offset={o}" for path in COLLECTIONS for o in range(0, len(records[path]) or 1, 100)]
    return {address: await fetch(client, address) for address in (*addresses, *pages)}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """An earlier database file, alone in its folder."""
    path = tmp_path / "target" / "content.db"
    path.parent.mkdir()
    path.write_bytes(OLD)
    return path


@pytest.fixture(scope="module")
def server(database_path: Path) -> Iterator[str]:
    with serving(database_path) as program:
        yield program.origin


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not (CHROMIUM.exists() and DRIVER.exists()):
        pytest.fail("these tests need a browser: apt-get install chromium chromium-driver", pytrace=False)
    with (
        TemporaryDirectory() as profile,
        driver_port() as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as driver,
    ):
        chromium = Browser(driver, profile)
        yield chromium
        chromium.quit()


@pytest.fixture
def restored_signals() -> Iterator[None]:
    """Restores the handlers of the signals that a server sets."""
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    handlers = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, handlers, strict=True):
        signal.signal(number, handler)
