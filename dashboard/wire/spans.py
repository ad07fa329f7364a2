"""Where in a stream's bytes each message and each comment stands, so that it can be shown as it came."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_END = re.compile(rb"\r\n|\n|\r")


class Spans(NamedTuple):
    """(start, end) in the bytes, in order: of each message its lines and the blank one, of each comment its line."""

    messages: list[tuple[int, int]]
    comments: list[tuple[int, int]]


def spans(body: bytes) -> Spans:
    r"""The spans of one connection's whole body; an event cut by the end of it is no message.

    >>> spans(b": hi\n\ndata: a\n\n")
    Spans(messages=[(6, 15)], comments=[(0, 5)])
    """
    found = Spans([], [])
    at = begins = len(codecs.BOM_UTF8) if body.startswith(codecs.BOM_UTF8) else 0
    has_data = False
    for end in _END.finditer(body, at):
        line = body[at : min(end.start(), at + 5)]
        if end.start() == at:
            if has_data:
                found.messages.append((begins, end.end()))
            begins, has_data = end.end(), False
        elif line[:1] == b":":
            found.comments.append((at, end.end()))
        else:
            has_data = has_data or line in (b"data", b"data:")
        at = end.end()
    return found
