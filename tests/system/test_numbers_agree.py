"""Eight back ends that end in the eight ways: page, /metrics, Prometheus, history and the stub's own count agree."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page

from dashboard.config import HistorySettings
from dashboard.telemetry.history import DAY_S, History
from dashboard.telemetry.history_file import HistoryFile
from dashboard.turn.verdict import Outcome
from tests.browser import chromium
from tests.deploy.watched import TOKEN, Prometheus, prometheus
from tests.ports import free_port
from tests.system.processes import stub
from tests.system.test_accounts import ENDS, Watch, ended, fetch, until

pytestmark = [pytest.mark.system, pytest.mark.browser, pytest.mark.timeout(400)]

SEEN_BY_THE_STUB = {
    "completed": ("turns", "completed"), "failed": ("turns", "failed"), "rejected": ("turns", "refused"),
    "truncated": ("cut", "midway"), "malformed": ("cut", "senseless"),
    "unreachable": ("left", "unanswered"), "stalled": ("left", "hung"), "stopped": ("left", "talking"),
}  # fmt: skip
"""What each outcome of these scenarios is at the other end. It holds for them only: why a reader left, the stub cannot know,
so that one who stops a stream that hangs, or gives up one that still talks, would count the other way round."""

ROWS = """rows => rows.map((row) => [
  row.dataset.backend,
  [...row.querySelectorAll("[data-outcome-total]")].map((told) => [told.dataset.outcomeTotal, parseInt(told.innerText)]),
  row.querySelectorAll(".mark").length,
  row.querySelector(".availability").title,
])"""

Totals = Counter[str]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Watch, str]]:
    with stub("--speed", "6") as url:
        watch = Watch(tmp_path, url)
        watch.more = {"metrics": {"token": TOKEN}}
        yield watch, url.replace("/process/stream", "/health/turns")
        for program in watch.programs:
            program.stop()


def by_the_stub(url: str) -> Totals:
    told = json.loads(fetch(url))
    assert told["turns"]["started"] == sum(told["turns"].values()) - told["turns"]["started"]
    return Counter({outcome: told[one][other] for outcome, (one, other) in SEEN_BY_THE_STUB.items()})


def by_prometheus(scraping: Prometheus) -> Totals:
    told = scraping.get("query", query='sum by (outcome) (streamgauge_turns_total{source="canary"})')["result"]
    return Counter({each["metric"]["outcome"]: int(float(each["value"][1])) for each in told})


def by_the_page(page: Page) -> tuple[Totals, Totals, dict[str, str]]:
    """In words, and by the marks of the strips; and each backend's availability, as it is told."""
    words, marks, availability = Totals(), Totals(), {}
    rows = page.locator(".backend").evaluate_all(ROWS)  # all at one moment
    for name, outcomes, strip, said in rows:
        words.update(dict(outcomes))
        marks[ENDS[name]] += strip
        availability[name] = said
    return words, marks, availability


def opened(page: Page, watch: Watch) -> None:
    page.goto(f"http://127.0.0.1:{watch.port}/dashboard?view=fleet")
    page.locator(".backend").nth(len(ENDS) - 1).wait_for()


def load(watch: Watch) -> Totals:
    """Every canary asks once at least, then none asks any more; what /metrics counted."""
    until(lambda: all(watch.outcomes()[each] >= 1 for each in Outcome))
    watch.configure(canaries=False)
    watch.programs[-1].signal(signal.SIGHUP)
    watch.programs[-1].wait_for("configuration: read again: changed happy, ")
    until(lambda: watch.active == 0)
    return watch.outcomes()


def test_five_accounts_agree_outcome_by_outcome_with_a_restart_in_the_middle(
    served: tuple[Watch, str], tmp_path: Path
) -> None:
    if chromium.path() is None:
        pytest.skip(chromium.MISSING)
    watch, stub_url = served
    port = free_port()
    with prometheus(tmp_path, f"127.0.0.1:{port}") as scraping, chromium.chromium() as browser:
        watch.configure(canaries=True)
        watch.start(command="serve", port=port)
        first = load(watch)
        with chromium.watched(browser, f"http://127.0.0.1:{port}") as seen:
            opened(seen.page, watch)
            until(lambda: by_the_page(seen.page)[0] == first)
            before = by_the_page(seen.page)
            until(lambda: by_prometheus(scraping) == first)
            assert by_the_stub(stub_url) == first
        assert ended(watch) == 0
        assert watch.in_file() == first

        watch.configure(canaries=False)
        watch.start(command="serve", port=port)
        with chromium.watched(browser, f"http://127.0.0.1:{port}") as seen:
            opened(seen.page, watch)
            until(lambda: by_the_page(seen.page) == before)  # availability of 30 days too
            watch.configure(canaries=True)
            watch.programs[-1].signal(signal.SIGHUP)
            second = load(watch)
            both = first + second
            until(lambda: by_the_page(seen.page)[:2] == (both, both))
            until(lambda: by_prometheus(scraping) == second)
            assert by_the_stub(stub_url) == both
        objectives = watch.metrics()
        assert ended(watch) == 0
        assert watch.in_file() == both
    with closing(HistoryFile(watch.history, create=False)) as file:
        assert {(turn.backend, turn.outcome) for turn in file.turns()} == set(ENDS.items())
    good_and_counted(watch.history, first, objectives)


def good_and_counted(path: Path, first: Totals, metrics: dict[str, float]) -> None:
    """What a month's objectives are computed on: that of both runs, of which /metrics has the second."""
    history = History(HistorySettings(str(path)))
    history.start(wait_s=30)
    for name, outcome in ENDS.items():
        month = history.window(name, 30 * DAY_S, "canary")
        labels = f'{{backend="{name}",objective="availability",source="canary"}}'
        counts = outcome != "stopped" or metrics[f"turns_counted_total{labels}"] > 0
        assert month.counted["availability"] == metrics[f"turns_counted_total{labels}"] + first[outcome] * counts
        good = first[outcome] if outcome == "completed" else 0
        assert month.good["availability"] == metrics[f"turns_good_total{labels}"] + good
    history.close()
