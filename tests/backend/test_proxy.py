"""A backend's proxy, and the environment's: used when the config says so, and named when it is the one that fails."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.config import parse
from tests.backend.raw import serving
from tests.backend.test_tls import GOOD, Authority, asked, good, serving_tls, told
from tests.ports import free_port

pytestmark = pytest.mark.system


class Proxy:
    """CONNECT and absolute-form requests, as RFC 9112 §3.2 has them; `requests` are the first lines and heads seen."""

    def __init__(self, *, status: bytes = b"") -> None:
        self.requests: list[bytes] = []
        self.port = 0
        self._status = status

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            method, target, _ = head.split(b" ", 2)
            if self._status:
                writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % self._status)
            elif method == b"CONNECT":
                host, _, port = target.partition(b":")
                far = await asyncio.open_connection(host.decode(), int(port))
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await _both_ways((reader, writer), far)
            else:
                host, _, path = target.removeprefix(b"http://").partition(b"/")
                far = await asyncio.open_connection(*host.decode().split(":"))
                far[1].write(head.replace(target, b"/" + path, 1))
                await _both_ways((reader, writer), far)
        writer.close()


async def _both_ways(near: Any, far: Any) -> None:
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    await asyncio.gather(carry(near[0], far[1]), carry(far[0], near[1]))


@contextlib.asynccontextmanager
async def proxying(**settings: Any) -> AsyncIterator[Proxy]:
    proxy = Proxy(**settings)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await asyncio.sleep(0.05)


def at(port: int, user: str = "") -> str:
    return f"http://{user}127.0.0.1:{port}"


async def test_a_plain_stream_goes_through_the_proxy() -> None:
    async with serving(good) as server, proxying() as proxy:
        assert told(await asked(server.url, proxy=at(proxy.port))) == GOOD
        assert proxy.requests[0].startswith(b"POST http://127.0.0.1:%d/process/stream HTTP/1.1\r\n" % server.port)


async def test_an_encrypted_stream_goes_through_a_tunnel(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with serving_tls(authority.server_context()) as server, proxying() as proxy:
        report = await asked(
            f"https://127.0.0.1:{server.port}/process/stream", proxy=at(proxy.port), ca_file=authority.ca_file
        )
        assert told(report) == GOOD
        assert proxy.requests[0].startswith(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n" % server.port)
        stranger = await asked(f"https://127.0.0.1:{server.port}/process/stream", proxy=at(proxy.port))
    assert told(stranger) == ("unreachable", "tls", ""), "it is the far end that is not believed, not the proxy"


async def test_the_proxy_is_told_who_asks_and_the_back_end_is_not() -> None:
    async with serving(good) as server, proxying() as proxy:
        assert told(await asked(server.url, proxy=at(proxy.port, "me:secret@"))) == GOOD
        said = b"proxy-authorization: basic " + base64.b64encode(b"me:secret").lower()
        assert said in proxy.requests[0].lower()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there(scheme: str) -> None:
    async with serving(good) as server:
        url = server.url.replace("http", scheme, 1)
        report = await asked(url, proxy=at(free_port()))
    assert told(report) == ("unreachable", "proxy", "")
    assert report.detail.startswith("the proxy cannot be reached: ")
    assert (server.peers, report.reconnects) == ([], 1)


async def test_a_proxy_whose_name_nobody_knows() -> None:
    report = await asked("http://127.0.0.1:1/process/stream", proxy="http://no-such-proxy.invalid:3128")
    assert told(report) == ("unreachable", "proxy", "")


async def test_a_proxy_that_refuses_the_tunnel() -> None:
    async with proxying(status=b"407 Proxy Authentication Required") as proxy:
        report = await asked("https://127.0.0.1:1/process/stream", proxy=at(proxy.port))
    assert told(report) == ("unreachable", "proxy", "")
    assert "407" in report.detail


async def test_a_proxy_that_answers_for_the_back_end() -> None:
    async with proxying(status=b"502 Bad Gateway") as proxy:
        report = await asked("http://127.0.0.1:1/process/stream", proxy=at(proxy.port))
    assert told(report) == ("rejected", "http_status", "")


@pytest.mark.parametrize(("trust_env", "used"), [(True, True), (False, False)])
async def test_the_environment_counts_only_when_it_may(
    monkeypatch: pytest.MonkeyPatch, trust_env: bool, used: bool
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with serving(good) as server, proxying() as proxy:
        monkeypatch.setenv("http_proxy", at(proxy.port))
        assert told(await asked(server.url, trust_env=trust_env)) == GOOD
        assert bool(proxy.requests) is used
        monkeypatch.setenv("http_proxy", at(free_port()))
        fault = told(await asked(server.url, trust_env=trust_env))[1]
        assert fault == ("proxy" if used else "")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert told(await asked(server.url, trust_env=trust_env)) == GOOD


async def test_nobody_listens_and_there_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", at(free_port()))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert told(await asked(at(free_port()), trust_env=True))[1] == "connect"


def test_the_config_file_has_these_keys() -> None:
    backend = parse(
        "backends:\n  - {name: b, url: 'https://h/', proxy: 'http://p:3128', trust_env: true, verify: false,"
        " ca_file: a.pem, client_cert: b.pem, client_key: c.pem}\n"
    ).backends[0]
    assert (backend.proxy, backend.trust_env, backend.verify) == ("http://p:3128", True, False)
    assert (backend.ca_file, backend.client_cert, backend.client_key) == ("a.pem", "b.pem", "c.pem")
