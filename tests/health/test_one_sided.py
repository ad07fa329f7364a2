"""One address answers and the other gives no stream: the right one is named, and what to look at there."""

from __future__ import annotations

import msgspec
import pytest

from dashboard.health.compare import Course, conclude
from dashboard.health.evidence import Evidence, Proof
from dashboard.turn.verdict import Fault

WELL = Evidence(outcome="completed", bytes=100, ttft_s=0.5, head_s=0.1, duration_s=2.0)
SPOKE = Course("completed", ((0.5, 10), (1.0, 10), (2.0, 10)), 3)
HOP = Proof("the hop at p:80", "Set it.")

# fault, what was seen, the outcome, what to look at
SIDES = [
    (Fault.CONNECT, "All connection attempts failed", "unreachable", "hop at p:80 runs and listens"),
    (Fault.DNS, "Name or service not known", "unreachable", "the host given to --compare"),
    (Fault.TLS, "certificate verify failed", "unreachable", "the certificate of the hop"),
    (Fault.PROXY, "403", "unreachable", "the proxy of this backend"),
    (Fault.CONNECT_TIMEOUT, "", "unreachable", "firewall that drops packets"),
    (Fault.HEAD_TIMEOUT, "no response head in 2 s", "unreachable", "passes no response head on"),
    (Fault.HTTP_STATUS, "HTTP 404, text/html: gone", "rejected", "the path given to --compare"),
    (Fault.HTTP_STATUS, "HTTP 502, text/html: Bad Gateway", "rejected", "does not reach the back end"),
    (Fault.HTTP_STATUS, "HTTP 418, text/html: teapot", "rejected", "turns away"),
    (Fault.MEDIA_TYPE, "HTTP 200, text/html: hello", "rejected", "a page came"),
    (Fault.REDIRECT, "9 redirects", "rejected", "redirects in the end"),
    (Fault.CUT, "reset before the head", "unreachable", "Look at the log of the hop"),
]


@pytest.mark.parametrize(("fault", "seen", "outcome", "look"), SIDES, ids=[f"{s[0]} {s[1][:8]}" for s in SIDES])
def test_the_side_that_gave_no_stream_is_named(fault: str, seen: str, outcome: str, look: str) -> None:
    bad, quiet = Evidence(outcome=outcome, fault=fault, detail=seen), Course(outcome)
    at_hop = conclude([(SPOKE, quiet)], WELL, bad, HOP)
    assert at_hop.kind == outcome
    assert at_hop.sentence.startswith("Asked directly the answer completes, through the hop at p:80 the turn ended as ")
    assert look in at_hop.next
    assert "{" not in at_hop.next
    direct = conclude([(quiet, SPOKE)], bad, WELL, HOP)
    assert direct.sentence.startswith("Through the hop at p:80 the answer completes, asked directly the turn ended as ")
    assert direct.next == "Give the address that the hop at p:80 itself asks, as it can be reached from this machine."
    both = conclude([(quiet, quiet)], bad, bad, HOP)
    assert both.sentence.startswith(
        f"Nothing is proved against the hop at p:80: asked directly the turn ended as {outcome}"
    )


def test_a_loop_of_ours_that_was_blocked_is_no_reason_that_the_hop_is_away() -> None:
    ours = msgspec.structs.replace(SPOKE, ours=True)
    blocked = msgspec.structs.replace(WELL, loop_lag_s=3.0)
    away = Evidence(outcome="unreachable", fault=Fault.CONNECT, detail="refused")
    told = conclude([(ours, Course("unreachable"))], blocked, away, HOP)
    assert told.kind == "unreachable"
    assert "loop" not in told.sentence + told.next


@pytest.mark.parametrize("outcome", ["failed", "truncated", "stalled", "malformed"])
def test_what_may_be_chance_is_blamed_on_nobody(outcome: str) -> None:
    told = conclude([(SPOKE, Course(outcome))], WELL, Evidence(outcome=outcome, bytes=10), HOP)
    assert told.sentence.startswith("Nothing is proved against the hop at p:80: ")
