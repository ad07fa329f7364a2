"""Another configuration while turns run: what is new holds, what is gone leaves, what runs ends as it began."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.config import (
    Backend,
    CanarySettings,
    Config,
    ConfigError,
    Limits,
    MetricsSettings,
    Secret,
    Thresholds,
    load,
    reader,
)
from dashboard.health.snapshot import Scope
from dashboard.runtime import Refused, Runtime
from dashboard.signals import reread
from dashboard.wire.dialect import Question
from tests.backend.raw import HEAD, Peer, serving
from tests.turn.script import DONE, say

HELLO = Question("hello")


async def good(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("ok") + DONE)


def metrics(runtime: Runtime) -> str:
    return runtime.sink.render("", gzip=False)[0].decode()


async def test_added_changed_removed_take_effect_and_a_live_turn_ends_on_the_old() -> None:
    go_on = asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("begun "))
        await go_on.wait()
        await peer.send(say("and done") + DONE)

    async with serving(slow) as old, serving(good) as new:
        gone, kept = Backend("gone", old.url, "orchestrator"), Backend("kept", new.url, "orchestrator")
        moved = Backend("moved", old.url, "orchestrator", max_parallel=1)
        runtime = Runtime(Config([gone, moved, kept]))
        runtime.start()
        live = [runtime.ask(name, HELLO) for name in ("gone", "moved")]
        for each in live:
            while not each.transcript.text:
                await each.changed(each.transcript.revision)
        await runtime.ask("kept", HELLO).wait()

        moved_on = Backend("moved", new.url, "orchestrator", thresholds=Thresholds(ttft_s=9))
        changes = runtime.reload(Config([kept, moved_on, Backend("added", new.url, "orchestrator")]))
        assert (changes.added, changes.changed, changes.removed) == (["added"], ["moved"], ["gone"])
        assert str(changes) == "added added; changed moved; removed gone"
        assert list(runtime.backends) == ["kept", "moved", "added"]
        with pytest.raises(Refused, match="no longer configured"):
            runtime.ask("gone", HELLO)
        assert await runtime.scenarios("gone") == []
        await runtime.discover("gone")
        assert live[0].configured is gone
        for name in ("moved", "added"):
            turn = runtime.ask(name, HELLO)
            await asyncio.wait_for(turn.wait(), 30)
            assert turn.transcript.text == "ok"

        go_on.set()
        await asyncio.wait_for(asyncio.gather(*(each.wait() for each in live)), 30)
        assert [each.transcript.text for each in live] == ["begun and done"] * 2
        assert [each.transcript.outcome for each in live] == ["completed"] * 2
        said = metrics(runtime)
        assert 'backend="gone"' not in said
        assert 'streamgauge_turns_total{backend="kept",outcome="completed",source="live"} 1.0' in said
        assert 'streamgauge_turns_total{backend="added",outcome="completed",source="live"} 1.0' in said
        assert 'streamgauge_threshold_seconds{backend="moved",kind="ttft"} 9.0' in said
        assert runtime.snapshot(Scope("kept")).turns_total == 1
        assert runtime.snapshot(Scope("added")).turns_total == 1
        await runtime.aclose()


async def test_the_old_connections_are_closed_once_their_last_turn_is_over() -> None:
    async with serving(good) as server:
        runtime = Runtime(Config([Backend("a", server.url, "orchestrator")]))
        await runtime.ask("a", HELLO).wait()
        transport = runtime._roster.transport(runtime.backends["a"])
        runtime.reload(Config([Backend("b", server.url, "orchestrator")]))
        async with asyncio.timeout(30):
            while not transport._client.is_closed:  # noqa: ASYNC110  # nobody tells it
                await asyncio.sleep(0.01)
        await runtime.aclose()


async def test_what_cannot_be_taken_changes_nothing() -> None:
    runtime = Runtime(Config([Backend("a", "http://127.0.0.1:1/", "orchestrator")]))
    before = runtime.config
    with pytest.raises(ConfigError, match=r"backends\[0\]\.dialect"):
        runtime.reload(Config([Backend("b", "http://127.0.0.1:1/", "morse")], Limits(turns_live=1)))
    assert runtime.config is before
    assert list(runtime.backends) == ["a"]
    await runtime.aclose()


async def test_a_recording_of_before_keeps_the_secrets_of_before() -> None:
    async def torn(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + say("the key is s3cr3t-of-before"))
        await asyncio.sleep(0.02)
        peer.reset()

    async with serving(torn) as server:
        runtime = Runtime(Config([Backend("a", server.url, "orchestrator", headers={"X": Secret("s3cr3t-of-before")})]))
        live = runtime.ask("a", HELLO)
        await live.wait()
        runtime.reload(Config([Backend("a", server.url, "orchestrator", headers={"X": Secret("another-one")})]))
        exported = runtime.flight.kept(live.id)
        await runtime.aclose()
    assert exported is not None
    rows = [json.loads(line) for line in exported.encoded().splitlines()]
    data = b"".join(base64.b64decode(row["b64"]) for row in rows if "b64" in row)
    assert b"the key is ****" in data
    assert b"s3cr3t" not in data


FILE = "backends: [{{name: {name}, url: 'http://127.0.0.1:1/', dialect: orchestrator{more}}}]\n"


def read_at(runtime: Runtime) -> float:
    """When the configuration in force was read, as the metrics say."""
    found = re.search(r"^\w+config_last_reload_success_timestamp_seconds (\S+)", metrics(runtime), re.MULTILINE)
    assert found is not None
    return float(found[1])


def fires(runtime: Runtime) -> list[str]:
    """At the very next beat."""
    runtime.vigil.beat(time.monotonic(), time.time())
    return [alarm.rule.name for alarm in runtime.vigil.firing]


async def test_a_file_that_is_wrong_is_told_and_the_one_before_stays_until_it_is_right(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(FILE.format(name="a", more=""))
    runtime = Runtime(load(file))
    runtime.read_config = lambda: load(file)
    assert "config_last_reload_successful 1.0" in metrics(runtime)
    began = read_at(runtime)

    file.write_text(FILE.format(name="b", more=", urll: x"))
    with caplog.at_level(logging.WARNING):
        reread(runtime)
    assert "config.yaml: backends[0].urll: expected one of" in caplog.text
    assert "config_last_reload_successful 0.0" in metrics(runtime)
    assert list(runtime.backends) == ["a"]
    assert fires(runtime) == ["ConfigNotLoaded"]
    detail = runtime.vigil.firing[0].detail
    read = f"{datetime.fromtimestamp(began, UTC):%Y-%m-%d %H:%M} UTC"
    assert detail.startswith(f"that of {read} stays in force. config.yaml: backends[0].urll: expected one of name, url")
    assert detail.endswith("got an unknown key (did you mean url?)")

    file.write_text(FILE.format(name="b", more=""))
    with caplog.at_level(logging.WARNING):
        reread(runtime)
    assert "added b; removed a" in caplog.text
    assert "config_last_reload_successful 1.0" in metrics(runtime)
    assert list(runtime.backends) == ["b"]
    assert fires(runtime) == []
    assert read_at(runtime) > began
    await runtime.aclose()


async def test_a_file_that_is_gone_for_a_moment_is_no_reason_to_forget_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREAMGAUGE_CONFIG", raising=False)
    (tmp_path / "config.yaml").write_text(FILE.format(name="a", more=""))
    runtime = Runtime(load())
    runtime.read_config = reader()
    (tmp_path / "config.yaml").rename(tmp_path / "gone.yaml")
    with caplog.at_level(logging.WARNING):
        reread(runtime)
    assert "config.yaml: expected a file that can be read" in caplog.text
    assert list(runtime.backends) == ["a"]
    await runtime.aclose()


async def test_what_only_a_start_can_change_is_told(caplog: pytest.LogCaptureFixture) -> None:
    backends = [Backend("a", "http://127.0.0.1:1/", "orchestrator")]
    runtime = Runtime(Config(backends))
    with caplog.at_level(logging.WARNING):
        runtime.reload(Config(backends, metrics=MetricsSettings(port=9)))
    assert "`metrics.port` takes effect at the next start" in caplog.text
    await runtime.aclose()


async def test_without_a_file_there_is_nothing_to_read_again(caplog: pytest.LogCaptureFixture) -> None:
    runtime = Runtime(Config([Backend("a", "http://127.0.0.1:1/", "orchestrator")]))
    with caplog.at_level(logging.WARNING):
        reread(runtime)
    assert "what the command line said stays" in caplog.text
    assert "config_last_reload_successful 1.0" in metrics(runtime)
    await runtime.aclose()


async def test_canaries_follow_the_configuration() -> None:
    async with serving(good) as server:
        asks = CanarySettings("ping", 3600)
        runtime = Runtime(Config([Backend("a", server.url, "orchestrator", canary=asks)]))
        runtime.serve()
        assert list(runtime.canaries.states) == ["a"]
        runtime.reload(Config([Backend("b", server.url, "orchestrator", canary=asks)]))
        await asyncio.sleep(0)
        assert list(runtime.canaries.states) == ["b"]
        assert [t.get_name() for t in asyncio.all_tasks() if t.get_name().startswith("canary")] == ["canary b"]
        await runtime.aclose()


async def test_a_mistake_of_ours_while_it_is_read_is_told_as_not_taken(caplog: pytest.LogCaptureFixture) -> None:
    runtime = Runtime(Config([Backend("kept", "http://127.0.0.1:9/process/stream", "orchestrator")]))

    def fails() -> Config:
        raise RuntimeError("a mistake of ours")

    runtime.read_config = fails
    reread(runtime)
    assert "streamgauge_config_last_reload_successful 0.0" in metrics(runtime)
    assert "configuration: not taken" in caplog.text
    assert "a mistake of ours" in caplog.text
    assert fires(runtime) == ["ConfigNotLoaded"]
    assert "an error of Streamgauge's own, which its log has" in runtime.vigil.firing[0].detail
    assert list(runtime.backends) == ["kept"]
    await runtime.aclose()
