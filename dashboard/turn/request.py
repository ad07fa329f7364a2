"""What goes out with a question, and the head of what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from dashboard.wire.dialect import Ask

EVENT_STREAM = "text/event-stream"


class Head(msgspec.Struct, frozen=True):
    """A response's status and headers (names in lower case)."""

    status: int
    headers: Mapping[str, str]

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def ask_headers(ask: Ask, extra: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
    """A fresh header list for one attempt: what every event source sends, the dialect's own, then the configured.

    Later names replace earlier ones (case-insensitive).
    """
    names: dict[str, tuple[str, str]] = {}
    base = (("Accept", EVENT_STREAM), ("Cache-Control", "no-cache"), ("Accept-Encoding", "identity"))
    for name, value in (*base, *ask.headers.items(), *extra):
        names[name.lower()] = (name, value)
    return list(names.values())
