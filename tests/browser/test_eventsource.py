"""The stub against clients that follow the standard: Chromium's own EventSource, and curl -N."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.browser.chromium import MISSING, chromium, path
from tests.system.processes import stub

READ = """
([url, credentials]) => new Promise((resolve, reject) => {
  const source = new EventSource(url, {withCredentials: credentials});
  const seen = {text: '', ids: [], opened: 0, errors: 0, kinds: []};
  source.onopen = () => { seen.opened += 1; };
  source.onerror = () => {
    seen.errors += 1;
    if (source.readyState === EventSource.CLOSED) { resolve(seen); }
  };
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    seen.ids.push(message.lastEventId);
    seen.kinds.push(event.event);
    if (event.event === 'response_chunk') {
      seen.text += event.response_data.raw_response.parts.map((part) => part.text).join('');
    }
    if (event.event === 'completed') { source.close(); resolve(seen); }
  };
  setTimeout(() => reject(new Error('no end in 90 s: ' + JSON.stringify(seen))), 90000);
})
"""


class _Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><link rel=icon href=data:,><title>elsewhere</title>")

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    """A page's origin that is not the stub's."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def read(origin: str, url: str, **query: str) -> dict[str, Any]:
    with chromium() as browser:
        page = browser.new_page()
        page.goto(origin)
        seen = page.evaluate(READ, [f"{url}?{urlencode(query)}", True])
    return dict(seen)


@pytest.mark.browser
@pytest.mark.skipif(path() is None, reason=MISSING)
def test_chromiums_event_source_reads_reconnects_and_resumes_across_origins(elsewhere: str) -> None:
    with stub("--speed", "4", "--cors-origin", elsewhere) as url:
        whole = read(elsewhere, url, message="What's 6*7?")
        torn = read(elsewhere, url, message="What's 6*7?", scenario="drop-and-resume")
    assert whole["text"] == torn["text"] == "The answer is 42."
    assert (whole["opened"], whole["errors"]) == (1, 0)
    assert (torn["opened"], torn["errors"]) == (2, 1), "one reset, one reconnect, with Last-Event-ID"
    assert len(set(torn["ids"])) == len(torn["ids"]), "no event twice"


@pytest.mark.browser
@pytest.mark.skipif(path() is None, reason=MISSING)
def test_a_page_of_another_origin_reads_nothing(elsewhere: str) -> None:
    with stub("--speed", "4", "--cors-origin", "http://localhost:1") as url:
        seen = read(elsewhere, url, message="What's 6*7?")
    assert (seen["opened"], seen["kinds"]) == (0, [])


@pytest.mark.system
@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl: apt install curl")
def test_curl_reads_it_as_it_comes() -> None:
    with stub("--speed", "4") as url:
        done = subprocess.run(
            ["curl", "-sN", "-X", "POST", url, "-H", "Content-Type: application/json", "-d", '{"message": "What is 6*7?"}'],
            capture_output=True, timeout=30, check=True,
        )  # fmt: skip
    datas = [json.loads(line[6:]) for line in done.stdout.decode().split("\n") if line.startswith("data: ")]
    assert [datas[0]["event"], datas[1]["event"], datas[-1]["event"]] == [
        "routing_started", "routing_completed", "completed",
    ]  # fmt: skip
