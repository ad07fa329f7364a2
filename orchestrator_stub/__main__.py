"""`python -m orchestrator_stub`: the stub alone, until SIGINT or SIGTERM."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from orchestrator_stub.config import Settings, origin
from orchestrator_stub.recording import RecordingError
from orchestrator_stub.scenario import ScenarioError
from orchestrator_stub.server import Stub


def _origins(_context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> frozenset[str]:
    try:
        return frozenset(origin(text) for text in given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.option("--port", default=8004, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--scenario", default="happy", show_default=True, help="For requests that name none.")
@click.option(
    "--cors-origin", "origins", multiple=True, callback=_origins, help="May read with credentials; repeatable."
)
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(0.01, 10_000), help="Shortens every wait."
)
@click.option(
    "--recordings", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder: each NAME.jsonl in it, as `streamgauge record` writes them, becomes a scenario that plays it back.",
)  # fmt: skip
def main(**given: Any) -> None:
    """A small multi-agent orchestrator that answers over Server-Sent Events, and misbehaves on request."""
    sys.exit(asyncio.run(_serve(Settings(**given))))


async def _serve(settings: Settings) -> int:
    try:
        stub = Stub(settings)
    except (ScenarioError, RecordingError, OSError) as error:
        click.echo(f"stub: {error}", err=True)
        return 2
    try:
        url = stub.listen()
    except OSError as error:
        click.echo(f"stub: {_sentence(error, settings)}", err=True)
        return 2
    stopped = asyncio.Event()
    _on_signals(stopped.set)
    _tell(f"stub: {url}")
    await stopped.wait()
    await stub.close()
    return 0


def _tell(words: str) -> None:
    """Says where it listens, if anybody can be told: standard output may be full or closed, and it serves all the same."""
    try:
        print(words, flush=True)
    except OSError as error:
        sys.stdout = None  # what could not be written would be tried again at the end
        click.echo(f"stub: standard output cannot be written: {error.strerror}", err=True)


def _on_signals(stop: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop)
        except NotImplementedError:  # Windows' loops have none
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(stop))


def _sentence(error: OSError, settings: Settings) -> str:
    at = f"port {settings.port} on {settings.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{at} is in use; stop what uses it, or give --port another (0 takes a free one)"
    return f"{at} cannot be listened on: {error.strerror or error}"


if __name__ == "__main__":
    main()
