"""How text arrives: in bursts or smoothly. Exact sums; only the log of arrival times is thinned when it grows long."""

from __future__ import annotations

from array import array
from math import ceil, nan
from operator import add

import msgspec

LOG_READS = 1024
LATE_PART = 0.05
"""Of the stream's life, which lasts from the request to the last text."""
BULK_CHUNKS = 5
"""A read of so many chunks …"""
LONG_GAP_S = 1.0
"""… after so long without a byte (or half of first_text_s, if that is less) is bulk, as a buffering proxy makes it."""
FLUSH_S = 0.05
"""Further reads of many chunks this soon after belong to the same flush …"""
REMAINDER_S = 0.005
"""… and so does its last, smaller read."""
MOST = 0.5

UNIT_CHARS = 4
READING_CHARS_PER_S = 25.0
UNIT_S = UNIT_CHARS / READING_CHARS_PER_S
"""A person reads about 25 characters a second, so each 4 characters (a token, roughly) are due 0.16 s later."""


class Arrival(msgspec.Struct, frozen=True):
    """Burst score and smoothness of one turn so far; shares are 0…1, NaN without text."""

    chunks: int
    characters: int
    late_share: float
    """Of the characters: in the last LATE_PART of the stream's life."""
    bulk_share: float
    """Of the characters: in reads of many chunks after one long gap."""
    flushes: int
    silence_s: float
    """The longest time without a byte before such a read."""
    smoothness: float
    """Fluidity index: text deadlines met ÷ all, see Arrivals."""
    thinned: bool
    """The log was thinned: late_share may be off by the text of one 500th of the turn."""

    @property
    def burst(self) -> bool:
        """Most of the text came at the end, and most of it in bulk."""
        return self.chunks >= BULK_CHUNKS and self.late_share >= MOST and self.bulk_share >= MOST


class Arrivals:
    """Folds the reads of one turn; at most LOG_READS arrival times are kept, whatever its length.

    Smoothness is the fluidity index of arXiv 2407.07000: each unit of text has a deadline, the first `first_text_s`
    after the request and the next ones UNIT_S apart; early text banks slack; late text pays each deadline that passed
    meanwhile, and the deadlines start afresh from it.
    """

    __slots__ = (
        *(
            "_asked_at",
            "_at",
            "_before_s",
            "_bulk_at",
            "_bulk_chars",
            "_bytes_at",
            "_chars",
            "_chunks",
            "_due_at",
            "_flushes",
        ),
        *(
            "_last_silence_s",
            "_log_at",
            "_log_chars",
            "_long_gap_s",
            "_met",
            "_missed",
            "_silence_s",
            "_thinned",
            "_total_chars",
            "_total_chunks",
        ),
    )

    def __init__(self, asked_at: float, first_text_s: float) -> None:
        self._asked_at = self._bytes_at = asked_at
        self._due_at = asked_at + first_text_s
        self._long_gap_s = min(LONG_GAP_S, first_text_s / 2)
        self._at = self._bulk_at = -1e9
        self._chars = self._chunks = self._total_chars = self._total_chunks = 0
        self._bulk_chars = self._flushes = self._met = self._missed = 0
        self._before_s = self._last_silence_s = self._silence_s = 0.0
        self._log_at, self._log_chars = array("d"), array("q")  # a list of pairs takes five times as much
        self._thinned = False

    def read(self, at: float) -> None:
        """Bytes came."""
        if at != self._bytes_at:
            self._last_silence_s = at - self._bytes_at
            self._bytes_at = at

    def text(self, at: float, chars: int) -> None:
        """A chunk of `chars` characters came in the read of `at`."""
        if at == self._at:
            self._chars += chars
            self._chunks += 1
            return
        if self._chunks:
            self._close()
        self.read(at)
        self._at, self._chars, self._chunks = at, chars, 1
        self._before_s = self._last_silence_s

    def finish(self) -> None:
        """The last read is complete."""
        if self._chunks:
            self._close()
            self._chunks = 0

    def arrival(self) -> Arrival:
        """The numbers over all reads that are complete (all but the newest, until `finish`)."""
        total, deadlines = self._total_chars, self._met + self._missed
        return Arrival(
            chunks=self._total_chunks,
            characters=total,
            late_share=self._late_chars() / total if total else nan,
            bulk_share=self._bulk_chars / total if total else nan,
            flushes=self._flushes,
            silence_s=self._silence_s,
            smoothness=self._met / deadlines if deadlines else nan,
            thinned=self._thinned,
        )

    def _late_chars(self) -> int:
        late, last = 0, self._log_at[-1]
        since = last - (last - self._asked_at) * LATE_PART
        for at, chars in zip(reversed(self._log_at), reversed(self._log_chars), strict=True):
            if at < since:
                break
            late += chars
        return late

    def _close(self) -> None:
        self._total_chars += self._chars
        self._total_chunks += self._chunks
        if len(self._log_at) == LOG_READS:
            self._thin()
        self._log_at.append(self._at)
        self._log_chars.append(self._chars)
        self._weigh()
        self._judge()

    def _weigh(self) -> None:
        many, after = self._chunks >= BULK_CHUNKS, self._at - self._bulk_at
        begins = many and self._before_s >= self._long_gap_s
        if begins:
            self._flushes += 1
            self._silence_s = max(self._silence_s, self._before_s)
        if begins or after <= (FLUSH_S if many else REMAINDER_S):
            self._bulk_chars += self._chars
            self._bulk_at = self._at

    def _judge(self) -> None:
        units = max(1, ceil(self._chars / UNIT_CHARS))
        late_s = self._at - self._due_at
        if late_s <= 0:
            self._met += units
            self._due_at += units * UNIT_S
        else:
            self._missed += ceil(late_s / UNIT_S)
            self._met += units - 1
            self._due_at = self._at + units * UNIT_S

    def _thin(self) -> None:
        """Join neighbours: the later one's time, the sum of both."""
        chars = self._log_chars
        self._log_at = self._log_at[1::2]
        self._log_chars = array("q", map(add, chars[::2], chars[1::2]))
        self._thinned = True
