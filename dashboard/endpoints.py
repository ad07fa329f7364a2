"""/metrics, /healthz, /readyz and /probe on the page's own server, and the way from / to the page.

Bare `panel serve dashboard` has them through app_hooks; `--plugins dashboard.endpoints` is the documented long form.
"""

from __future__ import annotations

import asyncio
import json
import socket
import time
from hmac import compare_digest
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from prometheus_client.exposition import choose_encoder
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from dashboard.config import CanarySettings, ConfigError, MetricsSettings
from dashboard.runtime import current
from dashboard.telemetry.probe import ProbeFamilies
from dashboard.ui import modules, runbooks
from dashboard.ui.keeper import keeper_of
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


def allowed(token: str, authorization: str) -> bool:
    """Whether that header carries the token, compared in constant time; with no token everybody may."""
    scheme, _, given = authorization.partition(" ")
    same = compare_digest(given.strip().encode(), token.encode())
    return not token or (same and scheme.lower() == "bearer")


class _ForScrapers(_Endpoint):
    """What only a scraper should reach: by the token, where there is one, and on the port of its own, where there is one."""

    def prepare(self) -> None:
        if _own and not self.settings.get(OWN):
            self.say(HTTPStatus.NOT_FOUND, error="this is served at metrics.port alone")
        elif not allowed(current().config.metrics.token.reveal(), self.request.headers.get("Authorization", "")):
            self.set_header("WWW-Authenticate", 'Bearer realm="metrics"')
            self.say(HTTPStatus.UNAUTHORIZED, error=HTTPStatus.UNAUTHORIZED.phrase)


class MetricsHandler(_ForScrapers):
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


class ProbeHandler(_ForScrapers):
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


OWN = "metrics_only"
"""The setting of the server that is for metrics alone."""
_own: list[HTTPServer] = []
_bound: list[socket.socket] = []


def bind_own(settings: MetricsSettings) -> None:
    """Takes the port of its own, where metrics have one; before any loop runs, once a process. Errors: ConfigError."""
    if settings.port is None or _own:
        return
    try:
        family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
        # Before a socket is made, which would stay open where the name can be none.
        socket.getaddrinfo(settings.address, settings.port)
        taken = socket.create_server((settings.address, settings.port), family=family)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", "") or str(error)
        where, why = f"{settings.address[:200]}:{settings.port}", said.partition(" (while")[0]
        raise ConfigError(f"metrics.port: expected a free port at metrics.address, got {where}: {why}") from None
    taken.setblocking(False)
    _bound.append(taken)
    routes: list[Any] = list(HEADLESS)
    application = Application(routes)
    application.settings[OWN] = True
    _own.append(HTTPServer(application))


def listen_own() -> None:
    """Answers there; call with the loop running, as often as you like."""
    if _own:
        _own[0].add_sockets(_bound)
        _bound.clear()


class RunbooksHandler(_Endpoint):
    """What to do about each alert; where the alerts on the page lead."""

    async def get(self) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        await self.finish(await asyncio.to_thread(lambda: runbooks.page(runbooks.text())))


class RootHandler(RequestHandler):
    """Leads to the page with the query kept: Bokeh's own redirect drops it. Relative, so that any prefix stays."""

    def get(self) -> None:
        query, path = self.request.query, self.request.path
        below = (
            "." if path.endswith("/") else f"./{path.rpartition('/')[2]}"
        )  # a prefix without its slash is the last word
        self.redirect(f"{below}/dashboard" + (f"?{query}" if query else ""))

    head = get


class ModuleHandler(RequestHandler):
    """A module of the page's components; its address changes with its content, so a browser may keep it for good."""

    def get(self, path: str) -> None:
        code = modules.module(path)
        if code is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(modules.packed(path))
        else:
            self.finish(code)

    head = get


class PageHandler(RequestHandler):
    """The browser says, with its conversation's key as the body, that a page goes or comes; it hears nothing back.

    The key is the permission: nobody else knows it.
    """

    def check_xsrf_cookie(self) -> None:
        """A page that is being closed can send no header."""

    def post(self, what: str) -> None:
        keeper, key = keeper_of(current()), self.request.body[:100].decode("ascii", "replace")
        if what == "going":
            keeper.going(key)
        else:
            keeper.coming(key)
        self.set_status(HTTPStatus.NO_CONTENT)


HEADLESS = [
    (r"/metrics", MetricsHandler),
    (r"/healthz", HealthHandler),
    (r"/readyz", ReadyHandler),
    (r"/probe", ProbeHandler),
    (r"/runbooks", RunbooksHandler),
]
"""What a server without a page has: (pattern, Tornado handler)."""
ROUTES = [
    (r"/?", RootHandler),
    (r"/conversation/(going|coming)", PageHandler),
    (rf"/{modules.AT}/([0-9a-f]+/\w+\.js)", ModuleHandler),
    *HEADLESS,
]
"""For `--plugins`: what the page's server has as well."""
