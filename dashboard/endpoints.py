"""/metrics, /healthz, /readyz and /probe on the page's own server, and the way from / to the page.

Bare `panel serve dashboard` has them through app_hooks; `--plugins dashboard.endpoints` is the documented long form.
"""

from __future__ import annotations

import asyncio
import json
import time
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from prometheus_client.exposition import choose_encoder
from tornado.web import HTTPError, RequestHandler

from dashboard.config import CanarySettings
from dashboard.runtime import current
from dashboard.telemetry.probe import ProbeFamilies
from dashboard.watch.expectation import SKIPPED, Went

PROBES_AT_ONCE = 8
PROBE_S = 120.0
"""A probe takes no longer, whatever the scraper says."""
PROBE_LEAST_S = 0.1
ANSWER_S = 0.5


class _Endpoint(RequestHandler):
    """What all have in common: never stored, never sniffed, errors as JSON; HEAD is GET without its body."""

    def set_default_headers(self) -> None:
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.clear_header("Server")

    async def get(self) -> None:
        raise NotImplementedError

    async def head(self) -> None:
        await self.get()

    def check_etag_header(self) -> bool:
        return False

    def compute_etag(self) -> None:
        return None

    def say(self, code: int, /, **words: Any) -> None:
        """Answer with a JSON object."""
        self.set_status(code)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(words))

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        self.say(status_code, error=HTTPStatus(status_code).phrase)


class MetricsHandler(_Endpoint):
    """The exposition: gathered on the loop, encoded and compressed off it."""

    async def get(self) -> None:
        sink = current().sink
        accept = self.request.headers.get("Accept", "")
        gzip = "gzip" in self.request.headers.get("Accept-Encoding", "")
        body, content_type, encoding = await asyncio.to_thread(sink.encode, sink.gather(), accept, gzip)
        self.set_header("Content-Type", content_type)
        self.set_header("Vary", "Accept, Accept-Encoding")
        if encoding:
            self.set_header("Content-Encoding", encoding)
        await self.finish(body)


class ProbeHandler(_Endpoint):
    """One canary turn of a configured backend, now, and what it gave as metrics: the scraper owns the schedule."""

    _probe: asyncio.Task[Any] | None = None

    async def get(self) -> None:
        runtime, name = current(), self.get_query_argument("backend", "")
        backend = runtime.backends.get(name)
        if backend is None:
            known = ", ".join(runtime.backends)
            self.say(HTTPStatus.NOT_FOUND, error=f"backend: expected one of {known}, got {name[:80]!r}")
            return
        if runtime.canaries.running >= PROBES_AT_ONCE:
            self.say(HTTPStatus.SERVICE_UNAVAILABLE, error=f"{PROBES_AT_ONCE} probes are under way already")
            return
        probe = runtime.canaries.probe(name, backend.canary or CanarySettings(), self._seconds())
        self._probe = runtime.task(probe, name=f"probe {name}")
        try:
            said, report = await self._probe
        except asyncio.CancelledError:  # whoever asked has gone, or we drain
            said, report = Went(SKIPPED, "the probe was ended"), None
        if report is None:
            self.say(HTTPStatus.SERVICE_UNAVAILABLE, error=f"not asked: {said.why}")
            return
        encoder, content_type = choose_encoder(self.request.headers.get("Accept", ""))
        self.set_header("Content-Type", content_type)
        await self.finish(encoder(ProbeFamilies(said.kind, report)))

    async def head(self) -> None:
        raise HTTPError(HTTPStatus.METHOD_NOT_ALLOWED)

    def on_connection_close(self) -> None:
        if self._probe is not None:
            self._probe.cancel()

    def _seconds(self) -> float:
        """How long the scraper waits, less what the answer takes to reach it."""
        try:
            told = float(self.request.headers.get("X-Prometheus-Scrape-Timeout-Seconds", ""))
        except ValueError:
            return PROBE_S
        return min(PROBE_S, max(PROBE_LEAST_S, told - ANSWER_S)) if told > 0 else PROBE_S


class HealthHandler(_Endpoint):
    """The process is alive and its loop runs."""

    async def get(self) -> None:
        uptime_s = round(time.monotonic() - current().started_at, 3)
        self.say(HTTPStatus.OK, status="ok", version=version("streamgauge"), uptime_s=uptime_s)


class ReadyHandler(_Endpoint):
    """Whether new sessions should come here: 503 while draining, or while the loop was lately too late."""

    async def get(self) -> None:
        runtime = current()
        if runtime.ready:
            self.say(HTTPStatus.OK, status="ready")
        else:
            status = "draining" if runtime.draining else "the event loop is overloaded"
            self.say(HTTPStatus.SERVICE_UNAVAILABLE, status=status)


class RootHandler(RequestHandler):
    """Leads to the page with the query kept: Bokeh's own redirect drops it. Relative, so that any prefix stays."""

    def get(self) -> None:
        query = self.request.query
        self.redirect("./dashboard" + (f"?{query}" if query else ""))

    head = get


ROUTES = [
    (r"/?", RootHandler),
    (r"/metrics", MetricsHandler),
    (r"/healthz", HealthHandler),
    (r"/readyz", ReadyHandler),
    (r"/probe", ProbeHandler),
]
"""For `--plugins`: (pattern, Tornado handler)."""
HEADLESS = ROUTES[1:]
"""The same without a page."""
