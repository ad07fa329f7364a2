"""Every query of the rules and of the dashboard, on a real Prometheus that scrapes the real app under traffic."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import yaml

from dashboard.cli.export import contents
from tests.browser import chromium
from tests.browser.reading import ask, open_page, outcome
from tests.browser.site import Site
from tests.deploy.dashboard_check import layout, panels, queries
from tests.deploy.programs import NO_ALERTMANAGER
from tests.deploy.queries import parts
from tests.deploy.watched import Alertmanager, Prometheus, watched

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(400)]

DOCUMENT = json.loads(contents("grafana")["streamgauge.json"])
LIMIT_S = 90.0
Place = tuple[Site, Prometheus, Alertmanager]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Site and Prometheus, after a person has asked the demo twice and every canary has been counted."""
    if chromium.path() is None:
        pytest.skip(chromium.MISSING)
    with watched(tmp_path_factory.mktemp("watched")) as (site, prometheus, manager):
        seen: list[set[str]] = []
        with chromium.chromium() as browser, chromium.watched(browser, site.home) as page:
            open_page(page.page, site)
            for number in range(2):
                ask(page.page, f"What's 2+{number}?")
                assert outcome(page.page, number) == "completed"
                seen.append(prometheus.alerts("Stalls", backend="stall"))
            until(lambda: prometheus.values('streamgauge_canary_probes_total{result="success"} > 1', True))
            until(lambda: prometheus.values("probe_success == 1", True))
            until(lambda: prometheus.values("rate(streamgauge_screen_lag_seconds_count[10s]) > 0", True))
            assert page.wrong == []
        yield site, prometheus, manager


def until(true: Callable[[], Any]) -> None:
    """Waits for it, with a limit that no machine needs."""
    end = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


def test_the_grid_and_what_panels_say() -> None:
    assert list(layout(DOCUMENT)) == []


def overlapping(document: dict[str, Any]) -> None:
    panels(document)[4]["gridPos"]["y"] -= 1


def unexplained(document: dict[str, Any]) -> None:
    panels(document)[7]["description"] = ""


def unmeasured(document: dict[str, Any]) -> None:
    del panels(document)[7]["fieldConfig"]["defaults"]["unit"]


def beyond(document: dict[str, Any]) -> None:
    panels(document)[-1]["gridPos"]["x"] = 17


def nameless(document: dict[str, Any]) -> None:
    panels(document)[3]["title"] = panels(document)[2]["title"]


def rowless(document: dict[str, Any]) -> None:
    document["panels"] = [each for each in document["panels"] if each["title"] != "Latency"]


@pytest.mark.parametrize("harm", [overlapping, unexplained, unmeasured, beyond, nameless, rowless])
def test_a_broken_layout_is_seen(harm: Callable[[dict[str, Any]], None]) -> None:
    document = copy.deepcopy(DOCUMENT)
    harm(document)
    assert list(layout(document)) != []


def test_nobody_else_can_scrape(place: Place) -> None:
    targets = place[1].get("targets")["activeTargets"]
    target = next(each for each in targets if each["labels"]["job"] == "streamgauge")
    assert {each["health"] for each in targets} == {"up"}
    assert httpx.get(target["scrapeUrl"], trust_env=False, timeout=60).status_code == 401
    assert httpx.get(f"{place[0].home}/metrics", trust_env=False, timeout=60).status_code == 404


def test_every_query_of_the_dashboard_has_numbers(place: Place) -> None:
    assert list(queries(DOCUMENT, place[1].values)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("streamgauge_turns_good_total", "streamgauge_turns_god_total", "no number"),
        ('objective=\\"ttft\\"', 'objective=\\"ttfb\\"', "no number"),
        ("sum by (le) (increase(", "sum by (le) increase(", "unexpected"),
        ("$backend", "$backends", "not filled"),
        ("histogram_quantile(0.95, sum by (backend, le)", "histogram_quantile(0.95, sum by (backend)", "no number"),
    ],
)
def test_a_broken_query_is_seen(place: Place, before: str, after: str, said: str) -> None:
    text = json.dumps(DOCUMENT)
    assert before in text
    found = list(queries(json.loads(text.replace(before, after)), place[1].values))
    assert found != []
    assert all(said in each for each in found), found


def test_what_the_rules_look_at_has_numbers(place: Place) -> None:
    rules = [
        rule["expr"]
        for name in ("recording", "alerts")
        for group in yaml.safe_load(contents("prometheus")[f"{name}.rules.yml"])["groups"]
        for rule in group["rules"]
    ]
    asked = {part for expression in rules for part in parts(expression)}
    assert len(asked) > 40
    assert [part for part in sorted(asked) if not place[1].values(part, True)] == []


def test_no_rule_fails_in_evaluation(place: Place) -> None:
    groups = place[1].get("rules")["groups"]
    assert sum(len(group["rules"]) for group in groups) == 43
    assert [rule["lastError"] for group in groups for rule in group["rules"] if rule["health"] == "err"] == []


def test_stalls_are_told_first_as_pending_then_as_firing(place: Place) -> None:
    until(lambda: "firing" in place[1].alerts("Stalls", backend="stall"))
    held = place[1].get(
        "query", query='min_over_time(ALERTS{alertname="Stalls", backend="stall", alertstate="pending"}[5m])'
    )
    assert held["result"], "it was pending before"
    assert place[1].alerts("Stalls", backend="demo") == set()


def test_a_failing_canary_is_a_backend_that_is_down(place: Place) -> None:
    until(lambda: "firing" in place[1].alerts("BackendDown", backend="error-event"))
    assert place[1].alerts("BackendDown", backend="demo") == set()


def test_the_alertmanager_tells_whom_it_should_and_keeps_back_what_is_implied(place: Place) -> None:
    """A back end that is down is far from its objectives as well: told once."""
    if not place[2].address:
        pytest.skip(NO_ALERTMANAGER)
    heard = place[2].heard
    expected = {("alive", "Watchdog", ""), ("page", "BackendDown", "error-event")}
    until(lambda: expected <= heard)
    until(lambda: {("AvailabilityBurn", "error-event"), ("Stalls", "stall")} <= place[2].inhibited())
    assert {where for where, name, _ in heard if name == "Watchdog"} == {"alive"}
    assert {name for where, name, backend in heard if where == "page" and backend == "demo"} == set()


def test_a_sample_of_a_histogram_leads_to_its_turn(place: Place) -> None:
    now = time.time()
    query = "streamgauge_time_to_first_text_seconds_bucket"
    told = place[1].get("query_exemplars", query=query, start=now - 300, end=now)
    labels = [set(exemplar["labels"]) for series in told for exemplar in series["exemplars"]]
    assert labels
    assert all(each == {"turn", "trace_id"} for each in labels)
