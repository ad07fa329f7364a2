"""`streamgauge demo`: the stub and the dashboard as two processes, started and stopped together."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator, Sequence
from types import FrameType

from dashboard.cli.output import serves
from dashboard.cli.port import PortTaken, free_port
from dashboard.config import load

HOST = "127.0.0.1"
START_S = 90.0
"""How long both may take to answer; the first start on a slow machine compiles everything."""
DRAIN_S = 10.5
"""The dashboard ends its turns within 10 s; what is left then is killed, so that all is over within 12."""
STUB_STOP_S = 1.0
TICK_S = 0.1


class Died(Exception):  # noqa: N818  # what happened, for a person
    """A child ended or never answered; one sentence."""


def demo(port: int, stub_port: int, *, browser: bool) -> None:
    """Runs until Ctrl-C or SIGTERM, then leaves nothing behind.

    Errors: PortTaken and ConfigError before anything starts, Died when a child ends by itself.
    """
    serves()
    port = free_port(HOST, port, "--port")
    stub_port = free_port(HOST, stub_port, "--stub-port")
    if port == stub_port:
        raise PortTaken("--stub-port: expected another port than --port, got the same")
    stub_url = f"http://{HOST}:{stub_port}/process/stream"
    os.environ["STREAMGAUGE_DEMO_URL"] = stub_url
    served = ["serve", "--port", str(port), "--quiet"]
    if all(backend.url != stub_url for backend in load().backends) and not os.environ.get("STREAMGAUGE_CONFIG"):
        _say("config.yaml has no backend at the stub's address: showing the built-in demo backend")
        served.append("--builtin")
    children: list[tuple[str, subprocess.Popen[bytes]]] = []
    with _stop_signals() as stop:
        try:
            children.append(("the stub", _start("orchestrator_stub", ["--port", str(stub_port)])))
            children.append(("the dashboard", _start("dashboard", served)))
            if _wait_for_both(children, [(stub_port, "/health"), (port, "/healthz")], stop):
                page = f"http://{HOST}:{port}/dashboard"
                _say(f"Streamgauge  {page}\nstub         {stub_url}\nCtrl-C stops both.")
                if browser and _has_screen():
                    webbrowser.open(page)
            while not stop.wait(TICK_S):
                _look(children)
        finally:
            stop.clear()
            _end(children, stop)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _start(module: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """A child in a group of its own: Ctrl-C reaches this process only, which then stops each in turn."""
    return subprocess.Popen(  # noqa: S603  # our own modules
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # both addresses are told once, here; failures are on stderr
        start_new_session=sys.platform != "win32",
    )


@contextlib.contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    names = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _look(children: Sequence[tuple[str, subprocess.Popen[bytes]]]) -> None:
    for name, child in children:
        if child.poll() is not None:
            raise Died(f"{name} ended by itself with exit code {child.returncode}; its words stand above")


def _wait_for_both(
    children: Sequence[tuple[str, subprocess.Popen[bytes]]], pages: Sequence[tuple[int, str]], stop: threading.Event
) -> bool:
    """True once every page answered, False when stopped before. Errors: Died."""
    deadline = time.monotonic() + START_S
    missing = list(pages)
    while missing:
        if stop.wait(TICK_S):
            return False
        _look(children)
        missing = [page for page in missing if not _answers(*page)]
        if missing and time.monotonic() > deadline:
            raise Died(f"expected an answer at http://{HOST}:{missing[0][0]}{missing[0][1]} in {START_S:g} s, got none")
    return True


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _has_screen() -> bool:
    """A browser in a terminal or on a server without a screen would only be in the way."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _end(children: Sequence[tuple[str, subprocess.Popen[bytes]]], hurry: threading.Event) -> None:
    """The dashboard first, so that its turns end as stopped and not as cut; a second signal kills at once."""
    for (_, child), patience_s in zip(reversed(children), (DRAIN_S, STUB_STOP_S), strict=False):
        if child.poll() is None:
            child.terminate()
        deadline = time.monotonic() + patience_s
        while child.poll() is None and time.monotonic() < deadline and not hurry.wait(TICK_S):
            pass
        if child.poll() is None:
            child.kill()
            child.wait()
