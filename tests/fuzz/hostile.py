"""Strings that do harm where they are trusted."""

from __future__ import annotations

from hypothesis import strategies as st

KNOWN = (
    "\x00", "a\x00b", "\ud800", "\udfff\ud83d", "\ud83d\ude00", "\u202e]0;evil\u202c", "\u2066\u2067", "\x1b[2J\x1b]0;owned\x07",
    "\x1b]8;;http://x\x07", "\ufeff", "\u2028\u2029\x85", "\r\n\r\ndata: no\n\n", "id: 9\n\n", "a\u0301" * 60, "\U000e0041", "\U0010ffff",
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "javascript:alert(1)", "]]>", "&lt;&#0;", "![](http://elsewhere/?q)",
    "%s%n{0}${HOME}{{7*7}}", "=1+1", "'; DROP TABLE turns; --", "../../etc/passwd", "NaN", "-0", "1e999", "\\ud800", '"\\"',
    "x" * 5_000, "👩\u200d👩\u200d👧", "\x7f\x9b2J", "event: error", "[DONE]", "{}", '{"event": "completed"}', "\t \n",
)  # fmt: skip

STRINGS = st.one_of(
    st.sampled_from(KNOWN),
    st.text(st.characters(codec=None, exclude_categories=[]), max_size=40),
    st.lists(st.sampled_from(KNOWN), min_size=2, max_size=4).map("".join),
)


def whole(text: str) -> str:
    """What must arrive of `text`: halves of a pair joined, what can't be a character as U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
