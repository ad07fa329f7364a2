"""What this page is held to beside the others; `missed` says which goal was not met, and by how much."""

from __future__ import annotations

from collections.abc import Mapping

FLOOR, OLD_PANEL, NEW_PANEL = 1.8, 1 / 12, 1 / 7
P95_S, LAST_S = 0.060, 0.050
BUSY_SHARE = 0.15
"""Of the seconds that the answer takes: CPU of the browser's main thread."""
SHIFT = 0.1
GROWTH = 1.3
"""Bytes for the second half of the answer ÷ those for the first: what is sent again and again would grow with it."""

Told = Mapping[str, float]


def missed(ours: Told, others: Mapping[str, Told], seconds: float, chunks: int) -> list[str]:
    """A sentence for each goal that `ours` misses; an answer of `chunks` that takes `seconds`."""
    held = [
        (f"CPU ÷ {name}'s", ours["cpu_s"] / told["cpu_s"], most)
        for name, most in (("floor", FLOOR), ("panel-1.10", NEW_PANEL), ("panel-1.9", OLD_PANEL))
        if (told := others.get(name))
    ]
    held += [
        ("wire to DOM, p95, s", ours["p95_s"], P95_S),
        ("main thread, s", ours["busy_s"], BUSY_SHARE * seconds),
        ("layout shift", ours["shift"], SHIFT),
        ("bytes of the second half ÷ those of the first", ours["growth"], GROWTH),
        *in_time(ours, chunks),
    ]
    return _sentences(held)


def behind(ours: Told, chunks: int) -> list[str]:
    """The same for a faster answer: nothing falls behind."""
    return _sentences(in_time(ours, chunks))


def in_time(ours: Told, chunks: int) -> list[tuple[str, float, float]]:
    return [("last chunk late, s", ours["last_s"], LAST_S), ("chunks not seen", chunks - ours["seen"], 0)]


def _sentences(held: list[tuple[str, float, float]]) -> list[str]:
    return [f"missed: {what} {value:.3g}, goal ≤ {most:.3g}" for what, value, most in held if not value <= most]
