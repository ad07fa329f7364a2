"""Files in and out of Inspect: what an export will be without, the export in pieces, a file that was opened."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence

from dashboard.backend.recorded import backend_of, play
from dashboard.config_yaml import as_name
from dashboard.runtime import Runtime
from dashboard.turn.events import Ended, StopAudited, TurnEvent
from dashboard.ui import inspect_export as export
from dashboard.ui.inspect_load import Subject, attempts_of
from dashboard.ui.inspected import Fields
from dashboard.wire.recorded import Attempt, parse_recording
from dashboard.wire.redact import Redactor, redactor_for

PIECE_BYTES = 384 * 1024
SAMPLE_LINES = 6
SAMPLE_CHARS = 240


def opened(name: str, let_go: Callable[[], None]) -> Subject:
    """A file under the glass; `let_go` when nobody looks any more."""
    subject = Subject("", "file")
    subject.name = name
    subject.when_let_go(let_go)
    return subject


async def previewed(runtime: Runtime, subject: Subject) -> Fields:
    """What an export of it will be without, and how each format is called."""
    attempts, redactor, kept = _at_hand(runtime, subject)
    if kept is not None:
        taken = await asyncio.to_thread(export.taken, kept, redactor)
    else:
        taken = await asyncio.to_thread(export.taken_from, attempts, redactor)
    return {
        "places": taken.places,
        "total": taken.total,
        "headers": taken.headers,
        "dropped_bytes": subject.dropped_bytes,
        "running": subject.live is not None and not subject.live.done,
        "formats": [[name, about] for name, (_, _, about) in export.FORMATS.items()],
    }


async def exported(runtime: Runtime, subject: Subject, kind: str) -> list[Fields]:
    """The pieces of one file, for the browser to put together; [] for what cannot be exported."""
    if kind not in export.FORMATS:
        return []
    ending, media_type, _ = export.FORMATS[kind]
    body = await _body(runtime, subject, kind)
    name = f"streamgauge-{as_name(subject.turn or subject.name)}.{ending}"
    pieces = [body[at : at + PIECE_BYTES] for at in range(0, len(body), PIECE_BYTES)] or [b""]
    return [
        {"name": name, "media_type": media_type, "n": n, "of": len(pieces), "piece": base64.b64encode(piece).decode()}
        for n, piece in enumerate(pieces)
    ]


async def _body(runtime: Runtime, subject: Subject, kind: str) -> bytes:
    attempts, redactor, _ = _at_hand(runtime, subject)
    kept = runtime.flight.kept(subject.turn) if subject.kind != "file" else None
    if kind == "recording" and kept is not None:
        return await asyncio.to_thread(kept.encoded)
    if kind == "recording":
        return await asyncio.to_thread(export.recording, attempts, redactor)
    if kept is not None:
        attempts = await asyncio.to_thread(attempts_of, kept)
    else:
        attempts = await asyncio.to_thread(_scrubbed, attempts, redactor)
    events = await _events(runtime, subject, attempts)
    return await asyncio.to_thread(export.ndjson if kind == "ndjson" else export.table, events)


def _scrubbed(attempts: Sequence[Attempt], redactor: Redactor) -> list[Attempt]:
    return parse_recording(export.recording(attempts, redactor).splitlines())


async def _events(runtime: Runtime, subject: Subject, attempts: Sequence[Attempt]) -> list[TurnEvent]:
    """Every event of it, derived again; of a turn that runs, so far."""
    if not attempts:
        return []
    events: list[TurnEvent] = []
    backend = backend_of(attempts, subject.name, runtime.config)
    whole = subject.live is None or subject.live.done
    await play(attempts, backend, runtime.config.limits, events.append, "", whole=whole)
    return events if whole else [event for event in events if type(event) not in (Ended, StopAudited)]


def _at_hand(runtime: Runtime, subject: Subject) -> tuple[Sequence[Attempt], Redactor, Sequence[TurnEvent] | None]:
    """Its attempts, who knows its secrets, and the events that the process itself still holds."""
    kept = runtime.flight.kept(subject.turn) if subject.kind != "file" else None
    if kept is not None:
        return subject.attempts, kept.redactor, tuple(kept.events())
    if not subject.attempts:
        return (), Redactor(), None
    return subject.attempts, redactor_for(backend_of(subject.attempts, subject.name, runtime.config)), None
