"""A browser tab without a browser: its page's Visit, a websocket that is up until it is not, and what it was told."""

from __future__ import annotations

from typing import Any

from dashboard.runtime import Runtime
from dashboard.ui.view import Visit


class Tab(Visit):
    """One page; `view` is what is open in it, and puts what it is told into `told`."""

    up = True
    view: Any

    def __init__(self, runtime: Runtime, query: dict[str, str] | None = None) -> None:
        super().__init__(runtime, "page", query or {})
        self.told: list[dict[str, Any]] = []

    @property
    def connected(self) -> bool:
        return self.up

    def leave(self) -> None:
        """What Bokeh does some seconds after the websocket is gone."""
        self.up = False
        self.view.close()
        self.close()

    def full(self, *kinds: str) -> dict[str, Any]:
        """The last message of these kinds, which told everything."""
        return next(each for each in reversed(self.told) if each["kind"] in kinds)
