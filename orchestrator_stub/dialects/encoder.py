"""What an encoder is: one wire protocol, how to say things in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from orchestrator_stub.dialects.said import Said


class Encoder(Protocol):
    """One object a run: it may keep state between messages of one stream."""

    path: str
    """Where requests of this protocol arrive."""
    media_type: str

    def __init__(self, run: str) -> None: ...

    def encode(self, said: Said) -> Sequence[str]:
        """The `data` of the messages that say it, one line each; none where the protocol has no word for it."""
        ...
