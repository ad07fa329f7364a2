"""How a scenario's response begins: its steps sorted, and what they say of status, headers and first bytes. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from msgspec.structs import replace

from orchestrator_stub import steps

HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_OPENING = (steps.Respond, steps.ContentType)
_SHAPES = (steps.Slice, steps.Buffer)


def parts(
    all_steps: Sequence[steps.Step],
) -> tuple[Sequence[steps.Step], Sequence[steps.Step], Sequence[steps.Step]]:
    """What sets up the response, what shapes it from its first byte on, and the rest."""
    opening = list(takewhile(lambda step: isinstance(step, _OPENING), all_steps))
    shapes = list(takewhile(lambda step: isinstance(step, _SHAPES), all_steps[len(opening) :]))
    return opening, shapes, all_steps[len(opening) + len(shapes) :]


def opening_of(settings: Sequence[steps.Step], rest: Sequence[steps.Step], media_type: str) -> steps.Respond:
    """All that is said of the response, in one; what comes later replaces what came before."""
    opening = steps.Respond(headers={**HEADERS, "Content-Type": media_type})
    if rest and isinstance(rest[0], steps.Replay) and (recorded := rest[0].recording):
        headers: dict[str, str | None] = dict(recorded.headers)
        after_s = recorded.head_s / rest[0].speed
        opening = steps.Respond(recorded.status, headers, after_s=after_s, head=bool(recorded.status))
    for step in settings:
        if isinstance(step, steps.ContentType):
            opening = replace(opening, headers={**opening.headers, "Content-Type": step.value})
        elif isinstance(step, steps.Respond):
            opening = replace(step, headers=opening.headers | step.headers)
    return opening
