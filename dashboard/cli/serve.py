"""`streamgauge serve`: the dashboard of this package under `panel serve`, checked before it starts."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from dashboard.cli.event_loop import prefer_uvloop
from dashboard.cli.one_backend import build, is_url, of_url
from dashboard.cli.output import serves
from dashboard.cli.port import free_port
from dashboard.config import Config, ConfigError, default_config, load
from dashboard.workers import refuse_workers

APP = Path(__file__).parents[1]
"""The application directory: the package itself, wherever it is installed."""
ANYWHERE = frozenset({"", "0.0.0.0", "::"})


def take_url(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The address among the words of a command line, and what is left for `panel serve`.

    It is the first word, or an http address that is no option's value.
    """
    rest = list(arguments)
    for i, word in enumerate(rest):
        alone = i == 0 or not rest[i - 1].startswith("-")
        if not word.startswith("-") and (i == 0 or (alone and word.startswith(("http://", "https://")))):
            return rest.pop(i), rest
    return None, rest


def configured(url: str | None, dialect: str, file: Path | None, *, builtin: bool = False) -> Config:
    """What to serve: one address, the built-in demo, or the file. Errors: ConfigError."""
    if builtin:
        return default_config()
    if url is not None and not is_url(url):
        raise ConfigError(
            f"URL: expected an address such as http://host:port/path, got {url[:80]!r}; "
            "leave it out to take the backends of the configuration"
        )
    if url is not None:
        return of_url(url, dialect or "auto")
    if dialect:
        raise ConfigError(
            "--dialect: expected an address beside it, got none; a configured backend has its own dialect"
        )
    return load(file)


def serve(
    config: Config,
    file: str,
    address: str,
    port: int,
    extra: Sequence[str],
    *,
    quiet: bool,
    again: Callable[[], Config] | None = None,
) -> None:
    """Serves until SIGTERM or Ctrl-C; `again` reads the configuration anew at SIGHUP.

    Errors: ConfigError, PortTaken before anything starts.
    """
    serves()
    refuse_workers(extra)
    port = free_port(address, port, "--port")
    runtime = build(config, file)
    runtime.read_config = again
    prefer_uvloop()
    from dashboard.runtime import install

    install(runtime)
    runtime.serving = partial(_serving, None if quiet else partial(_say_where, address, port))
    sys.argv = ["panel", *panel_arguments(address, port, extra)]
    from panel.command import main

    main()


def _serving(say: Callable[[], None] | None) -> None:
    """The server listens; not before is that said, since Panel may still refuse an option.

    What is loaded by now stays, and is looked through no more: Panel collects garbage after each page that ends, and
    looking through it all would hold every other page up.
    """
    gc.freeze()
    if say is not None:
        say()


def _say_where(address: str, port: int) -> None:
    host = "127.0.0.1" if address in ANYWHERE else f"[{address}]" if ":" in address else address
    sys.stdout.write(f"Streamgauge  http://{host}:{port}/dashboard\n")
    sys.stdout.flush()


def panel_arguments(address: str, port: int, extra: Sequence[str]) -> list[str]:
    """The command line for `panel`. Browsers may come by the names of this machine; other origins are the caller's."""
    hosts = ["localhost", "127.0.0.1"]
    if address not in (*ANYWHERE, *hosts) and ":" not in address:  # Bokeh knows no origin with an IPv6 address
        hosts.append(address)
    origins = [word for host in hosts for word in ("--allow-websocket-origin", f"{host}:{port}")]
    level = [] if any(word.startswith("--log-level") for word in extra) else ["--log-level", "warning"]
    where = ["--address", address] if address else []
    return [
        "serve", str(APP), "--port", str(port), *where, *origins, *level, "--plugins", "dashboard.endpoints", *extra
    ]  # fmt: skip
