"""Pure: a transcript and its report → the small JSON fields that the conversation shows of one turn."""

from __future__ import annotations

import json
from typing import Any

from dashboard.health.report import Report, SoFar
from dashboard.health.unread import Seen
from dashboard.turn.machine import OPEN, TurnState
from dashboard.turn.transcript import Transcript
from dashboard.ui.plain import one_line, visible
from dashboard.ui.words import DEFINITIONS, FAILED, OUTCOMES, UNWELL, count, plural, seconds
from dashboard.wire.chat_event import Routed

Fields = dict[str, Any]

STEPS_SHOWN = 12
REASONING_SHOWN = 20_000
DETAIL_CHARS = 2_000
SPEAKS = 3
"""So many unread messages make a stream that talks, and not one that is silent."""
QUOTING = frozenset(("failed", "rejected"))
"""Outcomes whose detail is what the server itself said."""


def fields(
    transcript: Transcript, report: Report | SoFar, now: float, *, queued: bool = False, seen: Seen | None = None
) -> Fields:
    """Everything but the answer's blocks and its reasoning; values are compared to send only what changed.

    Of a turn that has ended the whole `report` is needed.
    """
    live = transcript.state is not TurnState.ENDED
    whole = report if isinstance(report, Report) and not live else None
    return {
        "state": "queued" if queued and live else transcript.state.value,
        "live": live,
        "phases": phases(transcript, queued=queued) + (_unread(seen, report) if live else []),
        "typing": live and transcript.state in OPEN and not transcript.text,
        "meter": _meter(transcript, report, now) if live else None,
        "verdict": verdict(whole) | began(seen) if whole else None,
        "numbers": numbers(whole) if whole else [],
    }


def _meter(transcript: Transcript, report: Report | SoFar, now: float) -> Fields:
    """The live line; the browser goes on counting the silence by itself, without a message."""
    return {
        "ttft": seconds(report.ttft_s) if report.ttft_s is not None else "",
        "chunks": plural(report.chunks, "chunk"),
        "silent_s": round(max(0.0, now - transcript.silent_since), 1) if transcript.state in OPEN else None,
        "waited_s": round(now - transcript.asked_at, 1) if report.ttft_s is None and transcript.asked_at else None,
        "retry_s": round(max(0.0, transcript.retry_at - now), 1) if transcript.state is TurnState.BACKING_OFF else None,
    }


def _unread(seen: Seen | None, report: Report | SoFar) -> list[Fields]:
    """While it streams: it talks, and nothing of it is understood."""
    if seen is None or seen.understood or len(seen.messages) < SPEAKS:
        return []
    return [_phase("❔", f"{plural(report.events, 'message')} so far, none readable as {report.dialect}", now=True)]


def began(seen: Seen | None) -> Fields:
    """How a stream began of which nothing could be read, and where its text may stand."""
    if seen is None or seen.understood or not seen.frames:
        return {"frames": [], "proposal": ""}
    path = seen.text_path
    block = "" if path is None else f"dialect: custom\ncustom: {{text: {json.dumps(path)}}}"
    return {"frames": [one_line(frame, 300) for frame in seen.frames], "proposal": block}


def _phase(icon: str, text: str, *, now: bool = False, facts: list[str] | None = None, why: str = "") -> Fields:
    return {"icon": icon, "text": text, "facts": facts or [], "why": why, "now": now}


def phases(transcript: Transcript, *, queued: bool = False) -> list[Fields]:
    """What has happened on the way to the answer, in order; the one under way is marked `now`."""
    state, begun = transcript.state, bool(transcript.text)
    if queued and state is TurnState.IDLE:
        return [_phase("⏳", "Waiting for a place: this backend answers as many questions as it may", now=True)]
    shown: list[Fields] = []
    if transcript.attempt > 1 or state is TurnState.BACKING_OFF:
        word = "No connection; trying again" if state is TurnState.BACKING_OFF else f"Attempt {transcript.attempt}"
        shown.append(_phase("🔁", word, now=state in (TurnState.BACKING_OFF, TurnState.CONNECTING)))
    elif state in (TurnState.IDLE, TurnState.CONNECTING):
        shown.append(_phase("🔌", "Connecting…", now=True))
    if transcript.routing_started or transcript.routed:
        waiting = transcript.routed is None and state in OPEN
        shown.append(_phase("🧠", "Analysing…" if waiting else "Analysed", now=waiting))
    if transcript.routed:
        working = not begun and state in OPEN
        shown.append(routed(transcript.routed, now=working))
    shown += [_step(each) for each in _steps(transcript)[-STEPS_SHOWN:]]
    if not shown and state in OPEN and not begun:
        shown.append(_phase("🟢", "Connected, waiting for the first word", now=True))
    return shown


def routed(chosen: Routed, *, now: bool = False) -> Fields:
    """🎯 Math Agent, 95 %, a2a, and why."""
    sure = "" if chosen.confidence is None else f"{min(max(chosen.confidence, 0.0), 1.0) * 100:.0f} %"
    name = one_line(chosen.agent_name or chosen.agent_id or "an agent", 80)
    return _phase(
        "🎯",
        name,
        now=now,
        facts=[fact for fact in (sure, one_line(chosen.protocol, 24)) if fact],
        why=visible(chosen.reasoning[:DETAIL_CHARS]),
    )


def _steps(transcript: Transcript) -> list[tuple[str, str, str, str]]:
    """The named steps, without the agent's own beginning: its phase says that already."""
    chosen = transcript.routed
    told = {"agent", chosen.agent_name, chosen.agent_id} if chosen else {"agent"}
    return [step for step in transcript.steps if step[1] and (step[0] == "tool" or step[1] not in told)]


def _step(step: tuple[str, str, str, str]) -> Fields:
    kind, name, phase, detail = step
    return _phase(
        "🔧" if kind == "tool" else "•", one_line(name, 80), facts=[phase], why=visible(detail[:DETAIL_CHARS])
    )


def verdict(report: Report) -> Fields:
    """The badge: word and tone of the outcome, then the diagnosis with its evidence and the next step."""
    word, tone = OUTCOMES.get(report.outcome, (report.outcome, "bad"))
    told = report.diagnosis
    if told and tone == "good" and told.kind in UNWELL:
        tone = "warn"
    return {
        "outcome": report.outcome,
        "word": word,
        "tone": tone,
        "kind": told.kind if told else "",
        "sentence": visible(told.sentence) if told else "",
        "evidence": [visible(line) for line in told.evidence] if told else [],
        "next": visible(told.next) if told else "",
        "detail": _words(report),
    }


def _words(report: Report) -> str:
    """What the server itself said, when that is more than the evidence quotes."""
    said = visible(report.detail[:DETAIL_CHARS])
    quoted = report.diagnosis is not None and any(one_line(said) in line for line in report.diagnosis.evidence)
    return said if report.outcome in QUOTING and not quoted else ""


def numbers(report: Report) -> list[list[str]]:
    """The turn's numbers: label, value, definition. What is unknown is left out, what is nought is too."""
    gap, usage = report.gap_s, report.usage
    shown = [
        ["TTFT", seconds(report.ttft_s) if report.ttft_s is not None else "", DEFINITIONS["ttft"]],
        ["chunks", count(report.chunks), DEFINITIONS["chunks"]],
        ["gap p95", seconds(gap.p95) if gap.p95 is not None else "", DEFINITIONS["gap_p95"]],
        ["duration", seconds(report.duration_s), DEFINITIONS["duration"]],
    ]
    if usage and usage.output_tokens is not None:
        shown.append(["tokens", count(usage.output_tokens), DEFINITIONS["tokens"]])
    if report.reconnects:
        shown.append(["reconnects", count(report.reconnects), DEFINITIONS["reconnects"]])
    if report.stalls:
        shown.append(["stalls", count(report.stalls), DEFINITIONS["stalls"]])
    return [each for each in shown if each[1]]


def pill(transcript: Transcript | None, *, queued: bool = False) -> dict[str, str]:
    """The connection in four states: sign, state and words."""
    if transcript is None or (transcript.state is TurnState.IDLE and not queued):
        return _pill("⚫", "idle", "Not connected")
    if transcript.state is TurnState.ENDED:
        if transcript.outcome in FAILED:
            return _pill("🔴", "failed", f"Failed: {transcript.outcome}")
        return _pill("⚫", "idle", "Not connected")
    if transcript.state in OPEN:
        return _pill("🟢", "connected", "Connected")
    if transcript.state is TurnState.BACKING_OFF:
        return _pill("🟡", "connecting", "Connecting again")
    return _pill("🟡", "connecting", "Waiting for a place" if queued else "Connecting")


def _pill(sign: str, state: str, word: str) -> dict[str, str]:
    return {"sign": sign, "state": state, "word": word}
