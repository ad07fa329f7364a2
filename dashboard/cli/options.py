"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import click

from dashboard.cli.printable import one_line


class _Named(click.Path):
    """A path; an empty one, as from an unset variable of a shell, is none, and not the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Errors: BadParameter."""
        if not str(value).strip():
            self.fail("expected a name, got an empty one", param, ctx)
        return super().convert(value, param, ctx)


FILE = _Named(path_type=Path, dir_okay=False)
FOLDER = _Named(path_type=Path, file_okay=False)
KINDS = ("grafana", "nginx", "prometheus")
"""What `export` writes."""
PORT = click.IntRange(0, 65535)


class _Finite(click.FloatRange):
    """A number within the range that is neither infinite, as 1e400 is, nor NaN, which no range keeps out."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Errors: BadParameter."""
        number = float(super().convert(value, param, ctx))
        if not isfinite(number):
            self.fail(f"expected a finite number, got {one_line(str(value), 40)!r}", param, ctx)
        return number


SECONDS = _Finite(0, min_open=True)
SPEED = _Finite(0)


def _header(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for value in values:
        name, colon, rest = value.partition(":")
        if not colon or not name.strip():
            raise click.BadParameter(f"expected 'Name: value', got {one_line(name, 40)!r} without a colon")
        if name.strip().lower() in (known.lower() for known in headers):
            raise click.BadParameter(f"expected each header once, got {one_line(name.strip(), 40)!r} twice")
        headers[name.strip()] = rest.strip()
    return headers


HEADERS = click.option(
    "--header",
    "headers",
    multiple=True,
    callback=_header,
    metavar="'Name: value'",
    help="A header to send; repeatable.",
)


def whom(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say whom to ask what."""
    options = (
        click.argument("target", required=False, metavar="[BACKEND_OR_URL]"),
        click.option("-m", "--message", help="The question.  [default: What's 2+2?]"),
        click.option(
            "--dialect", default="", help="How to talk to the back end; an address's is guessed when left out."
        ),
        click.option("--curl", metavar="'curl …'", help="A curl command to take address, headers and body from."),
        click.option("--config", "file", type=FILE, help="Another file than ./config.yaml."),
        HEADERS,
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def expecting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is expected, and of whom."""
    outcome = click.option(
        "--expect-outcome",
        "outcome",
        default="completed",
        show_default=True,
        metavar="OUTCOME",
        help="Pass only when the turn ends so; thresholds count when it is to be completed.",
    )
    client = click.option(
        "--as",
        "client",
        type=click.Choice(["httpx-sse"]),
        help="Show beside it what that client would have received from the same bytes.",
    )
    return outcome(client(command))
