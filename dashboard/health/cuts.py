"""Turns that were cut: their stream ended without the good end. By whom, as far as framing and protocol can tell."""

from __future__ import annotations

import re

from dashboard.health.endings import DIRECTLY, compressed, so_far
from dashboard.health.evidence import Evidence, Told
from dashboard.health.wording import count, quoted, seconds
from dashboard.turn.heard import STRAY
from dashboard.turn.unended import NO_BLANK_LINES, NO_LAST_BLANK_LINE, TWO_CHARACTERS
from dashboard.turn.verdict import Fault

IDLE_TIMEOUTS_S = (30, 60, 100, 120, 300)
"""Silences at which proxies and load balancers close a connection by default."""

_FRAMING = re.compile(r"malformed (chunked )?body: ")
"""How `backend.framing` and `backend.transport` begin their words for a body whose framing is none."""

KNOWN: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"(?P<what>a hole|out of order) after a resume"),
        "Back end: it said that the answer was complete, but {what} after a resume, so it is not.",
        "Look at how the back end resumes: all events behind the Last-Event-ID, in order, from a buffer that is large enough.",
    ),
    (
        re.compile(r".*another answer began$"),
        "Back end: asked to go on with the answer it began another one, which was not joined to the first.",
        "Look at how the back end resumes: let it go on behind the Last-Event-ID, or refuse (204, 404) what it cannot resume.",
    ),
    (
        re.compile(r"the terminator came without a finish reason"),
        "Back end: it ended the answer with the terminator of {dialect} and without a finish reason, as one that was interrupted.",
        "Look in the back end's log for what interrupted the model; the network brought all that was sent.",
    ),
    (
        re.compile(rf"the stream ended .*; {STRAY} (?P<words>.*)"),
        "Back end: it broke off and wrote words that are no event: {words}.",
        "Look for these words in the back end's log, and let it send errors as events.",
    ),
    (
        re.compile(rf".*, and {NO_BLANK_LINES}"),
        "Back end: it ends its events without a blank line, so that no client can read one.",
        r"Let the back end send two line ends after each event: `data: …\n\n`.",
    ),
    (
        re.compile(rf".*; {TWO_CHARACTERS}"),
        "Back end: it sends a backslash and an n in the place of its line ends, so that no client can read an event.",
        "Look at how the back end writes `\\n`: it is escaped twice, or stands in quotation marks that keep it as it is.",
    ),
    (
        re.compile(rf"the stream ended .*; {NO_LAST_BLANK_LINE}"),
        "Back end: its last event is whole but for the blank line that ends it, so that a client must drop it.",
        r"Let the back end send two line ends after its last event, too: `data: …\n\n`.",
    ),
    (
        re.compile(r"the stream ended .*its finish reason came \((?P<reason>[^)]*)\), the terminator"),
        "Back end: it gave its finish reason ({reason}) and ended the stream without the terminator of {dialect}.",
        "Let the back end send the terminator: without it nobody can tell a whole answer from one whose end was lost.",
    ),
)
"""What `turn` says of an end, with the sentence and the next step for it; the first that fits."""

_CAME = {"a hole": "events are missing", "out of order": "events came out of order"}


def cut(evidence: Evidence) -> Told:
    """The stream ended without the dialect's good end."""
    lines = [f"Seen: {quoted(evidence.detail)}.", *so_far(evidence)]
    come = f"after {count(evidence.bytes, 'byte')}" if evidence.bytes else "before anything of it could be read"
    if evidence.fault == Fault.UNDECODABLE:
        return compressed(evidence, f"the stream broke off {come}")
    if _FRAMING.match(evidence.detail):
        return (
            f"Back end or proxy: the HTTP framing of its body is broken, {come}.",
            lines,
            f"Whoever writes the sizes of its chunks breaks RFC 9112 §7.1. {DIRECTLY}.",
        )
    if not evidence.bytes:
        return (
            "Back end: it opened the stream and ended it with nothing in it.",
            lines,
            "Look in the back end's log; a request that is too long often ends like this.",
        )
    if known := _known(evidence.detail, evidence.dialect):
        return known[0], lines, known[1]
    sentence, step = _unexplained(evidence)
    return sentence, lines, step


def _unexplained(evidence: Evidence) -> tuple[str, str]:
    """Sentence and next step for an end of which only its time and its framing speak."""
    silent_s = evidence.duration_s - (evidence.last_byte_s or 0.0)
    where = f"{seconds(evidence.duration_s)} in, after {count(evidence.bytes, 'byte')}"
    idle = next((limit for limit in IDLE_TIMEOUTS_S if abs(silent_s - limit) < 1), None)
    if idle is not None:
        return (
            (
                f"Proxy, most likely: the stream was cut {where}, after {seconds(silent_s)} of silence, and {idle} s is a "
                "usual idle timeout."
            ),
            "Send a heartbeat comment every 15 s, or raise the read timeout of the proxy (nginx: proxy_read_timeout).",
        )
    if _ended_in_order(evidence):
        return (
            (
                f"Back end, or a proxy before it: its response ended in good order {where}, without the good end of "
                f"{evidence.dialect}; the network did not cut it."
            ),
            "Look in the back end's log at that time for what ended the answer early, and let it send that as an event.",
        )
    return (
        f"Back end or network: the stream was cut {where}, without the good end of {evidence.dialect}.",
        (
            "Look for a crash or restart of the back end at that time; if it is always the same second, look for a "
            "timeout on the way."
        ),
    )


def _known(detail: str, dialect: str) -> tuple[str, str] | None:
    """Sentence and next step for an end of which `turn` said more than that it was none."""
    for pattern, sentence, step in KNOWN:
        if found := pattern.match(detail):
            words = {key: _CAME.get(value) or quoted(value, 120) for key, value in found.groupdict().items()}
            if "reason" in words:
                words["reason"] = found["reason"]
            return sentence.format(dialect=dialect, **words), step
    return None


def _ended_in_order(evidence: Evidence) -> bool:
    """Whether the end of the body was announced: a connection that is merely closed tells no end from a cut."""
    told = "content-length" in evidence.headers or "transfer-encoding" in evidence.headers
    return told and evidence.detail.startswith("the stream ended")
