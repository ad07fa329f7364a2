"""What never ends, at the default limits: the turn does, and meanwhile the process has not grown by 40 MB."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

pytestmark = [pytest.mark.system, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/status")]

GROWTH_MB = 40
FAR = 512 << 20
"""Bytes: more than any limit lets in."""
PAD = "y" * 4_000


def repeated(piece: bytes, first: bytes = b"") -> Iterator[bytes]:
    """`piece` again and again, so far as anybody could want it."""
    yield first
    block = piece * max(1, 65_536 // len(piece))
    for _ in range(FAR // len(block)):
        yield block


def numbered(event: str) -> Iterator[bytes]:
    """Events with an id, and a text, of their own."""
    yield from (f"id: {n} {PAD}\ndata: {event % (f'{n} {PAD}')}\n\n".encode() for n in range(FAR // 8_000))


def squeezed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(1, wbits=31)
    yield from (squeeze.compress(piece) for piece in pieces)


TOO_LARGE, LIMIT = ("malformed", "too_large"), ("stopped", "limit")
KINDS = {
    "line": (lambda: repeated(b"x" * 65_536, b"data: "), TOO_LARGE),
    "comment": (lambda: repeated(b"x" * 65_536, b": "), TOO_LARGE),
    "id": (lambda: repeated(b"7" * 65_536, b"id: "), TOO_LARGE),
    "lines-of-one-event": (lambda: repeated(b"data: " + PAD.encode() + b"\n"), TOO_LARGE),
    "heartbeats": (lambda: repeated(b": " + PAD.encode() + b"\n\n"), LIMIT),
    "unknown-events": (lambda: numbered('{"event": "%s"}'), LIMIT),
    "agents": (lambda: numbered('{"event": "agent_execution_started", "agent_name": "%s"}'), LIMIT),
    "gzip-of-a-line": (lambda: squeezed(repeated(b"x" * 65_536, b"data: ")), TOO_LARGE),
    "gzip-of-heartbeats": (lambda: squeezed(repeated(b": " + PAD.encode() + b"\n\n")), LIMIT),
}


class Endless(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *_args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        kind = self.path.partition("=")[2]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if kind.startswith("gzip"):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        with suppress(ConnectionError):
            for piece in KINDS[kind][0]() if kind else [b'data: {"event": "completed"}\n\n']:
                self.wfile.write(piece)


PROGRAM = """
import asyncio, json, re, sys
from pathlib import Path
from dashboard.config import Backend, Config
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question

def megabytes(name):
    return int(re.search(name + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024

async def main(at, kinds):
    backends = [Backend(kind, f"{at}?kind={kind}", "orchestrator") for kind in kinds]
    for backend in [Backend("warm", f"{at}?kind=", "orchestrator"), *backends]:
        runtime = Runtime(Config([backend]))
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: what earlier streams left is not this one's
        before = megabytes("VmRSS")
        live = runtime.ask(backend.name, Question("?"))
        await live.wait()
        report = live.gauge.report()
        print(json.dumps([backend.name, report.outcome, report.fault, megabytes("VmHWM") - before]), flush=True)
        await runtime.aclose()

asyncio.run(main(sys.argv[1], sys.argv[2:]))
"""


def test_no_stream_without_an_end_fills_the_memory() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        at = f"http://127.0.0.1:{server.server_address[1]}/process/stream"
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, at, *KINDS], capture_output=True, text=True, check=False, timeout=110
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr
    told = {name: (outcome, fault, grown) for name, outcome, fault, grown in map(json.loads, done.stdout.splitlines())}
    assert told.pop("warm")[0] == "completed"
    assert {name: each[:2] for name, each in told.items()} == {name: ends for name, (_, ends) in KINDS.items()}
    assert {name: round(each[2]) for name, each in told.items() if each[2] >= GROWTH_MB} == {}
