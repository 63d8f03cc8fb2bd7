"""Fairness: new connections are accepted faster than expensive calls are made, so that none waits for one of each client."""

import asyncio
import socket
from typing import Any

import pytest

from app.database import Database
from app.http import turns
from app.main import Service
from support import each
from wire import ask, listening, run

CLIENTS = 40


def test_several_connections_are_accepted_for_each_expensive_call(
    app: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    accepted: list[int] = []
    read = Database.read

    async def promise() -> None:
        async with listening(app) as (port, state):

            def noting(self: Database, sql: str, values: Any) -> list[Any]:
                accepted.append(len(state.connections))
                return read(self, sql, values)

            monkeypatch.setattr(Database, "read", noting)
            clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(CLIENTS)]
            got = await asyncio.gather(*(ask(app, f"/v1/claims?limit=1&offset={3000 + n}") for n in range(CLIENTS)))
            for client in each(clients):
                client.close()
            assert [status for status, _, _ in got] == [200] * CLIENTS

    run(promise)
    assert len(accepted) >= CLIENTS
    assert accepted[CLIENTS // 3] == CLIENTS, accepted
