"""Text that can be sent: JSON and people may hold halves of characters, UTF-8 can't."""

from __future__ import annotations


def encodable(text: str) -> str:
    """`text` as UTF-8 can carry it: halves of a surrogate pair that came apart are joined, lone ones replaced."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
