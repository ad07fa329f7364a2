"""What holds for every test: reproducible properties, and nothing skipped where everything must run."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from itertools import groupby

import pytest
from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("STREAMGAUGE_FUZZ", "1"))
"""So many times the examples (tests/fuzz)."""

UNDER_CI = os.environ.get("CI", "").lower() in ("1", "true")

settings.register_profile(
    "local", max_examples=100 * TIMES, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("local"), derandomize=True, print_blob=True)
settings.load_profile("ci" if UNDER_CI else "local")


def _spread(some: list[list[pytest.Item]], among: list[list[pytest.Item]]) -> Iterator[list[pytest.Item]]:
    """Files of the one kind evenly among those of the other."""
    each, given = len(among) / max(1, len(some)), 0
    for number, file in enumerate(some):
        yield file
        until = round(each * (number + 1))
        yield from among[given:until]
        given = until
    yield from among[given:]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A worker of pytest-xdist takes the next file: a browser needs a processor to itself, the others mostly wait, so they
    run beside each other and not all browsers at once."""
    files = [list(of_file) for _path, of_file in groupby(items, lambda item: item.path)]
    browsers = [file for file in files if file[0].path.parent.name == "browser"]
    others = [file for file in files if file[0].path.parent.name != "browser"]
    items[:] = [item for file in _spread(browsers, others) for item in file]


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Under CI=true a skipped test is a failed one: what the machine lacks must be installed there."""
    if UNDER_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, and under CI=true nothing may be: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report
