from __future__ import annotations

import gzip
import tracemalloc
from itertools import pairwise
from math import inf, isnan, nan

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from dashboard.config import Backend, CanarySettings, Objectives, Thresholds
from dashboard.health.report import Report
from dashboard.health.turn_gauge import TurnGauge
from dashboard.telemetry.catalogue import CANARY_PHASES, CATALOGUE, PREFIX, SOURCES
from dashboard.telemetry.prometheus import PrometheusSink
from dashboard.telemetry.turn_counts import AGENTS, LIVE_TURNS, TRIPLES
from dashboard.turn.events import UsageReported
from dashboard.turn.verdict import AnomalyKind, Fault, Outcome
from tests.health.story import Story

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
DEMO = Backend("demo", "http://127.0.0.1:1/", thresholds=Thresholds(ttft_s=2))


def sink_of(*stories: Story, backends: tuple[Backend, ...] = (DEMO,)) -> PrometheusSink:
    sink = PrometheusSink(backends, clock=lambda: 1000.0, wall=lambda: 1_700_000_000.0)
    for story in stories:
        for event in story.events:
            sink.observe(event)
    return sink


def samples(sink: PrometheusSink) -> dict[str, float]:
    """Every sample by its name and labels, as an OpenMetrics scraper reads it."""
    body, _, _ = sink.render(OPENMETRICS, gzip=False)
    found: dict[str, float] = {}
    for family in parse_openmetrics(body.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name.removeprefix(PREFIX)}{{{labels}}}"] = sample.value
    return found


WHOLE = Story().begun().routed(0.1).agent(0.2).text(0.5, "Two", " plus").text(0.62, " two").heartbeat(0.7).ended(1.0)


def test_a_turn_in_numbers() -> None:
    found = samples(sink_of(WHOLE))
    assert found["turns_total{backend=demo,outcome=completed,source=live}"] == 1
    assert found["turns_active{backend=demo}"] == 0
    assert found["received_bytes_total{backend=demo}"] == 15
    assert found["text_characters_total{backend=demo}"] == 12
    assert found["events_total{backend=demo,type=text}"] == 3
    assert found["events_total{backend=demo,type=heartbeat}"] == 1
    assert found["chunk_gap_seconds_count{backend=demo}"] == 2
    assert found["chunk_gap_seconds_bucket{backend=demo,le=0.005}"] == 1
    assert found["chunk_gap_seconds_bucket{backend=demo,le=0.15}"] == 2
    assert found["chunk_gap_seconds_sum{backend=demo}"] == pytest.approx(0.12)
    assert found["time_to_first_text_seconds_bucket{backend=demo,le=0.5,source=live}"] == 1
    assert found["time_to_first_event_seconds_bucket{backend=demo,le=0.1,source=live}"] == 1
    assert found["turn_duration_seconds_sum{backend=demo,source=live}"] == 1
    assert found["routing_decisions_total{agent=Math Agent,backend=demo,protocol=a2a}"] == 1
    assert found["routing_confidence_ratio_bucket{agent=Math Agent,le=0.95}"] == 1
    assert found["threshold_seconds{backend=demo,kind=ttft}"] == 2
    assert found["last_event_timestamp_seconds{backend=demo}"] == 1_700_000_000 - 1000 + 0.7


def test_every_outcome_is_there_from_the_start_at_zero() -> None:
    found = samples(sink_of())
    for outcome in Outcome:
        for source in SOURCES:
            assert found[f"turns_total{{backend=demo,outcome={outcome},source={source}}}"] == 0
    assert all(f"faults_total{{backend=demo,fault={fault}}}" in found for fault in Fault)
    assert "last_event_timestamp_seconds{backend=demo}" not in found


def test_troubles_are_counted_by_their_kind() -> None:
    story = Story().begun().lost(1, "cut").connecting(2, 2).connected(2.1).text(2.2, "a").stalled(8, 5.8, "progress")
    found = samples(sink_of(story.anomaly(8, "duplicate").ended(70, "stalled", "silent")))
    assert found["reconnects_total{backend=demo,reason=cut}"] == 1
    assert found["faults_total{backend=demo,fault=cut}"] == 1
    assert found["faults_total{backend=demo,fault=silent}"] == 1
    assert found["stalls_total{backend=demo,clock=progress}"] == 1
    assert found["turns_stalled_total{backend=demo}"] == 1
    assert found["anomalies_total{backend=demo,kind=stall}"] == 1
    assert found["anomalies_total{backend=demo,kind=duplicate}"] == 1


def test_connections_move_and_leave() -> None:
    stories = [
        Story("a").asked().connecting(),
        Story("b").begun(),
        Story("c").begun().stalled(6, 5),
        Story("d").begun().lost(1, "cut"),
        Story("e").begun().ended(1),
    ]
    found = samples(sink_of(*stories))
    for state in ("connecting", "open", "stalled", "backing_off"):
        assert found[f"connections{{backend=demo,state={state}}}"] == 1
    assert found["turns_active{backend=demo}"] == 4


def test_tokens_count_once_a_turn_and_only_as_reported() -> None:
    story = Story().begun()
    story.events += [UsageReported("t", 1, 7, 1), UsageReported("t", 2, None, 30), UsageReported("t", 3, -5, 31)]
    found = samples(sink_of(story.ended(4)))
    assert found["tokens_total{backend=demo,kind=output}"] == 31
    assert found["tokens_total{backend=demo,kind=input}"] == 0


# (story, availability good, ttft good, counted)
OBJECTIVES = [
    ("completed in time", Story().begun().text(1.9, "a").ended(3), 1, 1, 1),
    ("completed late", Story().begun().text(2.1, "a").ended(3), 1, 0, 1),
    ("completed at the line", Story().begun().text(2.0, "a").ended(3), 1, 1, 1),
    ("completed empty", Story().begun().ended(1), 1, 0, 1),
    ("failed in time", Story().begun().text(1, "a").ended(3, "failed", "backend_error"), 0, 1, 1),
    ("unreachable", Story().asked().connecting().ended(1, "unreachable", "dns"), 0, 0, 1),
    ("stopped while well", Story().begun().text(1, "a").ended(3, "stopped", by="person"), 0, 0, 0),
    ("stopped early", Story().begun().ended(1, "stopped", by="person"), 0, 0, 0),
    ("stopped waiting too long", Story().begun().ended(2.1, "stopped", by="person"), 0, 0, 1),
    ("stopped after late text", Story().begun().text(2.5, "a").ended(3, "stopped", by="person"), 0, 0, 1),
    ("stopped in a stall", Story().begun().text(1, "a").stalled(6, 5).ended(7, "stopped", by="person"), 0, 0, 1),
    (
        "stopped after a stall",
        Story().begun().text(1, "a").stalled(6, 5).recovered(7, 6).ended(8, "stopped", by="person"),
        *(0, 0, 0),
    ),
]


@pytest.mark.parametrize(("story", "available", "prompt", "counted"), [row[1:] for row in OBJECTIVES], ids=[row[0] for row in OBJECTIVES])  # fmt: skip
@pytest.mark.parametrize("source", SOURCES)
def test_what_is_good_and_what_counts(story: Story, available: int, prompt: int, counted: int, source: str) -> None:
    told = Story().asked(source=source)
    told.events += story.events[1:]
    found = samples(sink_of(told))
    for objective, good in (("availability", available), ("ttft", prompt)):
        labels = f"{{backend=demo,objective={objective},source={source}}}"
        assert found[f"turns_good_total{labels}"] == good
        assert found[f"turns_counted_total{labels}"] == counted


@pytest.mark.parametrize(("source", "backend"), [("check", "demo"), ("replay", "demo"), ("live", "stranger")])
def test_checks_replays_and_strangers_are_counted_nowhere(source: str, backend: str) -> None:
    story = Story().asked(0, backend, "", source)
    story.events += WHOLE.events[1:]
    sink = sink_of(story)
    gauge = TurnGauge(Thresholds())
    for event in story.events:
        gauge.observe(event)
    sink.ended(gauge.report(), backend, source)
    untouched = samples(sink_of())
    mine = samples(sink)
    assert {key: value for key, value in mine.items() if not key.startswith(("process", "python"))} == {
        key: value for key, value in untouched.items() if not key.startswith(("process", "python"))
    }


def test_a_diagnosis_is_counted_and_a_burst_with_it() -> None:
    story = Story().begun().text(4.0, *["word "] * 50).ended(4.1)
    gauge = TurnGauge(DEMO.thresholds)
    for event in story.events:
        gauge.observe(event)
    sink = sink_of(story)
    sink.ended(gauge.report(), "demo", "live")
    found = samples(sink)
    assert found["diagnoses_total{backend=demo,kind=burst_suspected}"] == 1
    assert found["anomalies_total{backend=demo,kind=burst}"] == 1


HOSTILE = ["\ud800lone", 'quo"te\\back\nline', "nul\x00", "x" * 10_000, "", "\u2028sep", "🧠", "{}=,"]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_no_agent_name_breaks_a_scrape(name: str, accept: str) -> None:
    body, _, _ = sink_of(Story().begun().routed(0.1, name)).render(accept, gzip=False)
    parse = parse_openmetrics if accept else parse_text
    agents = [
        sample.labels["agent"]
        for family in parse(body.decode())
        if family.name == f"{PREFIX}routing_decisions"
        for sample in family.samples
    ]
    assert len(agents) == 1
    assert 1 <= len(agents[0]) <= 64
    assert agents[0].isprintable()


def test_ten_thousand_agents_are_bounded_and_the_strangers_are_other() -> None:
    story = Story().begun()
    for number in range(10_000):
        story.routed(0.1, f"agent {number}")
    found = samples(sink_of(story))
    decisions = {key: value for key, value in found.items() if key.startswith("routing_decisions_total")}
    assert len(decisions) == TRIPLES + 1
    assert sum(decisions.values()) == 10_000
    assert decisions["routing_decisions_total{agent=other,backend=demo,protocol=other}"] == 10_000 - TRIPLES
    assert found["label_overflow_total{}"] == 10_000 - TRIPLES
    assert sum(key.startswith("routing_confidence_ratio_count") for key in found) == AGENTS + 1
    assert found["routing_confidence_ratio_count{agent=other}"] == 10_000 - AGENTS


@pytest.mark.parametrize("confidence", [None, nan, inf])
def test_a_confidence_that_is_no_number_is_not_counted(confidence: float | None) -> None:
    found = samples(sink_of(Story().begun().routed(0.1, "a", confidence)))
    assert "routing_confidence_ratio_count{agent=a}" not in found


def reported(story: Story) -> Report:
    gauge = TurnGauge(DEMO.thresholds)
    for event in story.events:
        gauge.observe(event)
    return gauge.report()


def test_a_canary_is_unknown_until_its_first_probe() -> None:
    sink = sink_of()
    sink.canary_interval("demo", 60)
    sink.canary("demo", "skipped")
    found = samples(sink)
    assert found["threshold_seconds{backend=demo,kind=canary_interval}"] == 60
    assert found["canary_probes_total{backend=demo,result=skipped}"] == 1
    assert found["canary_probes_total{backend=demo,result=failure}"] == 0
    assert not any(key.startswith(("canary_success", "canary_last", "canary_duration")) for key in found)


# (story, what it waited for: first message, first text, end)
PROBES = [
    (Story().begun().routed(0.1).text(0.5, "a").ended(1.0), (0.1, 0.4, 0.5)),
    (Story().begun().routed(0.1).ended(1.0, "failed", "backend_error"), (0.1, 0.9, 0)),
    (Story().asked().connecting().ended(1.0, "unreachable", "dns"), (1.0, 0, 0)),
]


@pytest.mark.parametrize(("story", "waits"), PROBES)
def test_a_probe_leaves_its_state(story: Story, waits: tuple[float, float, float]) -> None:
    sink = sink_of()
    sink.canary("demo", "success", reported(WHOLE))
    sink.canary("demo", "failure", reported(story))
    sink.canary("demo", "skipped")
    found = samples(sink)
    assert found["canary_success{backend=demo}"] == 0
    assert found["canary_last_success_timestamp_seconds{backend=demo}"] == 1_700_000_000
    for phase, wait in zip(CANARY_PHASES, waits, strict=True):
        assert found[f"canary_duration_seconds{{backend=demo,phase={phase}}}"] == pytest.approx(wait)
    for result in ("success", "failure", "skipped"):
        assert found[f"canary_probes_total{{backend=demo,result={result}}}"] == 1


def test_a_probe_of_a_stranger_counts_nowhere_and_an_unknown_result_is_a_mistake() -> None:
    sink = sink_of()
    sink.canary("stranger", "success", reported(WHOLE))
    sink.canary_interval("stranger", 60)
    assert not any("stranger" in key for key in samples(sink))
    with pytest.raises(KeyError):
        sink.canary("demo", "maybe")


def test_a_backend_that_leaves_takes_its_series_with_it() -> None:
    other = Backend("other", "http://127.0.0.1:2/")
    sink = sink_of(WHOLE, backends=(DEMO, other))
    sink.canary("demo", "success", reported(WHOLE))
    late = Story("late").begun().text(1, "a")
    for event in late.events:
        sink.observe(event)
    sink.configure([other])
    for event in Story("late").routed(2).text(2, "b").ended(3).events:
        sink.observe(event)
    sink.ended(reported(late.ended(3)), "demo", "live")
    assert not any("backend=demo" in key for key in samples(sink))
    assert samples(sink)["turns_active{backend=other}"] == 0


def test_a_canary_that_leaves_takes_its_series_and_its_backend_stays() -> None:
    sink = sink_of(WHOLE)
    sink.canary_interval("demo", 60)
    sink.canary("demo", "success", reported(WHOLE))
    sink.configure([msgspec.structs.replace(DEMO, canary=CanarySettings())])
    assert samples(sink)["canary_success{backend=demo}"] == 1
    sink.configure([DEMO])
    found = samples(sink)
    assert not any("canary_" in key and "backend=demo" in key for key in found)
    assert found["turns_total{backend=demo,outcome=completed,source=live}"] == 1


def test_a_backend_that_stays_counts_on_by_its_new_thresholds() -> None:
    sink = sink_of(WHOLE)
    assert samples(sink)["objective_ratio{backend=demo,objective=availability}"] == 0.995
    wanted = Objectives(availability=0.9)
    demo = Backend("demo", DEMO.url, thresholds=Thresholds(ttft_s=0.25), objectives=wanted)
    sink.configure([demo, Backend("new", DEMO.url)])
    for event in Story("u").begun().text(0.5, "a").ended(1).events:
        sink.observe(event)
    found = samples(sink)
    assert found["threshold_seconds{backend=demo,kind=ttft}"] == 0.25
    assert found["objective_ratio{backend=demo,objective=availability}"] == 0.9
    assert found["objective_ratio{backend=new,objective=ttft}"] == 0.95
    assert found["turns_good_total{backend=demo,objective=ttft,source=live}"] == 1
    assert found["turns_counted_total{backend=demo,objective=ttft,source=live}"] == 2
    assert found["turns_active{backend=new}"] == 0


def full() -> PrometheusSink:
    """Sixteen backends with canaries, every cap reached."""
    backends = tuple(Backend(f"backend-{number}", "http://127.0.0.1:1/") for number in range(16))
    sink = sink_of(backends=backends)
    for number in range(2000):
        for event in Story().asked(0, f"backend-{number % 16}").routed(0.1, f"agent {number}").ended(1).events:
            sink.observe(event)
    for backend in backends:
        sink.canary_interval(backend.name, 60)
        sink.canary(backend.name, "success", reported(WHOLE))
    sink.history(available=True)
    return sink


def test_series_at_the_caps_stay_under_five_thousand() -> None:
    found = samples(full())
    assert 4000 < len(found) <= 5000
    assert not any(isnan(value) for value in found.values())


def test_the_exposition_is_what_was_asked_for() -> None:
    sink = sink_of(WHOLE)
    body, content_type, encoding = sink.render(OPENMETRICS, gzip=True)
    assert content_type.startswith("application/openmetrics-text")
    assert encoding == "gzip"
    assert gzip.decompress(body).endswith(b"# EOF\n")
    body, content_type, encoding = sink.render("", gzip=False)
    assert content_type.startswith("text/plain")
    assert encoding == ""
    assert b"streamgauge_turns_total{" in body


def test_an_exemplar_names_the_turn() -> None:
    body, _, _ = sink_of(WHOLE).render(OPENMETRICS, gzip=False)
    line = next(
        each for each in body.decode().splitlines() if 'first_text_seconds_bucket{backend="demo",le="0.5"' in each
    )
    assert '# {turn="t"} 0.5' in line


def test_a_scrape_changes_nothing() -> None:
    sink = sink_of(WHOLE, Story("u").begun().text(1, "a"))
    ours = [sink.gather() for _ in range(3)]
    assert ours[0] == ours[1] == ours[2]


def test_the_catalogue_is_what_is_exposed() -> None:
    sink = full()
    sink.screen_update("sent", 0.02)
    names = {family.name: family.type for family in sink.gather()}
    assert names == {PREFIX + each.name.removesuffix("_total"): each.type for each in CATALOGUE}
    for family in sink.gather():
        row = next(each for each in CATALOGUE if PREFIX + each.name.removesuffix("_total") == family.name)
        assert family.documentation == row.help
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(row.labels)


def test_what_other_parts_report() -> None:
    sink = sink_of()
    sink.sessions(3)
    sink.loop_lag(0.02)
    sink.screen_update("sent", 0.03)
    sink.screen_update("merged")
    sink.observer_failed("page")
    sink.task_failed()
    sink.history(available=False)
    sink.history_failed()
    assert samples(sink)["config_last_reload_successful{}"] == 1
    sink.config_read(taken=False)
    found = samples(sink)
    assert found["sessions_active{}"] == 3
    assert found["event_loop_lag_seconds_bucket{le=0.025}"] == 1
    assert found["screen_lag_seconds_count{}"] == 1
    assert found["screen_updates_total{result=merged}"] == 1
    assert found["observer_errors_total{}"] == 1
    assert found["task_failures_total{}"] == 1
    assert found["history_available{}"] == 0
    assert found["history_errors_total{}"] == 1
    assert found["config_last_reload_successful{}"] == 0
    assert any(key.startswith("process_") for key in found)
    assert any(key.startswith("python_info") for key in found)


def test_live_turns_are_bounded() -> None:
    sink = sink_of()
    tracemalloc.start()
    for number in range(LIVE_TURNS + 1000):
        for event in Story(f"t{number}").begun().events:
            sink.observe(event)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert samples(sink)["turns_active{backend=demo}"] == LIVE_TURNS
    assert held < 10_000_000


@given(st.lists(st.floats(0, 100), min_size=1, max_size=60))
def test_gap_buckets_equal_a_naive_count(gaps: list[float]) -> None:
    story, at, times = Story().begun(), 1.0, [1.0]
    story.text(at, "a")
    for gap in gaps:
        at += gap
        times.append(at)
        story.text(at, "a")
    found = samples(sink_of(story))
    between = [later - earlier for earlier, later in pairwise(times)]
    for edge in (0.005, 0.25, 5.0, 60.0):
        assert found[f"chunk_gap_seconds_bucket{{backend=demo,le={edge}}}"] == sum(gap <= edge for gap in between)
    assert found["chunk_gap_seconds_sum{backend=demo}"] == pytest.approx(sum(between))


def test_anomaly_kinds_all_have_their_series() -> None:
    found = samples(sink_of())
    assert all(found[f"anomalies_total{{backend=demo,kind={kind}}}"] == 0 for kind in AnomalyKind)
