"""A recording that a browser sends in pieces: bounded before it is held, and judged before it is believed."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from dashboard.ui.plain import one_line
from dashboard.wire.recorded import Attempt, RecordingError, parse_recording

OPEN_BYTES = 16 * 1024 * 1024
"""A larger file is not opened."""
ALL_BYTES = 64 * 1024 * 1024
"""So much of opened files may be held by all pages together."""
READS = 200_000
PIECE_BYTES = 256 * 1024


class CannotOpen(Exception):  # noqa: N818  # an answer to a person, no failure of ours
    """Why a file is not opened, and what to do."""


class Upload:
    """One file on its way; `held` counts the bytes of all of them in the process."""

    held = 0

    def __init__(self, name: object, size: object) -> None:
        self.name = one_line(str(name), 80) or "recording"
        self._parts: list[bytes] = []
        self._size = size if isinstance(size, int) and size >= 0 else -1
        self._got = 0
        if self._size > OPEN_BYTES:
            raise CannotOpen(
                f"{self.name} has {self._size:,} bytes; at most {OPEN_BYTES:,} can be opened here. "
                "`streamgauge replay FILE` reads larger ones."
            )
        if self._size < 0:
            raise CannotOpen(f"{self.name}: its size is unknown. Choose the file again.")
        if Upload.held + self._size > ALL_BYTES:
            raise CannotOpen("Too many recordings are open on this server now. Try again when another page is closed.")
        Upload.held += self._size

    def take(self, piece: object) -> bool:
        """The next piece, base64; True when the file is complete. Errors: CannotOpen."""
        try:
            data = base64.b64decode(str(piece), validate=True)
        except (binascii.Error, ValueError):
            raise CannotOpen(f"{self.name}: a piece of it arrived damaged. Choose the file again.") from None
        self._got += len(data)
        if self._got > self._size or (not data and self._got < self._size):
            raise CannotOpen(f"{self.name}: it is not as long as the browser said. Choose the file again.")
        self._parts.append(data)
        return self._got == self._size

    def attempts(self) -> list[Attempt]:
        """What is recorded in it; may take its time in a thread. Errors: CannotOpen, a sentence with file, line, what next."""
        try:
            attempts = parse_recording(b"".join(self._parts).splitlines(), self.name)
        except RecordingError as error:
            raise CannotOpen(
                f"{one_line(str(error), 400)}. A recording is what `streamgauge record` and the export of this page write."
            ) from None
        finally:
            self._parts = []
        reads = sum(len(attempt.reads) for attempt in attempts)
        if reads > READS:
            raise CannotOpen(
                f"{self.name} has {reads:,} reads; at most {READS:,} can be shown here. `streamgauge replay FILE` reads it."
            )
        return attempts

    def let_go(self) -> None:
        """It is held no longer. Idempotent."""
        Upload.held -= max(0, self._size)
        self._size, self._parts = 0, []


def started(data: dict[str, Any]) -> Upload:
    """The upload that a page's first message begins. Errors: CannotOpen."""
    return Upload(data.get("name"), data.get("size"))
