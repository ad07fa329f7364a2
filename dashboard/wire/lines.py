"""Lines of an event stream: which are worth holding while they arrive, and what is kept of them (WHATWG HTML §9.2.6)."""

from __future__ import annotations

COMMENT_BYTES = 256
"""So much of a comment is kept."""

HEAD_BYTES = 512
"""So much of a line that will be dropped or shortened is held while it arrives; more than a comment keeps."""

KEPT_FIELDS = (b"data", b"event", b"id", b"retry")
STRAY_LINES = 3
"""So many of the first lines that are no field are kept, and the last one."""

QUIET = b"die"
"""How the fields data, id and event begin: nothing is to be told of them before the blank line."""


def joined(data: str | bytearray, value: str) -> bytearray:
    """Data lines joined by LF: linear in a hundred thousand of them, and no larger than they came."""
    if isinstance(data, str):
        data = bytearray(data.encode())
    data += b"\n"
    data += value.encode()
    return data


def may_wait(lines: bytes, last: int) -> bool:
    """Whether these lines, of which the last begins at `last` and is not finished, may be read with their blank line."""
    if last > HEAD_BYTES:
        return False
    at = 0
    while at < last:
        if lines[at] not in QUIET:
            return False
        at = lines.find(b"\n", at) + 1
    return at < len(lines) and lines[at] in QUIET


def is_kept(line: bytes | bytearray) -> bool:
    return bytes(line[: len(b"event:")].partition(b":")[0]) in KEPT_FIELDS


def is_stray(line: bytes | bytearray) -> bool:
    """Whether no field, and no comment, begins with the unfinished `line`."""
    begun = bytes(line[: len(b"event:")])
    return bool(begun) and not any(begun.startswith(field) or field.startswith(begun) for field in (b":", *KEPT_FIELDS))


def shortened(comment: str) -> str:
    if len(comment) * 4 <= COMMENT_BYTES:
        return comment
    return comment.encode()[:COMMENT_BYTES].decode("utf-8", "ignore")
