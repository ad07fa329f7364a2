"""What holds for every test: reproducible properties, and nothing skipped where everything must run."""

from __future__ import annotations

import os
from collections.abc import Generator

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
