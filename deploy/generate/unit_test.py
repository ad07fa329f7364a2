"""The form that `promtool test rules` takes: series in, alerts out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from deploy.generate.alerts import RUNBOOKS, Alert, alerts

GROUPS = ("streamgauge-objectives", "streamgauge-objectives-long", "streamgauge-burn")


class Fires(msgspec.Struct, frozen=True):
    """An alert that is expected: labels besides the rule's own, the value as its sentence tells it, the burn's long window."""

    labels: Mapping[str, str]
    value: str = ""
    long: str = ""


class Check(msgspec.Struct, frozen=True):
    """At a time the alert fires so; not at all when there is nothing in `fires`."""

    at: str
    alert: str
    fires: Sequence[Fires] = ()


class Case(msgspec.Struct, frozen=True):
    """One test: `series` in promtool's notation; `samples` are (at, expression, labels, exact value)."""

    name: str
    series: Sequence[tuple[str, str]]
    checks: Sequence[Check] = ()
    samples: Sequence[tuple[str, str, str, float]] = ()


def written(file: str, step: str, cases: Sequence[Case]) -> str:
    """A whole file; samples are `step` apart, and rules are evaluated as often."""
    return f"""\
# promtool test rules {file}
# Ratios are exact in binary (1/8), since samples are compared exactly.
rule_files: [../recording.rules.yml, ../alerts.rules.yml]
evaluation_interval: {step}
group_eval_order: [{", ".join(GROUPS)}]
tests:
""" + "".join(_case(case, step) for case in cases)


def _case(case: Case, step: str) -> str:
    lines = [f"  - name: {_quoted(case.name)}", f"    interval: {step}", "    input_series:"]
    for name, values in case.series:
        lines += [f"      - series: {_quoted(name)}", f"        values: {_quoted(values)}"]
    lines += ["    alert_rule_test:"] if case.checks else []
    for check in case.checks:
        lines += [f"      - eval_time: {check.at}", f"        alertname: {check.alert}"]
        lines += ["        exp_alerts:"] if check.fires else ["        exp_alerts: []"]
        for each in check.fires:
            lines += _fired(check.alert, each)
    lines += ["    promql_expr_test:"] if case.samples else []
    for at, expression, labels, value in case.samples:
        lines += [f"      - eval_time: {at}", f"        expr: {expression}", "        exp_samples:"]
        lines += [f"          - labels: {_quoted(labels)}", f"            value: {value}"]
    return "\n".join(lines) + "\n"


def _fired(name: str, each: Fires) -> list[str]:
    rule = next(alert for alert in alerts() if alert.name == name and dict(alert.labels).get("long", "") == each.long)
    labels = {**each.labels, "severity": rule.severity, **dict(rule.labels)}
    told = {
        "summary": _told(rule.summary, labels, each.value),
        "description": _told(rule.description, labels, each.value),
        "runbook_url": f"{RUNBOOKS}#{rule.name.lower()}",
    }
    said = ", ".join(f"{key}: {_quoted(value)}" for key, value in labels.items())
    return [
        f"          - exp_labels: {{{said}}}",
        "            exp_annotations:",
        *(f"              {key}: {_quoted(text)}" for key, text in told.items()),
    ]


def _told(template: str, labels: Mapping[str, str], value: str) -> str:
    text = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda slot: labels[slot[1]], template)
    return re.sub(r"\{\{ \$value[^}]*\}\}", lambda _: value, text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


__all__ = ["Alert", "Case", "Check", "Fires", "written"]
