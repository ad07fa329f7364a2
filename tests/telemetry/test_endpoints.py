"""/metrics, /healthz and /readyz on a real socket, over the real Runtime."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from urllib.parse import urljoin

import httpx
import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application

from dashboard import endpoints
from dashboard.config import ConfigError, MetricsSettings, Secret, default_config
from dashboard.runtime import Runtime
from tests.health.story import Story
from tests.ports import free_port
from tests.telemetry.served import installed, served


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    async with installed(default_config()) as runtime:
        yield runtime


@pytest.fixture
async def client(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    async with served() as client:
        yield client


async def test_metrics_in_openmetrics_and_in_text(client: httpx.AsyncClient, runtime: Runtime) -> None:
    for event in Story().begun().text(0.5, "hello").ended(1.0).events:
        runtime.sink.observe(event)
    answer = await client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    done = {"backend": "demo", "source": "live", "outcome": "completed"}
    assert [each.value for each in families["streamgauge_turns"].samples if each.labels == done] == [1]
    answer = await client.get("/metrics", headers={"Accept": "*/*"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "streamgauge_turns_total{" in answer.text


async def test_metrics_are_compressed_only_when_asked(client: httpx.AsyncClient) -> None:
    packed = await client.get("/metrics", headers={"Accept-Encoding": "gzip"})
    plain = await client.get("/metrics", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3


async def test_head_has_the_length_and_no_body(client: httpx.AsyncClient) -> None:
    answer = await client.head("/metrics", headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 1000
    assert answer.content == b""


async def test_healthz_says_that_the_process_lives(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")
    told = answer.json()
    assert answer.status_code == 200
    assert set(told) == {"status", "version", "uptime_s"}
    assert told["status"] == "ok"
    assert told["uptime_s"] >= 0


async def test_readyz_says_no_while_draining_and_healthz_still_yes(client: httpx.AsyncClient, runtime: Runtime) -> None:
    assert (await client.get("/readyz")).status_code == 200
    runtime.draining = True
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")
    assert (await client.get("/healthz")).status_code == 200


async def test_readyz_says_no_after_a_blocked_loop(client: httpx.AsyncClient, runtime: Runtime) -> None:
    runtime._pulse.lags[3] = 5.0
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "the event loop is overloaded")


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
async def test_what_every_answer_carries(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
    assert "etag" not in answer.headers


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
async def test_a_wrong_method_is_told_in_json(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path)
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})
    assert answer.headers["x-content-type-options"] == "nosniff"


TOKEN = "s3cret.token=="
AUTHORIZATIONS = [
    (f"Bearer {TOKEN}", 200),
    (f"bearer {TOKEN}", 200),
    ("", 401),
    ("Bearer", 401),
    (f"Bearer {TOKEN}x", 401),
    (f"Bearer {TOKEN[:-1]}", 401),
    (f"Basic {TOKEN}", 401),
    (TOKEN, 401),
]


@pytest.mark.parametrize(("authorization", "code"), AUTHORIZATIONS)
async def test_metrics_behind_a_token(
    client: httpx.AsyncClient, runtime: Runtime, authorization: str, code: int
) -> None:
    runtime.config = msgspec.structs.replace(runtime.config, metrics=MetricsSettings(Secret(TOKEN)))
    answer = await client.get("/metrics", headers={"Authorization": authorization} if authorization else {})
    assert answer.status_code == code
    assert ("streamgauge_build_info" in answer.text) == (code == 200)
    assert ("www-authenticate" in answer.headers) == (code == 401)
    assert answer.headers["cache-control"] == "no-store"
    probe = await client.get("/probe?backend=nobody", headers={"Authorization": authorization} if authorization else {})
    assert probe.status_code == (404 if code == 200 else 401)
    assert (await client.get("/healthz")).status_code == 200, "the balancer knows no token"


async def test_a_scrape_changes_nothing(client: httpx.AsyncClient, runtime: Runtime) -> None:
    plain = {"Accept-Encoding": "identity"}
    first = (await client.get("/metrics", headers=plain)).text
    second = (await client.get("/metrics", headers=plain)).text

    def ours(text: str) -> list[str]:
        moving = ("streamgauge_event_loop_lag_seconds",)
        return [line for line in text.splitlines() if line.startswith("streamgauge_") and not line.startswith(moving)]

    assert ours(first) == ours(second) != []


@pytest.fixture
async def own(runtime: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """Metrics on a port of their own."""
    port = free_port()
    endpoints.bind_own(MetricsSettings(port=port))
    endpoints.bind_own(MetricsSettings(port=port))
    endpoints.listen_own()
    endpoints.listen_own()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    for server in endpoints._own:
        server.stop()
        await server.close_all_connections()
    endpoints._own.clear()


async def test_metrics_on_a_port_of_their_own_are_no_longer_beside_the_page(
    client: httpx.AsyncClient, own: httpx.AsyncClient
) -> None:
    assert "streamgauge_build_info" in (await own.get("/metrics")).text
    assert (await own.get("/healthz")).json()["status"] == "ok"
    assert (await own.get("/")).status_code == 404
    assert (await client.get("/metrics")).status_code == 404
    assert (await client.get("/probe?backend=demo")).json() == {"error": "this is served at metrics.port alone"}
    assert (await client.get("/healthz")).status_code == 200


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"metrics.port: expected a free port .* got 127.0.0.1:{port}"):
            endpoints.bind_own(MetricsSettings(port=port))


@pytest.mark.parametrize("address", ["ünï\u202ecode", "x" * 300, "\ud800"])
def test_an_address_that_cannot_be_is_one_sentence(address: str) -> None:
    with pytest.raises(ConfigError, match=r"^metrics.port: expected a free port at metrics.address, got "):
        endpoints.bind_own(MetricsSettings(address=address, port=1))


async def test_the_runbooks_are_a_page_that_runs_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/runbooks")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert '<section id="backenddown">' in answer.text


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/", "/dashboard"),
        ("/gauge", "/gauge/dashboard"),
        ("/gauge/", "/gauge/dashboard"),
        ("/a/b?view=fleet", "/a/b/dashboard?view=fleet"),
    ],
)
async def test_the_root_leads_to_the_page_below_any_prefix_with_its_slash_or_without(path: str, leads: str) -> None:
    socket, port = bind_unused_port()
    http = HTTPServer(Application([(".*", endpoints.RootHandler)]))
    http.add_socket(socket)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        answer = await client.get(path)
    http.stop()
    await http.close_all_connections()
    assert answer.status_code == 302
    assert urljoin(f"http://h{path}", answer.headers["Location"]) == f"http://h{leads}"
