"""Standard output and standard error that can be full, or gone: that is told once, at the end, and nothing fails midway.

A disk fills up, `| head -1` has read enough, a terminal is closed, a shell gave no standard output (`>&-`): whatever is
written then goes nowhere, while a recording is still written and a server still serves.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:  # --help is quick without it
    from rich.console import Console

FAILED = 2
"""Exit code when a result could not be told."""
NO_READER = 141
"""Exit code when the reader of our standard output has gone: what a shell gives for SIGPIPE."""


class Outlet(io.RawIOBase):
    """Bytes on their way to `raw`, until it takes no more: from then on they are dropped, and `lost` says why."""

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw = raw
        self.lost: OSError | None = None

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return self._raw is not None and bool(self._raw.isatty())

    def fileno(self) -> int:
        if self._raw is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return int(self._raw.fileno())

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        while self.lost is None:
            try:
                written = self._raw.write(view) if self._raw is not None else self.fileno()
            except OSError as error:
                self.lost = error
                break
            if written is not None:
                return int(written)
            select.select([], [self.fileno()], [])  # somebody made it non-blocking, and it is full for now
        return len(view)


class Outputs:
    """What `main` watches: whether the result of a command could be told."""

    def __init__(self) -> None:
        self.out: Outlet | None = None
        self.needed = True
        """False for who serves: nobody need read its address."""

    @property
    def lost(self) -> OSError | None:
        return self.out.lost if self.out is not None else None

    def guard(self) -> None:
        """Takes the place of both streams; a stream that is no file of its own stays as it is."""
        _fill_gaps()
        sys.stdout, self.out = _guarded(sys.stdout)
        sys.stderr, _ = _guarded(sys.stderr)

    def exit_code(self, code: Any) -> Any:
        """`code`, or the one for a result that was not told; says so."""
        sys.stdout.flush()
        if self.lost is None or not self.needed or code not in (None, 0, 1):
            return code
        if self.lost.errno == errno.EPIPE:
            return NO_READER
        sys.stderr.write(f"standard output: expected to write to it, got: {self.lost.strerror}\n")
        return FAILED


OUTPUTS = Outputs()


def serves() -> None:
    """From here on nobody need read what is printed."""
    OUTPUTS.needed = False


def nobody_reads() -> bool:
    """Whether nobody can read what this command prints."""
    return OUTPUTS.lost is not None


def console_for_lines() -> Console:
    """A console that prints lines as they are, of any length; some shells say of themselves that they have no columns."""
    from rich.console import Console

    width = 80 if os.environ.get("COLUMNS", "").strip("0") == "" else None
    return Console(soft_wrap=True, highlight=False, markup=False, emoji=False, width=width)


def _guarded(stream: TextIO | None) -> tuple[TextIO, Outlet | None]:
    if stream is not None and not isinstance(stream, io.TextIOWrapper):
        return stream, None
    outlet = Outlet(None if stream is None else getattr(stream.buffer, "raw", stream.buffer))
    guarded = io.TextIOWrapper(
        io.BufferedWriter(outlet),
        encoding="utf-8" if stream is None else stream.encoding,
        errors="backslashreplace",  # a terminal that can't show a character gets an escape
        line_buffering=stream is not None and stream.line_buffering,
        write_through=stream is not None and stream.write_through,
    )
    return guarded, outlet


def _fill_gaps() -> None:
    """Where a shell closed one of the first three descriptors, no socket of ours may take its number."""
    while True:
        number = os.open(os.devnull, os.O_RDWR)
        if number > 2:
            os.close(number)
            return
