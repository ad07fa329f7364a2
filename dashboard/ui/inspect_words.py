"""Pure: the words of Inspect, its numbers with the definition of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from dashboard.health.arrival import Arrival
from dashboard.health.evidence import Evidence
from dashboard.health.report import Report
from dashboard.ui.plain import one_line
from dashboard.ui.words import DEFINITIONS, count, seconds

Number = list[str]
"""Label, value, definition."""

PHASES: Mapping[str, str] = {
    "connect": "From the attempt to connect until the request goes out: DNS, TCP, TLS, proxy.",
    "head": "From the request to the response head: the server's first answer.",
    "connect, head": "From the attempt to connect to the response head, where nobody saw when the request went out.",
    "first text": "From the response head to the first non-empty text. Routing, agent and reasoning may lie within.",
    "more text": "After a reconnect: from the response head to the next non-empty text.",
    "routing": "From the router's first word to its choice of an agent.",
    "agent": "From the choice of an agent to the start of its work.",
    "reasoning": "From the first reasoning to the first text.",
    "answer": "From the first text to the last.",
    "end": "From the last text to the end of the turn: finish reason, usage, the close of the stream.",
    "stall": "Bytes, or progress, silent for longer than stall_after_s on an open connection; drawn from where the silence began.",
    "wait to reconnect": "From the loss of a connection to the next attempt.",
    "attempts": "From the question to the last attempt to connect: all that failed before, and the waits between.",
    "router": "From the response head to the choice of an agent.",
    "model": "From the last step before it to the first text.",
    "tool": "From the start of a tool call to its end or result.",
}

ARRIVAL: Mapping[str, str] = {
    "late": "Share of the text's characters that came in the last 5 % of the stream's life (from the request to the last text).",
    "bulk": "Share of the characters that came in reads of five chunks or more after one long gap: the mark of a proxy that buffers.",
    "lumps": "How many such reads there were.",
    "silence": "The longest time without a byte before such a read.",
    "smoothness": DEFINITIONS["smoothness"],
}

NUMBERS: Mapping[str, str] = {
    "connect": PHASES["connect"] + " Of the last attempt before the first text.",
    "head": PHASES["head"] + " Where the two were not told apart (older recordings), with connecting.",
    "first_event": "First SSE message − request sent.",
    "gap_p50": "Half of the gaps between this answer's text chunks were at most this long; chunks of one read are 0 apart.",
    "gap_p99": "99 % of the gaps between this answer's text chunks were at most this long.",
    "gap_max": "The longest gap between two text chunks, exact.",
    "jitter": "p99 − p50 of the chunk gap.",
    "events": "SSE messages of this turn, whatever they meant; heartbeats apart.",
    "bytes": "Bytes read after content decoding, framing included.",
    "characters": "Characters of the answer's text.",
    "heartbeats": "Comments, and messages that the dialect knows as pings.",
    "anomalies": "Things unwell that need not end a turn: stall, burst, duplicate, gap, disorder and others.",
    "finish": "Why the answer was over, in the back end's own word.",
    "tokens_in": "Input tokens, as the back end reports them.",
    "screen": "Wire to screen: the worst time from a read to the page's update that carried its text.",
    "loop": "The longest time in this turn that this server's own event loop was blocked.",
}


def gap_labels(edges_s: Sequence[float]) -> list[str]:
    """A label for each bin of the gap histogram."""
    labels = ["0, one read"] + [f"≤ {_short(edge)}" for edge in edges_s[1:]]
    return [*labels, f"> {_short(edges_s[-1])}"]


def _short(value_s: float) -> str:
    return f"{value_s * 1000:g} ms" if value_s < 1 else f"{value_s:g} s"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if isfinite(share) else "–"


def arrival(seen: Arrival) -> list[Number]:
    """How the text arrived, in numbers; none without text."""
    if not seen.chunks:
        return []
    told = [
        ["in the last 5 %", _percent(seen.late_share), ARRIVAL["late"]],
        ["in lumps after a gap", _percent(seen.bulk_share), ARRIVAL["bulk"]],
        ["lumps", count(seen.flushes), ARRIVAL["lumps"]],
        ["gap before a lump", seconds(seen.silence_s) if seen.flushes else "–", ARRIVAL["silence"]],
        ["smoothness", _percent(seen.smoothness), ARRIVAL["smoothness"]],
    ]
    if seen.thinned:
        told[0][2] += " The stream was long, so its arrival times were thinned: this is close, not exact."
    return told


def numbers(report: Report, evidence: Evidence) -> list[Number]:
    """All numbers of a turn; what is unknown is left out."""
    gap, usage, seen = report.gap_s, report.usage, evidence.arrival
    began_s, dialled_s = evidence.connecting_s or 0.0, evidence.dialled_s
    dialling_s = None if dialled_s is None else dialled_s - began_s
    head_s = None if evidence.head_s is None else evidence.head_s - (began_s if dialled_s is None else dialled_s)
    told: list[tuple[str, str | None, str]] = [
        ("connect", _known(dialling_s), NUMBERS["connect"]),
        ("head", _known(head_s), NUMBERS["head"]),
        ("first event", _known(report.first_event_s), NUMBERS["first_event"]),
        ("TTFT", _known(report.ttft_s), DEFINITIONS["ttft"]),
        ("duration", _known(report.duration_s), DEFINITIONS["duration"]),
        ("gap p50", _known(gap.p50), NUMBERS["gap_p50"]),
        ("gap p95", _known(gap.p95), DEFINITIONS["gap_p95"]),
        ("gap p99", _known(gap.p99), NUMBERS["gap_p99"]),
        ("longest gap", _known(gap.max), NUMBERS["gap_max"]),
        (
            "jitter",
            _known(gap.p99 - gap.p50) if gap.p99 is not None and gap.p50 is not None else None,
            NUMBERS["jitter"],
        ),
        ("events", count(report.events), NUMBERS["events"]),
        ("chunks", count(report.chunks), DEFINITIONS["chunks"]),
        ("characters", count(seen.characters) if seen.chunks else None, NUMBERS["characters"]),
        ("bytes", count(report.bytes), NUMBERS["bytes"]),
        ("heartbeats", count(report.heartbeats), NUMBERS["heartbeats"]),
        ("reconnects", count(report.reconnects), DEFINITIONS["reconnects"]),
        ("stalls", count(report.stalls), DEFINITIONS["stalls"]),
        ("anomalies", count(sum(evidence.anomalies.values()) + report.stalls), NUMBERS["anomalies"]),
        ("finish reason", one_line(report.finish_reason, 40) if report.finish_reason else None, NUMBERS["finish"]),
        ("tokens in", _tokens(usage.input_tokens if usage else None), NUMBERS["tokens_in"]),
        ("tokens out", _tokens(usage.output_tokens if usage else None), DEFINITIONS["tokens"]),
        ("wire to screen", _known(evidence.screen_lag_s or None), NUMBERS["screen"]),
        ("own loop blocked", _known(evidence.loop_lag_s if evidence.loop_lag_s >= 0.05 else None), NUMBERS["loop"]),
    ]
    return [[label, value, definition] for label, value, definition in told if value is not None]


def _known(value: float | None) -> str | None:
    return None if value is None else seconds(value)


def _tokens(value: int | None) -> str | None:
    return None if value is None else count(value)
