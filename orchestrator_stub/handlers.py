"""What all answers of the stub share, and the small ones: health, the list of scenarios, nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tornado.escape
import tornado.web

if TYPE_CHECKING:
    from orchestrator_stub.server import Stub


class Handler(tornado.web.RequestHandler):
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
                "Access-Control-Allow-Headers",
                "Accept, Authorization, Cache-Control, Content-Type, Last-Event-ID, X-Scenario",
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


class Health(Handler):
    def get(self) -> None:
        self.finish({"status": "ok", **self.stub.runs.numbers(), "turns": self.stub.runs.totals()["turns"]})

    head = get


class Turns(Handler):
    """How they ended, and what more is known of those that were cut or left."""

    def get(self) -> None:
        self.finish(self.stub.runs.totals())

    head = get


class Scenarios(Handler):
    def get(self) -> None:
        listed = [{"name": s.name, "about": s.about} for s in self.stub.scenarios.values()]
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        self.finish(tornado.escape.json_encode(listed))

    head = get


class Nothing(Handler):
    def prepare(self) -> None:
        super().prepare()
        self.refuse(
            404,
            "nothing lives here",
            self.request.path[:200],
            "try /process/stream, /v1/chat/completions, /scenarios or /health",
        )
