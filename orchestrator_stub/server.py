"""The stub over HTTP: streams, resumption, CORS, and what it has to tell of itself."""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import tornado.httpserver
import tornado.httputil
import tornado.netutil
import tornado.web
from tornado.http1connection import HTTP1Connection
from tornado.iostream import StreamClosedError

from orchestrator_stub.agents import AGENTS, Agent
from orchestrator_stub.config import Settings, shipped
from orchestrator_stub.dialects import ENCODERS
from orchestrator_stub.instructions import Ending, Head
from orchestrator_stub.question import Asked, BadRequestError, from_body, from_query
from orchestrator_stub.run import GoneError
from orchestrator_stub.runs import Runs
from orchestrator_stub.scenario import Scenario
from orchestrator_stub.script import play

log = logging.getLogger(__name__)


class Stub:
    """The server: `listen()`, then `close()`, both with the loop running."""

    def __init__(self, settings: Settings, roster: Sequence[Agent] = AGENTS) -> None:
        self.settings = settings
        self.roster = roster
        self.scenarios: Mapping[str, Scenario] = shipped()
        self.runs = Runs(settings)
        paths = sorted({encoder.path for encoder in ENCODERS.values()})
        given = {"stub": self}
        routes: list[Any] = [(path, _Stream, given) for path in paths]
        routes += [(r"/health", _Health, given), (r"/scenarios", _Scenarios, given), (r".*", _Nothing, given)]
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


class _Handler(tornado.web.RequestHandler):
    """What all answers share: CORS, and errors as JSON."""

    stub: Stub

    def initialize(self, stub: Stub) -> None:
        self.stub = stub

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("Cache-Control", "no-store")

    def prepare(self) -> None:
        self._allow_origin()

    def _allow_origin(self) -> None:
        """Fetch §3.2: with credentials the exact origin must be named, and caches told so."""
        self.set_header("Vary", "Origin")
        origin = self.request.headers.get("Origin", "")
        if origin in self.stub.settings.origins:
            self.set_header("Access-Control-Allow-Origin", origin)
            self.set_header("Access-Control-Allow-Credentials", "true")
            self.set_header("Access-Control-Expose-Headers", "Retry-After")

    def options(self) -> None:
        if self._headers.get("Access-Control-Allow-Origin"):
            self.set_header("Access-Control-Allow-Methods", self.allowed)
            self.set_header(
                "Access-Control-Allow-Headers", "Accept, Authorization, Cache-Control, Content-Type, Last-Event-ID"
            )
            self.set_header("Access-Control-Max-Age", "600")
        self.set_header("Allow", self.allowed)
        self.clear_header("Content-Type")
        self.set_status(204)

    allowed = "GET, HEAD, OPTIONS"

    def refuse(self, status: int, what: str, where: str, next_step: str) -> None:
        """Ends the request with what is wrong, where, and what to do."""
        self.set_status(status)
        self.finish({"error": {"what": what, "where": where, "next": next_step}})

    def write_error(self, status_code: int, **_: Any) -> None:
        self._allow_origin()
        where = f"{self.request.method} {self.request.path[:200]}"
        if status_code == 405:
            self.set_header("Allow", self.allowed)
            self.refuse(405, f"this address answers {self.allowed}", where, "use one of those")
        else:
            self.refuse(status_code, self._reason, where, "see GET /health and the log of the stub")


class _Health(_Handler):
    def get(self) -> None:
        self.finish({"status": "ok", **self.stub.runs.numbers(), "turns": dict(self.stub.runs.turns)})

    head = get


class _Scenarios(_Handler):
    def get(self) -> None:
        listed = [{"name": s.name, "about": s.about} for s in self.stub.scenarios.values()]
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.finish(tornado.escape.json_encode(listed))

    head = get


class _Nothing(_Handler):
    def prepare(self) -> None:
        super().prepare()
        self.refuse(404, "nothing lives here", self.request.path[:200], "try /process/stream, /scenarios or /health")


class _Stream(_Handler):
    allowed = "GET, POST, OPTIONS"

    async def get(self) -> None:
        await self._answer(functools.partial(from_query, self._query()))

    async def post(self) -> None:
        await self._answer(functools.partial(from_body, self.request.body, self._query()))

    def _query(self) -> dict[str, str]:
        return {name: self.get_query_argument(name, "") for name in self.request.query_arguments}

    async def _answer(self, ask: functools.partial[Asked]) -> None:
        self._link = _TornadoLink(self)
        last_event_id = self.request.headers.get("Last-Event-ID", "").strip()
        if last_event_id:
            await self._resume(last_event_id)
            return
        if self.stub.runs.numbers()["streams"] >= self.stub.settings.streams:
            self.set_header("Retry-After", "1")
            self.refuse(503, f"{self.stub.settings.streams} streams are open", "server", "try again in a second")
            return
        try:
            asked = ask(self.stub.settings.message_chars, self.stub.scenarios)
        except BadRequestError as error:
            self.refuse(400, str(error), error.where, error.next_step)
            return
        scenario = self.stub.scenarios[asked.scenario or self.stub.settings.scenario]
        seed = scenario.seed if asked.seed is None else asked.seed
        self._run = self.stub.runs.start(
            lambda run: play(scenario, seed, asked.message, run, self.stub.roster), self._link
        )
        await self._link.ended

    async def _resume(self, last_event_id: str) -> None:
        """WHATWG HTML §9.2.3: 204 tells an event source to stop reconnecting."""
        found = self.stub.runs.find(last_event_id)
        if found is None:
            self.clear_header("Content-Type")
            self.set_status(204)
            return
        self._run, after = found
        try:
            await self._run.resume(self._link, after)
            await self._link.ended
        except GoneError:
            return

    def on_connection_close(self) -> None:
        self._link.gone()
        if hasattr(self, "_run"):
            self._run.leave(self._link)


class _TornadoLink:
    """A Link over one request's connection. Every write is its own flush, with TCP_NODELAY."""

    def __init__(self, handler: _Stream) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._handler = handler
        connection = handler.request.connection
        assert isinstance(connection, HTTP1Connection)  # noqa: S101  # HTTPServer makes no other
        self._stream = connection.stream
        self._stream.set_nodelay(True)

    async def head(self, head: Head) -> None:
        self._handler.set_status(head.status)
        self._handler.clear_header("Content-Type")
        for name, value in head.headers.items():
            self._handler.set_header(name, value)
        await self._flush()

    async def write(self, data: bytes) -> None:
        if self.ended.done():
            raise GoneError
        self._handler.write(data)
        await self._flush()

    async def _flush(self) -> None:
        try:
            await self._handler.flush()
        except StreamClosedError:
            raise GoneError from None

    def end(self, how: Ending) -> None:
        if self.ended.done():
            return
        self.ended.set_result(None)
        if how == "reset" and self._stream.socket is not None:
            # socket(7), SO_LINGER: on, 0 seconds: close() throws away what is unsent and sends RST
            self._stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if how != "close":
            self._stream.close()

    def gone(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def _log(handler: tornado.web.RequestHandler) -> None:
    request = handler.request
    log.debug("%s %s %s %.3f s", handler.get_status(), request.method, request.path, request.request_time())
