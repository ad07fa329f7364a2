"""Recording rules: shares of bad turns and numbers of turns that count, over each window that an alert or a panel asks for."""

from __future__ import annotations

from dashboard.watch.alerts import BURNS
from deploy.generate.promql import over_replicas, window

BUDGET_S = 30 * 86_400.0
LONG_S = 6 * 3600.0
"""Beyond this a window is computed every five minutes, not every half."""

HEAD = """\
# What burn alerts and budgets are computed from: shares of bad turns among those that count, by backend, source and
# objective, over all replicas; and what the objectives of config.yaml allow, which the processes export. A target label of yours that tells replicas apart belongs into `without`, too.
groups:
"""


ALLOWED = """\
      - record: backend:streamgauge_turns_bad:allowed_ratio
        expr: 1 - max without (instance, pod) (streamgauge_objective_ratio)
"""
"""Where replicas differ, while a new configuration is on its way, the stricter objective holds."""


def windows() -> list[float]:
    """Every window, in seconds, the shortest first."""
    return sorted({BUDGET_S, *(burn.long_s for burn in BURNS), *(burn.short_s for burn in BURNS)})


def rules() -> str:
    """recording.rules.yml."""
    short = [each for each in windows() if each <= LONG_S]
    long = [each for each in windows() if each > LONG_S]
    objectives = _group("streamgauge-objectives", "30s", short) + ALLOWED
    return HEAD + objectives + _group("streamgauge-objectives-long", "5m", long)


def _group(name: str, interval: str, over: list[float]) -> str:
    return f"  - name: {name}\n    interval: {interval}\n    rules:\n" + "".join(map(_rules, map(window, over)))


def _rules(over: str) -> str:
    good = over_replicas(f"rate(streamgauge_turns_good_total[{over}])")
    counted = over_replicas(f"rate(streamgauge_turns_counted_total[{over}])")
    return f"""\
      - record: backend:streamgauge_turns_counted:increase{over}
        expr: {over_replicas(f"increase(streamgauge_turns_counted_total[{over}])")}
      - record: backend:streamgauge_turns_bad:ratio_rate{over}
        expr: |
          1 - {good}
            / ({counted} > 0)
"""
