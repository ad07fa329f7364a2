"""The 52 connection rules of corpus/sse-behaviour.json, against a raw socket server."""

from __future__ import annotations

import asyncio
import json
import resource
from pathlib import Path
from typing import Any

import pytest

from dashboard.config import Backend, Config, Custom, Limits, Retry
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question
from tests.backend.behaviour import Played, Server, play
from tests.ports import free_port

CORPUS = Path(__file__).parents[1] / "corpus" / "sse-behaviour.json"
CASES: dict[str, dict[str, Any]] = {case["id"]: case for case in json.loads(CORPUS.read_text("utf-8"))}

OUR_WORDS = {"too large": "over limits.event_bytes"}
"""What a case's word for an error is in ours."""
SIMPLE = {
    "events": lambda s, p: [m.data for m in p.messages],
    "event_ids": lambda s, p: [m.last_event_id for m in p.messages],
    "requests": lambda s, p: len(s.requests),
    "end": lambda s, p: p.end,
}
AT_MOST = {
    "max_requests": lambda s, p: len(s.requests),
    "total_ms_max": lambda s, p: p.took_s * 1000,
    "ends_within_ms": lambda s, p: p.ended_within_s * 1000,
    "server_sent_bytes_max": lambda s, p: s.sent,
    "server_sees_close_ms_max": lambda s, p: (s.closed_at - p.cancelled_at) * 1000,
    "event_latency_ms_max": lambda s, p: max(
        (heard - sent) * 1000 for heard, sent in zip(p.heard_at, s.sent_at[-len(p.heard_at) :], strict=True)
    ),
}


ATTEMPTS = 4
"""For a rule told in milliseconds: a busy machine may miss them, not each time."""


def judge(key: str, wanted: Any, server: Server, played: Played) -> None:
    """One expectation of a case; one that this does not know fails."""
    if key in SIMPLE:
        assert SIMPLE[key](server, played) == wanted, key
    elif key in AT_MOST:
        assert AT_MOST[key](server, played) <= wanted, key
    elif key.startswith("request["):
        request = server.request(int(key[8:-1]))
        assert {name: request.get(name) for name in wanted} == wanted, key
    elif key.startswith("gap_ms["):
        index = int(key[7:-1])
        gap_ms = (server.times[index] - server.times[index - 1]) * 1000
        assert wanted[0] <= gap_ms <= wanted[1], f"{key}: {gap_ms:.0f} ms"
    elif key == "error_mentions":
        assert OUR_WORDS.get(wanted, wanted) in played.error
    elif key == "reconnects":
        assert len(server.requests) > 1
    elif key == "attempts_min":
        assert played.attempts >= wanted
    elif key in ("rss_growth_mb_max", "no_warnings"):
        pass  # the first by the caller; the second by pytest, for which every warning is an error
    else:
        raise AssertionError(f"an expectation that nobody judges: {key}")


@pytest.mark.system
@pytest.mark.parametrize("name", CASES)
async def test_a_connection_rule(name: str) -> None:
    case = CASES[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for left in reversed(range(ATTEMPTS if "_ms" in str(case) else 1)):
        server, played = await play(case, free_port())
        try:
            for key, wanted in case["expect"].items():
                judge(key, wanted, server, played)
            break
        except AssertionError:
            if not left:
                raise
    if "rss_growth_mb_max" in case["expect"]:
        grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        assert grown_mb <= case["expect"]["rss_growth_mb_max"]


TURNS = {
    "po-body": ("completed", "", "ok", 1),
    "po-no-replay-head-lost": ("unreachable", "cut", "", 1),
    "po-429-may-retry": ("completed", "", "ok", 2),
    "po-500-no-retry": ("rejected", "http_status", "", 1),
    "po-done-sentinel": ("completed", "", "1", 1),
    "po-clean-eof": ("completed", "", "1", 1),
    "po-resume-get": ("truncated", "cut", "", 1),
    "cn-short-length": ("truncated", "cut", "a", 1),
    "cn-rst": ("truncated", "cut", "a", 1),
    "st-204-first": ("rejected", "http_status", "", 1),
    "ct-json": ("rejected", "media_type", "", 1),
    "sz-infinite-line": ("malformed", "too_large", "", 1),
    "sz-gzip": ("completed", "", "onetwo", 1),
}
"""The same servers, asked one question by POST: (outcome, fault, text, requests)."""


@pytest.mark.system
@pytest.mark.parametrize("name", TURNS)
async def test_a_connection_rule_as_a_turn(name: str) -> None:
    case = CASES[name]
    server = Server(case)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    custom = Custom(text="$data", json={"q": "{question}"}, finish="[DONE]" if "sentinel" in name else "")
    backend = Backend("b", f"http://127.0.0.1:{server.port}/", "custom", custom=custom, retry=Retry(0.05, 0.4, 3))
    runtime = Runtime(Config([backend], Limits(event_bytes=1 << 20)))
    live = runtime.ask("b", Question("hello"))
    await asyncio.wait_for(live.wait(), 30)
    report = live.gauge.report()
    await runtime.aclose()
    listening.close()
    assert (report.outcome, report.fault, report.text, len(server.requests)) == TURNS[name]
    assert server.request(0)["body"] == '{"q":"hello"}'
