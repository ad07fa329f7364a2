"""Turns that never had a stream: no connection, no response head, or an answer of HTTP that is none."""

from __future__ import annotations

import re

from dashboard.health.endings import DIRECTLY
from dashboard.health.evidence import Evidence, Told
from dashboard.health.wording import count, quoted, seconds
from dashboard.turn.verdict import Fault
from dashboard.wire import payload
from dashboard.wire.chat_event import Malformed

UNREACHABLE: dict[str, tuple[str, str]] = {
    Fault.DNS: (
        "Network or address: the name of the back end could not be resolved",
        "Check the host in the backend's url, and the name server of this machine.",
    ),
    Fault.CONNECT: (
        "Back end or network: nothing accepted the connection",
        "Check that the back end runs and listens on the port of its url, and that no firewall is between.",
    ),
    Fault.TLS: (
        "Back end or network: the TLS handshake failed",
        "Check the certificate, its name and who issued it; a file of your own authority goes into the backend's ca_file.",
    ),
    Fault.PROXY: (
        "Proxy: the proxy on the way did not let us through",
        "Check the proxy in the environment or in the backend's config, and that it knows the back end.",
    ),
    Fault.CONNECT_TIMEOUT: (
        "Network: the connection was not accepted in time",
        "Check that the address is reachable from here; a firewall that drops packets looks just like this.",
    ),
    Fault.CUT: (
        "Back end or proxy: it accepted the connection and ended it before a whole response head had come",
        (
            "Check that the port of the url speaks HTTP; one that speaks TLS may hang up just like this, and wants https://. Then "
            "look in the back end's log for a crash or a refusal at that time."
        ),
    ),
    Fault.HEAD_TIMEOUT: (
        "Back end or proxy: it accepted the connection and then never sent a response head",
        "Ask the back end directly, without the proxy: if its head comes at once, the proxy holds it back.",
    ),
}
SEEN: tuple[tuple[str, re.Pattern[str], str, str], ...] = (
    (
        Fault.CUT,
        re.compile(r"no usable response head: "),
        "Back end or proxy: it accepted the connection, and what it sent is no HTTP response head that can be used",
        f"Check that the port of the url is that of the back end and speaks HTTP. {DIRECTLY}.",
    ),
    (
        Fault.TLS,
        re.compile(r"this port does not speak TLS"),
        "Address: the url says https://, and what listens at its port answered in something else than TLS",
        "Put http:// into the backend's url, or the port at which the back end speaks TLS.",
    ),
    (
        Fault.TLS,
        re.compile(r"this port speaks TLS"),
        "Address: the url says http://, and what listens at its port speaks TLS",
        "Put https:// into the backend's url.",
    ),
    (
        Fault.TLS,
        re.compile(r"no answer to the TLS handshake"),
        "Address or back end: it accepted the connection and then never answered the TLS handshake",
        "A port that speaks plain HTTP looks just like this: is the url meant to be http://? Else look whether the back end hangs.",
    ),
    (
        Fault.TLS,
        re.compile(r"the connection ended in the TLS handshake"),
        "Address or back end: it accepted the connection and ended it in the TLS handshake",
        "A port that speaks plain HTTP may do just this: is the url meant to be http://? Else look in the back end's log.",
    ),
)
"""What is told in place of UNREACHABLE where the words of `backend.transport` and `backend.dialled` say more."""

_UNREACHABLE_OTHER = (
    "Network: no connection could be made",
    "Try again; if it stays so, ask the back end with `curl -N` from this machine.",
)

REJECTED: dict[int, str] = {
    400: "Check the dialect and its options: the back end did not accept the request's shape.",
    401: "Check the backend's headers: the back end wants a credential, or another one.",
    403: "Check the backend's headers: the credential is not allowed to do this.",
    404: "Check the path in the backend's url.",
    405: "Check the backend's `method`: this path does not take it.",
    422: "Check the dialect and its options: the back end did not accept the request's shape.",
    429: "Ask less often, or raise the back end's rate limit; it turned us away as one too many.",
}

_WANTS_TLS = re.compile(
    r"plain HTTP\b.*\b(HTTPS|SSL|TLS)\b|HTTP request to an HTTPS server|requires (TLS|SSL)\b", re.IGNORECASE | re.DOTALL
)
"""How servers (nginx, Apache, Go's, Tomcat) say that a port of theirs speaks TLS, in plain HTTP."""


def rejected(evidence: Evidence) -> Told:
    """An HTTP answer that is no stream."""
    found = re.match(r"HTTP (\d{3})", evidence.detail)
    status = int(found[1]) if found else 0
    lines = [f"The server's words: {quoted(evidence.detail)}."]
    if evidence.reconnects:
        lines.append(f"It was the same after {count(evidence.reconnects, 'further attempt')}.")
    if evidence.fault == Fault.MEDIA_TYPE:
        if known := _another_body(evidence.detail):
            return known[0], lines, known[1]
        return (
            f"Back end: it answered, but not with an event stream ({quoted(evidence.detail, 80)}).",
            lines,
            "Check the url, and that the request asks for streaming; the back end must send text/event-stream.",
        )
    if evidence.fault == Fault.REDIRECT:
        return "Back end: it redirects without an end.", lines, "Put the final address into the backend's url."
    if status == 400 and _WANTS_TLS.search(evidence.detail):
        return (
            "Address: what listens at this port speaks TLS, and was asked in plain HTTP.",
            lines,
            "Put https:// into the backend's url. Where it says so already, the proxy before the back end has to ask it by TLS.",
        )
    next_step = REJECTED.get(status, "Read the server's words; try the same request with `curl -N`.")
    whose = "Back end, or a proxy before it" if status >= 500 else "Back end"  # RFC 9110 §15.6
    if status >= 500:
        next_step = "Look at the back end's health and log; a 502, 503 or 504 often comes from the proxy before it."
    answer = f"with HTTP {status}" if status else "with something else than a stream"
    return f"{whose}: it refused the question {answer}.", lines, next_step


_BODY = re.compile(r"HTTP \d{3}, (?P<type>[^:]*?): (?P<body>.*)", re.DOTALL)
"""How `turn` tells of a refused answer: status, Content-Type and the first of its body."""


def _another_body(detail: str) -> tuple[str, str] | None:
    """Sentence and next step for an answer under another media type, by what its body is."""
    found = _BODY.match(detail)
    if found is None:
        return None
    kind, body = quoted(found["type"], 80), found["body"].lstrip()
    if re.match(r"(data|event|id|retry)?: ?\S", body):
        said = "has no Content-Type" if found["type"] == "no Content-Type" else f"calls it {kind}"
        return (
            f"Back end: what it sends looks like an event stream, but it {said}.",
            "Let the back end send `Content-Type: text/event-stream`: browsers and most clients take no other.",
        )
    if body[:1] == "<":
        return (
            f"Back end, or a proxy before it: it answered with a page for a browser ({kind}), not with an event stream.",
            "Check the url, and whether a login or an error page stands before the back end: open the url in a browser.",
        )
    whole = payload.parse_object(body)
    if isinstance(whole, Malformed):
        return None
    if error := payload.failure(whole):
        words = quoted(": ".join(part for part in (error.code, error.message) if part), 120)
        return (
            f"Back end: it answered with an error in place of an event stream: {words}.",
            "Look for this error in the back end's log; check the url and the dialect with its options.",
        )
    return (
        f"Back end: it answered with one JSON object ({kind}), not with an event stream.",
        "Check the url, and that the back end streams at this path: it was asked to.",
    )


def unreachable(evidence: Evidence) -> Told:
    """No connection, or no response head."""
    usual = UNREACHABLE.get(evidence.fault, _UNREACHABLE_OTHER)
    told = (
        (what, step) for fault, seen, what, step in SEEN if fault == evidence.fault and seen.search(evidence.detail)
    )
    what, next_step = next(told, usual)
    lines = [f"Seen: {quoted(evidence.detail)}."] if evidence.detail else []
    tried = f" ({count(evidence.reconnects + 1, 'attempt')}, {seconds(evidence.duration_s)})"
    return f"{what}{tried}.", lines, next_step
