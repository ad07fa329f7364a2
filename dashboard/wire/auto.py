"""dialect: auto. Asks as the path suggests; reads as whatever the first readable message turns out to be."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dashboard.config import Backend, ConfigError
from dashboard.wire import payload
from dashboard.wire.chat_event import BackendError, ChatEvent, Malformed, Ping, Unknown
from dashboard.wire.dialect import Ask, Dialect, Endpoint, Question
from dashboard.wire.dialects import DIALECTS
from dashboard.wire.frame import Message
from dashboard.wire.guess import guess_by_messages, guess_by_path

FALLBACK = "orchestrator"
"""How we ask when the path tells nothing: POST {"message": …} or GET ?message=, the likeliest home-made shape."""


class AutoDialect:
    """A Dialect that takes another one's place until it knows which; `take_guess` tells, once, what it took.

    What the path suggests holds until a message is another dialect's own.
    """

    paths: tuple[str, ...] = ()

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._by_path = guess_by_path(endpoint.url)
        self._untold = self._by_path or ""
        self._decided = False
        self._inner: Dialect = DIALECTS[self._by_path or FALLBACK](endpoint)
        self.name = self._by_path or "auto"
        self.media_types = self._inner.media_types
        self.needs_finish, self.ends_at_eof = self._inner.needs_finish, False
        self.incomplete = ""

    @classmethod
    def recognises(cls, message: Message) -> bool:  # noqa: ARG003  # it is never itself a guess
        return False

    def take_guess(self) -> str:
        told, self._untold = self._untold, ""
        return told

    def ask(self, question: Question) -> Ask:
        return self._inner.ask(question)

    def resume(self, question: Question, last_event_id: str) -> Ask | None:
        return self._inner.resume(question, last_event_id)

    def read(self, message: Message) -> Sequence[ChatEvent]:
        if not self._decided and not self._decide(message) and not self._by_path:
            if message.event in payload.PINGS:
                return [Ping()]
            return [_failure(message) or Unknown(f"not recognised: {message.data[:120]}")]
        chat_events = self._inner.read(message)
        self.needs_finish, self.ends_at_eof = self._inner.needs_finish, self._inner.ends_at_eof
        self.incomplete = getattr(self._inner, "incomplete", "")
        return chat_events

    def _decide(self, message: Message) -> bool:
        """Whether `message` tells which dialect this is; the path's guess comes first."""
        if self._by_path and DIALECTS[self._by_path].recognises(message):
            taken: str | None = self._by_path
        else:
            taken = guess_by_messages([message])
        if taken is None:
            return False
        if taken != self._by_path:
            self._inner = DIALECTS[taken](self._endpoint)
            self._untold = taken
        self._decided = True
        self.name = taken
        return True


def _failure(message: Message) -> BackendError | None:
    """A failure is one in any dialect, and its words are what there is to know."""
    if message.event == "error":
        return payload.error_event(message.data)
    body = payload.parse_object(message.data)
    return None if isinstance(body, Malformed) else payload.failure(body)


MODEL_DIALECTS = frozenset(("openai-chat", "anthropic", "ag-ui", "vercel-ui"))
"""They send a model's name and a system prompt along; the others have no place for them."""


def has_model(backend: Backend) -> bool:
    """Whether the dialect that `backend` is asked in takes `ask.model` and `ask.system`. Errors: ConfigError."""
    return dialect_of(backend).name in MODEL_DIALECTS


def check_dialect(backend: Backend, where: str) -> None:
    """Errors: ConfigError, a sentence beginning with `where`, for a dialect that does not exist."""
    if backend.dialect not in (*DIALECTS, "auto"):
        known = ", ".join(("auto", *DIALECTS))
        raise ConfigError(f"{where}: expected one of {known}, got {backend.dialect!r}")


def dialect_of(backend: Backend) -> Dialect:
    """A fresh object of the dialect that `backend` speaks, for one turn. Errors: ConfigError."""
    check_dialect(backend, "dialect")
    options = msgspec.to_builtins(backend.custom if backend.dialect == "custom" else backend.ask)
    return DIALECTS.get(backend.dialect, AutoDialect)(Endpoint(backend.url, backend.method, options))
