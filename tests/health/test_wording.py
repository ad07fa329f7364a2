from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.health import wording
from dashboard.health.wording import clean, count, percent, quoted, seconds
from dashboard.wire.encodable import encodable


def test_the_examples_hold() -> None:
    assert doctest.testmod(wording).failed == 0
    assert doctest.testmod(wording).attempted > 0


@given(st.text(st.characters(), max_size=200), st.integers(1, 50))
def test_clean_is_one_bounded_printable_line(text: str, limit: int) -> None:
    got = clean(text, limit)
    assert len(got) <= limit
    assert got == "" or got.isprintable()
    got.encode()


def test_clean_does_not_read_more_than_it_may_need() -> None:
    assert clean("\x00" * 100 + "far", 10) == ""


@given(st.text(st.characters(), max_size=50))
def test_encodable_can_be_encoded_and_changes_nothing_that_could_be(text: str) -> None:
    got = encodable(text)
    got.encode()
    if not any("\ud800" <= char <= "\udfff" for char in text):
        assert got == text


def test_quoted_holds_no_tag() -> None:
    assert quoted("<b>no\nway</b>") == "“‹b›no way‹/b›”"
    assert len(quoted("x" * 5000)) == 302


@pytest.mark.parametrize(
    ("value", "said"), [(0.011, "0.01 s"), (0.5, "0.50 s"), (4.24, "4.2 s"), (120.4, "120 s"), (0.0, "0.00 s")]
)
def test_seconds_have_as_many_digits_as_help(value: float, said: str) -> None:
    assert seconds(value) == said


def test_counts_and_shares() -> None:
    assert (count(1, "chunk"), count(12_000, "byte"), percent(0.996)) == ("1 chunk", "12,000 bytes", "100 %")
