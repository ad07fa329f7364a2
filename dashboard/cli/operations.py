"""Commands for operators: `streamgauge watch` and `streamgauge history`."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Any

import click

from dashboard.cli.mistakes import Mistake, sentences
from dashboard.cli.options import FILE, HEADERS, PORT

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


class Ago(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases of click only
    """A time span such as 90m, 12h or 30d, in seconds."""

    name = "span"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Errors: BadParameter."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", str(value))
        if found is None:
            self.fail(f"expected a time span such as 90m, 12h or 30d, got {str(value)[:40]!r}", param, ctx)
        return float(found[1]) * _SECONDS[found[2]]


@click.command("watch")
@click.option("--dialect", default="", help="How to talk to the back end; an address's is guessed when left out.")
@click.option("--config", "file", type=FILE, help="Another file than ./config.yaml.")
@HEADERS
@click.option("--port", type=PORT, default=5007, show_default=True, help="Of /metrics; 0 takes a free one.")
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 is everywhere.")
@click.argument("target", required=False, metavar="[BACKEND_OR_URL]")
def watch_command(
    dialect: str, file: Path | None, headers: dict[str, str], port: int, address: str, target: str | None
) -> None:
    """Ask the canaries and serve /metrics, /healthz, /readyz and /probe, without a page.

    BACKEND_OR_URL alone is watched, with a canary in any case; a backend's headers and settings go with its name.
    """
    from dashboard.cli.one_backend import checked, file_named, is_url, known_as
    from dashboard.cli.watch import watch, watched
    from dashboard.config import found

    with sentences():
        config = watched(target, dialect, headers, file)
        by_address = target is not None and is_url(target)
        if target is not None and by_address and not headers and (hint := known_as(target, file)):
            click.echo(hint, err=True)
        file = found(file)
        name = "" if by_address else file_named(file)
        again = None if by_address else lambda: checked(watched(target, dialect, headers, file), name)
        watch(config, name, address, port, again)


def _which(command: Any) -> Any:
    """The options that choose turns."""
    options = (
        click.option("--config", "file", type=FILE, help="Another file than ./config.yaml, for `history.path`."),
        click.option("--path", type=FILE, help="The history's file, in place of the configured one."),
        click.option("--backend", default="", help="Only turns of this backend."),
        click.option("--source", type=click.Choice(["live", "canary"]), help="Only turns of this source."),
        click.option("--outcome", default="", help="Only turns that ended so."),
        click.option("--since", type=Ago(), metavar="SPAN", help="Only turns that ended within this time: 12h, 30d."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group("history")
def history_commands() -> None:
    """The turns that ended: list them, export them, prune them. Works beside a server that runs."""


@history_commands.command("list")
@_which
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 1_000_000),
    default=20,
    show_default=True,
    help="So many, the newest first.",
)
def list_command(number: int, **which: Any) -> None:
    """Print turns, the newest first: when, backend, source, how they ended, their first text, and whose fault."""
    from dashboard.cli import history

    with _opened(which) as (file, wanted):
        found = [history.line(turn) for turn in file.turns(wanted, newest=number)]
        for line in found or [history.nothing(file, wanted)]:
            click.echo(line, err=not found)


@history_commands.command("export")
@_which
@click.option("--format", "kind", type=click.Choice(["csv", "json"]), help="By -o's ending when left out, else JSON.")
@click.option("-o", "--output", type=FILE, help="The file to write; standard output when left out.")
@click.option("--force", is_flag=True, help="Overwrite the file where it is there already.")
def export_command(kind: str | None, output: Path | None, force: bool, **which: Any) -> None:
    """Write turns, oldest first, as CSV or as JSON lines."""
    from dashboard.cli import history

    kind = kind or ("csv" if output is not None and output.suffix == ".csv" else "json")
    with _opened(which) as (file, wanted):
        if output is not None and history.is_part_of(output, file.path):
            raise Mistake(f"-o: expected another file than the history itself, got {output}")
        if not any(file.turns(wanted, newest=1)):
            click.echo(history.nothing(file, wanted), err=True)
        rows = history.as_csv(file.turns(wanted)) if kind == "csv" else history.as_json(file.turns(wanted))
        if output is None:
            sys.stdout.writelines(rows)
        else:
            history.write(rows, output, force=force)


@history_commands.command("prune")
@click.option("--config", "file", type=FILE, help="Another file than ./config.yaml, for `history.path`.")
@click.option("--path", type=FILE, help="The history's file, in place of the configured one.")
@click.option("--older-than", type=Ago(), metavar="SPAN", help="Drop what ended longer ago: 30d, 12w.")
@click.option("--megabytes", type=click.IntRange(0), help="Drop the oldest until the rest fits.")
def prune_command(older_than: float | None, megabytes: int | None, **which: Any) -> None:
    """Drop old turns from the file, by age, by size or both; as `history.days` and `.megabytes` when neither is given."""
    from dashboard.cli import history
    from dashboard.health.wording import count

    with _opened(which) as (opened, _):
        gone = history.prune(opened, which["file"], older_than, megabytes)
    click.echo(f"{count(gone, 'turn')} dropped")


def _opened(which: dict[str, Any]) -> Any:
    """The file and what is wanted of it, as a context."""
    from dashboard.cli import history
    from dashboard.telemetry.history_file import Wanted
    from dashboard.turn.verdict import Outcome

    outcome, since = which.get("outcome", ""), which.get("since")
    if outcome and outcome not in set(Outcome):
        raise Mistake(f"--outcome: expected one of {', '.join(Outcome)}, got {outcome[:40]!r}")
    with sentences():
        path = history.path_of(which["path"], which["file"])
    wanted = Wanted(
        which.get("backend", ""),
        which.get("source") or "",
        outcome,
        None if since is None else time.time() - since,
    )
    return history.opened(path, wanted)
