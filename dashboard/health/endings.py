"""Turns that ended badly or were stopped: whose fault, in a sentence, on what evidence, and what to do."""

from __future__ import annotations

import re

from dashboard.health.evidence import Evidence, Told
from dashboard.health.wording import count, quoted, seconds
from dashboard.turn.verdict import WAITED, Fault

_TOO_LARGE = re.compile(r"an event of [\d,]+ bytes or more, over limits\.event_bytes \([\d,]+\)")
"""How `turn.reading` begins its words for an event over the limit."""

_ENCODING = re.compile(r"Content-Encoding '?[\w-]")
"""How `backend.inflate` begins its words for a body that it cannot inflate."""

DIRECTLY = "Ask the back end directly, without the proxy, to see which of the two sends it"


def stopped(evidence: Evidence) -> Told:
    """By whom, and how the turn stood."""
    if evidence.by == "recording":
        return _unfinished(evidence)
    who = {
        "person": "The person stopped it",
        "limit": "Streamgauge stopped it at a limit",
        "shutdown": "Streamgauge was shut down and stopped it",
        "session": "The page was closed, which stopped it",
        "live": "It was a canary, and gave its place to a live turn",
        "deadline": "The time allowed for the probe was over, which stopped it",
    }.get(evidence.by, f"It was stopped by {evidence.by or 'its owner'}")
    after = f"after {seconds(evidence.duration_s)}"
    stall = evidence.open_stall
    late = evidence.ttft_s is None and evidence.duration_s > evidence.limits.ttft_s
    if evidence.by == "limit":
        return (
            f"{who} {after}: {quoted(evidence.detail, 120)}.",
            [*so_far(evidence)],
            "Raise the limit in config.yaml, or ask for less.",
        )
    if evidence.detail.startswith(WAITED):
        return (
            f"{who} {after}, while it waited to ask again: {quoted(evidence.detail.removeprefix(WAITED), 120)}.",
            [f"What became of the last attempt: {quoted(evidence.detail.removeprefix(WAITED))}.", *so_far(evidence)],
            "Look at why that attempt failed; asking again is of use once that is mended.",
        )
    if stall is not None:
        stood = f"while the back end had been silent for {seconds(stall.silent_s)} or more"
    elif late:
        stood = f"before any text had come (it was due within {seconds(evidence.limits.ttft_s)})"
    else:
        stood = f"with {count(evidence.arrival.characters, 'character')} received; the stream was well"
    step = "Ask again; if it is silent again, look at the back end." if stall or late else "Nothing needs doing."
    if evidence.by == "deadline" and not (stall or late):
        step = "Has its answer no end? If it may take this long, raise the canary's max_duration_s."
    return f"{who} {after}, {stood}.", so_far(evidence), step


def _unfinished(evidence: Evidence) -> Told:
    """Nobody stopped it: no more of it was recorded."""
    after = f"after {seconds(evidence.duration_s)}, with {count(evidence.arrival.characters, 'character')} received"
    return (
        f"The recording ends before the turn does, {after}."
        if evidence.bytes
        else "The recording holds not one byte of an answer: it ends before anything came.",
        so_far(evidence) if evidence.bytes else [],
        "Nothing can be said of the end: record the turn again, and let it end.",
    )


def protocol_broken(evidence: Evidence) -> Told:
    """Nothing could be read, or an event was too large."""
    lines = [f"What came: {quoted(evidence.detail)}.", *so_far(evidence)]
    if evidence.fault == Fault.TOO_LARGE:
        told = _TOO_LARGE.match(evidence.detail)
        size = told[0] if told else "an event larger than we accept"
        return (
            f"Back end: it sent {size}, after {count(evidence.events, 'event')} of ordinary size.",
            lines,
            "Let the back end send it in smaller events, or raise `limits.event_bytes` in config.yaml.",
        )
    if _ENCODING.match(evidence.detail):
        return compressed(evidence, "nothing of its answer could be read")
    return (
        (
            f"Back end or configuration: nothing of the {count(evidence.bytes, 'byte')} that came could be read as "
            f"{'any dialect' if evidence.dialect == 'auto' else evidence.dialect}."
        ),
        lines,
        _another_dialect(evidence)
        or "Run `streamgauge check` on the url: it shows the first frames and proposes a dialect or a text path.",
    )


def compressed(evidence: Evidence, what: str) -> Told:
    """Its compression could not be undone."""
    return (
        f"Back end or proxy: {what}, because the compression of its body cannot be undone.",
        [f"Seen: {quoted(evidence.detail)}.", *so_far(evidence)],
        f"Turn compression off for event streams; none was asked for. {DIRECTLY}.",
    )


def _another_dialect(evidence: Evidence) -> str:
    """What to set, when the stream was recognised as something else (see wire.guess.looks_like)."""
    found = re.search(r"set dialect: ([\w-]+)", evidence.detail)
    return f"Set `dialect: {found[1]}` for this backend: that is what its messages look like." if found else ""


def backend_failed(evidence: Evidence) -> Told:
    """The back end said so itself."""
    said = f" It said {quoted(evidence.detail, 120)}." if evidence.detail else " It gave no reason."
    had = f" after {count(evidence.arrival.chunks, 'chunk')} of text" if evidence.arrival.chunks else " before any text"
    return (
        f"Back end: it reported its own failure {seconds(evidence.duration_s)} in,{had}.{said}",
        [f"The back end's words: {quoted(evidence.detail)}.", *so_far(evidence)],
        "Look for this error in the back end's log at that time.",
    )


def so_far(evidence: Evidence) -> list[str]:
    arrival = evidence.arrival
    lines = [
        (
            f"Until then: {count(evidence.events, 'event')}, {count(arrival.chunks, 'chunk')} of text, "
            f"{count(evidence.bytes, 'byte')} in {seconds(evidence.duration_s)}."
        )
    ]
    if evidence.last_byte_s is not None:
        lines.append(f"The last byte came {seconds(evidence.last_byte_s)} after the request.")
    if evidence.reconnects:
        lines.append(f"There had been {count(evidence.reconnects, 'reconnect')}.")
    if evidence.heartbeats:
        lines.append(f"{count(evidence.heartbeats, 'heartbeat')} came.")
    return lines
