"""Why an event was still open when its stream ended: mistakes of framing that servers make, told apart from a cut."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.wire import payload

NO_BLANK_LINES = "no blank line ends any of them"
TWO_CHARACTERS = "a line end was sent as two characters, a backslash and an n"
NO_LAST_BLANK_LINE = "its data is whole, the blank line that ends an event did not come"
DONE = "[DONE]"


def unended(held: Sequence[str], messages: int) -> str:
    r"""In words, "" where it is a mere cut; `held` are the data lines of the event, `messages` came before it.

    >>> unended(['{"a": 1}', '{"a": 2}'], 0)
    'its 2 data lines are messages of their own, and no blank line ends any of them'
    """
    if not messages and held and (held[0].endswith("\\n") or "\\n\\ndata:" in held[0]):
        return TWO_CHARACTERS
    if len(held) > 1 and not messages and all(map(_whole, held[:-1])):
        return f"its {len(held)} data lines are messages of their own, and {NO_BLANK_LINES}"
    return NO_LAST_BLANK_LINE if len(held) == 1 and _whole(held[0]) else ""


def _whole(data: str) -> bool:
    """Whether a data line is a message by itself: the terminator, or a JSON object."""
    return data == DONE or isinstance(payload.parse_object(data), dict)
