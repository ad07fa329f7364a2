"""A configuration file with one backend."""

from __future__ import annotations

CANARY = "canary-key-5f1d9c"


def one(rest: str = "", url: str = "http://h/x") -> str:
    """A file with one backend, and `rest` after its first two keys."""
    return f"backends:\n  - name: a\n    url: {url}\n{rest}"
