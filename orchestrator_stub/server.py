"""The stub over HTTP: what lives at which address, and how long."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import tornado.httpserver
import tornado.netutil
import tornado.web

from orchestrator_stub.agents import AGENTS, Agent
from orchestrator_stub.config import Settings, all_scenarios
from orchestrator_stub.dialects.openai_chat import OpenAIChat
from orchestrator_stub.dialects.orchestrator import Orchestrator
from orchestrator_stub.handlers import Handler, Health, Nothing, Scenarios, Turns
from orchestrator_stub.runs import Runs
from orchestrator_stub.scenario import Scenario, ScenarioError
from orchestrator_stub.streams import Chat, Models, Native

log = logging.getLogger(__name__)

ADDRESSES: tuple[tuple[str, type[Handler]], ...] = (
    (Orchestrator.path, Native),
    (OpenAIChat.path, Chat),
    ("/v1/models", Models),
    ("/health", Health),
    ("/health/turns", Turns),
    ("/scenarios", Scenarios),
    (".*", Nothing),
)


class Stub:
    """The server: `listen()`, then `close()`, both with the loop running. Errors: ScenarioError, RecordingError, OSError."""

    def __init__(self, settings: Settings, roster: Sequence[Agent] = AGENTS) -> None:
        self.settings = settings
        self.roster = roster
        self.scenarios: Mapping[str, Scenario] = all_scenarios(settings.recordings)
        if settings.scenario not in self.scenarios:
            raise ScenarioError(f"expected one of {', '.join(self.scenarios)} as --scenario, got {settings.scenario!r}")
        self.runs = Runs(settings)
        routes: list[Any] = [(path, handler, {"stub": self}) for path, handler in ADDRESSES]
        application = tornado.web.Application(routes, log_function=_log, compress_response=False)
        self._server = tornado.httpserver.HTTPServer(
            application, max_body_size=settings.body_bytes, max_buffer_size=settings.body_bytes + 65_536
        )

    def listen(self) -> str:
        """Binds, serves, and gives the address of the stream. Errors: OSError."""
        sockets = tornado.netutil.bind_sockets(self.settings.port, self.settings.host)
        self._server.add_sockets(sockets)
        host, port = sockets[0].getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{port}/process/stream"

    async def close(self) -> None:
        """Refuses new connections, ends the open ones."""
        self._server.stop()
        self.runs.close()
        await asyncio.wait_for(self._server.close_all_connections(), 1)


def _log(handler: tornado.web.RequestHandler) -> None:
    request = handler.request
    log.debug("%s %s %s %.3f s", handler.get_status(), request.method, request.path, request.request_time())
