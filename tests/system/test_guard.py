"""What the page's server sends with every answer and what it refuses, under bare `panel serve` and with a login."""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.error import HTTPError

import pytest

from tests.browser.site import wait_until_answered
from tests.ports import free_port
from tests.system.processes import program

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "eHh4eHh4eHh4eHh4eHh4eA==",
}


@pytest.fixture(scope="module")
def home() -> Iterator[str]:
    """Bare `panel serve dashboard`: no option of ours."""
    port = free_port()
    serve = (sys.executable, "-m", "panel", "serve", str(ROOT / "dashboard"), "--port", str(port))
    with program(*serve, cwd=ROOT):
        wait_until_answered(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


class Kept(urllib.request.HTTPRedirectHandler):
    """Redirects are answers too."""

    def redirect_request(self, *_args: object) -> None:
        return None


def get(url: str, data: bytes | None = None, **headers: str) -> tuple[int, HTTPMessage, str]:
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.build_opener(Kept).open(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode("utf-8", "replace")
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode("utf-8", "replace")


def upgraded(home: str, **headers: str) -> int:
    """What a request for the page's websocket is answered with: 101 when it is granted."""
    connection = HTTPConnection(home.removeprefix("http://"), timeout=60)
    connection.request("GET", "/dashboard/ws", headers=headers)
    code = connection.sock.recv(12) if connection.sock else b""
    connection.close()
    return int(code.split()[1])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 302), ("/dashboard", 200), ("/dashboard/metadata", 200), ("/dashboard/autoload.js", 400), ("/metrics", 200),
        ("/healthz", 200), ("/probe", 404), ("/nothing", 404), ("/static/js/bokeh.min.js", 200), ("/static/nothing", 404),
        ("/conversation/going", 405), ("/components/panel.io.server/x/_css/y", 404), ("/favicon.ico", 200),
    ],
)  # fmt: skip
def test_every_answer_carries_the_headers(home: str, path: str, status: int) -> None:
    code, headers, _ = get(home + path)
    assert code == status
    policy = headers["Content-Security-Policy"]
    for part in ("default-src 'none'", "frame-ancestors 'self'", "base-uri 'none'", "object-src 'none'"):
        assert part in policy
    assert not re.search(r"https?:|\*|script-src[^;]*'unsafe-inline'", policy)
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Server"] is None


def test_each_page_has_a_nonce_of_its_own_on_every_script(home: str) -> None:
    seen = set()
    for _ in range(2):
        _, headers, page = get(f"{home}/dashboard?view=</script><script>alert(1)</script>")
        (nonce,) = re.findall(r"'nonce-([\w-]{20,})'", headers["Content-Security-Policy"])
        seen.add(nonce)
        scripts = re.findall(r"<script[^>]*>", page)
        assert len(scripts) >= 4
        assert all(f'nonce="{nonce}"' in each for each in scripts)
        assert "alert(1)" not in page
        assert page.index("conversation/coming") < page.index("bokeh"), "the first script of all"
    assert len(seen) == 2


@pytest.mark.parametrize(
    "module", ["antigravity", "this", "os", "dashboard.cli.demo", "panel.tests.conftest", "", ".."]
)
def test_no_address_makes_the_server_import_a_module(home: str, module: str) -> None:
    assert get(f"{home}/components/{module}/x/_css/y")[0] == 404


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        ("", "", 101),
        ("http://127.0.0.1:{port}", "", 101),
        ("http://localhost:{port}", "", 101),
        ("http://evil.example", "", 403),
        ("http://evil.example:{port}", "", 403),
        ("http://evil.example:{port}", "evil.example:{port}", 403),
        ("http://127.0.0.1:1", "", 403),
        ("null", "", 403),
        ("http://[::1", "", 403),
        ("http://127.0.0.1.evil.example:{port}", "127.0.0.1.evil.example:{port}", 403),
    ],
)
def test_a_websocket_comes_from_a_page_of_ours_or_from_no_page(home: str, origin: str, host: str, status: int) -> None:
    port = home.rsplit(":", 1)[1]
    named = {"Origin": origin, "Host": host}
    headers = UPGRADE | {name: value.format(port=port) for name, value in named.items() if value}
    assert upgraded(home, **headers) == status


def test_the_beacons_tell_nothing_and_take_anything(home: str) -> None:
    for body in (b"", b"no such key", b"\xff" * 5000):
        for what in ("going", "coming"):
            code, _, said = get(f"{home}/conversation/{what}", body)
            assert (code, said) == (204, "")


def test_with_a_login_a_stranger_gets_neither_page_nor_websocket(tmp_path: Path) -> None:
    port = free_port()
    users = tmp_path / "users.json"
    users.write_text(json.dumps({"me": "secret"}), "utf-8")
    options = ("--basic-auth", str(users), "--cookie-secret", "crumbs")
    serve = (sys.executable, "-m", "dashboard", "serve", "--port", str(port), *options)
    with program(*serve, cwd=tmp_path) as running:
        running.wait_for("/dashboard", 60)
        here = f"http://127.0.0.1:{port}"
        wait_until_answered(here)
        code, headers, _ = get(f"{here}/dashboard")
        assert code == 302
        assert "/login" in headers["Location"]
        assert "default-src 'none'" in get(f"{here}/login")[1]["Content-Security-Policy"]
        assert get(f"{here}/healthz")[0] == 200
        assert upgraded(here, **UPGRADE) != 101
