"""The back end over HTTP: the only importer of httpx. Foreign errors become Faults here, once.

The decoder is our own (wire.sse); httpx-sse, the ordinary client, is the oracle in tests and benchmarks.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

import anyio
import anyio.lowlevel
import httpx

from dashboard.backend.dialled import Dialled
from dashboard.backend.response import Response
from dashboard.backend.seam import Broken, Connection
from dashboard.backend.sockets import Network
from dashboard.backend.tls import attentive, trust
from dashboard.config import Backend
from dashboard.config_yaml import shown_url
from dashboard.turn.request import ask_headers
from dashboard.turn.verdict import Fault
from dashboard.wire.dialect import Ask

REDIRECTS = frozenset({301, 302, 303, 307, 308})
REDIRECT_LIMIT = 10


def _without_query(record: logging.LogRecord) -> bool:
    """Httpx logs each request with its address; a query may hold a key."""
    if isinstance(record.args, tuple):
        record.args = tuple(shown_url(str(each)) if isinstance(each, httpx.URL) else each for each in record.args)
    return True


logging.getLogger("httpx").addFilter(_without_query)


class HttpTransport:
    """Real HTTP: a fresh connection for each attempt, so that connecting is measured and no stale one is used.

    Errors: ConfigError from the constructor for files of TLS that cannot be used.
    """

    def __init__(self, backend: Backend) -> None:
        self._headers = [(name, value.reveal()) for name, value in backend.headers.items() if value.reveal()]
        self._proxy, self._trust_env = backend.proxy, backend.trust_env
        t = backend.timeouts
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(connect=t.connect_s, read=None, write=t.head_s, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            verify=_trust(backend, f"backend {backend.name}"),
            proxy=backend.proxy or None,
            trust_env=backend.trust_env,
            follow_redirects=False,
        )
        _read_lightly(self._client)

    @staticmethod
    def now() -> float:
        return time.monotonic()

    async def warm(self) -> None:
        """Loads what the HTTP library else imports at the first request: 30 modules, tens of milliseconds."""
        await anyio.lowlevel.checkpoint()

    async def sleep_until(self, at: float) -> None:
        await asyncio.sleep(max(0.0, at - self.now()))

    async def open(self, ask: Ask, deadline: float) -> Connection | None:
        dialled, began = Dialled(), self.now()
        try:
            async with asyncio.timeout(max(0.0, deadline - began)):
                response = await self._follow(ask, dialled)
        except TimeoutError:
            if late := dialled.late(self.now() - began):
                raise self._by_proxy(ask.url, late) from None
            return None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._by_proxy(ask.url, dialled.told(_headless(error))) from error
        return Response(response, dialled.at, _bodiless)

    def _by_proxy(self, url: str, broken: Broken) -> Broken:
        """Where a proxy stands between, it is the proxy that could not be reached."""
        scheme, host, _ = _origin(url)
        proxies = urllib.request.getproxies() if self._trust_env else {}
        between = self._proxy or (
            not urllib.request.proxy_bypass(host or "") and (proxies.get(scheme) or proxies.get("all"))
        )
        if between and broken.fault in (Fault.DNS, Fault.CONNECT, Fault.CONNECT_TIMEOUT):
            return Broken(Fault.PROXY, f"the proxy cannot be reached: {broken.detail}")
        return broken

    async def _follow(self, ask: Ask, dialled: Dialled) -> httpx.Response:
        """Redirects by hand: across origins every configured header is dropped, not only those that httpx knows."""
        url, method, body, extra = ask.url, ask.method, ask.body, self._headers
        for hop in range(REDIRECT_LIMIT + 1):
            headers = _raw(ask_headers(ask, extra))
            try:
                request = self._client.build_request(
                    method, url, headers=headers, content=body, extensions=dialled.hook
                )
            except (httpx.InvalidURL, UnicodeError) as error:
                raise Broken(Fault.REDIRECT if hop else Fault.DNS, f"no address: {error}"[:300]) from None
            response = await self._client.send(request, stream=True)
            if response.status_code not in REDIRECTS:
                return response
            location = response.headers.get("location", "")
            await response.aclose()
            if not location:
                raise Broken(Fault.REDIRECT, f"HTTP {response.status_code} without a Location from {url}")
            try:
                target = urljoin(url, location)
                crossed = _origin(target) != _origin(url)
            except ValueError as error:
                raise Broken(Fault.REDIRECT, f"a Location that is no address: {location[:200]}: {error}") from None
            if crossed:
                extra = []
            if response.status_code not in (307, 308) and method != "GET":
                method, body = "GET", None
            url = target
        raise Broken(Fault.REDIRECT, f"more than {REDIRECT_LIMIT} redirects, the last to {url[:200]}")

    async def fetch(self, url: str, *, limit: int = 65_536, seconds: float = 3.0) -> bytes | None:
        """A small document from the same back end (its list of scenarios); b"" when it has none, None when nobody is there."""
        try:
            async with asyncio.timeout(seconds), self._client.stream("GET", url, headers=_raw(self._headers)) as got:
                if got.status_code != 200:
                    return b""
                body = b""
                async for piece in got.aiter_raw(4096):
                    body += piece
                    if len(body) > limit:
                        return b""
                return body
        except httpx.ConnectError:
            return None
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL, OSError):
            return b""

    async def aclose(self) -> None:
        await self._client.aclose()


def check_connection(backend: Backend, where: str) -> None:
    """Errors: ConfigError, a sentence that begins with `where`, for files of TLS that cannot be used."""
    if backend.ca_file or backend.client_cert:
        _trust(backend, where)


def _trust(backend: Backend, where: str) -> ssl.SSLContext:
    if backend.verify and not (backend.ca_file or backend.client_cert or backend.trust_env):
        return _usual()
    return attentive(trust(backend, where, lambda: httpx.create_ssl_context(trust_env=backend.trust_env)))


@cache
def _usual() -> ssl.SSLContext:
    """One for all backends that want nothing special: reading every authority takes some 30 ms of the loop."""
    return attentive(httpx.create_ssl_context(trust_env=False))


def _raw(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Header values as UTF-8 bytes: an id may hold any character (WHATWG HTML §9.2.4)."""
    return [(name.encode("ascii", "replace"), value.strip().encode("utf-8", "replace")) for name, value in headers]


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _read_lightly(client: httpx.AsyncClient) -> None:
    """Puts our Network over that of `client`, which has no argument for it; without, all works as well, and costs more."""
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001  # as said above
        pool = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            pool._network_backend = Network(pool._network_backend)  # type: ignore[union-attr]  # noqa: SLF001


_FAULTS: Mapping[type[BaseException], Fault] = {
    httpx.ConnectTimeout: Fault.CONNECT_TIMEOUT,
    httpx.ProxyError: Fault.PROXY,
    httpx.ConnectError: Fault.CONNECT,
    httpx.DecodingError: Fault.UNDECODABLE,
    httpx.TooManyRedirects: Fault.REDIRECT,
    httpx.UnsupportedProtocol: Fault.REDIRECT,
    httpx.InvalidURL: Fault.REDIRECT,
    httpx.LocalProtocolError: Fault.INTERNAL,
}


def _broken(error: BaseException) -> Broken:
    """The Fault behind an error of httpx: the cause beneath tells DNS and TLS from a plain refusal; all else is a cut."""
    if isinstance(error, Broken):
        return error
    chain: list[Any] = [error]
    while chain[-1].__cause__ is not None or chain[-1].__context__ is not None:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)
    fault = next((fault for kind, fault in _FAULTS.items() if isinstance(error, kind)), Fault.CUT)
    tls = next((e for e in chain if isinstance(e, ssl.SSLError)), None)
    if fault is Fault.CONNECT and any(isinstance(e, socket.gaierror) for e in chain):
        fault = Fault.DNS
    elif tls is not None and (fault is Fault.CONNECT or "ALERT" in (tls.reason or "")):
        fault = Fault.TLS  # TLS 1.3 tells who lacks a certificate only after the handshake, by an alert
    words = str(error) or type(error).__name__
    return Broken(fault, words[:300])


_GONE = ("peer ", "Server disconnected")
"""How h11 and httpcore begin when the other side has left; all else of theirs is about what it sent."""


def _headless(error: BaseException) -> Broken:
    """`error` came before a response head: a cut there is told as what it is, since the connection stood."""
    broken = _broken(error)
    if broken.fault is not Fault.CUT or broken is error:
        return broken
    sent = isinstance(error, httpx.RemoteProtocolError) and not broken.detail.startswith(_GONE)
    return Broken(Fault.CUT, f"{'no usable response head' if sent else 'no response head'}: {broken.detail}")


def _bodiless(error: BaseException) -> Broken:
    """`error` came while the library read the body."""
    broken = _broken(error)
    if isinstance(error, httpx.RemoteProtocolError) and not broken.detail.startswith(_GONE):
        return Broken(broken.fault, f"malformed body: {broken.detail}")
    return broken
