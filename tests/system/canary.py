"""Canary keys: a secret for each place of a configuration, back ends that echo what they were sent, and who lets one out."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import quote

NAMES = ("bearer", "header", "cookie", "query", "body", "param", "plain")
KEYS = {name: f"cnry-{name}/+=0123456789" for name in NAMES}
ENV = {f"KEY_{name.upper()}": key for name, key in KEYS.items()}


def config(port: int) -> str:
    """JSON is YAML. Each backend echoes in its own way."""
    at = f"http://127.0.0.1:{port}"
    headers = {"Authorization": "Bearer ${KEY_BEARER}", "X-Api-Key": "${KEY_HEADER}", "Cookie": "s=${KEY_COOKIE}"}
    common = {"headers": headers, "retry": {"base_s": 0.05, "max_attempts": 2}}
    orchestrator = {**common, "dialect": "orchestrator"}
    custom = {
        "json": {"q": "{question}", "api_key": "${KEY_BODY}"},
        "text": "text",
        "finish": "[DONE]",
        "error": "error",
    }
    ask = {"model": "m", "params": {"api_token": "${KEY_PARAM}"}}
    return json.dumps({
        "backends": [
            {"name": "echo", "url": f"{at}/process/stream?token=${{KEY_QUERY}}", **orchestrator},
            {"name": "refuse", "url": f"{at}/refuse/process/stream?token=${{KEY_QUERY}}", **orchestrator},
            {"name": "away", "url": f"{at}/away/process/stream?token=${{KEY_QUERY}}", **orchestrator},
            {"name": "fail", "url": f"{at}/fail/process/stream", **orchestrator},
            {"name": "ours", "url": f"{at}/ours", "dialect": "custom", "custom": custom, **common},
            {"name": "chat", "url": f"{at}/chat/completions", "dialect": "openai-chat", "ask": ask, **common},
        ]
    })  # fmt: skip


BACKENDS = ("echo", "refuse", "away", "fail", "ours", "chat")


def let_out(text: str) -> set[str]:
    """The keys that can be read in `text`, in whatever spelling."""
    return {name for name, key in KEYS.items() if f"cnry-{name}" in text or any(each in text for each in spelled(key))}


def spelled(key: str) -> tuple[str, ...]:
    return (
        key,
        quote(key, safe=""),
        quote(key, safe="").lower(),
        key.replace("/", "\\/"),
        base64.b64encode(key.encode()).decode().rstrip("="),
    )


class Echo(BaseHTTPRequestHandler):
    """Says all it was sent: in its headers, its ids, its comments, its names, its text and its errors."""

    protocol_version = "HTTP/1.0"
    heard: ClassVar[list[str]] = []

    def log_message(self, *_args: object) -> None:
        """Says nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.heard.append(f"{self.path}\n{self.headers}\n{body}")
        sent = " ".join(key for key in KEYS.values() if any(each in self.heard[-1] for each in spelled(key)))
        if self.path.startswith("/refuse"):
            self._head(401, sent, json.dumps({"error": {"message": f"no such key: {sent}"}}).encode())
        elif self.path.startswith("/away"):
            self._head(302, sent, b"", f"ftp://127.0.0.1/{quote(sent)}")
        else:
            self._head(200, sent, b"")
            for piece in self._said(sent):
                self.wfile.write(piece)
                self.wfile.flush()

    def _head(self, status: int, sent: str, body: bytes, location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/event-stream" if status == 200 else "application/json")
        for name in ("Via", "X-Cache", "Retry-After"):
            self.send_header(name, sent)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def _said(self, sent: str) -> Iterator[bytes]:
        every = " ".join(each for key in sent.split() for each in spelled(key))
        yield f": {every}\n\n".encode()
        if self.path.startswith("/ours"):
            yield f"id: {sent}\nevent: {sent}\ndata: {json.dumps({'text': every})}\n\ndata: {sent}\n\n".encode()
            yield f"data: {json.dumps({'error': every})}\n\n".encode()
            return
        if self.path.startswith("/chat"):
            yield f"data: {json.dumps({'choices': [{'delta': {'content': every, 'reasoning_content': every}}]})}\n\n".encode()
            yield f"data: {json.dumps({'choices': [{'delta': {}, 'finish_reason': sent}]})}\n\ndata: [DONE]\n\n".encode()
            return
        names = {"agent_id": sent, "agent_name": sent, "protocol": sent, "confidence": 1, "reasoning": every}
        text = json.dumps({"event": "response_chunk", "text": every})
        yield f"data: {json.dumps({'event': 'routing_completed', **names})}\n\n".encode()
        yield f"data: {json.dumps({'event': 'agent_execution_started', **names})}\n\n".encode()
        yield f"data: {text[: len(text) // 2]}".encode()
        yield f"{text[len(text) // 2 :]}\n\ndata: {json.dumps({'event': sent})}\n\ndata: {every}\n\n".encode()
        last = (
            {"event": "error", "code": sent, "message": every}
            if self.path.startswith("/fail")
            else {"event": "completed"}
        )
        yield f"data: {json.dumps(last)}\n\n".encode()


@contextmanager
def echoing(keys: frozenset[str] = frozenset(NAMES) - {"plain"}) -> Iterator[int]:
    """The echo's port. At the end: all of `keys` were really sent, or nothing is proved."""
    Echo.heard.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
    assert let_out("\n".join(Echo.heard)) == keys
