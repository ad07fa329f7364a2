"""One process, one registry: several workers of one server are refused, and the way to scale is named."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.config import ConfigError


def refuse_workers(extra: Sequence[str]) -> None:
    """One process is one monitor: counters of several would each tell a part. Errors: ConfigError."""
    for i, word in enumerate(extra):
        flag, equals, value = word.partition("=")
        value = value if equals else "".join(extra[i + 1 : i + 2])
        short = len(flag) > len("--num-") and "--num-procs".startswith(flag)  # as argparse understands it
        if short and value != "1":
            raise ConfigError(
                f"--num-procs: expected 1, got {value or 'nothing'}; numbers are kept per process, so to scale, run "
                "several `streamgauge serve --port …` and let a proxy keep each browser on one of them"
            )
