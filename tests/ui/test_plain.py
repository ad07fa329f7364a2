from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ui.plain import BIDI, one_line, visible


@given(st.text(st.characters(min_codepoint=0)))
def test_whatever_comes_can_be_sent_and_reorders_nothing(text: str) -> None:
    shown = visible(text)
    shown.encode("utf-8")
    assert not set(shown) & set(BIDI)
    assert not {char for char in shown if unicodedata.category(char) in ("Cc", "Cs")} - set("\n\t\r")


@given(st.text(), st.integers(2, 60))
def test_one_line_is_one_short_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x00b", "a␀b"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d", "�"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("a\x1b[31m", "a␛[31m"),
        ("a\x9b31m\x7f", "a⟨U+009B⟩31m␡"),
    ],
)
def test_what_is_odd_becomes_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_cut_is_marked() -> None:
    assert one_line("abcdef", 4) == "abc…"
    assert one_line("a  b\n c", 20) == "a b c"
