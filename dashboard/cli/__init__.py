"""The command line: `streamgauge demo`, `serve`, `watch`, `check`, `record`, `replay`, `history`, `export`.

`python -m dashboard` is the same.

Exit codes: 0 well, 1 not, 2 a mistake in the command or the configuration, told in one sentence, or a result that could
not be told because standard output is full or closed; 141 when its reader has gone, as a shell says of SIGPIPE.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dashboard.cli.mistakes import Mistake, sentences
from dashboard.cli.operations import history_commands, watch_command
from dashboard.cli.options import FILE, FOLDER, KINDS, PORT, SECONDS, SPEED, expecting, whom
from dashboard.cli.output import OUTPUTS
from dashboard.cli.printable import one_line

if TYPE_CHECKING:  # heavy imports stand where they are used: --help is quick
    from dashboard.cli.check import Plan, Telling
    from dashboard.turn.events import Observer


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="streamgauge", message="streamgauge %(version)s")
def commands() -> None:
    """Streamgauge: asks a streaming chat back end, shows how healthy the stream is, says how it ended and whose fault it was."""


@commands.command("demo")
@click.option("--port", type=PORT, default=5006, show_default=True, help="Port of the dashboard; 0 takes a free one.")
@click.option("--stub-port", type=PORT, default=8004, show_default=True, help="Port of the back end to practise on.")
@click.option("--browser/--no-browser", default=True, help="Open the page in a browser, where there is a screen.")
def demo_command(port: int, stub_port: int, browser: bool) -> None:
    """Start the stub and the dashboard; Ctrl-C or SIGTERM stops both."""
    from dashboard.cli.demo import Died, demo

    with sentences():
        try:
            demo(port, stub_port, browser=browser)
        except Died as died:
            click.echo(str(died), err=True)
            sys.exit(1)


@commands.command("serve", context_settings={"ignore_unknown_options": True})
@click.option("--dialect", default="", help="How to talk to URL; guessed when left out.")
@click.option("--config", "file", type=FILE, help="Another file than ./config.yaml.")
@click.option("--port", type=PORT, default=5006, show_default=True, help="0 takes a free one.")
@click.option("--address", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0 is everywhere.")
@click.option("--quiet", is_flag=True, hidden=True)
@click.option("--builtin", is_flag=True, hidden=True)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[URL] [PANEL OPTIONS]...")
def serve_command(
    dialect: str, file: Path | None, port: int, address: str, quiet: bool, builtin: bool, arguments: tuple[str, ...]
) -> None:
    """Serve the page for the configured backends, or for URL without any config. Other options go to `panel serve`."""
    from dashboard.cli.one_backend import checked, file_named
    from dashboard.cli.serve import configured, serve, take_url
    from dashboard.config import found

    with sentences():
        url, extra = take_url(arguments)
        config = configured(url, dialect, file, builtin=builtin)
        file = found(file)
        name = "" if url else file_named(file)
        again = None if url or builtin else lambda: checked(configured(None, "", file), name)
        serve(config, name, address, port, extra, quiet=quiet, again=again)


def _judged(make: Callable[[], Plan], telling: Telling, also: Observer | None = None) -> bool:
    """Runs what was planned and tells it; whether it passes. Mistakes are told in a sentence."""
    from dashboard.cli import check
    from dashboard.runtime import Refused

    with sentences():
        try:
            return check.judged(make(), telling, also)
        except Refused as refused:
            raise Mistake(str(refused)) from None


def _asked(target: str | None, given: dict[str, Any]) -> Plan:
    from dashboard.cli import check

    if target is not None and given["curl"] is not None:
        raise Mistake("expected either a backend or --curl, got both")
    return check.plan(target, given["curl"], given["message"], given["dialect"], given["file"], given["headers"])


def _compared(make: Callable[[], Plan], address: str, telling: Telling) -> bool:
    """As `_judged`, for two addresses."""
    from dashboard.cli import compare
    from dashboard.runtime import Refused

    with sentences():
        try:
            tell = compare.told_as_json if telling.as_json else compare.told_to_a_person
            return tell(make(), address, telling.gate)
        except Refused as refused:
            raise Mistake(str(refused)) from None


def _telling(as_json: bool, outcome: str, client: str | None, *, strict: bool = False) -> Telling:
    from dashboard.cli.check import Telling
    from dashboard.cli.verdict import Gate
    from dashboard.turn.verdict import Outcome

    if outcome not in set(Outcome):
        raise Mistake(f"--expect-outcome: expected one of {', '.join(Outcome)}, got {one_line(outcome, 40)!r}")
    return Telling(as_json, Gate(outcome, strict), client or "")


@commands.command("check")
@whom
@click.option("--max-ttft", type=SECONDS, metavar="S", help="The first text may take so long.")
@click.option("--max-gap", type=SECONDS, metavar="S", help="So far apart may two pieces of text be.")
@click.option("--strict", is_flag=True, help="An anomaly fails the check, too.")
@click.option(
    "--compare",
    metavar="URL",
    help="Ask there, too, in turns: does what stands between hold the text back? Without a path, the same path.",
)
@expecting
def check_command(target: str | None, as_json: bool, compare: str | None, **given: Any) -> None:
    """Ask one question and judge the stream. Exit 0: completed, no stall, thresholds met; 1: not; 2: usage or config."""
    from dashboard.cli.check import with_limits

    def make() -> Plan:
        return with_limits(_asked(target, given), given["max_ttft"], given["max_gap"])

    telling = _telling(as_json, given["outcome"], given["client"], strict=given["strict"])
    if compare is not None and telling.client:
        raise Mistake("expected either --compare or --as, got both")
    sys.exit(0 if (_judged(make, telling) if compare is None else _compared(make, compare, telling)) else 1)


@commands.command("record")
@whom
@click.option("-o", "--output", type=FILE, required=True, help="The file to write: JSON lines, without secrets.")
@click.option("--force", is_flag=True, help="Overwrite the file where it is there already.")
def record_command(target: str | None, as_json: bool, output: Path, force: bool, **given: Any) -> None:
    """Ask one question as `check` does, and write what arrived, byte by byte with its times, to a file."""
    from dashboard.cli.record import check_output, kept
    from dashboard.telemetry.recording import Recorder
    from dashboard.wire.redact import redactor_for

    check_output(output, force=force)
    with sentences():
        plan = msgspec.structs.replace(_asked(target, given), kept=True)
    recorder = Recorder(redactor_for(plan.backend))
    passed = _judged(lambda: plan, _telling(as_json, "completed", None), recorder.observe)
    kept(recorder, output, force=force)
    if recorder.dropped_bytes:
        click.echo(f"{output}: the last {recorder.dropped_bytes} bytes did not fit and are not in it", err=True)
    sys.exit(0 if passed else 1)


@commands.command("replay")
@click.argument("recording", type=FILE)
@click.option("--dialect", default="", help="Read it as this; otherwise as recorded, or as guessed.")
@click.option("--speed", type=SPEED, default=0.0, show_default=True, help="1: as long as it took; 0: at once.")
@click.option("--config", "file", type=FILE, help="Another file than ./config.yaml, for the backend's thresholds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@expecting
def replay_command(
    recording: Path, dialect: str, speed: float, file: Path | None, as_json: bool, outcome: str, client: str | None
) -> None:
    """Run a recording's bytes through the same engine, with the recorded times. Exit codes as check's."""
    from dashboard.cli import replay

    telling = _telling(as_json, outcome, client)
    sys.exit(0 if _judged(lambda: replay.plan(recording, dialect, speed, replay.lent(file)), telling) else 1)


@commands.command("export")
@click.argument("kind", metavar="|".join(KINDS), type=click.Choice(KINDS))
@click.option(
    "-o", "--output", "folder", type=FOLDER, required=True, help="The folder to write into; made when missing."
)
@click.option(
    "--source",
    type=click.Choice(["canary", "live"]),
    default="canary",
    show_default=True,
    help="Whose turns the objectives judge, in alerts and dashboard.",
)
@click.option(
    "--runbooks",
    metavar="URL",
    help="Where the alerts' links lead: the address of your copy of docs/runbooks.md.",
)
@click.option("--force", is_flag=True, help="Overwrite files that differ.")
def export_command(kind: str, folder: Path, source: str, runbooks: str | None, force: bool) -> None:
    """Write the shipped files for Prometheus, Grafana or nginx. Files that are there and differ are never overwritten unasked."""
    from dashboard.cli import export

    with sentences():
        files = export.contents(kind, source=source, runbooks=runbooks)
    try:
        for path, what in export.export(files, folder, force=force):
            click.echo(f"{what:<12} {path}")
    except export.Exists as exists:
        raise Mistake(str(exists)) from None
    except OSError as error:
        raise Mistake(f"-o: {error.filename or folder} cannot be written: {error.strerror}") from None


commands.add_command(watch_command)
commands.add_command(history_commands)


def main() -> None:
    """The entry point. A terminal that can't show a character gets an escape, not a failure; see `output` for the rest."""
    OUTPUTS.guard()
    try:
        commands(prog_name="streamgauge")
    except SystemExit as ended:
        raise SystemExit(OUTPUTS.exit_code(ended.code)) from None
