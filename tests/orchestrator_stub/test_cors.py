from __future__ import annotations

import pytest

from tests.orchestrator_stub.conftest import Serve

pytestmark = pytest.mark.system
OURS = "http://localhost:5006"
SETTINGS = {"origins": frozenset({OURS, "https://example.org"})}


@pytest.mark.parametrize(
    "path",
    [
        "/process/stream?message=1",
        "/process/stream",
        "/health",
        "/scenarios",
        "/nothing",
        "/v1/chat/completions",
        "/v1/models",
    ],
)
async def test_a_known_origin_is_echoed_with_credentials(serve: Serve, path: str) -> None:
    served = await serve(**SETTINGS)
    answer = await served.client.get(served.url.replace("/process/stream", path), headers={"Origin": OURS})
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:5007", "https://localhost:5006", "null", "*", OURS + ".evil", ""],
)
async def test_a_stranger_gets_no_header(serve: Serve, origin: str) -> None:
    served = await serve(**SETTINGS)
    for method in ("GET", "OPTIONS"):
        answer = await served.client.request(method, served.url + "?message=1", headers={"Origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["Vary"] == "Origin"


async def test_without_configuration_everybody_is_a_stranger(serve: Serve) -> None:
    served = await serve()
    answer = await served.client.get(served.url + "?message=1", headers={"Origin": OURS})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/process/stream", "/v1/chat/completions", "/health"])
async def test_a_preflight_is_answered(serve: Serve, path: str) -> None:
    served = await serve(**SETTINGS)
    asked = {
        "Origin": OURS,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,last-event-id,authorization",
    }
    answer = await served.client.options(served.url.replace("/process/stream", path), headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert ("POST" in answer.headers["Access-Control-Allow-Methods"]) == (path != "/health")
    allowed = {name.strip() for name in answer.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"Last-Event-ID", "Content-Type", "Authorization", "X-Scenario"} <= allowed


async def test_errors_and_resumed_streams_have_it_too(serve: Serve) -> None:
    served = await serve(**SETTINGS)
    run = (await served.ask()).ids[0].split(".")[0]
    for last_event_id, status in ((f"{run}.1", 200), ("x.1", 204)):
        headers = {"Origin": OURS, "Last-Event-ID": last_event_id}
        answer = await served.client.get(served.url, headers=headers)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, OURS)
    answer = await served.client.delete(served.url, headers={"Origin": OURS})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (405, OURS)
