"""A hostile back end can't move the cursor, retitle the window or turn the text around."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.cli.printable import HIDDEN, JOINERS, in_json, lines, one_line

ANY = st.text(st.characters(codec=None, exclude_categories=[]), max_size=100)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä 漢 👩\u200d💻", "plain ä 漢 👩\u200d💻"),
        ("\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\rb\x08\x7f", r"a\rb\x08\x7f"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("\u200e\u061c\ufeff", r"\u200e\u061c\ufeff"),
        ("\u2028\u2029\x85", r"\u2028\u2029\x85"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("a\nb\tc", r"a\nb\tc"),
        ("x" * 300, "x" * 200 + "…"),
    ],
)
def test_one_line_escapes_what_is_not_plain(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_an_answer_keeps_its_lines() -> None:
    assert lines("a\r\nb\n\tc\rd\x1b") == "a\nb\n\tc\\rd\\x1b"
    assert lines("y" * 5000) == "y" * 4000 + "…"


def hidden(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in HIDDEN} - JOINERS


@given(ANY)
def test_nothing_hidden_is_left_of_any_text(text: str) -> None:
    assert not hidden(one_line(text))
    assert hidden(lines(text)) <= {"\n", "\t"}


@given(ANY)
def test_json_made_safe_reads_back_as_the_same(text: str) -> None:
    safe = in_json(json.dumps({"text": text}, ensure_ascii=False))
    assert not hidden(safe)
    assert json.loads(safe) == json.loads(json.dumps({"text": text}))
