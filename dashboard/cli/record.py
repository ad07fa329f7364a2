"""`streamgauge record`: the file that it writes, judged before anything is asked."""

from __future__ import annotations

import os
from pathlib import Path

import click

from dashboard.cli.mistakes import Mistake
from dashboard.telemetry.recording import Recorder

OTHERS = 1000
"""So many further names are tried for a recording whose file was made by somebody else meanwhile."""


def check_output(output: Path, *, force: bool) -> None:
    """Errors: Mistake for a file that could not be written in the end, or that is there already and `force` is not given."""
    try:
        folder = output.resolve().parent
    except OSError:  # the current folder is gone
        folder = None
    if folder is None or not folder.is_dir():
        raise Mistake(f"-o: expected a file in a folder that exists, got {output}")
    if output.is_file() and not force:
        raise Mistake(f"-o: expected a new file, got {output}, which is there already; name another, or --force")
    if not os.access(output if output.exists() and not output.is_file() else folder, os.W_OK):
        raise Mistake(f"-o: expected a file in a folder that can be written to, got {output}")


def kept(recorder: Recorder, output: Path, *, force: bool) -> None:
    """Writes the recording, beside a file that came there meanwhile. Errors: Mistake."""
    names = [output, *(output.with_stem(f"{output.stem}-{number}") for number in range(2, OTHERS))]
    try:
        for name in names:
            try:
                recorder.write(name, over=force)
            except FileExistsError:
                continue
            if name != output:
                click.echo(f"{output} is there by now, and stays as it is: written to {name}", err=True)
            return
    except OSError as error:
        raise Mistake(f"-o: {output} cannot be written: {error.strerror}") from None
    raise Mistake(f"-o: {output} cannot be written: it is there already, and so are {OTHERS - 2} names like it")
