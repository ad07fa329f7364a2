"""Two addresses of which only one gave a stream: which of them to look at, and for what."""

from __future__ import annotations

import re

from dashboard.health.evidence import Evidence
from dashboard.turn.verdict import Fault, Outcome

NO_STREAM = frozenset({Outcome.UNREACHABLE, Outcome.REJECTED})
"""Nothing of an answer came. What broke off, failed or stalled later may have done so by chance."""

AT_THE_HOP: dict[str, str] = {
    Fault.DNS: "Check the host given to --compare, and the name server of this machine.",
    Fault.CONNECT: "Check that {hop} runs and listens on that port, and that no firewall is between.",
    Fault.TLS: "Check the certificate of {hop} and its name, and whether --compare is meant to be http:// instead.",
    Fault.PROXY: "Check the proxy of this backend: it leads directly, but not to {hop}.",
    Fault.CONNECT_TIMEOUT: "Check that {hop} can be reached from here; a firewall that drops packets looks just like this.",
    Fault.HEAD_TIMEOUT: (
        "Look at the log of {hop}, and at the address that it asks in turn: it accepts the connection and passes no response "
        "head on, while the back end itself answers."
    ),
    Fault.MEDIA_TYPE: "Check the path given to --compare, and where {hop} leads it: a page came, and no stream.",
    Fault.REDIRECT: "Give --compare the address to which {hop} redirects in the end.",
}
AT_THE_HOP_BY_STATUS: dict[int, str] = {
    401: "Check what {hop} wants to be told (--header): it asks for a credential of its own.",
    403: "Check what {hop} wants to be told (--header): it does not allow this request.",
    404: "Check the path given to --compare (the direct one is taken where it has none), and where {hop} leads it.",
    429: "Ask less often, or raise the limit of {hop}.",
    502: "Look at the log of {hop}: it does not reach the back end, which answers when asked directly.",
    503: "Look at the log of {hop}: it does not reach the back end, which answers when asked directly.",
    504: "Look at the log of {hop}: it does not wait for the back end, which answers when asked directly.",
}
_ELSE = "Look at the log of {hop}: it turns away what the back end itself answers."


def one_sided(direct: Evidence, through: Evidence, hop: str) -> tuple[str, str] | None:
    """Sentence and next step when one address gives an answer and the other no stream at all; else None."""
    if direct.outcome == Outcome.COMPLETED and through.outcome in NO_STREAM:
        found = re.match(r"HTTP (\d{3})", through.detail) if through.fault == Fault.HTTP_STATUS else None
        step = AT_THE_HOP_BY_STATUS.get(int(found[1]), _ELSE) if found else AT_THE_HOP.get(through.fault, _ELSE)
        step = step.format(hop=hop)
        sentence = (
            f"Asked directly the answer completes, through {hop} the turn ended as {through.outcome}: what is wrong is there, "
            "or on the way there, and whether text is held back cannot be told."
        )
        return sentence, step[:1].upper() + step[1:]
    if through.outcome == Outcome.COMPLETED and direct.outcome in NO_STREAM:
        sentence = (
            f"Through {hop} the answer completes, asked directly the turn ended as {direct.outcome}: the direct address is not "
            "the one that is asked there, or cannot be reached from here."
        )
        return sentence, f"Give the address that {hop} itself asks, as it can be reached from this machine."
    return None
