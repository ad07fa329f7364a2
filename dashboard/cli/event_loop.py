"""The loop of a command: uvloop where there is one (reading a stream costs half), and SIGTERM that ends it in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """For asyncio.Runner; None where only asyncio's own loop is to be had."""
    if sys.platform == "win32":
        return None
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def prefer_uvloop() -> None:
    """For loops that others make (Tornado's): call before the first one."""
    if sys.platform == "win32":
        return
    try:
        import uvloop
    except ImportError:
        return
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


@contextlib.contextmanager
def sigterm_cancels() -> Iterator[Callable[[], bool]]:
    """SIGTERM cancels the running task, as asyncio.Runner does on Ctrl-C; gives what says whether it came.

    Only the first one: a second ends the process at once.
    """
    loop, task, came = asyncio.get_running_loop(), asyncio.current_task(), [False]
    possible = sys.platform != "win32" and threading.current_thread() is threading.main_thread()

    def cancel() -> None:
        came[0] = True
        loop.remove_signal_handler(signal.SIGTERM)
        if task is not None:
            task.cancel()

    if possible:
        loop.add_signal_handler(signal.SIGTERM, cancel)
    try:
        yield lambda: came[0]
    finally:
        if possible:
            loop.remove_signal_handler(signal.SIGTERM)
