"""The rows of the dashboard: objectives, traffic, latency, reliability, canaries, routing, page and process."""

from __future__ import annotations

from dashboard.watch.alerts import BURNS
from deploy.generate.alerts import alerts
from deploy.generate.panel import (
    BACKEND,
    INSTANCE,
    RATE,
    SOURCE,
    Panel,
    Query,
    Row,
    buckets,
    quantile,
    quantiles,
    rate,
    threshold,
)

MONTH = "[30d]"
GREEN, YELLOW, RED, CALM = "green", "yellow", "red", "text"
BETTER_HIGH = ((0.0, RED), (1e-9, YELLOW), (0.25, GREEN))
NONE_IS_GOOD = ((0.0, GREEN), (1.0, RED))


def share(objective: str, over: str) -> str:
    """Good turns ÷ turns that count, of those whose turns are judged: as the page has it, the canary's, else people's."""
    return f"({_share(objective, over, 'canary')}\n  or {_share(objective, over, 'live')})"


def _share(objective: str, over: str, source: str) -> str:
    good, counted = (
        f"sum by (backend) (increase(streamgauge_turns_{each}_total"
        f'{{{BACKEND}, source="{source}", objective="{objective}"}}{over}))'
        for each in ("good", "counted")
    )
    return f"{good}\n  / ({counted} > 0)"


JUDGED = 'Judged are turns with source="canary", for a backend without any those with source="live".'


def allowed(objective: str) -> str:
    """The share of bad turns that each backend's objective allows."""
    return f'(1 - max by (backend) (streamgauge_objective_ratio{{{BACKEND}, objective="{objective}"}}))'


def left(objective: str) -> str:
    """The share of 30 days' budget that is left; negative when overdrawn."""
    return f"1 - (1 - {share(objective, MONTH)})\n  / {allowed(objective)}"


def burn(objective: str) -> Panel:
    lines = tuple(Query(f"vector({each.factor:g})", f"alert at {each.factor:g}", line=True) for each in BURNS[:2])
    name = {"availability": "Availability", "ttft": "First text"}[objective]
    return Panel(
        f"{name}: burn rate over an hour",
        "The share of bad turns ÷ what the backend's objective allows. At 1 the budget lasts exactly 30 days; the "
        f"dashed lines are those of the alerts that look at this window and at six hours. {JUDGED}",
        "none",
        (Query(f"(1 - {share(objective, '[1h]')})\n  / {allowed(objective)}", "{{backend}}"), *lines),
        width=12,
    )


def goal(title: str, about: str, expr: str, *steps: tuple[float, str]) -> Panel:
    return Panel(title, about, "percentunit", (Query(expr, "{{backend}}"),), "stat", 6, 5, steps)


OBJECTIVES = Row(
    "Objectives",
    (
        goal(
            "Availability, 30 days",
            "Turns that completed, of those that count: all but those stopped while they were well. Whether that "
            f"meets the backend's objective says the budget beside it. {JUDGED}",
            share("availability", MONTH),
            (0.0, CALM),
        ),
        goal(
            "Availability: budget left",
            f"Of the bad turns that 30 days allow. Below 0 % the objective is missed. {JUDGED}",
            left("availability"),
            *BETTER_HIGH,
        ),
        goal(
            "First text in time, 30 days",
            "Turns whose first text came within the backend's own ttft_s, of those that count. Whether "
            f"that meets the backend's objective says the budget beside it. {JUDGED}",
            share("ttft", MONTH),
            (0.0, CALM),
        ),
        goal(
            "First text: budget left",
            f"Of the late first texts that 30 days allow. Below 0 % the objective is missed. {JUDGED}",
            left("ttft"),
            *BETTER_HIGH,
        ),
        burn("availability"),
        burn("ttft"),
        Panel(
            "Alerts that fire",
            "From alerts.rules.yml. Watchdog always fires: without it the rules are not being evaluated.",
            "none",
            (
                Query(
                    f'count by (alertname, severity, backend, instance) (ALERTS{{alertstate="firing", alertname=~"{"|".join(dict.fromkeys(each.name for each in alerts()))}"}})'
                ),
            ),
            "table",
            24,
            6,
        ),
    ),
)

TRAFFIC = Row(
    "Traffic",
    (
        Panel("Turns by outcome", "Turns that ended, a minute, by one of eight outcomes.", "cpm", (Query(f"60 * {rate('turns_total', SOURCE, 'outcome')}", "{{outcome}}"),), "bars"),
        Panel("Turns by backend", "Turns that ended, a minute.", "cpm", (Query(f"60 * {rate('turns_total', SOURCE)}", "{{backend}}"),)),
        Panel("Connections", "Live turns by the state of their connection.", "none", (Query(f"sum by (state) (streamgauge_connections{{{BACKEND}}})", "{{state}}"),), "bars"),
        Panel("Live turns", "Turns that have not ended.", "none", (Query(f"sum by (backend) (streamgauge_turns_active{{{BACKEND}}})", "{{backend}}"),)),
        Panel("Messages by type", "Messages a second by what they meant; heartbeats apart.", "cps", (Query(rate("events_total", BACKEND, "type"), "{{type}}"),), "bars"),
        Panel("Bytes received", "Bytes of answers a second, after content decoding.", "Bps", (Query(rate("received_bytes_total"), "{{backend}}"),)),
        Panel("Text", "Characters of text a second.", "cps", (Query(rate("text_characters_total"), "{{backend}}"),), width=12),
        Panel("Tokens", "Tokens a second, only as back ends report them.", "cps", (Query(rate("tokens_total", BACKEND, "kind"), "{{kind}}"),), width=12),
    ),
)  # fmt: skip

LATENCY = Row(
    "Latency",
    (
        Panel("Time to first text", "From the request to the first non-empty text, every turn in its bucket. A dot is one turn and leads to it.", "s", buckets("time_to_first_text_seconds", exemplars=True), "heatmap", 12, 9),
        Panel("Gaps between chunks", "Between two chunks of text; the chunks of one read are 0 apart.", "s", buckets("chunk_gap_seconds", BACKEND), "heatmap", 12, 9),
        Panel("Time to first text: quantiles", "Interpolated inside their bucket. Dashed: each backend's ttft_s. A dot is one turn and leads to it.", "s", (*quantiles("time_to_first_text_seconds", exemplars=True), threshold("ttft"))),
        Panel("Gap: quantiles", "Interpolated inside their bucket. Dashed: each backend's gap_s.", "s", (*quantiles("chunk_gap_seconds", BACKEND), threshold("gap"))),
        Panel("Turn duration: quantiles", "From the request to the end, interpolated inside their bucket. A dot is one turn and leads to it.", "s", quantiles("turn_duration_seconds", exemplars=True)),
        Panel("Time to first event, p95", "From the request to the first message, of whatever kind: network, queue and router, without the model.", "s", (Query(quantile(0.95, "time_to_first_event_seconds", by="backend"), "{{backend}}"),), width=12),
        Panel("Time to first text, p95", "The same for the first text: what lies between the two is the agent and the model.", "s", (Query(quantile(0.95, "time_to_first_text_seconds", by="backend"), "{{backend}}"),), width=12),
    ),
)  # fmt: skip

STALLED = f"sum by (backend) (rate(streamgauge_turns_stalled_total{{{BACKEND}}}{RATE}))"

RELIABILITY = Row(
    "Reliability",
    (
        Panel("Diagnoses", "One for each turn that ended: whose fault, a minute. Healthy and stopped ones are left out.", "cpm", (Query("60 * " + rate("diagnoses_total", f'{BACKEND}, kind!~"healthy|stopped"', "kind"), "{{kind}}"),), "bars"),
        Panel("Faults", "What went wrong, retried or not, a minute.", "cpm", (Query("60 * " + rate("faults_total", BACKEND, "fault"), "{{fault}}"),), "bars"),
        Panel("Anomalies", "What was unwell and need not have ended a turn, a minute.", "cpm", (Query("60 * " + rate("anomalies_total", BACKEND, "kind"), "{{kind}}"),), "bars"),
        Panel("Turns with a stall", "Share of the turns that fell silent for longer than stall_after_s at least once.", "percentunit", (Query(f"{STALLED}\n  / ({rate('turns_total')} > 0)", "{{backend}}"),), maximum=1),
        Panel("Stalls by clock", "bytes: nothing came, a minute. progress: only heartbeats and the like came.", "cpm", (Query("60 * " + rate("stalls_total", BACKEND, "clock"), "{{clock}}"),), "bars"),
        Panel("Reconnects by reason", "Attempts after the first of a turn, a minute, by the fault that made them needed.", "cpm", (Query("60 * " + rate("reconnects_total", BACKEND, "reason"), "{{reason}}"),), "bars"),
        Panel("Silence", "Seconds since the last message or heartbeat of each backend. While streams are open it should be small.", "s", (Query(f"time() - max by (backend) (streamgauge_last_event_timestamp_seconds{{{BACKEND}}})", "{{backend}}"),), width=24),
    ),
)  # fmt: skip

CANARY = Row(
    "Canaries",
    (
        Panel("State", "Whether the last probe succeeded, in each place that probes.", "bool_yes_no", (Query(f"streamgauge_canary_success{{{BACKEND}}}", "{{backend}} from {{instance}}"),), "states", 12, steps=((0.0, RED), (1.0, GREEN))),
        Panel("What the last probe waited for", "The first message, then the first text, then the end; together its duration.", "s", (Query(f"max by (backend, phase) (streamgauge_canary_duration_seconds{{{BACKEND}}})", "{{backend}}: {{phase}}"),), "bars", 12),
        Panel("Probes", "Probes a minute: success, failure, or skipped because no place was free.", "cpm", (Query("60 * " + rate("canary_probes_total", BACKEND, "result"), "{{result}}"),), "bars", 12),
        Panel("Since the last success", "Seconds since a probe last succeeded anywhere. Dashed: how often the canary asks.", "s", (Query(f"time() - max by (backend) (streamgauge_canary_last_success_timestamp_seconds{{{BACKEND}}})", "{{backend}}"), threshold("canary_interval")), width=12),
    ),
)  # fmt: skip

ROUTING = Row(
    "Routing",
    (
        Panel("Agents", "Agents chosen by the back end, a minute; the ten most frequent.", "cpm", (Query(f"topk(10, 60 * {rate('routing_decisions_total', BACKEND, 'agent')})", "{{agent}}"),), "bars"),
        Panel("Protocols", "What the chosen agents speak, a minute.", "cpm", (Query("60 * " + rate("routing_decisions_total", BACKEND, "protocol"), "{{protocol}}"),), "bars"),
        Panel("Confidence", "The router's confidence in its choice: the median and the tenth that was least sure, of all backends.", "percentunit", tuple(Query(quantile(q, "routing_confidence_ratio", INSTANCE), f"p{q * 100:g}") for q in (0.1, 0.5)), maximum=1),
    ),
)  # fmt: skip

TROUBLES = ("label_overflow_total", "observer_errors_total", "task_failures_total", "history_errors_total")

PROCESS = Row(
    "Page and process",
    (
        Panel("Open pages", "Browser sessions.", "none", (Query(f"sum by (instance) (streamgauge_sessions_active{{{INSTANCE}}})", "{{instance}}"),), width=6),
        Panel("Wire to screen, p95", "From the read of a chunk to the page update that carries it.", "s", (Query(quantile(0.95, "screen_lag_seconds", INSTANCE, "instance"), "{{instance}}"),), width=6),
        Panel("Page updates", "Updates with new text a second: sent, or dropped because the page was hidden.", "cps", (Query(rate("screen_updates_total", INSTANCE, "result"), "{{result}}"),), width=6),
        Panel("Event loop lag, p99", "How late the loop runs a timer. Times measured while it is high may be too long.", "s", (Query(quantile(0.99, "event_loop_lag_seconds", INSTANCE, "instance"), "{{instance}}"),), width=6),
        Panel("Processor", "Share of one core.", "percentunit", (Query(f"rate(process_cpu_seconds_total{{{INSTANCE}}}{RATE})", "{{instance}}"),), width=6),
        Panel("Memory", "Resident.", "bytes", (Query(f"process_resident_memory_bytes{{{INSTANCE}}}", "{{instance}}"),), width=6),
        Panel("Troubles inside, 1 hour", "Label values that became other, observers dropped, tasks that failed, writes to the history that failed.", "none", tuple(Query(f"sum by (instance) (increase(streamgauge_{each}{{{INSTANCE}}}[1h]))", "{{instance}}: " + each.removesuffix("_total").replace("_", " ")) for each in TROUBLES), "stat", 6, steps=NONE_IS_GOOD),
        Panel("Configuration and history", "Whether the configuration read last is in force, and whether turns are being written to the history (where there is one).", "bool_yes_no", tuple(Query(f"{name}{{{INSTANCE}}}", "{{instance}}: " + said) for name, said in (("streamgauge_config_last_reload_successful", "configuration"), ("streamgauge_history_available", "history"))), "stat", 6, steps=((0.0, RED), (1.0, GREEN))),
        Panel("Scrape", "How long Prometheus waits for /metrics.", "s", (Query(f"scrape_duration_seconds{{{INSTANCE}}}", "{{instance}}"),), width=6),
        Panel("Series", "Samples in a scrape; 5,000 at most.", "none", (Query(f"scrape_samples_scraped{{{INSTANCE}}}", "{{instance}}"),), width=6),
        Panel("Up since", "When each process began, and what it is.", "dateTimeFromNow", (Query(f"1000 * streamgauge_start_time_seconds{{{INSTANCE}}}\n  * on (job, instance) group_left (version, python) streamgauge_build_info{{{INSTANCE}}}", "{{instance}}: {{version}} on Python {{python}}"),), "stat", 6),
        Panel("Configuration of", "When the configuration in force was read. Older than the last SIGHUP: the one read then was not taken.", "dateTimeFromNow", (Query(f"1000 * streamgauge_config_last_reload_success_timestamp_seconds{{{INSTANCE}}}", "{{instance}}"),), "stat", 6),
    ),
)  # fmt: skip

ROWS = (OBJECTIVES, TRAFFIC, LATENCY, RELIABILITY, CANARY, ROUTING, PROCESS)
