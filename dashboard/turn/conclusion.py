"""What was read, as an ending: the back end's own word, or what became of the stream."""

from __future__ import annotations

from dashboard.turn.reading import Reading
from dashboard.turn.verdict import Ending, Fault

Concluded = tuple[Ending, str]
"""(ending, detail)."""

_UNREADABLE = Ending(Fault.UNDECODABLE, unreadable=True)
_CUT = Ending(Fault.CUT, opened=True)


def by_messages(reading: Reading) -> Concluded | None:
    """How the turn ended by what was said in it; None while nothing said so."""
    if reading.too_large:
        return Ending(Fault.TOO_LARGE, unreadable=True), reading.too_large
    if reading.foreign:
        return _CUT, reading.foreign
    if reading.error is not None:
        words = ": ".join(part for part in (reading.error.code, reading.error.message) if part)
        return Ending(Fault.BACKEND_ERROR, backend_error=True), words
    if reading.hopeless:
        return _UNREADABLE, reading.what_came
    if not reading.ended:
        return None
    if reading.unreadable:
        return _UNREADABLE, reading.what_came
    if reading.finish_missing:
        return _CUT, "the terminator came without a finish reason"
    return _good(reading)


def by_eof(reading: Reading) -> Concluded | None:
    """How the turn ended by the clean end of the transport; None when the dialect wants another end."""
    if reading.ends_well_at_eof:
        return _good(reading)
    if reading.dialect.ends_at_eof and reading.unreadable:
        return _UNREADABLE, reading.what_came
    return None


def by_loss(reading: Reading, fault: Fault, *, opened: bool) -> Ending:
    """How the turn ended when its last attempt was lost to `fault`; `opened`: a stream had been open."""
    undone = fault is Fault.UNDECODABLE
    if opened and (reading.unreadable or (undone and not (reading.heard or reading.text_seen))):
        return Ending(Fault.UNDECODABLE, unreadable=True, opened=True)
    if opened and fault is not Fault.SILENT and not undone:
        fault = Fault.CUT
    return Ending(fault, opened=opened, gave_up=fault is Fault.SILENT)


def _good(reading: Reading) -> Concluded:
    if reading.incomplete:
        return _CUT, reading.incomplete
    return Ending(good_end=True), reading.finish_reason
