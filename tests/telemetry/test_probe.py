"""/probe on a real socket: one canary turn, and what it gave, or why nothing was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from dashboard import endpoints
from dashboard.config import Backend, CanarySettings, Config, Timeouts
from dashboard.endpoints import HEADLESS
from dashboard.runtime import Runtime
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, Script, serving
from tests.telemetry.served import installed, served
from tests.turn.script import DONE, say


async def good(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("the answer "))
    await asyncio.sleep(0.02)
    await peer.send(say("is 4") + DONE)


async def endless(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("and so on "))
    await peer.gone()


class Site:
    def __init__(self, runtime: Runtime, client: httpx.AsyncClient, asked: list[Peer]) -> None:
        self.runtime, self.client, self.asked = runtime, client, asked

    async def probe(self, backend: str = "b", **headers: str) -> httpx.Response:
        return await self.client.get("/probe", params={"backend": backend}, headers=headers)


@asynccontextmanager
async def site(*scripts: Script, canary: CanarySettings | None = None, max_parallel: int = 4) -> AsyncIterator[Site]:
    async with serving(*scripts) as server:
        backend = Backend(
            "b", server.url, "orchestrator", timeouts=Timeouts(2, 2), canary=canary, max_parallel=max_parallel
        )
        async with installed(Config([backend])) as runtime, served(HEADLESS) as client:
            yield Site(runtime, client, server.peers)


def values(text: str) -> dict[str, float]:
    return {
        ",".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_probe_is_a_canary_turn_and_tells_of_that_turn_alone() -> None:
    async with site(good, canary=CanarySettings(expect="is 4")) as here:
        answer = await here.probe()
        past, state = here.runtime.history.recent("b")[0], here.runtime.canaries.states["b"]
    found = values(answer.text)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert [value for value in found.values() if value != round(value, 6)] == []
    assert found["probe_success"] == found["probe_result,success"] == found["probe_outcome,completed"] == 1
    assert sum(value for name, value in found.items() if name.startswith("probe_outcome,")) == 1
    assert found["probe_duration_seconds"] == past.duration_s
    phases = [value for name, value in found.items() if name.startswith("probe_phase_seconds,")]
    assert sum(phases) == pytest.approx(found["probe_duration_seconds"])
    assert (found["probe_chunks"], past.source, state.success) == (2, "canary", True)


async def test_a_probe_in_openmetrics() -> None:
    async with site(good) as here:
        answer = await here.probe(Accept="application/openmetrics-text; version=1.0.0")
    families = {family.name: family.samples[0].value for family in openmetrics(answer.text)}
    assert families["probe_success"] == 1


async def test_a_wrong_text_fails_the_probe_of_an_available_back_end() -> None:
    async with site(good, canary=CanarySettings(expect="5")) as here:
        found = values((await here.probe()).text)
    assert (found["probe_success"], found["probe_result,unexpected_text"], found["probe_outcome,completed"]) == (
        0,
        1,
        1,
    )


async def test_it_ends_before_the_scraper_gives_up() -> None:
    async with site(endless) as here:
        answer = await here.probe(**{"X-Prometheus-Scrape-Timeout-Seconds": "0.8"})
        past = here.runtime.history.recent("b")[0]
    found = values(answer.text)
    assert (found["probe_success"], found["probe_outcome,stopped"]) == (0, 1)
    assert 0.1 <= found["probe_duration_seconds"] < 5
    assert past.sentence.startswith("The time allowed for the probe was over")


@pytest.mark.parametrize(
    ("told", "seconds"), [("10", 9.5), ("0.5", 0.1), ("9999", 120), ("nan", 120), ("-3", 120), ("soon", 120), ("", 120)]
)
async def test_how_long_it_may_take(told: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    async with site(good) as here:
        given: list[float | None] = []
        probe = here.runtime.canaries.probe

        async def noted(name: str, settings: CanarySettings, timeout_s: float | None = None) -> object:
            given.append(timeout_s)
            return await probe(name, settings, timeout_s)

        monkeypatch.setattr(here.runtime.canaries, "probe", noted)
        assert (await here.probe(**{"X-Prometheus-Scrape-Timeout-Seconds": told})).status_code in (200, 503)
    assert given == [seconds]


@pytest.mark.parametrize("name", ["", "c", "http://elsewhere/", "b\r\nX: y"])
async def test_only_configured_names_are_asked(name: str) -> None:
    async with site(good) as here:
        answer = await here.probe(name)
        assert here.asked == []
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("backend: expected one of b, got ")


async def test_two_at_once_are_one_and_a_refusal() -> None:
    async with site(endless) as here:
        first = asyncio.create_task(here.probe(**{"X-Prometheus-Scrape-Timeout-Seconds": "2"}))
        while not here.asked:  # noqa: ASYNC110  # the back end is asked some time
            await asyncio.sleep(0.01)
        second = await here.probe()
        assert (second.status_code, second.json()) == (
            503,
            {"error": "not asked: a probe of it is still under way"},
        )
        assert (await first).status_code == 200
        assert len(here.asked) == 1


async def test_more_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "PROBES_AT_ONCE", 0)
    async with site(good) as here:
        answer = await here.probe()
        assert here.asked == []
    assert (answer.status_code, answer.json()) == (503, {"error": "0 probes are under way already"})


async def test_a_place_that_a_live_turn_has_is_left_to_it_and_the_scrape_says_so() -> None:
    async with site(endless, max_parallel=1) as here:
        live = here.runtime.ask("b", Question("hello"))
        while not live.transcript.text:
            await live.changed(live.transcript.revision)
        answer = await here.probe()
        assert not live.done
    assert (answer.status_code, answer.json()) == (503, {"error": "not asked: 1 of its 1 places are taken"})


async def test_a_scraper_that_goes_away_ends_the_turn() -> None:
    async with site(endless) as here:
        probe = asyncio.create_task(here.probe())
        while not here.asked:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        probe.cancel()
        async with asyncio.timeout(30):
            while here.runtime.turns():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert here.runtime.canaries.running == 0


async def test_a_probe_that_our_own_end_cuts_off_tells_of_no_failure() -> None:
    async with site(endless, canary=CanarySettings(interval_s=3600)) as here:
        probing = asyncio.create_task(here.probe())
        async with asyncio.timeout(30):
            while not here.runtime.turns() or not here.runtime.turns()[0].transcript.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await here.runtime.aclose()
        answer, state = await probing, here.runtime.canaries.states["b"]
    assert (answer.status_code, answer.json()) == (503, {"error": "not asked: this process was told to end"})
    assert (state.success, state.failures, state.skipped) == (None, 0, 1)


async def test_head_asks_nothing_and_draining_refuses() -> None:
    async with site(good) as here:
        assert (await here.client.head("/probe", params={"backend": "b"})).status_code == 405
        here.runtime.draining = True
        assert (await here.probe()).status_code == 503
        assert here.asked == []
