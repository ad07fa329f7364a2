"""What is seen of the way to a response head: when the connection stood, and in which step it failed.

A step that never ends is told as itself: a port that takes connections and knows nothing of TLS answers no handshake, and
nobody there was asked for a response head.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dashboard.backend.seam import Broken
from dashboard.backend.sockets import Stream
from dashboard.turn.verdict import Fault

_STEPS = {"connect_tcp": Fault.CONNECT_TIMEOUT, "start_tls": Fault.TLS}
"""The library's names for what comes before a request, and what it is when one of them takes too long."""

LATE_TLS = "no answer to the TLS handshake"
HUNG_UP = "the connection ended in the TLS handshake"
NOT_TLS = "this port does not speak TLS"
SPEAKS_TLS = "this port speaks TLS, and was asked in plain HTTP"

_ALERT, _MAJOR = 0x15, 0x03
"""How an alert of TLS begins (RFC 8446 §5.1, §6)."""


class Dialled:
    """Follows one request by the hook that the library calls; of several hops the last counts."""

    def __init__(self) -> None:
        self.at: float | None = None
        """When the request went out, which is when its connection stood."""
        self.hook = {"trace": self._traced}
        self._step = ""
        self._stream: Any = None

    async def _traced(self, name: str, info: Mapping[str, Any]) -> None:
        _, step, phase = name.split(".")
        if step == "send_request_headers" and phase == "started":
            self.at, self._step = time.monotonic(), ""
        elif step in _STEPS and phase == "started":
            self._step = step
        elif step in _STEPS and phase == "complete":
            self._step, self._stream = "", info.get("return_value")

    @property
    def shaking_hands(self) -> bool:
        """The connection stands, and its TLS does not yet."""
        return self._step == "start_tls"

    def late(self, seconds: float) -> Broken | None:
        """Time is over in a step before the request; None: the request is out, it is the head that is late."""
        fault = _STEPS.get(self._step)
        if fault is None:
            return None
        what = LATE_TLS if fault is Fault.TLS else "no connection"
        return Broken(fault, f"{what} in {seconds:.3g} s")

    def told(self, broken: Broken) -> Broken:
        """`broken` before a response head, as what it is where it came from speaking TLS to one who does not, or the reverse."""
        if self.shaking_hands:
            if broken.fault is Fault.CONNECT_TIMEOUT:
                return Broken(Fault.TLS, f"{LATE_TLS} in time")
            if "WRONG_VERSION_NUMBER" in broken.detail:
                return Broken(Fault.TLS, f"{NOT_TLS}: {broken.detail}")
            if "SSL:" not in broken.detail or "EOF" in broken.detail:
                return Broken(Fault.TLS, f"{HUNG_UP}: {broken.detail}")
        began = self._stream.began if isinstance(self._stream, Stream) else b""
        if broken.fault is Fault.CUT and began[:2] == bytes((_ALERT, _MAJOR)):
            return Broken(Fault.TLS, f"{SPEAKS_TLS}: it answered with a TLS alert ({began.hex(' ')})")
        return broken
