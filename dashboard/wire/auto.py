"""dialect: auto. Asks as the path suggests; reads as whatever the first readable message turns out to be."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.wire.chat_event import ChatEvent, Unknown
from dashboard.wire.dialect import Ask, Dialect, Endpoint, Question
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.frame import Message
from dashboard.wire.guess import guess_by_messages, guess_by_path

FALLBACK = "orchestrator"
"""How we ask when the path tells nothing: POST {"message": …} or GET ?message=, the likeliest home-made shape."""


class AutoDialect:
    """A Dialect that takes another one's place until it knows which; `take_guess` tells, once, what it took."""

    media_types = frozenset({"text/plain"})

    def __init__(self, endpoint: Endpoint) -> None:
        by_path = guess_by_path(endpoint.url)
        self._endpoint = endpoint
        self._inner: Dialect = DIALECTS[by_path or FALLBACK](endpoint)
        self._decided = False
        self._untold = by_path or ""
        self._by_path = by_path

    @property
    def name(self) -> str:
        return self._inner.name if self._decided or self._by_path else "auto"

    @property
    def needs_finish(self) -> bool:
        return self._inner.needs_finish

    @property
    def ends_at_eof(self) -> bool:
        return self._inner.ends_at_eof and self._decided

    def take_guess(self) -> str:
        told, self._untold = self._untold, ""
        return told

    def ask(self, question: Question) -> Ask:
        return self._inner.ask(question)

    def resume(self, question: Question, last_event_id: str) -> Ask | None:
        return self._inner.resume(question, last_event_id)

    def read(self, message: Message) -> Sequence[ChatEvent]:
        if not self._decided and not self._decide(message):
            return [Unknown(f"not recognised: {message.data[:120]}")]
        return self._inner.read(message)

    def _decide(self, message: Message) -> bool:
        if self._by_path and DIALECTS[self._by_path].recognises(message):
            self._decided = True
            return True
        guessed = guess_by_messages([message])
        if guessed is None:
            return False
        self._decided = True
        if guessed != self._inner.name or not self._by_path:
            self._inner = DIALECTS[guessed](self._endpoint)
            self._untold = guessed
        return True
