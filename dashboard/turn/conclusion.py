"""What was read, as an ending: the back end's own word, or what became of the stream."""

from __future__ import annotations

from dashboard.turn.heard import Heard
from dashboard.turn.verdict import Ending, Fault

Concluded = tuple[Ending, str]
"""(ending, detail)."""

_UNREADABLE = Ending(Fault.UNDECODABLE, unreadable=True)
_CUT = Ending(Fault.CUT, opened=True)


def by_messages(heard: Heard) -> Concluded | None:
    """How the turn ended by what was said in it; None while nothing said so."""
    if heard.too_large:
        return Ending(Fault.TOO_LARGE, unreadable=True), heard.too_large
    if heard.foreign:
        return _CUT, heard.foreign
    if heard.error is not None:
        words = ": ".join(part for part in (heard.error.code, heard.error.message) if part)
        return Ending(Fault.BACKEND_ERROR, backend_error=True), words
    if heard.hopeless:
        return _UNREADABLE, heard.what_came
    if not heard.ended:
        return None
    if heard.unreadable:
        return _UNREADABLE, heard.what_came
    if heard.finish_missing:
        return _CUT, "the terminator came without a finish reason"
    return _good(heard)


def by_eof(heard: Heard) -> Concluded | None:
    """How the turn ended by the clean end of the transport; None when the dialect wants another end."""
    if heard.ends_well_at_eof:
        return _good(heard)
    if heard.dialect.ends_at_eof and heard.unreadable:
        return _UNREADABLE, heard.what_came
    return None


def by_loss(heard: Heard, fault: Fault, *, opened: bool) -> Ending:
    """How the turn ended when its last attempt was lost to `fault`; `opened`: a stream had been open."""
    undone = fault is Fault.UNDECODABLE
    if opened and (heard.unreadable or (undone and not (heard.heard or heard.text_seen))):
        return Ending(Fault.UNDECODABLE, unreadable=True, opened=True)
    if opened and fault is not Fault.SILENT and not undone:
        fault = Fault.CUT
    return Ending(fault, opened=opened, gave_up=fault is Fault.SILENT)


def _good(heard: Heard) -> Concluded:
    if heard.incomplete:
        return _CUT, heard.incomplete
    return Ending(good_end=True), heard.finish_reason
