"""What a first load weighs: the page and all it names, fetched as a browser with an empty cache does."""

from __future__ import annotations

import asyncio
import gzip
import re
import sys
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urljoin

import pytest
from tornado.websocket import websocket_connect

from tests.browser.site import wait_until_answered
from tests.ports import free_port
from tests.system.processes import program

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
GOAL_BYTES = 1_300_000
SCRIPT = "/static/js/bokeh.min.js"


@pytest.fixture(scope="module", params=["panel serve", "streamgauge serve"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    how = (
        ("dashboard", "serve") if request.param == "streamgauge serve" else ("panel", "serve", str(ROOT / "dashboard"))
    )
    with program(sys.executable, "-m", *how, "--port", str(port), cwd=tmp_path_factory.mktemp("here")):
        wait_until_answered(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"


def get(url: str, **headers: str) -> tuple[int, HTTPMessage, bytes]:
    """The answer as it was on the wire: nothing is unpacked."""
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


async def pulled(home: str, page: str) -> int:
    """Bytes of the document as the page's websocket brings it."""
    token = re.search(r'"token":"([^"]+)"', page)
    assert token
    socket = await websocket_connect(f"ws{home.removeprefix('http')}/dashboard/ws", subprotocols=["bokeh", token[1]])
    heard: list[str] = []

    async def hear(last: str) -> None:
        """One message is three: a head, something about it, and what it brings."""
        while len(heard) < 3 or last not in heard[-3]:
            message = await socket.read_message()
            assert message is not None, (socket.close_code, socket.close_reason)
            heard.append(str(message))

    await hear("ACK")  # nothing that was sent before it is understood
    for part in ('{"msgid":"1","msgtype":"PULL-DOC-REQ"}', "{}", "{}"):
        await socket.write_message(part)
    await hear("PULL-DOC-REPLY")
    socket.close()
    while await socket.read_message() is not None:
        """Until the other end has closed it too: the loop ends with this."""
    assert "ChatPane" in heard[-1]
    return sum(len(each.encode()) for each in heard)


def test_a_first_load_weighs_little(home: str) -> None:
    """Files, modules and the document; Chromium's own figures stand in docs/performance.md."""
    _, headers, body = get(f"{home}/dashboard", Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip"
    page = gzip.decompress(body).decode()
    named = {
        urljoin(f"{home}/dashboard", link)
        for link in re.findall(r'<(?:script|link)\b[^>]*\b(?:src|href)="([^"]+)"', page)
        if not link.startswith("data:")
    }
    assert any("bokeh.min.js" in each for each in named)
    assert any("panel-material-ui.bundle.js" in each for each in named), "the document names it, so the page asks early"
    assert any("chatpane.js" in each for each in named)
    assert not [each for each in named if re.search("bokeh-gl|bokeh-tables|tabulator|luxon", each)]
    weights = {"page": len(body), "document": asyncio.run(pulled(home, page))}
    for each in sorted(named):
        status, _, file = get(each, Accept_Encoding="gzip")
        assert status == 200, each
        weights[each] = len(file)
    sys.stdout.write("\n".join(f"{weight:>10} {name}" for name, weight in weights.items()))
    assert sum(weights.values()) <= GOAL_BYTES, weights


def test_a_module_is_kept_for_good_and_no_other_address_has_one(home: str) -> None:
    page = get(f"{home}/dashboard")[2].decode()
    found = re.search(r'href="([^"]*modules/[^"]+/nav\.js)"', page)
    assert found
    address = urljoin(f"{home}/dashboard", found[1])
    _, headers, code = get(address)
    assert b"export function render" in code
    assert headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in headers["Cache-Control"]
    _, headers, packed = get(address, Accept_Encoding="gzip")
    assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(packed) == code
    assert get(f"{home}/modules/{'0' * 16}/nav.js")[0] == 404


def test_a_packed_file_is_the_file(home: str) -> None:
    """The first time, packed as it goes, and from then on as it was kept."""
    _, headers, plain = get(home + SCRIPT)
    assert headers["Content-Encoding"] is None
    for _ in range(3):
        status, headers, packed = get(home + SCRIPT, Accept_Encoding="gzip, deflate, br")
        assert (status, headers["Content-Encoding"], headers["Vary"]) == (200, "gzip", "Accept-Encoding")
        assert gzip.decompress(packed) == plain
    assert headers["Content-Length"] == str(len(packed)), "kept, so its length is known"
    assert get(home + SCRIPT)[2] == plain


def test_a_kept_file_is_not_sent_again(home: str) -> None:
    tag = get(home + SCRIPT, Accept_Encoding="gzip")[1]["Etag"]
    assert tag.startswith("W/"), "other bytes than the file's"
    status, headers, body = get(home + SCRIPT, Accept_Encoding="gzip", If_None_Match=tag)
    assert (status, headers["Content-Encoding"], body) == (304, None, b"")


def test_a_part_of_a_file_is_left_as_it_is(home: str) -> None:
    status, headers, body = get(home + SCRIPT, Accept_Encoding="gzip", Range="bytes=0-4999")
    assert (status, headers["Content-Encoding"], len(body)) == (206, None, 5000)


def test_metrics_are_packed_once(home: str) -> None:
    _, headers, body = get(f"{home}/metrics", Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert b"streamgauge_" in gzip.decompress(body)
