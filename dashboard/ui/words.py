"""Pure: the words of the page, and the one definition of each number (shown where the number stands)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "completed": ("Completed", "good"),
    "stopped": ("Stopped", "calm"),
    "failed": ("Failed", "bad"),
    "truncated": ("Truncated", "bad"),
    "stalled": ("Stalled", "warn"),
    "malformed": ("Malformed", "bad"),
    "rejected": ("Rejected", "bad"),
    "unreachable": ("Unreachable", "bad"),
}
"""outcome → word, tone. The badge adds an icon of its own to each, so colour is never the only sign."""

UNWELL = frozenset(("slow_start", "stalled_midway", "burst_suspected", "burst_proved", "page_slow", "protocol_broken"))
"""Diagnoses that make a completed turn amber."""

FAILED = frozenset(("unreachable", "rejected", "truncated", "stalled", "malformed"))
"""Outcomes after which the pill says that the connection failed."""

DEFINITIONS: Mapping[str, str] = {
    "events": "SSE messages, whatever they meant; heartbeats are counted apart.",
    "rate": "SSE messages a second over 1 s buckets; heartbeats are counted apart.",
    "uptime": "Age of the open connection; of the last one, marked so, when none is open.",
    "reconnects": "Connection attempts after a turn's first.",
    "ttft": "Time to first text: first non-empty text − request sent. Role-only chunks, routing events, reasoning and "
    "heartbeats do not count.",
    "gap": "Time between two non-empty text chunks that follow each other. Chunks of one read are 0 apart, and the zeros "
    "are kept: they are the sign of buffering.",
    "chunks": "Non-empty pieces of the answer's text, each with its own time.",
    "gap_p50": "Half of the gaps between this answer's text chunks were at most this long; chunks of one read are 0 apart.",
    "gap_p95": "95 % of the gaps between this answer's text chunks were at most this long.",
    "duration": "From the question to the end of the turn.",
    "tokens": "Output tokens, as the back end reports them.",
    "smoothness": "Fluidity index (arXiv 2407.07000): the share of text deadlines met for somebody who reads 25 characters a "
    "second; early text banks slack, late text pays each deadline that it missed.",
    "characters": "Length of the answer; answers of different lengths take different times.",
    "stalls": "Times when the bytes clock or the progress clock was silent for longer than stall_after_s on an open connection.",
    "connection": "Connections by state, at each moment: open, connecting, stalled (open but silent), backing off.",
    "faults": "What went wrong on a connection (refused, cut, bad status, …), counted when it happened.",
    "marks": "What happened, at the step in which it was seen: how turns ended, stalls, and attempts to connect after the "
    "first. One mark a step, with the sign of the worst of it.",
}
"""Each stands word for word in docs/definitions.md."""


def seconds(value: float | None) -> str:
    """A duration for people: 48 ms, 0.42 s, 12.3 s, 4 min 5 s, 3 h 12 min; an en dash when unknown."""
    if value is None or not isfinite(value):
        return "–"
    if value < 0.1:
        return f"{value * 1000:.0f} ms"
    if value < 10:
        return f"{value:.2f} s"
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def split_unit(text: str) -> tuple[str, str]:
    """("0.42", "s") of "0.42 s": a card sets the unit smaller. Of "4 min 5 s" all is value.

    >>> split_unit("48 ms")
    ('48', 'ms')
    """
    parts = text.split(" ")
    return (parts[0], parts[1]) if len(parts) == 2 else (text, "")


def count(value: int) -> str:
    """1,234 below a million, then 1.23 M."""
    return f"{value:,}" if value < 1_000_000 else f"{value / 1e6:.2f} M"


def plural(number: int, noun: str) -> str:
    """`1 chunk`, `37 chunks`."""
    return f"{count(number)} {noun}" + ("" if number == 1 else "s")
