"""What a process does when it is told to end (SIGTERM, SIGINT) or to read its configuration again (SIGHUP)."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dashboard.config import ConfigError
from dashboard.runtime import Runtime

log = logging.getLogger(__name__)

DRAIN_S = 10.0
"""How long live turns and open scrapes may take to end."""


def handle_signals(runtime: Callable[[], Runtime], stop: Callable[[], None]) -> None:
    """Takes over the signals of the running loop; `stop` is called once everything has ended. Does nothing on Windows."""
    if sys.platform == "win32":
        return  # its loop has no signal handlers; Ctrl-C ends the process as it always does
    loop = asyncio.get_running_loop()
    terminal = has_terminal()

    def end() -> None:
        if not runtime().draining:
            runtime().task(drain(runtime(), stop), name="drain")

    def hang_up() -> None:
        if terminal and not has_terminal():
            end()  # the window that it was started in is closed: nobody asks for a configuration
        else:
            reread(runtime())

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, hang_up)


def has_terminal() -> bool:
    """Whether this process belongs to a terminal that is still there."""
    with suppress(OSError):
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
        return True
    return False


async def drain(runtime: Runtime, stop: Callable[[], None]) -> None:
    """Refuses new turns, ends live ones, closes, then stops; HTTP is answered meanwhile."""
    try:
        async with asyncio.timeout(DRAIN_S):
            await runtime.aclose()
    finally:
        stop()


def reread(runtime: Runtime) -> None:
    """Takes the configuration as it is now; one that cannot be taken changes nothing: log, metrics and page say so."""
    if runtime.draining:
        return
    if runtime.read_config is None:
        log.warning("configuration: there is no file to read again; what the command line said stays")
        return
    try:
        changes = runtime.reload(runtime.read_config())
    except ConfigError as mistake:
        log.error("configuration: not taken, the one before stays: %s", mistake)  # noqa: TRY400  # a sentence is enough
        file, colon, rest = str(mistake).partition(":")
        runtime.config_read(Path(file).name + colon + rest)  # where this server keeps it is no reader's business
    except Exception:
        log.exception("configuration: not taken: an error of ours")
        runtime.config_read("an error of Streamgauge's own, which its log has")
    else:
        log.warning("configuration: read again: %s", changes)
        runtime.config_read()
