"""Takes a backend's own credentials out of what it says, while it says it: a page, a console or a history shows none.

Only credentials (redact.credentials_of), and only of some length, so that no word of an answer is taken for one. The bytes
stay as they came; what makes a recording of them redacts them by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.config import Backend
from dashboard.wire.frame import Comment, Frame, Message
from dashboard.wire.redact import Redactor, credentials_of

SHORTEST = 8


class Hush:
    r"""Knows the credentials of one backend, in every spelling; as long as they were, asterisks stand for them.

    False when there are none.
    """

    __slots__ = ("_clues", "_redactor")

    def __init__(self, backend: Backend) -> None:
        long = [secret for secret in credentials_of(backend) if len(secret) >= SHORTEST]
        self._redactor = Redactor(long, looks=False)
        self._clues = sorted(set(self._redactor.clues))

    def __bool__(self) -> bool:
        return bool(self._clues)

    def text(self, words: str) -> str:
        """`words` without them; the same object when there is none in it."""
        if len(words) >= SHORTEST:
            for clue in self._clues:
                if clue in words:
                    told = self._redactor.text(words)
                    return words if told == words else told
        return words

    def headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Their values, too."""
        return {name: self.text(value) for name, value in headers.items()} if self._clues else headers

    def frames(self, frames: list[Frame]) -> list[Frame]:
        """What was decoded, one by one; a credential that is spelled over several events is not recognised."""
        return [self._frame(frame) for frame in frames] if self._clues else frames

    def _frame(self, frame: Frame) -> Frame:
        if type(frame) is Message:
            data, event, event_id = (self.text(words) for words in (frame.data, frame.event, frame.last_event_id))
            if data is not frame.data or event is not frame.event or event_id is not frame.last_event_id:
                return Message(event, data, event_id, frame.own_id)
        elif type(frame) is Comment:
            return Comment(self.text(frame.text))
        return frame
