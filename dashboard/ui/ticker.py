"""One clock for all pages of the process: each page's tick, four times a second, without the document's lock.

A callback of Bokeh's for each page would cost several times what most ticks do: the lock, and Panel's count of who is
busy. So a tick sends messages, and asks for the lock (`Visit.soon`) when it has to change a model.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextvars import Context
from weakref import WeakKeyDictionary, proxy

from dashboard.runtime import Runtime

TICK_S = 0.25


class Ticker:
    """Ticks for whoever is there; nothing runs while nobody is. A tick must not raise."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime: Runtime = proxy(runtime)  # which holds this one, in effect, and must be able to go
        self._ticks: dict[Callable[[], None], None] = {}
        self._task: asyncio.Task[None] | None = None

    def begin(self, tick: Callable[[], None]) -> None:
        """Calls `tick` from now on; call with the loop running."""
        self._ticks[tick] = None
        if self._task is None or self._task.done():
            nobody = (
                Context()
            )  # not that of the page which happens to be the first: it would be held, and meant by `curdoc`
            self._task = nobody.run(lambda: self._runtime.task(self._run(), name="pages"))

    def end(self, tick: Callable[[], None]) -> None:
        """No longer; harmless when it is not there."""
        self._ticks.pop(tick, None)

    async def _run(self) -> None:
        due = time.monotonic()
        while self._ticks:
            for tick in list(self._ticks):
                if tick in self._ticks:
                    tick()
                    await asyncio.sleep(0)
            due = max(due + TICK_S, time.monotonic())
            await asyncio.sleep(due - time.monotonic())


_tickers: WeakKeyDictionary[Runtime, Ticker] = WeakKeyDictionary()


def ticker_of(runtime: Runtime) -> Ticker:
    """The one Ticker of a runtime."""
    ticker = _tickers.get(runtime)
    return ticker if ticker is not None else _tickers.setdefault(runtime, Ticker(runtime))
