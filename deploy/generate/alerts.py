"""alerts.rules.yml: the table of dashboard/watch/alerts.py as Prometheus evaluates it, and what only Prometheus can know."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from dashboard.watch.alerts import BURN_LEAST, BURNS, PAGE, RULES, TICKET, Burn, Rule
from deploy.generate.conditions import CONDITIONS
from deploy.generate.promql import allowed, bad_share, counted, window

RUNBOOKS = "docs/runbooks.md"
"""Where the links lead until an operator names another place."""
SEVERITY_NONE = "none"
BURN_NAMES = {"AvailabilityBurn": "availability", "TtftBurn": "ttft"}

HEAD = """\
# Alerts on symptoms. severity: page wakes somebody, ticket waits for the morning, none is for machines. Each links to its
# runbook; `streamgauge export prometheus --runbooks URL` puts your address in place of docs/runbooks.md.
#
# Burn alerts: in a long and in a short window the share of bad turns is so many times what the objective allows over 30
# days. Traffic floor: more than two turns of the long window were bad, so one failure at night wakes nobody (2.5 stands
# there since increase() extrapolates). `source` says whose turns are judged: the canary's, or people's own where those are
# many (live); `streamgauge export prometheus --source …` writes either.
groups:
"""


class Alert(msgspec.Struct, frozen=True):
    """One alerting rule, ready to be written; `labels` besides the severity."""

    name: str
    expr: str
    severity: str
    summary: str
    description: str
    for_s: float = 0.0
    labels: tuple[tuple[str, str], ...] = ()


OURS: tuple[Alert, ...] = (
    Alert(
        "Watchdog",
        "vector(1)",
        SEVERITY_NONE,
        "Streamgauge's alerts are being evaluated",
        "This always fires. Let something outside tell you when it stops: then no other alert can reach you either.",
    ),
    Alert(
        "InstanceDown",
        'up{job="streamgauge"} == 0',
        PAGE,
        "{{ $labels.instance }} cannot be scraped",
        "Streamgauge is down, or Prometheus cannot reach it or is refused. What it watches is not being watched.",
        for_s=120.0,
    ),
    Alert(
        "InstanceMissing",
        'absent(up{job="streamgauge"})',
        PAGE,
        "No Streamgauge is being scraped",
        'Prometheus knows no target with job="streamgauge": a scrape configuration was lost, or discovery finds nothing.',
        for_s=300.0,
    ),
    Alert(
        "ProbeFails",
        'max without (instance, pod) (probe_success{job="streamgauge-probe"}) == 0',
        PAGE,
        "{{ $labels.backend }} fails the probes that Prometheus asks for",
        "Every place that it is probed from by /probe fails. The other probe_ metrics say how its turn ended.",
        for_s=180.0,
    ),
    Alert(
        "ProbeMissing",
        'max without (instance, pod) (up{job="streamgauge-probe"}) == 0',
        TICKET,
        "{{ $labels.backend }} is not being probed: no scrape of /probe succeeds",
        "Neither its success nor its failure is known. Prometheus has the reason among its targets: 404 is a name that "
        "config.yaml does not have, 401 the token, 503 a question that was not asked.",
        for_s=600.0,
    ),
    Alert(
        "TaskFailures",
        "increase(streamgauge_task_failures_total[1h]) > 0\nor increase(streamgauge_observer_errors_total[1h]) > 0",
        TICKET,
        "{{ $labels.instance }}: something inside failed",
        "A background task or an observer raised an exception; the log has it. Streams go on, some numbers may be missing.",
    ),
)
"""What the page cannot know of itself, or need not tell a reader."""


def alerts() -> list[Alert]:
    """Every alert, those of the table first."""
    return [alert for rule in RULES for alert in _of(rule)] + list(OURS)


def rules() -> str:
    """alerts.rules.yml."""
    of_backend = {rule.name for rule in RULES if rule.of_backend}
    groups: dict[str, list[Alert]] = {"burn": [], "backends": [], "instances": []}
    for alert in alerts():
        where = "burn" if alert.name in BURN_NAMES else "backends" if alert.name in of_backend else "instances"
        groups[where].append(alert)
    return HEAD + "\n".join(
        f"  - name: streamgauge-{name}\n    rules:\n" + "".join(map(_written, each)) for name, each in groups.items()
    )


def _of(rule: Rule) -> Iterator[Alert]:
    if rule.name in BURN_NAMES:
        yield from (_burn(rule, BURN_NAMES[rule.name], burn) for burn in BURNS)
        return
    expr, says = CONDITIONS[rule.name](rule)
    who, what = "{{ $labels.backend }} ", rule.what
    if not rule.of_backend:
        who, what = "{{ $labels.instance }}: ", what[0].lower() + what[1:]
    yield Alert(rule.name, expr, rule.severity, who + what, f"{says} {rule.next}", rule.for_s)


def _burn(rule: Rule, objective: str, burn: Burn) -> Alert:
    long, short = window(burn.long_s), window(burn.short_s)
    line = f"ignoring (source) group_left () {burn.factor:g} * {allowed(objective)}"
    expr = (
        f"{bad_share(objective, long)}\n  > {line}\n"
        f"and {bad_share(objective, short)}\n  > {line}\n"
        f"and {bad_share(objective, long)} * {counted(objective, long)} > {BURN_LEAST + 0.5:g}"
    )
    times = "" if burn.factor == 1 else f"{burn.factor:g} times what "
    share = burn.factor * burn.long_s / (30 * 86_400)
    severity = PAGE if rule.severity == burn.severity == PAGE else TICKET
    return Alert(
        rule.name,
        expr,
        severity,
        f"{{{{ $labels.backend }}}} {rule.what}",
        f"{{{{ $value | humanizePercentage }}}} of its turns in the last {long} were bad, and the last {short} is no better. "
        f"That is more than {times}its objective allows over 30 days; at this rate {share:.0%} of its budget or more goes in "
        f"{long}. {rule.next}",
        labels=(("long", long), ("short", short)),
    )


def _written(alert: Alert) -> str:
    lines = alert.expr.split("\n")
    expr = alert.expr if len(lines) == 1 else "|\n" + "\n".join(f"          {line}" for line in lines)
    held = f"        for: {window(alert.for_s)}\n" if alert.for_s else ""
    labels = ", ".join(f"{name}: {value}" for name, value in (("severity", alert.severity), *alert.labels))
    return f"""\
      - alert: {alert.name}
        expr: {expr}
{held}        labels: {{{labels}}}
        annotations:
          summary: {_quoted(alert.summary)}
          description: {_quoted(alert.description)}
          runbook_url: {RUNBOOKS}#{alert.name.lower()}
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
