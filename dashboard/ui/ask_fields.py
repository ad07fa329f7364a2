"""What a question goes out with: model and system prompt in the sidebar, and what the browser says of all the choices.

A browser sends what stands in its fields along with each question: a field's own message may come later, or be lost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Mapping
from typing import Any

import msgspec
import panel_material_ui as pmui
from panel.io.document import with_lock
from panel.viewable import Viewable
from param.parameterized import Event

from dashboard.config import AskOptions, Backend
from dashboard.wire.auto import has_model

MODEL_CHARS, SYSTEM_CHARS = 200, 20_000


class Asking(msgspec.Struct, frozen=True):
    """Whom a question is for, what a demo acts out ("" for nothing), model and system prompt (None: the configured)."""

    backend: str
    scenario: str = ""
    options: AskOptions | None = None


def asks(name: str) -> list[str]:
    """The CSS class by which the browser knows the field of that choice (chat.js)."""
    return [f"asks-{name}"]


class AskFields:
    """Two fields that begin with what is configured; what was typed for a backend is kept while the page is open."""

    def __init__(self, chosen: Callable[[AskOptions | None], Awaitable[None]]) -> None:
        self._chosen = chosen
        self._backend: Backend | None = None
        self._typed: dict[str, AskOptions] = {}
        look = {"size": "small", "sizing_mode": "stretch_width", "visible": False, "margin": (14, 12, 0, 12)}
        self.model = pmui.TextInput(
            label="Model", placeholder="the server's own", max_length=MODEL_CHARS, css_classes=asks("model"), **look
        )
        self.system = pmui.TextAreaInput(
            label="System prompt", placeholder="none", max_length=SYSTEM_CHARS, rows=3, max_rows=8, auto_grow=True,
            css_classes=asks("system"), **look,
        )  # fmt: skip
        self.fields: list[Viewable] = [self.model, self.system]
        for field in (self.model, self.system):
            field.param.watch(self._changed, "value")

    def show(self, backend: Backend) -> AskOptions | None:
        """The fields of this backend (none where its dialect has no place for them); what was typed there before."""
        self._backend = None
        options = self._typed.get(backend.name, backend.ask)
        visible = has_model(backend)
        self.model.param.update(value=options.model, visible=visible)
        self.system.param.update(value=options.system, visible=visible)
        self._backend = backend
        return self._typed.get(backend.name)

    def asking(self, told: Any, now: Asking, backends: Mapping[str, Backend], scenarios: Container[str] = ()) -> Asking:
        """`now`, the choices as this server knows them, with what the browser tells of its fields instead.

        `told`: {"backend", "scenario", "model", "system"} as they stand there, and "of", the backend that they were
        shown for: until the page has followed to another one, what stands beside it was meant for the last. What is
        missing, of another type, no backend or none of `scenarios` counts for nothing.
        """
        told = told if isinstance(told, dict) else {}
        name = told.get("backend")
        backend = backends.get(name if isinstance(name, str) else "") or backends.get(now.backend)
        if backend is None:
            return now
        if backend.name != now.backend:
            now = Asking(backend.name, "", self._typed.get(backend.name))
        if told.get("of") != backend.name:
            return now
        scenario, model, system = (told.get(each) for each in ("scenario", "model", "system"))
        if isinstance(scenario, str):
            now = msgspec.structs.replace(now, scenario=scenario if scenario in scenarios else "")
        if isinstance(model, str) and isinstance(system, str) and has_model(backend):
            now = msgspec.structs.replace(now, options=_options(backend, model, system))
        return now

    @with_lock
    async def _changed(self, _event: Event) -> None:
        backend = self._backend
        if backend is None:
            return
        options = _options(backend, self.model.value, self.system.value)
        self._typed.pop(backend.name, None)
        if options is not None:
            self._typed[backend.name] = options
        await self._chosen(options)


def _options(backend: Backend, model: str, system: str) -> AskOptions | None:
    options = msgspec.structs.replace(backend.ask, model=model.strip()[:MODEL_CHARS], system=system[:SYSTEM_CHARS])
    return options if options != backend.ask else None
