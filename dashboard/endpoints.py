"""/metrics, /healthz and /readyz on the page's own server, and the way from / to the page.

Bare `panel serve dashboard` has them through app_hooks; `--plugins dashboard.endpoints` is the documented long form.
"""

from __future__ import annotations

import asyncio
import json
import time
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from tornado.web import RequestHandler

from dashboard.runtime import current


class _Endpoint(RequestHandler):
    """What all three have in common: never stored, never sniffed, errors as JSON; HEAD is GET without its body."""

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
]
"""For `--plugins`: (pattern, Tornado handler)."""
