"""What was heard of an answer so far, as far as its ending can be judged by it (see conclusion.py)."""

from __future__ import annotations

from dashboard.turn.continuity import Continuity
from dashboard.turn.request import Start
from dashboard.turn.unended import unended
from dashboard.turn.unread import Unread, is_no_stream
from dashboard.wire.auto import AutoDialect
from dashboard.wire.chat_event import BackendError
from dashboard.wire.dialect import Dialect
from dashboard.wire.payload import one_line
from dashboard.wire.sse import SseDecoder

GUESSES = 50
"""After so many messages that no dialect recognises, guessing is over."""

GZIP = b"\x1f\x8b"
STRAY = "outside of any event came:"
STRAY_CHARS = 400


class Heard:
    """The facts; Reading, which adds to them, is their only maker."""

    def __init__(self, dialect: Dialect, max_event_bytes: int, start: Start) -> None:
        self.dialect = dialect
        self.text_seen = self.heard = self.ended = False
        self.finish_reason = self.too_large = ""
        self.error: BackendError | None = None
        self._dedupe = start.dedupe
        self._decoder = SseDecoder(max_event_bytes=max_event_bytes, last_event_id=start.last_event_id)
        self._messages = self._readable = 0
        self._unread = Unread()
        self._start = b""
        self._continuity = Continuity()

    @property
    def last_event_id(self) -> str:
        return self._decoder.last_event_id

    @property
    def can_resume(self) -> bool:
        """Whether going on after the last id would repeat nothing that was shown."""
        return not self._dedupe or self._continuity.can_resume(self.last_event_id)

    @property
    def foreign(self) -> str:
        """Why what came after a resume is of another answer; "" while it is not."""
        return self._continuity.foreign

    @property
    def incomplete(self) -> str:
        """Why the answer is not whole although it was resumed; "" while nothing says so."""
        return self._continuity.incomplete or getattr(self.dialect, "incomplete", "")

    @property
    def finish_missing(self) -> bool:
        return self.dialect.needs_finish and not self.finish_reason

    @property
    def ends_well_at_eof(self) -> bool:
        """The clean end of the transport is the dialect's good end, and something was said before it."""
        return (
            self.dialect.ends_at_eof
            and not self._decoder.partial
            and (self.text_seen or bool(self.finish_reason))
            and not self.finish_missing
        )

    @property
    def unreadable(self) -> bool:
        """Something came and nothing of it was of the dialect, or it was no event stream at all.

        A terminator, a ping or a message without data is no word for or against: other protocols have the same.
        """
        if self._messages:
            return bool(self._unread.count) and not self._readable
        return is_no_stream(self._start)

    @property
    def hopeless(self) -> bool:
        """Nothing of so many messages was recognised, and it was ours to guess: no more will tell."""
        return self._messages >= GUESSES and not self._readable and isinstance(self.dialect, AutoDialect)

    @property
    def what_came(self) -> str:
        return f"{self._messages} messages, none readable as {self._unread.words(self.dialect.name)}{self._besides}"

    @property
    def _besides(self) -> str:
        """What came that is of no event stream."""
        if self._start.startswith(GZIP):
            return "; it begins as gzip data does, and no Content-Encoding says so"
        stray = one_line(self._decoder.stray, STRAY_CHARS)
        return f"; {STRAY} {stray}" if stray else ""

    @property
    def where_cut(self) -> str:
        """In words: what stood last when the stream ended without its good end."""
        if self.unreadable:
            return f"and nothing of it could be read as {self._unread.words(self.dialect.name)}{self._besides}"
        if not self._start:
            return "with nothing in it"
        came = f"after {self._messages} messages"
        if besides := self._besides:
            return f"{came} without the good end of {self.dialect.name}{besides}"
        if self._decoder.partial:
            why = unended(self._decoder.held, self._messages)
            return f"in the middle of an event{why and '; '}{why}"
        if self.finish_reason and not self.dialect.ends_at_eof:
            return (
                f"{came}: its finish reason came ({self.finish_reason}), the terminator of {self.dialect.name} did not"
            )
        return f"{came} without the good end of {self.dialect.name}"

    @property
    def told_more(self) -> bool:
        """Whether anything came that can end the turn (see conclusion.by_messages), or nothing was readable."""
        decided = self.ended or self.error is not None or self.too_large or self._continuity.foreign
        return bool(decided) or not self._readable
