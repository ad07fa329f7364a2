"""What an operator did wrong, told in one sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import click

from dashboard.cli.printable import one_line


class Mistake(click.ClickException):
    """An operator's mistake: its sentence on stderr, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """The sentence and nothing else."""
        click.echo(one_line(self.message, 2000), file=file, err=True)


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """What an operator did wrong becomes a Mistake."""
    from dashboard.cli.port import PortTaken
    from dashboard.cli.shell_words import CurlError
    from dashboard.config import ConfigError

    try:
        yield
    except (ConfigError, CurlError, PortTaken) as mistake:
        raise Mistake(str(mistake)) from None
