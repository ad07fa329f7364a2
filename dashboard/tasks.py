"""Background tasks that are held, named, and whose failure somebody hears of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Tasks:
    """The tasks of a process; `counted` is called once for each failure, which is logged too."""

    def __init__(self, counted: Callable[[], None]) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._counted = counted

    def begin(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Starts `work`; call with the loop running."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, KeyboardInterrupt | SystemExit):  # those end the loop, too
            self.failed(task.get_name(), error)

    def failed(self, name: str, error: BaseException) -> None:
        """Logs and counts a failure that nobody else will see."""
        log.error("task %s failed", name, exc_info=error)
        self._counted()

    async def end(self) -> None:
        """Cancels all but the one that asks, and waits for their end."""
        mine = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in mine:
            task.cancel()
        await asyncio.gather(*mine, return_exceptions=True)
