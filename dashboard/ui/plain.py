"""Pure: a back end's string → a string that is safe to send, log and show.

Lone surrogates cannot be encoded, control characters move cursors, bidirectional controls reorder what is read
(CVE-2021-42574). None of them is dropped in silence: surrogates become U+FFFD, controls become visible.
"""

from __future__ import annotations

import re

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Unicode's twelve Bidi_Control characters."""

_BIDI = {ord(char): f"⟨U+{ord(char):04X}⟩" for char in BIDI}
_CONTROLS = {code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\n\t\r"} | {0x7F: "\u2421"}
_MORE_CONTROLS = {code: f"⟨U+{code:04X}⟩" for code in range(0x80, 0xA0)}
_VISIBLE = _BIDI | _CONTROLS | _MORE_CONTROLS
_ODD = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f" + BIDI + "]")


def visible(text: str) -> str:
    """`text` with surrogate pairs joined, lone surrogates replaced, bidi and control characters made visible."""
    if not _ODD.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.translate(_VISIBLE)


def one_line(text: str, limit: int = 200) -> str:
    """`text` as one visible line of at most `limit` characters, an ellipsis included when it was cut."""
    line = " ".join(visible(text[: 4 * limit]).split())
    return line if len(line) <= limit and len(text) <= 4 * limit else line[: limit - 1] + "…"
