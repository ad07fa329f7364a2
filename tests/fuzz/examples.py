"""How many examples a property is tried with: few in every test run, many by `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("STREAMGAUGE_FUZZ", "1"))
"""So many times the short form."""


def examples(short: int, steps: int = 30) -> settings:
    """For `@examples(50)`, or as the settings of a state machine, of at most `steps` calls."""
    unhealthy = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(
        max_examples=short * TIMES, stateful_step_count=steps, deadline=None, suppress_health_check=unhealthy
    )
