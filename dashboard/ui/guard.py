"""What every answer of the page's server must carry, and what it must refuse; put in place before the server is built.

Panel and Bokeh have no setting for any of it. Their lists of routes are changed, as Panel changes Bokeh's, and two
transforms are added to the Tornado application, so that no answer, not even an error's, goes out without the headers,
and none that is long goes out unpacked (packed.py).
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import sys
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from bokeh.document import Document
from bokeh.server import tornado as bokeh_tornado
from bokeh.server.urls import per_app_patterns
from bokeh.util.token import get_session_id
from panel.io.server import ComponentResourceHandler
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import HTTPError, OutputTransform

from dashboard.runtime import current
from dashboard.ui import lean, outgoing
from dashboard.ui.keeper import keeper_of
from dashboard.ui.lean import slimmed
from dashboard.ui.packed import Packed

COMPONENTS = frozenset({"dashboard", "panel", "panel_material_ui"})
"""Packages of which `/components/…` may send the files that their components list."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), "
    "browsing-topics=()",
}

COMING = """
try {
  const key = sessionStorage.getItem("streamgauge-conversation");
  if (key) navigator.sendBeacon(new URL("conversation/coming", location.href), key);
} catch { /* a browser that keeps nothing has nothing to announce */ }
"""
"""First of all scripts of a page: its predecessor in this tab is not gone, it was reloaded."""


def policy(nonce: str = "") -> str:
    """The Content-Security-Policy, for a page whose scripts carry `nonce` or for any other answer.

    A page of ours may stand in a page of ours: so the wall comes back after an outage (wall_watch.js).
    `blob:` is how Panel loads a component's module (it fetches it first); styles come with their components, without nonce.
    """
    framed = " ".join(dict.fromkeys(["'self'", *current().config.page.frame_ancestors]))
    scripts = f"'nonce-{nonce}' 'self' blob:" if nonce else "'self'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self' blob:; frame-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors {framed}"
    )


class Guarded(OutputTransform):
    """Adds the headers that an answer does not have yet."""

    def __init__(self, request: HTTPServerRequest) -> None:
        """One for each request; nothing of it matters."""

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002
    ) -> tuple[int, HTTPHeaders, bytes]:
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if "Content-Security-Policy" not in headers:
            headers["Content-Security-Policy"] = policy()
        if not current().config.page.frame_ancestors:
            headers["X-Frame-Options"] = "SAMEORIGIN"
        headers.pop("Server", None)
        return status_code, headers, chunk


def _page_handler(inner: Any) -> Any:
    class PageHandler(inner):
        """The page: only its own scripts run, by a nonce that is new each time."""

        _document: Document | None = None

        async def get_session(self) -> Any:
            session = await super().get_session()
            self._document = session.document if session is not None else None
            return session

        def write(self, chunk: Any) -> None:
            if isinstance(chunk, str):
                nonce = secrets.token_urlsafe(16)
                self.set_header("Content-Security-Policy", policy(nonce))
                chunk = slimmed(chunk, self._document) if self._document is not None else chunk
                chunk = chunk.replace("<head>", f"<head><script>{COMING}</script>", 1)
                chunk = re.sub(r"<script(?=[\s>])", f'<script nonce="{nonce}"', chunk)
            super().write(chunk)

    return PageHandler


def _socket_handler(inner: Any) -> Any:
    class SocketHandler(inner):
        """The websocket: for pages of the allowed origins.

        A client without Origin is let in: no browser can leave it out, so no page elsewhere can come that way with
        somebody's cookies; programs and tests do. What waits to be read is bounded: see outgoing.py.
        """

        out: outgoing.Outgoing | None = None

        def open(self) -> None:
            super().open()
            if self.ws_connection is not None:
                session = get_session_id(self._token)
                self.out = outgoing.watch(session, self)
                keeper_of(current()).plugged(session)

        def on_close(self) -> None:
            super().on_close()
            if self.out is not None:
                session = get_session_id(self._token)
                outgoing.unwatch(session, self.out)
                keeper_of(current()).unplugged(session)

        def ping(self, data: bytes = b"") -> None:
            if self.out is not None and int(data) - self.latest_pong > outgoing.PINGS:
                self.out.give_up(f"this page answered none of {outgoing.PINGS} pings")
            else:
                super().ping(data)

        def prepare(self) -> Any:
            origin = self.request.headers.get("Origin")
            if origin is not None and not self._allows(origin):
                raise HTTPError(403, "Cross origin websockets not allowed")
            return super().prepare()

        def _allows(self, origin: str) -> bool:
            try:
                return _plain_host(origin, self.request.host) or bool(self.check_origin(origin))
            except ValueError:  # no address at all
                return False

    return SocketHandler


def _plain_host(origin: str, host: str) -> bool:
    """The page came from this very server, by an address or as localhost.

    By any other name it is not enough that Origin and Host agree: a name can be made to point here (DNS rebinding),
    so it has to be allowed by --allow-websocket-origin.
    """
    parts = urlsplit(origin)
    name = parts.hostname or ""
    if parts.netloc.lower() != host.lower():
        return False
    with suppress(ValueError):
        return name == "localhost" or bool(ipaddress.ip_address(name))
    return False


def _allow_listed(parse: Any) -> Any:
    @wraps(parse)
    def parse_url_path(self: Any, path: str) -> str:
        module = path.split("/", 1)[0]
        if module.split(".", 1)[0] not in COMPONENTS or module not in sys.modules:
            raise HTTPError(404, "Module not found")
        found: str = parse(self, path)
        return found

    return parse_url_path


def _with_headers(build: Any) -> Any:
    @wraps(build)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # it is one
        build(self, *args, **kwargs)
        self.transforms[:0] = [Guarded, Packed]

    return __init__


def install() -> None:
    """Guards every server that is built from now on; a second call changes nothing."""
    if any(handler.__name__ == "PageHandler" for _, handler, *_ in per_app_patterns):
        return
    wrap = {"DocHandler": _page_handler, "WSHandler": _socket_handler}
    per_app_patterns[:] = [
        (pattern, wrap.get(handler.__name__, lambda same: same)(handler), *rest)
        for pattern, handler, *rest in per_app_patterns
    ]
    lean.install()
    outgoing.hush()
    ComponentResourceHandler.parse_url_path = _allow_listed(ComponentResourceHandler.parse_url_path)
    bokeh_tornado.BokehTornado.__init__ = _with_headers(bokeh_tornado.BokehTornado.__init__)
