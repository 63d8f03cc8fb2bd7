"""What tests share: the seed, one database built from it, the service over that and a client."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from app.content.build import build
from app.content.check import read_seed
from app.main import Service, create_app
from app.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def seed() -> Path:
    return ROOT / "data/seed.json"


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
