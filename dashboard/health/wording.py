"""Numbers and other people's words, made fit for a sentence."""

from __future__ import annotations

QUOTED_CHARS = 300
_ANGLES = str.maketrans("<>", "‹›")


def clean(text: str, limit: int) -> str:
    r"""`text` on one line, without control characters and lone surrogates, at most `limit` characters long.

    >>> clean("a\x00b\ud800\n  c", 10)
    'ab c'
    """
    kept = "".join(char for char in text[: limit * 4] if char.isprintable() or char.isspace())
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quoted(words: str, limit: int = QUOTED_CHARS) -> str:
    """Someone's own words in quotation marks, bounded, without anything that could pass for a tag."""
    return f"“{clean(words, limit).translate(_ANGLES)}”"


def seconds(value: float) -> str:
    """A duration for a sentence: 0.01 s, 4.2 s, 120 s."""
    digits = 2 if value < 1 else 1 if value < 100 else 0
    return f"{value:.{digits}f} s"


def count(number: int, noun: str) -> str:
    """1 chunk, 2 chunks, 12,000 bytes."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def percent(share: float) -> str:
    return f"{share * 100:.0f} %"
