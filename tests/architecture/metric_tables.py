"""The tables of metrics in README.md and docs/metrics.md, from the catalogue: `python -m tests.architecture.metric_tables --write`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard.config import Thresholds
from dashboard.health.diagnosis import Kind
from dashboard.telemetry.backend_tally import OBJECTIVES, STATES
from dashboard.telemetry.catalogue import CANARY_PHASES, CANARY_RESULTS, CATALOGUE, SOURCES, Metric
from dashboard.telemetry.turn_counts import AGENTS, TRIPLES
from dashboard.turn.events import MESSAGE_KINDS
from dashboard.turn.verdict import AnomalyKind, Fault, Outcome
from tests.architecture.tree import ROOT

BEGIN = "<!-- metrics: written by python -m tests.architecture.metric_tables --write -->\n"
END = "<!-- /metrics -->\n"
README = ROOT / "README.md"
METRICS = ROOT / "docs" / "metrics.md"


def code(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


LABELS: tuple[tuple[str, str, str], ...] = (
    ("backend", "all that have it", "the configured name, at most 16; never an address"),
    ("source", "turns and objectives", code(SOURCES)),
    ("outcome", "`turns_total`", code(list(Outcome))),
    ("objective", "`turns_good_total`, `turns_counted_total`, `objective_ratio`", code(OBJECTIVES)),
    (
        "kind",
        "`threshold_seconds`",
        code([*(name.removesuffix("_s") for name in Thresholds.__struct_fields__), "canary_interval"]),
    ),
    ("kind", "`tokens_total`", code(("input", "output"))),
    ("kind", "`anomalies_total`", code(list(AnomalyKind))),
    ("kind", "`diagnoses_total`", code(list(Kind))),
    ("clock", "`stalls_total`", code(("bytes", "progress"))),
    ("type", "`events_total`", code([*MESSAGE_KINDS, "heartbeat"])),
    ("fault", "`faults_total`", code(list(Fault))),
    ("reason", "`reconnects_total`", "as `fault`"),
    ("state", "`connections`", code(STATES)),
    ("agent, protocol", "routing", f"what the back end says, cleaned; {TRIPLES} triples with backend, then `other`"),
    ("agent", "`routing_confidence_ratio`", f"as above; {AGENTS}, then `other`"),
    ("result", "`canary_probes_total`", code(CANARY_RESULTS)),
    ("phase", "`canary_duration_seconds`", f"{code(CANARY_PHASES)}: what was waited for, in turn; they add up"),
    ("result", "`screen_updates_total`", code(("sent", "merged", "dropped"))),
)


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def labels(metric: Metric) -> str:
    return code(metric.labels) or "none"


def short() -> str:
    """README's: names, types, labels."""
    head = [row("metric", "type", "labels"), "|---|---|---|"]
    return "\n".join([*head, *(row(f"`{each.name}`", each.type, labels(each)) for each in CATALOGUE), ""])


def full() -> str:
    """The reference: what each says and its buckets, the labels' values, the names that OpenTelemetry has."""
    lines = [row("metric", "type", "labels", "what it says", "buckets"), "|---|---|---|---|---|"]
    for each in CATALOGUE:
        edges = " ".join(f"{edge:g}" for edge in each.edges)
        lines.append(row(f"`{each.name}`", each.type, labels(each), each.help, edges))
    lines += ["", "### Values of the labels", "", row("label", "of", "values"), "|---|---|---|"]
    lines += [row(code(names.split(", ")), where, values) for names, where, values in LABELS]
    lines += ["", "### What OpenTelemetry calls them", ""]
    lines += [row("ours", "in its conventions for generative AI, as a client sees it"), "|---|---|"]
    lines += [row(f"`{each.name}`", f"`{each.otel}`") for each in CATALOGUE if each.otel]
    return "\n".join([*lines, ""])


TABLES = {README: short, METRICS: full}


def written(path: Path) -> str:
    """What the document holds between its markers."""
    _, _, rest = path.read_text("utf-8").partition(BEGIN)
    return rest.partition(END)[0]


def main() -> None:
    for path, table in TABLES.items():
        if "--write" not in sys.argv:
            print(table())
            continue
        before, _, rest = path.read_text("utf-8").partition(BEGIN)
        path.write_text(before + BEGIN + table() + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    main()
