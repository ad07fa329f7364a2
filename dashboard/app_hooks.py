"""Starts and stops with the server (Bokeh's lifecycle hooks); works under bare `panel serve dashboard` too.

Bokeh imports this file twice and under a name of its own. Hooks are plain functions: an async one is never awaited.
"""

from __future__ import annotations

import sys
from typing import Any

from bokeh.server import urls
from tornado.ioloop import IOLoop

from dashboard.config import ConfigError
from dashboard.endpoints import ROUTES, bind_own, listen_own
from dashboard.runtime import current
from dashboard.signals import handle_signals
from dashboard.ui import guard, modules
from dashboard.ui import page as _page  # noqa: F401  # the first page would else wait for all that it imports
from dashboard.workers import refuse_workers

try:
    refuse_workers(sys.orig_argv)  # Bokeh puts another sys.argv while it runs this file
    bind_own(current().config.metrics)
except ConfigError as mistake:  # bare `panel serve` too stops with the sentence; Bokeh would log it and serve on
    sys.stderr.write(f"{mistake}\n")
    raise SystemExit(2) from None

guard.install()
if not any(getattr(pattern[1], "__module__", "") == "dashboard.endpoints" for pattern in urls.toplevel_patterns):
    urls.toplevel_patterns[:0] = ROUTES
modules.route()


def on_server_loaded(_server_context: Any) -> None:
    """Once a process, loop running: signals, history, canaries. Bokeh puts a handler of its own a moment later, so ours again."""
    _take_signals()
    current().serve()
    listen_own()
    IOLoop.current().call_later(0.5, _take_signals)


def _take_signals() -> None:
    handle_signals(current, IOLoop.current().stop)


def on_session_destroyed(session_context: Any) -> None:
    """A page is gone (15–32 s after its tab closed): everything of it ends."""
    current().end_session(session_context.id)
