"""Turns that were not cut short: what was unwell about them, or that nothing was."""

from __future__ import annotations

from dashboard.health.evidence import Evidence, Told
from dashboard.health.wording import clean, count, percent, quoted, seconds
from dashboard.turn.verdict import AnomalyKind, Outcome

LARGE_EVENT = 100_000
"""Characters from which on an event is worth a word; ordinary ones have some hundreds."""


def burst_proved(evidence: Evidence) -> Told:
    proof = evidence.proof
    hop, directive = (proof.hop, proof.directive) if proof else ("", "")
    return (
        f"Proxy: asked directly the text flows, through {clean(hop, 100)} it comes in bursts.",
        _burst_lines(evidence),
        clean(directive, 500),
    )


def burst_suspected(evidence: Evidence) -> Told:
    arrival = evidence.arrival
    return (
        (
            f"Proxy, suspected: {percent(arrival.bulk_share)} of the text came at once after {seconds(arrival.silence_s)} "
            "without a byte, as through a proxy that buffers; a model that answers in one piece looks the same."
        ),
        _burst_lines(evidence),
        (
            "Ask the back end around the proxy and compare; in nginx set `proxy_buffering off`, or let the back end send "
            "`X-Accel-Buffering: no`."
        ),
    )


def _burst_lines(evidence: Evidence) -> list[str]:
    arrival, headers = evidence.arrival, evidence.headers
    lines = [
        f"{percent(arrival.late_share)} of the text came in the last 5 % of the stream's life.",
        (
            f"{percent(arrival.bulk_share)} came in reads of many chunks after a long gap "
            f"({count(arrival.flushes, 'lump')}, the longest gap {seconds(arrival.silence_s)})."
        ),
    ]
    lines += [f"The header {name} says {quoted(headers[key], 80)}." for name, key in _TELLTALE if key in headers]
    if evidence.proof is None and "x-accel-buffering" not in headers:
        lines.append("There is no header X-Accel-Buffering that would ask a proxy not to buffer.")
    if arrival.thinned:
        lines.append("The stream was long, so its arrival times were thinned; the shares are close, not exact.")
    return lines


_TELLTALE = (
    ("Via", "via"),
    ("Server", "server"),
    ("Content-Encoding", "content-encoding"),
    ("X-Accel-Buffering", "x-accel-buffering"),
)


def midway(evidence: Evidence) -> Told:
    stall = evidence.stall(after_text=True)
    gave_up = evidence.outcome == Outcome.STALLED
    if stall is None and not gave_up:
        return (
            (
                f"Model or tool: the text paused for {seconds(evidence.worst_gap_s)} midway "
                f"(limit {seconds(evidence.limits.gap_s)}), while the stream itself went on."
            ),
            [
                (
                    f"The first text came after {_time(evidence.ttft_s)}; 95 % of the gaps were under "
                    f"{seconds(evidence.p95_gap_s)}."
                )
            ],
            "See which step or tool ran in the pause.",
        )
    silent_s = stall.silent_s if stall else evidence.duration_s - (evidence.last_byte_s or 0.0)
    if gave_up:
        silent_s = max(silent_s, evidence.limits.give_up_s)
    warm = stall is not None and stall.clock == "progress"
    how = "only heartbeats came" if warm else "not a byte came"
    whose = "Back end" if warm else "Back end or network"
    end = ", and we gave up" if gave_up else ", then it went on"
    return (
        f"{whose}: the answer stalled midway; {how} for {seconds(silent_s)}{end}.",
        [
            f"The first text came after {_time(evidence.ttft_s)}, so the start was not the trouble.",
            *(f"Silent for {seconds(each.silent_s)} on the {each.clock} clock." for each in evidence.stalls[:5]),
            f"{count(evidence.heartbeats, 'heartbeat')} came in the whole turn.",
        ],
        "The connection lives, so look at the model or agent behind it: a queue, a tool, a lock."
        if warm
        else "Let the back end send heartbeats: then a silent network and a silent model can be told apart.",
    )


def slow(evidence: Evidence) -> Told:
    phases = evidence.phases()
    phase, spent_s = max(phases, key=lambda each: each[1])
    limit_s = evidence.limits.ttft_s
    waited_s = evidence.duration_s if evidence.ttft_s is None else evidence.ttft_s
    what = "the first text came after" if evidence.ttft_s is not None else "no text came in"
    limit = f" (limit {seconds(limit_s)})" if waited_s > limit_s else " (within its limit, but after a stall)"
    whose, next_step = _PHASES[phase]
    head = f"; the response head had come at {seconds(evidence.head_s)}" if evidence.head_s is not None else ""
    lines = [f"{name}: {seconds(took_s)}" for name, took_s in phases]
    if evidence.reasoning_s is not None:
        lines.append(f"It sent reasoning from {seconds(evidence.reasoning_s)} on.")
    if evidence.heartbeats:
        lines.append(f"{count(evidence.heartbeats, 'heartbeat')} came, so the connection was alive.")
    return (
        f"{whose}: {what} {seconds(waited_s)}{limit}, {seconds(spent_s)} of it {_WAIT[phase]}{head}.",
        lines,
        next_step,
    )


_WAIT = {
    "attempts": "before the last attempt to connect",
    "connect": "connecting",
    "head": "waiting for the response head",
    "router": "waiting for the router",
    "agent": "waiting for the agent to start",
    "model": "waiting for the model",
}
_PHASES = {
    "attempts": (
        "Network or back end",
        "Look at why the earlier attempts failed, and at how many turns this backend may run at once.",
    ),
    "connect": (
        "Network or back end",
        "Look at the way there: DNS, the route, TLS, a queue of connections it accepts late.",
    ),
    "head": (
        "Model, or a proxy that holds it back",
        "Ask the back end directly: if the head comes at once there, the proxy holds it.",
    ),
    "router": ("Router", "Look at the router of the back end: what it asks, and whom."),
    "agent": ("Agent", "Look at why the chosen agent starts late: a queue, a cold start."),
    "model": ("Model", "Look at the model: its load, the length of the prompt, a cold start."),
}


def page_blocked(evidence: Evidence) -> Told:
    return (
        (
            f"Page: this server's own loop was blocked for {seconds(evidence.loop_lag_s)}, so the waits seen in this turn "
            "are its own."
        ),
        [f"The longest wait otherwise to blame: {seconds(evidence.blamed_s)}."],
        "Look at the load of the machine that runs Streamgauge, then ask again.",
    )


def page_late(evidence: Evidence) -> Told:
    return (
        f"Page: the answer arrived well, but reached the screen up to {seconds(evidence.screen_lag_s)} late.",
        [f"95 % of the gaps on the wire were under {seconds(evidence.p95_gap_s)}."],
        "Look at the load of this machine and of the browser; close other tabs on this page.",
    )


def blemished(evidence: Evidence) -> Told:
    kinds = ", ".join(f"{number} × {kind}" for kind, number in evidence.anomalies.items())
    lines = [
        f"{kind}: {quoted(detail)}." for kind, detail in evidence.anomaly_details.items() if kind in evidence.anomalies
    ]
    if set(evidence.anomalies) == {AnomalyKind.EMPTY_ANSWER} and (known := _EMPTY.get(_reason(evidence))):
        return f"{known[0]} (finish reason {clean(evidence.detail, 80)}).", lines, known[1]
    empty = AnomalyKind.EMPTY_ANSWER in evidence.anomalies
    what = "ended well, but the answer is empty" if empty else "completed its answer, but strayed from the protocol"
    return f"Back end: it {what} ({kinds}).", lines, "Compare what came with the protocol, event by event."


def healthy(evidence: Evidence) -> Told:
    arrival, again = evidence.arrival, ""
    if evidence.reconnects:
        again = f", although the network or the back end made us connect {count(evidence.reconnects + 1, 'time')}"
    return (
        (
            f"Nobody's fault: the answer completed in {seconds(evidence.duration_s)}, the first text after "
            f"{_time(evidence.ttft_s)}, the longest gap {seconds(evidence.worst_gap_s)}{again}."
        ),
        [
            f"First text due within {seconds(evidence.limits.ttft_s)}, gaps under {seconds(evidence.limits.gap_s)}.",
            f"{count(arrival.chunks, 'chunk')}, {count(arrival.characters, 'character')}, no anomaly.",
            *_large(evidence),
            *(
                [f"{known} (finish reason {clean(evidence.detail, 80)})."]
                if (known := _SHORT.get(_reason(evidence)))
                else []
            ),
        ],
        "Nothing needs doing.",
    )


def _reason(evidence: Evidence) -> str:
    """The finish reason of a completed answer, as its dialects spell it alike."""
    return evidence.detail.strip().lower().replace("-", "_")


_LENGTH = ("length", "max_tokens", "model_length", "max_output_tokens")
_TOOLS = ("tool_calls", "tool_use", "function_call")
_FILTERED = ("content_filter", "refusal", "safety")
_EMPTY: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        _TOOLS,
        (
            "Back end: the answer is a call of a tool and has no text",
            "If a tool was to be called nothing needs doing; its result has to be sent in a further question.",
        ),
    ),
    **dict.fromkeys(
        _LENGTH,
        (
            "Model: its limit of tokens was used up before any text of the answer",
            "Raise the limit (`ask.params`: max_tokens, max_completion_tokens), or let the model reason less.",
        ),
    ),
    **dict.fromkeys(
        _FILTERED,
        (
            "Back end: its filter, or the model, withheld the answer",
            "Ask something else, or look at the back end's filter of contents.",
        ),
    ),
}
"""Finish reasons by which an answer without text is a stated one: what it says, and what next."""
_SHORT: dict[str, str] = {
    **dict.fromkeys(_LENGTH, "The answer ends at its limit of tokens, perhaps in mid-sentence"),
    **dict.fromkeys(_FILTERED, "The answer was withheld from here on, by a filter or by the model"),
}
"""Finish reasons of an answer that is in order and yet may not be all that there was to say."""


def _large(evidence: Evidence) -> list[str]:
    if evidence.largest_event < LARGE_EVENT:
        return []
    large = count(evidence.largest_event, "character")
    return [f"The largest event held {large}; how large one may be is `limits.event_bytes`."]


def _time(value: float | None) -> str:
    return "an unknown time" if value is None else seconds(value)
