"""Bytes in, frames out, one pass: a Server-Sent Events decoder (WHATWG HTML §9.2.6).

It keeps what a browser hides, because a gauge must see it: comments, the moment of dispatch, a cut event, the size of
an event before it is in memory. It never waits for a byte that it does not need: a line ends at its CR, and the LF
that may follow is swallowed later.
"""

from __future__ import annotations

import codecs
import re

from dashboard.wire.frame import Comment, Frame, Message, Retry
from dashboard.wire.lines import HEAD_BYTES, STRAY_LINES, is_kept, is_stray, joined, may_wait, shortened

RETRY_MS = (100, 60_000)
"""Between these a server may choose our reconnect delay."""

HELD_BYTES = 65_536
"""So much of an event under way is shown."""

_LF, _CR = b"\n\r"  # as numbers: looking for one is six times faster than for a byte string
_BOM = codecs.BOM_UTF8
_SHAPE = re.compile(r"(?:event: ([^\n]{1,99})\n)?id: ([^\n\0]*)\n(?:event: ([^\n]{1,99})\n)?data: ")


class EventTooLarge(Exception):  # noqa: N818  # what happened to the event, in the words of the contract
    """An event, or a line that never ends, went over `max_event_bytes`; nothing after it can be decoded."""


class SseDecoder:
    r"""Decodes one stream; feed it what was read, in order.

    `max_event_bytes` bounds an event: its lines with their ends, comments apart; a comment has the same bound for
    itself. No more than that and one read is ever held. `last_event_id` seeds a stream that continues another one,
    and is the id that a reconnect must send. `retry_ms` is what the stream last asked for (None: nothing), as it
    stands there; the Retry frame carries it clamped to RETRY_MS. `bad_retries` counts the `retry:` lines that were
    no number. `too_large` is how many bytes had come of an event that is, 0 while none is; `too_large_head` its beginning.

    >>> SseDecoder().feed(b"id: 7\ndata: a\n\n: ping\n")
    [Message(event='message', data='a', last_event_id='7', own_id=True), Comment(text='ping')]
    """

    def __init__(self, *, max_event_bytes: int = 8 * 1024 * 1024, last_event_id: str = "") -> None:
        self.last_event_id = last_event_id
        self.retry_ms: int | None = None
        self.bad_retries = 0
        self.too_large = 0
        self._max = max_event_bytes
        self._started = False  # the place where a byte order mark may stand is behind us
        self._after_cr = False  # a next byte LF belongs to a line end already seen
        self._plain = False  # started, not after CR, not too large: the next chunk needs no look at its start
        self._tail: bytes | bytearray = b""  # the line under way
        self._dropped = 0  # bytes of that line that were not worth holding
        self._size = 0  # bytes of the lines of the event under way
        self._event = ""
        self._data: str | bytearray | None = None
        self._id: str | None = None
        self._stray: list[str] = []  # lines since the last event that are no field: the first few and the last
        self._shape = ("message", "id: ", "\ndata: ")  # an event's type, and what stood before and after its id

    @property
    def partial(self) -> bool:
        """Whether the end of the stream, if it came now, would cut an event. A cut comment is none."""
        if self.too_large or self._data is not None or self._event or self._id is not None:
            return True
        return bool(self._tail) and not self._tail.startswith(b":")

    @property
    def held(self) -> list[str]:
        """The data lines of the event under way, whole or not; of no more than HELD_BYTES."""
        data = self._data if self._data is not None else ""
        lines = (data[:HELD_BYTES] if isinstance(data, str) else data[:HELD_BYTES].decode("utf-8", "replace")).split(
            "\n"
        )
        begun = bytes(self._tail[:HELD_BYTES]).decode("utf-8", "replace").split("\n")
        return [*(lines if data else []), *(line[5:].removeprefix(" ") for line in begun if line.startswith("data:"))]

    @property
    def stray(self) -> str:
        """What came after the last event in lines that are of none (an error page, a traceback); "" where nothing did."""
        lines = self._stray
        if is_stray(self._tail):
            lines = [*lines, shortened(bytes(self._tail).decode("utf-8", "replace"))]
        return " ".join(lines)

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that `chunk` completes, in order.

        Errors: EventTooLarge, from the call after the one that met the event; that one returned the frames before it
        and set `too_large`.
        """
        if not self._plain:
            chunk = self._enter(chunk)
        if _CR in chunk:
            if chunk[-1] == _CR:
                self._after_cr, self._plain = True, False
            chunk = chunk.replace(b"\r\n", b"\n")
            if _CR in chunk:
                chunk = chunk.replace(b"\r", b"\n")
        if _LF not in chunk:
            self._hold(chunk)
            return []
        if self._tail:
            chunk = b"".join((self._tail, chunk))
        if self._size + self._dropped + len(chunk) >= self._max:
            return self._read_measured(chunk)
        blank = chunk.rfind(b"\n\n")
        end = blank + 2 if blank >= 0 else 0
        rest = chunk[end:]
        last = rest.rfind(b"\n") + 1
        if last and not may_wait(rest, last):
            return self._read_lines(chunk, end + last)
        self._tail = rest
        return self._read_events(chunk[:end]) if end else []

    def _enter(self, chunk: bytes) -> bytes:
        """`chunk` without a byte order mark, or an LF, that its first bytes may be."""
        if self.too_large:
            raise EventTooLarge(f"an event is larger than {self._max:,} bytes")
        if not self._started:
            chunk = bytes(self._tail) + chunk
            self._tail = b""
            if len(chunk) < len(_BOM) and _BOM.startswith(chunk):
                return chunk  # too few bytes to tell; they are held as a line that begins
            self._started = True
            chunk = chunk.removeprefix(_BOM)
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        self._plain = not self._after_cr
        return chunk

    def _hold(self, part: bytes) -> None:
        """Keep a piece of a line that is not finished; of what will be dropped, only the head."""
        if not self._tail:
            self._tail = part
        else:
            if not isinstance(self._tail, bytearray):
                self._tail = bytearray(self._tail)  # grows in place: a line in a million reads stays linear
            self._tail += part
        length = len(self._tail) + self._dropped
        comment = self._tail.startswith(b":")
        if self._started and length and length + (0 if comment else self._size) >= self._max:
            self._give_up(length + self._size, bytes(self._tail[:HEAD_BYTES]))
        elif length > HEAD_BYTES and (comment or not (is_kept(self._tail) or _LF in self._tail[:HEAD_BYTES])):
            self._tail = self._tail[:HEAD_BYTES]
            self._dropped = length - HEAD_BYTES

    def _give_up(self, came: int, line: bytes) -> None:
        self.too_large, self._plain = came, False
        before = self._data[:HEAD_BYTES] if self._data is not None else ""
        self.too_large_head = (before if isinstance(before, str) else before.decode("utf-8", "replace")) or line.decode(
            "utf-8", "replace"
        )
        self._tail, self._data = b"", None

    def _read_events(self, events: bytes) -> list[Frame]:
        """Whole lines, of which the last is blank."""
        # A line end never stands inside a code point, so whole lines decode as the whole stream would.
        text = events.decode("utf-8", "replace")
        if self._size or self._dropped or self._stray:
            self._size = self._dropped = 0
            return self._read(text)
        if text[:6] == "data: ":  # nothing but events of one data line, as nearly always?
            data = text[6:-2]
            if "\n" not in data:
                return [Message("message", data, self.last_event_id)]
            datas = data.split("\n\ndata: ")
            if data.count("\n") == 2 * len(datas) - 2:
                here = self.last_event_id
                return [Message("message", data, here) for data in datas]
        event, before, after = self._shape
        if text.startswith(before):  # one event, shaped like the last one?
            own, found, data = text[len(before) : -2].partition(after)
            if found and "\n" not in data and "\n" not in own and "\0" not in own:
                self.last_event_id = own
                return [Message(event, data, own, own_id=True)]
        if shape := _SHAPE.match(text):
            self._shape = (shape[3] or shape[1] or "message", text[: shape.start(2)], text[shape.end(2) : shape.end()])
        return self._read(text)

    def _read_lines(self, chunk: bytes, end: int) -> list[Frame]:
        """Whole lines up to `end`, the last not blank, and the beginning of one more."""
        self._tail = chunk[end:]
        self._measure(chunk[:end])
        return self._read(chunk[:end].decode("utf-8", "replace"))

    def _read_measured(self, chunk: bytes) -> list[Frame]:
        """The careful way, for a chunk that may hold too large an event: every line is measured before it is read."""
        end = chunk.rfind(b"\n") + 1
        fits = self._measure(chunk[:end])
        frames = self._read(chunk[:fits].decode("utf-8", "replace"))
        dropped, self._tail, self._dropped = self._dropped, b"", 0
        if fits < end:
            line = chunk[fits:].partition(b"\n")[0]
            self._give_up(self._size + dropped + len(line), line[:HEAD_BYTES])
        else:
            self._hold(chunk[end:])
        return frames

    def _measure(self, lines: bytes) -> int:
        """Add whole lines to the size of the event; how many bytes of them come before one that is too large."""
        fits = 0
        for line in lines.split(b"\n")[:-1]:
            length = len(line) + self._dropped
            comment = line.startswith(b":")
            if line and length + (0 if comment else self._size) >= self._max:
                break
            if not line:
                self._size = 0
            elif not comment:
                self._size += length + 1
            self._dropped = 0
            fits += len(line) + 1
        return fits

    def _read(self, text: str) -> list[Frame]:
        """Whole lines, as §9.2.6 says. Local names and one loop: this is where the time goes."""
        frames: list[Frame] = []
        event, data, here = self._event, self._data, self._id
        for line in text.split("\n")[:-1]:
            if line.startswith("data: "):
                data = line[6:] if data is None else joined(data, line[6:])
                continue
            if not line:  # the id holds from here on, with data or without; only data makes a message
                if here is not None:
                    self.last_event_id = here
                if data is not None:
                    whole = data if isinstance(data, str) else data.decode()
                    frames.append(Message(event or "message", whole, self.last_event_id, here is not None))
                    self._stray = []
                event, data, here = "", None, None
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "id":
                here = here if "\0" in value else value
            elif name == "event":
                event = value
            elif name == "data":
                data = value if data is None else joined(data, value)
            elif name == "retry":
                self._hear_retry(value, frames)
            elif line.startswith(":"):
                frames.append(Comment(shortened(value)))
            else:
                self._stray = [*self._stray[:STRAY_LINES], shortened(line)]
        self._event, self._data, self._id = event, data, here
        return frames

    def _hear_retry(self, value: str, frames: list[Frame]) -> None:
        if not (value.isascii() and value.isdigit()):
            self.bad_retries += 1
            return
        self.retry_ms = int(value.lstrip("0")[:12] or "0")  # int() refuses thousands of digits
        low, high = RETRY_MS
        frames.append(Retry(min(max(self.retry_ms, low), high)))
