"""The shipped nginx example before two replicas, in a real nginx: who began at one stays there, websockets pass."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from tornado.httpclient import HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from tests.deploy.programs import DEPLOY
from tests.ports import free_port
from tests.system.nginx import binary, listening
from tests.system.processes import program


class Page(RequestHandler):
    def initialize(self, name: str) -> None:
        self.name = name

    def get(self) -> None:
        self.set_header("X-Replica", self.name)
        self.set_header("Content-Type", "text/javascript")
        self.finish("// a page is mostly JavaScript\n" * 200)


class Socket(WebSocketHandler):
    def initialize(self, name: str) -> None:
        self.name = name

    def on_message(self, message: str | bytes) -> None:
        self.write_message(self.name)


@contextlib.contextmanager
def replica(name: str) -> Iterator[int]:
    socket, port = bind_unused_port()
    server = HTTPServer(Application([("/ws", Socket, {"name": name}), ("/.*", Page, {"name": name})]))
    server.add_socket(socket)
    yield port
    server.stop()


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[str]:
    """The example with ports of this test's own; gives host:port."""
    port = free_port()
    with replica("one") as one, replica("two") as two:
        text = (DEPLOY / "nginx" / "streamgauge.conf").read_text("utf-8")
        text = re.sub(r"# (server 127.0.0.1:5007)", r"\1", text).replace("listen 80;", f"listen 127.0.0.1:{port};")
        text = text.replace(":5006", f":{one}").replace(":5007", f":{two}")
        (tmp_path / "streamgauge.conf").write_text(text, "utf-8")
        temp = " ".join(
            f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; worker_processes 1; pid {tmp_path}/pid; error_log stderr warn;\n"
            f"events {{ worker_connections 64; }}\nhttp {{ access_log off; {temp} include streamgauge.conf; }}\n",
            "utf-8",
        )
        with program(binary(), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"), "-e", "stderr") as running:
            listening(running, port)
            yield f"127.0.0.1:{port}"


async def test_a_browser_stays_where_it_began_with_its_websocket(front: str) -> None:
    began: set[str] = set()
    for _ in range(24):
        async with httpx.AsyncClient(base_url=f"http://{front}", trust_env=False, timeout=60) as browser:
            met = {(await browser.get(f"/{number}")).headers["x-replica"] for number in range(4)}
            cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        socket = await websocket_connect(HTTPRequest(f"ws://{front}/ws", headers={"Cookie": cookie}))
        await socket.write_message("hello")
        met.add(str(await socket.read_message()))
        socket.close()
        assert len(met) == 1
        began |= met
    assert began == {"one", "two"}, "and 24 browsers do not all meet the same"


async def test_pages_are_compressed_and_metrics_are_not_for_the_world(front: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://{front}", trust_env=False, timeout=60) as browser:
        page = await browser.get("/dashboard", headers={"Accept-Encoding": "gzip"})
        assert page.headers["content-encoding"] == "gzip"
        assert (await browser.get("/metrics")).status_code == 404
        assert (await browser.get("/probe?backend=demo")).status_code == 404
