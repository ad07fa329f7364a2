"""Backoff and Retry-After, by value."""

from __future__ import annotations

import pytest

from dashboard.config import Retry
from dashboard.turn.retry import Backoff, retry_after_s


@pytest.mark.parametrize(("chance", "expected"), [(0.0, [0.25, 0.5, 1.0, 2.0, 2.0]), (1.0, [0.5, 1.0, 2.0, 4.0, 4.0])])
def test_delays_double_to_the_cap_with_jitter_in_half_to_whole(chance: float, expected: list[float]) -> None:
    backoff = Backoff(Retry(0.5, 4.0, 100), lambda: chance)
    delays = []
    for _ in expected:
        backoff.failed()
        delays.append(backoff.delay_s(None))
    assert delays == expected


def test_success_resets() -> None:
    backoff = Backoff(Retry(0.5, 4.0, 2), lambda: 1.0)
    backoff.failed()
    backoff.failed()
    assert backoff.exhausted
    backoff.succeeded()
    backoff.failed()
    assert not backoff.exhausted
    assert backoff.delay_s(None) == 0.5


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("-3", None),
        ("1.5", None),
        ("soon", None),
        ("99999999999999999999", 300.0),
        ("Fri, 15 Jan 2027 08:00:10 GMT", 10.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("٣", None),
    ],
)
def test_retry_after(value: str | None, expected: float | None) -> None:
    assert retry_after_s(value, NOW) == expected
