"""`streamgauge watch`: canaries, history and /metrics without a page."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from tornado.httpserver import HTTPServer
from tornado.web import Application

from dashboard.cli.event_loop import loop_factory
from dashboard.cli.one_backend import build, is_url, of_name, of_url
from dashboard.cli.output import serves
from dashboard.cli.port import free_port
from dashboard.cli.serve import ANYWHERE
from dashboard.config import CanarySettings, Config, ConfigError, load
from dashboard.endpoints import HEADLESS, bind_own, listen_own
from dashboard.runtime import Runtime, install
from dashboard.signals import handle_signals


def watched(target: str | None, dialect: str, headers: Mapping[str, str], file: Path | None) -> Config:
    """What to watch: all that the file says, one backend of it, or one address; the latter two always have a canary.

    Errors: ConfigError.
    """
    if target is None:
        if dialect or headers:
            raise ConfigError(
                f"--{'dialect' if dialect else 'header'}: expected a backend or an address beside it, got none"
            )
        return load(file)
    one = (
        of_url(target, dialect or "auto", headers) if is_url(target) else of_name(target, load(file), dialect, headers)
    )
    backends = [msgspec.structs.replace(each, canary=each.canary or CanarySettings()) for each in one.backends]
    return msgspec.structs.replace(one, backends=backends)


def watch(config: Config, file: str, address: str, port: int, again: Callable[[], Config] | None) -> None:
    """Watches until SIGTERM or Ctrl-C; `again` reads the configuration anew at SIGHUP.

    Errors: ConfigError, PortTaken before anything starts.
    """
    serves()
    port = free_port(address, port, "--port")
    runtime = build(config, file)
    runtime.read_config = again
    install(runtime)
    bind_own(config.metrics)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_watch(runtime, address, port))


async def _watch(runtime: Runtime, address: str, port: int) -> None:
    stopped = asyncio.Event()
    server = HTTPServer(Application(HEADLESS))
    server.listen(port, "" if address in ANYWHERE else address)
    listen_own()
    runtime.serve()
    handle_signals(lambda: runtime, stopped.set)
    own = runtime.config.metrics
    address, port = (address, port) if own.port is None else (own.address, own.port)
    host = "127.0.0.1" if address in ANYWHERE else f"[{address}]" if ":" in address else address
    _say(f"Streamgauge watches  http://{host}:{port}/metrics")
    for state in runtime.canaries.states.values():
        _say(f"canary  {state.backend}, every {state.interval_s:g} s")
    if not runtime.canaries.states:
        _say("no backend has a `canary:` block: only /probe?backend=NAME asks")
    try:
        await stopped.wait()
    finally:
        server.stop()
        await runtime.aclose()
        await server.close_all_connections()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
