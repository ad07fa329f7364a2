"""A Runtime as the one of the process, and its endpoints on a real socket."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application

from dashboard.config import Config
from dashboard.endpoints import ROUTES
from dashboard.runtime import Runtime, install


@contextlib.asynccontextmanager
async def installed(config: Config) -> AsyncIterator[Runtime]:
    runtime = Runtime(config)
    install(runtime)
    try:
        yield runtime
    finally:
        install(None)
        await runtime.aclose()


@contextlib.asynccontextmanager
async def served(routes: Sequence[Any] = ROUTES) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the endpoints of the Runtime that is installed."""
    socket, port = bind_unused_port()
    server = HTTPServer(Application(list(routes)))
    server.add_socket(socket)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client:
        yield client
    server.stop()
    await server.close_all_connections()
