"""Pure: a question as a curl command that someone can paste; secrets are named, never told."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from dashboard.wire.dialect import Ask


def curl(ask: Ask, secret_headers: Iterable[str] = ()) -> str:
    """`ask` for a POSIX shell, unbuffered (-N). A secret header's value is left to an environment variable."""
    parts = ["curl -N", shlex.quote(ask.url)]
    if ask.method != "GET":
        parts.insert(1, f"-X {shlex.quote(ask.method)}")
    headers = {"Accept": "text/event-stream", **ask.headers}
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    for name in secret_headers:
        variable = "".join(char if char.isascii() and char.isalnum() else "_" for char in name).upper()
        parts.append(f'-H "{name}: ${variable}"')
    if ask.body is not None:
        parts.append(f"--data-raw {shlex.quote(ask.body.decode('utf-8', 'replace'))}")
    return " \\\n  ".join(parts)
