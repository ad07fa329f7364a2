"""What a back end says, made safe for a terminal: no character of it can move the cursor or turn the text around."""

from __future__ import annotations

import os
import unicodedata

JOINERS = frozenset("\u200c\u200d")
"""Format characters that Persian and emoji need, and that do no harm."""
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control, format (bidi, tags, BOM), lone surrogate, line and paragraph separator."""


def is_plain(character: str) -> bool:
    """Whether a terminal shows it as text and does nothing else."""
    return character in JOINERS or unicodedata.category(character) not in HIDDEN


def one_line(text: str, limit: int = 200) -> str:
    r"""`text` on one line, control characters as escapes, cut after `limit` characters.

    >>> one_line("a\x1b[2Jb\n")
    'a\\x1b[2Jb\\n'
    """
    cut = text[:limit]
    shown = cut if cut.isprintable() else "".join(c if is_plain(c) else _escape(c) for c in cut)
    return shown + ("…" if len(text) > limit else "")


def lines(text: str, limit: int = 4_000) -> str:
    """As `one_line`, but line ends and tabs stay; for an answer."""
    cut = text[:limit].replace("\r\n", "\n")
    shown = "".join(c if c in "\n\t" or is_plain(c) else _escape(c) for c in cut)
    return shown + ("…" if len(text) > limit else "")


def typed(words: str) -> str:
    """What was typed at a terminal: UTF-8, also where the locale knows none of it and Python kept the bytes aside."""
    return words if words.isascii() else os.fsencode(words).decode("utf-8", "replace")


def in_json(encoded: str) -> str:
    r"""JSON text with every character that is not plain written as \uXXXX, which reads back as the same.

    Such characters stand only inside strings, if `encoded` is one compact line.
    """
    return encoded if encoded.isprintable() else "".join(c if is_plain(c) else _utf16(c) for c in encoded)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _utf16(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
