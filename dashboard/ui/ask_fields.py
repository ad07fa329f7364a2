"""Model and system prompt in the sidebar, for backends whose dialect sends them along."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import panel_material_ui as pmui
from panel.io.document import with_lock
from panel.viewable import Viewable
from param.parameterized import Event

from dashboard.config import AskOptions, Backend
from dashboard.wire.auto import has_model

MODEL_CHARS, SYSTEM_CHARS = 200, 20_000


class AskFields:
    """Two fields that begin with what is configured; what was typed for a backend is kept while the page is open."""

    def __init__(self, chosen: Callable[[AskOptions | None], Awaitable[None]]) -> None:
        self._chosen = chosen
        self._backend: Backend | None = None
        self._typed: dict[str, AskOptions] = {}
        look = {"size": "small", "sizing_mode": "stretch_width", "visible": False}
        self.model = pmui.TextInput(
            label="Model", placeholder="the server's own", max_length=MODEL_CHARS, margin=(14, 12, 0, 12), **look
        )
        self.system = pmui.TextAreaInput(
            label="System prompt", placeholder="none", max_length=SYSTEM_CHARS, rows=3, max_rows=8, auto_grow=True,
            margin=(14, 12, 0, 12), **look,
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

    @with_lock
    async def _changed(self, _event: Event) -> None:
        backend = self._backend
        if backend is None:
            return
        model, system = self.model.value.strip()[:MODEL_CHARS], self.system.value[:SYSTEM_CHARS]
        options = msgspec.structs.replace(backend.ask, model=model, system=system)
        self._typed.pop(backend.name, None)
        if options != backend.ask:
            self._typed[backend.name] = options
        await self._chosen(self._typed.get(backend.name))
