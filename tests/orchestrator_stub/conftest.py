"""A stub on a free port of this test's own loop, and a client that reads it raw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from orchestrator_stub.agents import AGENTS, Agent
from orchestrator_stub.config import Settings
from orchestrator_stub.server import Stub
from tests.orchestrator_stub.reader import Served

Serve = Callable[..., Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """serve(roster=…, **settings) starts a stub at 40 times the natural speed."""
    started: list[tuple[Stub, httpx.AsyncClient]] = []

    async def start(roster: tuple[Agent, ...] = AGENTS, **settings: object) -> Served:
        stub = Stub(Settings(port=0, **{"speed": 40.0, **settings}), roster)  # type: ignore[arg-type]  # a test's own
        url = stub.listen()
        client = httpx.AsyncClient(timeout=60, trust_env=False, verify=False)  # no certificates to read: it is quicker
        started.append((stub, client))
        return Served(stub, client, url)

    yield start
    for stub, client in started:
        await client.aclose()
        await stub.close()
