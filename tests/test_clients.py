"""The Python client keeps a copy that is the newest release, whatever the copy was, and keeps it while offline."""

import copy
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.content.releases import canonical
from chain import three_releases
from support import ROOT, Running, each, run, serving

CLIENT = ROOT / "clients" / "python"
sys.path.insert(0, str(CLIENT))
import kratom_client  # type: ignore[import-not-found]  # noqa: E402  # it is a package of its own
from kratom_client import IntegrityError, State, sync  # noqa: E402

pytestmark = pytest.mark.slow

ODD: list[Any] = [["a"], "text", 1, {"dataset_version": 5}, {"dataset_version": ""}]
"""What may stand in a file that another program has written over the copy."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chain") / "content.db"


@pytest.fixture(scope="module")
def bundles(content: Any, database: Path) -> list[Any]:
    return three_releases(content, database)


@pytest.fixture(scope="module")
def server(bundles: list[Any], database: Path) -> Iterator[Running]:
    assert bundles
    with serving(database) as running:
        yield running


def damaged(by: bytes, what: bytes) -> httpx.Client:
    """A client of a server whose documents with `what` in their address are damaged."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = httpx.get(request.url)
        content = response.content.replace(b"checked again", by) if what in request.url.raw_path else response.content
        return httpx.Response(response.status_code, content=content)

    return httpx.Client(transport=httpx.MockTransport(answer))


def test_a_copy_of_every_release_becomes_the_newest_by_its_changes(server: Running, bundles: list[Any]) -> None:
    kinds = set()
    for bundle in each(bundles[:-1]):
        before = copy.deepcopy(bundle)
        synced = sync(server.origin, bundle)
        assert synced.state is State.updated
        assert canonical(synced.bundle) == canonical(bundles[-1])
        assert bundle == before
        kinds |= {change["kind"] for change in synced.changes}
    assert kinds == {"created", "updated", "renamed", "deleted"}


def test_the_newest_copy_stays_as_it_is(server: Running, bundles: list[Any]) -> None:
    synced = sync(server.origin, bundles[-1])
    assert (synced.state, synced.changes) == (State.current, [])
    assert synced.bundle == bundles[-1]


def test_without_a_copy_with_one_too_old_or_with_a_damaged_one_the_whole_is_fetched(
    server: Running, bundles: list[Any]
) -> None:
    too_old = bundles[0] | {"dataset_version": "2020-01-01+00000000"}
    altered = copy.deepcopy(bundles[0])
    altered["records"]["contacts"][0]["title"] = "Another"
    for previous in each([None, too_old, altered, {"dataset_version": bundles[0]["dataset_version"]}, {"a": 1}, *ODD]):
        synced = sync(server.origin, previous)
        assert synced.state is State.replaced
        assert canonical(synced.bundle) == canonical(bundles[-1])


def test_a_host_that_ignores_queries_keeps_every_copy_the_newest(server: Running, bundles: list[Any]) -> None:
    def without_query(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=httpx.get(request.url.copy_with(query=None)).content)

    client = httpx.Client(transport=httpx.MockTransport(without_query))
    expected = [State.replaced, State.updated, State.current]
    for bundle, state in each(list(zip(bundles, expected, strict=True))):
        synced = sync(server.origin, bundle, client=client)
        assert synced.state is state
        assert canonical(synced.bundle) == canonical(bundles[-1])
        assert bool(synced.changes) is (state is State.updated)


def test_a_redirect_is_followed(server: Running, bundles: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def moved(request: httpx.Request) -> httpx.Response:
        if request.url.host == "old.example":
            return httpx.Response(301, headers={"Location": server.origin + request.url.raw_path.decode()})
        return httpx.Response(200, content=httpx.get(request.url).content)

    transport, usual = httpx.MockTransport(moved), httpx.Client
    monkeypatch.setattr(
        kratom_client.sync.__globals__["httpx"], "Client", lambda **options: usual(transport=transport, **options)
    )
    assert sync("http://old.example", bundles[0]).state is State.updated


def test_corrupted_changes_lead_to_the_whole_bundle(server: Running, bundles: list[Any]) -> None:
    synced = sync(server.origin, bundles[0], client=damaged(b"changed", b"/v1/changes"))
    assert synced.state is State.replaced
    assert canonical(synced.bundle) == canonical(bundles[-1])


def test_a_corrupted_bundle_is_refused(server: Running, bundles: list[Any]) -> None:
    assert bundles
    with pytest.raises(IntegrityError, match=re.escape(bundles[-1]["dataset_version"])):
        sync(server.origin, client=damaged(b"changed", b"/bundle"))


def test_offline_the_shipped_bundle_is_returned_with_the_reason(bundles: list[Any]) -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no network", request=request)

    for answer in each([unreachable, lambda _: httpx.Response(503), lambda _: httpx.Response(200, html="<p>Log in")]):
        client = httpx.Client(transport=httpx.MockTransport(answer))
        synced = sync("http://localhost", bundles[0], client=client)
        assert (synced.state, synced.bundle) == (State.unreachable, bundles[0])
        assert isinstance(synced.error, Exception)
        for nothing in each([None, *ODD[:-1]]):
            with pytest.raises((httpx.HTTPError, ValueError)):
                sync("http://localhost", nothing, client=client)


def test_the_lines_of_the_readme_sync_a_file(server: Running, bundles: list[Any], tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (CLIENT / "README.md").read_text("utf-8"), re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 10
    program, file = tmp_path / "app.py", tmp_path / "bundle.json"
    program.write_text(code, "utf-8")
    command = [sys.executable, str(program), server.origin, str(file)]
    said = [run(*command, environment={"PYTHONPATH": str(CLIENT)}).stdout.split() for _ in range(2)]
    version = bundles[-1]["dataset_version"]
    assert said == [["replaced", version, "0"], ["current", version, "0"]]


def test_the_canonical_form_is_that_of_the_vectors_that_both_clients_share() -> None:
    for vector in each(json.loads((ROOT / "clients/canonical.json").read_text("utf-8"))):
        value = json.loads(vector["json"])
        for form in (kratom_client.canonical(value), canonical(value)):
            assert form.decode() == vector["canonical"], vector["promise"]


def test_the_packages_have_the_version_of_the_api() -> None:
    version = json.loads((ROOT / "openapi.json").read_text("utf-8"))["info"]["version"]
    assert tomllib.loads((CLIENT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == version
    assert json.loads((ROOT / "clients/typescript/package.json").read_text("utf-8"))["version"] == version
