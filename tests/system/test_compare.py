"""`check DIRECT --compare THROUGH` behind a real nginx: a hop that buffers is proved and named, nothing else ever is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.ports import free_port
from tests.system.nginx import nginx
from tests.system.processes import stub

pytestmark = pytest.mark.system

BUFFERS = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
STRIPPED = "proxy_hide_header X-Accel-Buffering; proxy_hide_header Via; proxy_pass_header Server;"
GZIP = "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any;"


def check(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dashboard", "check", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def compare(direct: str, through: str, *args: str) -> tuple[dict[str, Any], int]:
    done = check(direct, "--compare", through, "--json", *args)
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert list(found) == ["direct", "through", "diagnosis"]
    return found, done.returncode


def proved(direct: str, through: str, *args: str) -> tuple[dict[str, Any], int]:
    """The comparison that proves it. A busy machine may blur a run or two: it is enough that it can be proved."""
    for _ in range(5):
        found, code = compare(direct, through, *args)
        if found["diagnosis"]["kind"] == "burst_proved":
            break
    return found, code


def base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@pytest.fixture(scope="module")
def lively() -> Iterator[str]:
    """The stub near its natural pace: text flows for half a second."""
    with stub("--speed", "1.5") as url:
        yield url


@pytest.mark.parametrize(
    ("location", "args", "hop", "says"),
    [
        (BUFFERS, [], "nginx", "proxy_buffering off;"),
        (BUFFERS + STRIPPED, [], "the hop at 127.0.0.1:", "proxy_buffering off;"),
        (BUFFERS + GZIP, ["--header", "Accept-Encoding: gzip"], "nginx", "gzip off;"),
    ],
    ids=["plain", "stripped", "gzip"],
)
def test_a_hop_that_buffers_is_proved_and_the_directive_named(
    location: str, args: list[str], hop: str, says: str, lively: str
) -> None:
    with nginx(base(lively), location) as proxy:
        found, code = proved(lively, proxy, *args)
    diagnosis = found["diagnosis"]
    assert diagnosis["kind"] == "burst_proved", diagnosis
    assert hop in diagnosis["sentence"]
    assert urlsplit(proxy).netloc in diagnosis["sentence"]
    assert says in diagnosis["next"]
    assert "proxy_buffering off;" in diagnosis["next"]
    assert [found[run]["outcome"] for run in ("direct", "through")] == ["completed", "completed"]
    assert found["direct"]["text"] == found["through"]["text"]
    assert code == 1


@pytest.mark.parametrize(
    ("location", "args"),
    [
        ("proxy_buffering off;", []),
        ("proxy_buffering on;", []),  # the stub sends X-Accel-Buffering: no, and nginx heeds it
        ("proxy_buffering off; " + STRIPPED, []),
        ("proxy_buffering off; " + GZIP, ["--header", "Accept-Encoding: gzip"]),
    ],
    ids=["off", "asked-off", "stripped", "gzip"],
)
def test_a_hop_that_passes_on_is_not_proved(location: str, args: list[str], lively: str) -> None:
    with nginx(base(lively), location) as proxy:
        for _ in range(5):  # a busy machine may hold the direct run up, which is then no flow to compare with
            found, code = compare(lively, proxy, *args)
            assert found["diagnosis"]["kind"] != "burst_proved"
            if code == 0 and "flows through the hop as it does directly" in found["diagnosis"]["sentence"]:
                break
    assert "flows through the hop as it does directly" in found["diagnosis"]["sentence"]
    assert code == 0


@pytest.mark.parametrize("scenario", ["burst", "one-piece"])
def test_a_model_that_answers_in_one_burst_is_never_proved(scenario: str) -> None:
    with stub("--speed", "2", "--scenario", scenario) as url, nginx(base(url), BUFFERS) as proxy:
        found, _ = compare(url, proxy)
    assert found["diagnosis"]["kind"] != "burst_proved"
    assert "does not flow either" in found["diagnosis"]["sentence"]


@pytest.mark.parametrize("speed", ["20", "1000"])
def test_a_model_that_is_simply_fast_is_never_proved(speed: str) -> None:
    with stub("--speed", speed) as url, nginx(base(url), BUFFERS) as proxy:
        found, code = compare(url, proxy)
    assert found["diagnosis"]["kind"] != "burst_proved"
    assert code == 0


def test_a_long_answer_that_comes_in_several_lumps_is_proved() -> None:
    question = "Show me the tour of markdown"
    with stub("--speed", "3") as url, nginx(base(url), BUFFERS + "proxy_buffers 4 4k; proxy_buffer_size 4k;") as proxy:
        found, _ = proved(url, proxy, "-m", question)
    assert found["diagnosis"]["kind"] == "burst_proved", found["diagnosis"]


def test_a_person_reads_the_runs_and_what_to_change(lively: str) -> None:
    with nginx(base(lively), BUFFERS) as proxy:
        for _ in range(5):  # as `proved`
            done = check(lively, "--compare", proxy)
            if "burst_proved: Proxy: " in done.stdout:
                break
    assert [line.split()[0] for line in done.stdout.splitlines()[:4]] == ["directly", "through"] * 2
    assert "burst_proved: Proxy: " in done.stdout
    assert "next: Set `proxy_buffering off;`" in done.stdout
    assert (done.returncode, done.stderr) == (1, "")


def test_a_hop_that_is_down_is_told_as_such_and_proves_nothing(lively: str) -> None:
    found, code = compare(lively, f"http://127.0.0.1:{free_port()}", "--config", "/dev/null")
    assert found["through"]["outcome"] == "unreachable"
    assert found["diagnosis"]["kind"] == "unreachable"
    assert "what is wrong is there" in found["diagnosis"]["sentence"]
    assert code == 1


@pytest.mark.parametrize("address", ["", "ftp://a/", "SAME"])
def test_another_address_that_is_none_is_one_sentence(address: str) -> None:
    direct = "http://127.0.0.1:9/ask"
    done = check(direct, "--compare", direct if address == "SAME" else address)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--compare: expected" in done.stderr
