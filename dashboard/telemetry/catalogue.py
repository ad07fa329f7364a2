"""Every metric of Streamgauge as data: name (without the prefix), type, labels, help, edges. Docs are checked against it."""

from __future__ import annotations

from typing import NamedTuple

PREFIX = "streamgauge_"

TTFT_EDGES = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 40, 80)
"""2 and 8 stand among them so that objectives and Apdex are exact counts."""
GAP_EDGES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2, 5, 15, 60)
DURATION_EDGES = (0.5, 1, 2, 5, 10, 20, 40, 80, 160, 300, 600)
CONFIDENCE_EDGES = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95)
LAG_EDGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
SCREEN_EDGES = LAG_EDGES[2:]

SOURCES = ("live", "canary")
"""Who asks, as far as it is exported: checks and replays are counted nowhere."""
CANARY_RESULTS = ("success", "failure", "skipped")
"""skipped: no place was free, or a probe was still under way."""
CANARY_PHASES = ("first_event", "first_text", "end")
"""What a probe waited for; the three add up to its duration."""


class Metric(NamedTuple):
    """One row of the catalogue; `type` is counter, gauge or histogram. Units: seconds, bytes, ratios of 1."""

    name: str
    type: str
    labels: tuple[str, ...]
    help: str
    edges: tuple[float, ...] = ()
    otel: str = ""
    """The name of the same thing in OpenTelemetry's conventions for generative AI, seen by a client."""


_BACKEND = ("backend",)
_SOURCE = ("backend", "source")

CATALOGUE: tuple[Metric, ...] = (
    Metric("turns_total", "counter", ("backend", "source", "outcome"), "Turns that ended, by one of eight outcomes."),
    Metric("turns_good_total", "counter", ("backend", "source", "objective"), "Turns that met the objective: availability (completed) or ttft (first text within the backend's ttft_s)."),
    Metric("turns_counted_total", "counter", ("backend", "source", "objective"), "Turns that count for the objective: all but those stopped while they were well."),
    Metric("threshold_seconds", "gauge", ("backend", "kind"), "The configured thresholds, to be drawn as lines; canary_interval is how often the canary asks."),
    Metric("objective_ratio", "gauge", ("backend", "objective"), "The configured objectives: so large a share of the turns that count shall be good within 30 days."),
    Metric("turns_active", "gauge", _BACKEND, "Turns that have not ended."),
    Metric("turns_stalled_total", "counter", _BACKEND, "Turns that ended and had at least one stall."),
    Metric("stalls_total", "counter", ("backend", "clock"), "Silences longer than stall_after_s: bytes (nothing came) or progress (only heartbeats and the like)."),
    Metric("turn_duration_seconds", "histogram", _SOURCE, "From the request to the end of the turn.", DURATION_EDGES, "gen_ai.client.operation.duration"),
    Metric("time_to_first_event_seconds", "histogram", _SOURCE, "From the request to the first message.", TTFT_EDGES, "gen_ai.client.operation.time_to_first_chunk"),
    Metric("time_to_first_text_seconds", "histogram", _SOURCE, "From the request to the first non-empty text.", TTFT_EDGES),
    Metric("chunk_gap_seconds", "histogram", _BACKEND, "Between two chunks of text; chunks of one read are 0 apart.", GAP_EDGES, "gen_ai.client.operation.time_per_output_chunk"),
    Metric("events_total", "counter", ("backend", "type"), "Messages by what they meant; heartbeats apart."),
    Metric("received_bytes_total", "counter", _BACKEND, "Bytes of answers, after content decoding."),
    Metric("text_characters_total", "counter", _BACKEND, "Characters of text."),
    Metric("tokens_total", "counter", ("backend", "kind"), "Tokens, only as reported by the back end: input or output.", otel="gen_ai.client.token.usage"),
    Metric("reconnects_total", "counter", ("backend", "reason"), "Attempts after the first of a turn, by the fault that made them needed."),
    Metric("faults_total", "counter", ("backend", "fault"), "What went wrong, retried or not."),
    Metric("anomalies_total", "counter", ("backend", "kind"), "What was unwell and need not have ended a turn."),
    Metric("diagnoses_total", "counter", ("backend", "kind"), "One diagnosis for each turn that ended."),
    Metric("connections", "gauge", ("backend", "state"), "Connections of live turns by state."),
    Metric("last_event_timestamp_seconds", "gauge", _BACKEND, "When the last message or heartbeat came, Unix time; absent before the first."),
    Metric("routing_decisions_total", "counter", ("backend", "agent", "protocol"), 'Agents chosen by the back end; beyond 64 triples they are "other".'),
    Metric("routing_confidence_ratio", "histogram", ("agent",), "The router's confidence in its choice.", CONFIDENCE_EDGES),
    Metric("canary_success", "gauge", _BACKEND, "Whether the last probe succeeded: 1 or 0; absent before the first."),
    Metric("canary_duration_seconds", "gauge", ("backend", "phase"), "What the last probe waited for: the first message, then the first text, then the end."),
    Metric("canary_probes_total", "counter", ("backend", "result"), "Probes: success, failure, or skipped because no place was free."),
    Metric("canary_last_success_timestamp_seconds", "gauge", _BACKEND, "When the last probe that succeeded ended, Unix time; absent before the first."),
    Metric("history_available", "gauge", (), "Whether turns are being written to the history: 1 or 0; absent without one."),
    Metric("history_errors_total", "counter", (), "Writes to the history that failed."),
    Metric("screen_lag_seconds", "histogram", (), "From the read of a chunk to the page update that carries it.", SCREEN_EDGES),
    Metric("screen_updates_total", "counter", ("result",), "Page updates: sent, merged into a later one, or dropped."),
    Metric("sessions_active", "gauge", (), "Open browser sessions."),
    Metric("event_loop_lag_seconds", "histogram", (), "How late the event loop ran a timer.", LAG_EDGES),
    Metric("start_time_seconds", "gauge", (), "When this process began to serve, Unix time."),
    Metric("build_info", "gauge", ("version", "python"), "Always 1."),
    Metric("config_last_reload_successful", "gauge", (), "Whether the configuration that was read last is in force: 1, or 0 while an older one is."),
    Metric("config_last_reload_success_timestamp_seconds", "gauge", (), "When the configuration in force was read, Unix time."),
    Metric("label_overflow_total", "counter", (), 'Label values that became "other" because there were too many.'),
    Metric("observer_errors_total", "counter", (), "Observers that raised and were dropped."),
    Metric("task_failures_total", "counter", (), "Background tasks that failed."),
)  # fmt: skip
