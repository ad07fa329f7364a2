"""Writes, or with `--check` compares, every generated file of deploy/."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from deploy.generate import alerts, cases, grafana, recording

DEPLOY = Path(__file__).resolve().parents[1]

FILES: dict[str, Callable[[], str]] = {
    "prometheus/recording.rules.yml": recording.rules,
    "prometheus/alerts.rules.yml": alerts.rules,
    "grafana/streamgauge.json": grafana.document,
    **{f"prometheus/tests/{name}": make for name, make in cases.FILES.items()},
}


def differing() -> list[str]:
    """The files that are not what would be written."""
    return [
        name
        for name, make in FILES.items()
        if not (DEPLOY / name).is_file() or (DEPLOY / name).read_text("utf-8") != make()
    ]


def main() -> int:
    names = differing()
    if "--check" not in sys.argv:
        for name in names:
            (DEPLOY / name).write_text(FILES[name](), "utf-8")
    for name in names:
        print(f"deploy/{name} {'differs' if '--check' in sys.argv else 'written'}")
    return int("--check" in sys.argv and bool(names))


if __name__ == "__main__":
    sys.exit(main())
