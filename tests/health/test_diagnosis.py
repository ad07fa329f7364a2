from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.config import Thresholds
from dashboard.health.arrival import Arrival
from dashboard.health.diagnosis import Diagnosis, Kind, diagnose
from dashboard.health.evidence import Evidence, Proof, Stall
from dashboard.turn.verdict import WAITED, AnomalyKind, Fault, Outcome

LIMITS = Thresholds(ttft_s=2, gap_s=5, stall_after_s=5)
STEADY = Arrival(20, 400, 0.1, 0.0, 0, 0.0, 1.0, thinned=False)
BURST = Arrival(40, 800, 1.0, 1.0, 1, 6.0, 0.5, thinned=False)
EARLY_STALL = Stall("bytes", 6.0, after_text=False, over=True)
MIDWAY = Stall("bytes", 9.0, after_text=True, over=True)
WARM = Stall("progress", 9.0, after_text=True, over=True)
OPEN = Stall("bytes", 7.0, after_text=True, over=False)
HOSTILE = "<script>alert(1)</script>\x00\ud800\r\nnext " + "x" * 5000


def well(**changed: Any) -> Evidence:
    """A turn that completed and was well, but for what is `changed`."""
    evidence: dict[str, Any] = {
        "outcome": "completed", "dialect": "orchestrator", "limits": LIMITS, "connecting_s": 0.0, "head_s": 0.01,
        "ttft_s": 0.4, "last_byte_s": 3.0, "duration_s": 3.0, "events": 22, "bytes": 2000, "arrival": STEADY,
        "worst_gap_s": 0.3, "p95_gap_s": 0.2,
    }  # fmt: skip
    return Evidence(**{**evidence, **changed})


def ended(outcome: str, fault: str = "", detail: str = "", **changed: Any) -> Evidence:
    return well(outcome=outcome, fault=fault, detail=detail, **changed)


NO_TEXT: dict[str, Any] = {"ttft_s": None, "arrival": Arrival(0, 0, 0.0, 0.0, 0, 0.0, 0.0, thinned=False)}
PROOF = Proof("nginx", "Set `proxy_buffering off;`.")

BAD_SIZE = "malformed chunked body: illegal chunk header: b'x', with nothing in it"
BROTLI = "Content-Encoding 'br', although identity was asked for"

CASES: list[tuple[str, Evidence, Kind, str]] = [
    ("well", well(), Kind.HEALTHY, "Nobody's fault"),
    ("resumed", well(reconnects=1), Kind.HEALTHY, "2 times"),
    ("slow model", well(ttft_s=17.0, duration_s=20.0), Kind.SLOW_START, "Model: .* 17.0 s .* had come at 0.01 s"),
    ("slow head", well(head_s=17.0, ttft_s=17.1), Kind.SLOW_START, "Model, or a proxy that holds it back: "),
    ("slow connect", well(connecting_s=6.0, head_s=6.1, ttft_s=6.2), Kind.SLOW_START, "before the last attempt"),
    ("slow router", well(routed_s=4.0, agent_s=4.1, ttft_s=4.5), Kind.SLOW_START, "^Router: "),
    ("slow agent", well(routed_s=0.2, agent_s=4.1, ttft_s=4.5), Kind.SLOW_START, "^Agent: "),
    ("early stall", well(ttft_s=1.9, stalls=(EARLY_STALL,)), Kind.SLOW_START, "within its limit"),
    ("no text ever", ended("stalled", Fault.SILENT, duration_s=120.0, **NO_TEXT), Kind.SLOW_START, "no text came"),
    ("router hangs", ended("stalled", Fault.SILENT, routing_s=0.1, duration_s=120.0, **NO_TEXT), Kind.SLOW_START, "^R"),
    ("agent hangs", ended("stalled", Fault.SILENT, routed_s=0.1, duration_s=120.0, **NO_TEXT), Kind.SLOW_START, "^Ag"),
    ("stall", well(stalls=(MIDWAY,), worst_gap_s=9.0), Kind.STALLED_MIDWAY, "not a byte came for 9.0 s, then"),
    ("heartbeats", well(stalls=(WARM,), heartbeats=9), Kind.STALLED_MIDWAY, "^Back end: .* only heartbeats"),
    ("gave up", ended("stalled", Fault.SILENT, stalls=(OPEN,)), Kind.STALLED_MIDWAY, "we gave up"),
    ("pause", well(worst_gap_s=6.0), Kind.STALLED_MIDWAY, "^Model or tool: "),
    ("burst", well(ttft_s=6.0, arrival=BURST), Kind.BURST_SUSPECTED, "^Proxy, suspected: 100 % .* 6.0 s"),
    ("burst, stall", well(ttft_s=6.0, arrival=BURST, stalls=(EARLY_STALL,)), Kind.BURST_SUSPECTED, "suspected"),
    ("proved", well(arrival=BURST, proof=PROOF), Kind.BURST_PROVED, "^Proxy: .* nginx"),
    ("cut", ended("truncated", Fault.CUT, "after 9 messages"), Kind.CUT, "3.0 s in, after 2,000 bytes"),
    ("idle timeout", ended("truncated", Fault.CUT, duration_s=63.2), Kind.CUT, "^Proxy, most likely: .* 60 s"),
    ("nothing", ended("truncated", Fault.CUT, bytes=0, **NO_TEXT), Kind.CUT, "nothing in it"),
    ("framing", ended("truncated", Fault.CUT, BAD_SIZE, bytes=0, **NO_TEXT), Kind.CUT, "framing .* before anything"),
    ("framing later", ended("truncated", Fault.CUT, BAD_SIZE), Kind.CUT, "^Back end or proxy: the HTTP .* after 2,000 b"),
    ("packed", ended("malformed", Fault.UNDECODABLE, BROTLI, bytes=0, **NO_TEXT), Kind.PROTOCOL_BROKEN, "compression"),
    ("packed, later", ended("truncated", Fault.UNDECODABLE, BROTLI), Kind.CUT, "off after 2,000 bytes, .*compression"),
    ("no whole head", ended("unreachable", Fault.CUT, "no response head: x", **NO_TEXT), Kind.UNREACHABLE, "^Back end or proxy: .* ended it"),
    ("no HTTP", ended("unreachable", Fault.CUT, "no usable response head: x", **NO_TEXT), Kind.UNREACHABLE, "is no HTTP response head"),
    ("failed", ended("failed", Fault.BACKEND_ERROR, "out of memory"), Kind.BACKEND_FAILED, "“out of memory”"),
    ("failed mutely", ended("failed", Fault.BACKEND_ERROR, **NO_TEXT), Kind.BACKEND_FAILED, "before any text"),
    ("401", ended("rejected", Fault.HTTP_STATUS, "HTTP 401, text/html: no"), Kind.REJECTED, "HTTP 401"),
    ("503", ended("rejected", Fault.HTTP_STATUS, "HTTP 503, text/html", reconnects=2), Kind.REJECTED, "or a proxy"),
    ("no stream", ended("rejected", Fault.MEDIA_TYPE, "HTTP 200, text/html"), Kind.REJECTED, "text/html"),
    ("redirects", ended("rejected", Fault.REDIRECT, "9 redirects"), Kind.REJECTED, "redirects"),
    ("refused", ended("unreachable", Fault.CONNECT, "refused", **NO_TEXT), Kind.UNREACHABLE, "nothing accepted"),
    ("no head", ended("unreachable", Fault.HEAD_TIMEOUT, **NO_TEXT), Kind.UNREACHABLE, "never sent a response head"),
    ("no name", ended("unreachable", Fault.DNS, **NO_TEXT), Kind.UNREACHABLE, "could not be resolved"),
    ("unreadable", ended("malformed", Fault.UNDECODABLE, "html", **NO_TEXT), Kind.PROTOCOL_BROKEN, "as orchestrator"),
    ("too large", ended("malformed", Fault.TOO_LARGE), Kind.PROTOCOL_BROKEN, "larger than we accept"),
    (
        "too large, measured",
        ended("malformed", Fault.TOO_LARGE, "an event of 9 bytes or more, over limits.event_bytes (8); it begins: x"),
        Kind.PROTOCOL_BROKEN,
        r"^Back end: it sent an event of 9 bytes or more, over limits.event_bytes \(8\), after",
    ),
    ("large and well", well(largest_event=1_000_000), Kind.HEALTHY, "^Nobody's fault"),
    (
        "recording",
        ended("stopped", by="recording"),
        Kind.STOPPED,
        "^The recording ends before the turn does, after 3.0 s, with .* character",
    ),
    ("empty recording", ended("stopped", by="recording", bytes=0, **NO_TEXT), Kind.STOPPED, "holds not one byte"),
    ("blemish", well(anomalies={"unknown_event": 3}), Kind.PROTOCOL_BROKEN, "3 × unknown_event"),
    ("empty", well(anomalies={"empty_answer": 1}, **NO_TEXT), Kind.PROTOCOL_BROKEN, "the answer is empty"),
    ("tool", well(anomalies={"empty_answer": 1}, detail="tool_calls", **NO_TEXT), Kind.PROTOCOL_BROKEN, "a call of a tool"),
    ("all thought", well(anomalies={"empty_answer": 1}, detail="length", **NO_TEXT), Kind.PROTOCOL_BROKEN, "^Model: its limit"),
    ("withheld", well(anomalies={"empty_answer": 1}, detail="content-filter", **NO_TEXT), Kind.PROTOCOL_BROKEN, "withheld"),
    ("tool and more", well(anomalies={"empty_answer": 1, "gap": 1}, detail="tool_use", **NO_TEXT), Kind.PROTOCOL_BROKEN, "1 × gap"),
    ("no type", ended("rejected", Fault.MEDIA_TYPE, "HTTP 200, no Content-Type: data: {}"), Kind.REJECTED, "stream, but it has no Content-Type"),
    ("other type", ended("rejected", Fault.MEDIA_TYPE, "HTTP 200, a/b; c=d: event: x\ndata: y"), Kind.REJECTED, "calls it “a/b; c=d”"),
    ("page", ended("rejected", Fault.MEDIA_TYPE, "HTTP 200, text/html: \n<!DOCTYPE html>"), Kind.REJECTED, "a page for a browser"),
    ("an error", ended("rejected", Fault.MEDIA_TYPE, 'HTTP 200, a/json: {"error": {"code": -1, "message": "no"}}'), Kind.REJECTED, "“-1: no”"),
    ("one answer", ended("rejected", Fault.MEDIA_TYPE, 'HTTP 200, a/json: {"choices": []}'), Kind.REJECTED, "one JSON object"),
    ("waiting", ended("stopped", by="person", detail=f"{WAITED} HTTP 429, x: no quota", **NO_TEXT), Kind.STOPPED, "ask again: “HTTP 429, x: no q"),
    ("loop", well(ttft_s=6.0, arrival=BURST, loop_lag_s=5.0), Kind.PAGE_SLOW, "own loop was blocked for 5.0 s"),
    ("loop innocent", well(ttft_s=6.0, loop_lag_s=0.6), Kind.SLOW_START, "^Model"),
    ("screen", well(screen_lag_s=1.5), Kind.PAGE_SLOW, "up to 1.5 s late"),
    ("stopped", ended("stopped", by="person"), Kind.STOPPED, "^The person stopped it after 3.0 s, .* was well"),
    ("gave up waiting", ended("stopped", by="person", duration_s=9.0, **NO_TEXT), Kind.STOPPED, "before any text"),
    ("stopped in a stall", ended("stopped", by="person", stalls=(OPEN,)), Kind.STOPPED, "silent for 7.0 s"),
    ("limit", ended("stopped", Fault.LIMIT, "longer than 1800 s", by="limit"), Kind.STOPPED, "“longer than 1800 s”"),
    ("shutdown", ended("stopped", by="shutdown"), Kind.STOPPED, "shut down"),
]  # fmt: skip


def fit_for_a_person(told: Diagnosis) -> None:
    for sentence in (told.sentence, told.next):
        assert sentence.endswith(".")
        assert re.fullmatch(r"[^<>\x00-\x1f\ud800-\udfff]+", sentence), sentence
        assert len(sentence) < 600
    assert told.sentence[0].isupper()
    assert all(line and len(line) < 400 and "<" not in line for line in told.evidence)


@pytest.mark.parametrize(("evidence", "kind", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_evidence_has_its_diagnosis(evidence: Evidence, kind: Kind, says: str) -> None:
    told = diagnose(evidence)
    assert told.kind == kind
    assert re.search(says, told.sentence), told.sentence
    fit_for_a_person(told)


def test_every_kind_is_reached() -> None:
    assert {kind for _, _, kind, _ in CASES} == set(Kind)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("fault", ["", *Fault])
def test_hostile_words_are_quoted_bounded_and_harmless(outcome: str, fault: str) -> None:
    told = diagnose(
        ended(
            outcome,
            fault,
            HOSTILE,
            anomalies={"unknown_event": 1},
            anomaly_details={"unknown_event": HOSTILE},
            headers={"via": HOSTILE, "server": HOSTILE},
            arrival=BURST,
        )
    )
    fit_for_a_person(told)


@pytest.mark.parametrize(("reason", "says"), [("max_tokens", "limit of tokens"), ("refusal", "withheld")])
def test_an_answer_that_may_go_on_says_so(reason: str, says: str) -> None:
    told = diagnose(well(detail=reason))
    assert told.kind == Kind.HEALTHY
    assert any(says in line and reason in line for line in told.evidence)
    assert not any(says in line for line in diagnose(well(detail="stop")).evidence)


def test_the_header_that_makes_a_burst_likely_is_quoted() -> None:
    told = diagnose(well(arrival=BURST, headers={"via": "1.1 proxy", "x-accel-buffering": "no"}))
    assert any("Via" in line and "1.1 proxy" in line for line in told.evidence)
    assert not any("There is no header" in line for line in told.evidence)


@given(
    st.builds(
        Evidence,
        outcome=st.sampled_from(list(Outcome)),
        fault=st.sampled_from(["", *Fault]),
        detail=st.text(max_size=400),
        by=st.sampled_from(["", "person", "limit", "shutdown", "session", "recording"]),
        dialect=st.just("custom"),
        limits=st.just(LIMITS),
        head_s=st.none() | st.floats(0, 100),
        routing_s=st.none() | st.floats(0, 100),
        routed_s=st.none() | st.floats(0, 100),
        agent_s=st.none() | st.floats(0, 100),
        ttft_s=st.none() | st.floats(0, 100),
        last_byte_s=st.none() | st.floats(0, 100),
        duration_s=st.floats(0, 1e4),
        bytes=st.integers(0, 10**9),
        heartbeats=st.integers(0, 1000),
        reconnects=st.integers(0, 9),
        worst_gap_s=st.floats(0, 100),
        stalls=st.lists(st.sampled_from([MIDWAY, WARM, EARLY_STALL, OPEN])).map(tuple),
        anomalies=st.dictionaries(st.sampled_from([each.value for each in AnomalyKind]), st.integers(1, 9), max_size=3),
        arrival=st.sampled_from([STEADY, BURST]),
        loop_lag_s=st.floats(0, 10),
        screen_lag_s=st.floats(0, 10),
        proof=st.none() | st.just(PROOF),
    )
)
def test_whatever_the_evidence_there_is_one_diagnosis_fit_for_a_person(evidence: Evidence) -> None:
    fit_for_a_person(diagnose(evidence))
