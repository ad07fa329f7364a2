"""The loop of a command: uvloop where there is one (reading a stream costs half), and signals that end it in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

Result = TypeVar("Result")


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


def ending_signals() -> tuple[signal.Signals, ...]:
    """Those that tell a command to end, beside Ctrl-C."""
    if sys.platform == "win32":
        return ()
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return (signal.SIGTERM,) if ignored else (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def signals_cancel() -> Iterator[Callable[[], bool]]:
    """SIGTERM cancels the running task, as asyncio.Runner does on Ctrl-C, and so does SIGHUP, unless it is ignored (nohup).

    Gives what says whether one came. Only the first one: a second ends the process at once.
    """
    loop, task, came = asyncio.get_running_loop(), asyncio.current_task(), [False]
    numbers = ending_signals() if threading.current_thread() is threading.main_thread() else ()

    def cancel() -> None:
        came[0] = True
        leave()
        if task is not None:
            task.cancel()

    def leave() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)

    for number in numbers:
        loop.add_signal_handler(number, cancel)
    try:
        yield lambda: came[0]
    finally:
        leave()


def run_in_order(work: Callable[[Callable[[], bool]], Awaitable[Result]]) -> Result:
    """Runs `work` to its end on a loop of its own; Ctrl-C and SIGTERM cancel it, and it is told what says which.

    Errors: KeyboardInterrupt for either signal, when `work` does not end in order by itself.
    """

    async def watched() -> Result:
        with signals_cancel() as terminated:
            return await work(terminated)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        try:
            return runner.run(watched())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


def told_to_stop() -> bool:
    """Whether a signal has cancelled the running task, which may have taken it and gone on."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
