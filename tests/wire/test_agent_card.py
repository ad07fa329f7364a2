"""Which interface an agent card leads to."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.wire.agent_card import from_card

HOST = "http://127.0.0.1:8902"


def listed(*interfaces: tuple[str, str, str]) -> dict[str, Any]:
    keys = ("url", "protocolBinding", "protocolVersion")
    return {"supportedInterfaces": [dict(zip(keys, each, strict=True)) for each in interfaces]}


BOTH = {
    **listed((f"{HOST}/", "JSONRPC", "1.0"), (f"{HOST}/", "JSONRPC", "0.3"), (f"{HOST}/rest", "HTTP+JSON", "1.0")),
    "url": f"{HOST}/",
    "preferredTransport": "JSONRPC",
    "protocolVersion": "0.3",
}


@pytest.mark.parametrize(
    ("card", "asked", "version", "binding", "url"),
    [
        (BOTH, "", "1.0", "jsonrpc", f"{HOST}/"),
        (BOTH, f"{HOST}/rest", "1.0", "rest", f"{HOST}/rest"),
        (BOTH, f"{HOST}", "1.0", "jsonrpc", f"{HOST}/"),
        (BOTH, f"{HOST}/elsewhere", "1.0", "jsonrpc", f"{HOST}/"),
        ({"url": f"{HOST}/", "protocolVersion": "0.3.0"}, "", "0.3", "jsonrpc", f"{HOST}/"),
        ({"url": f"{HOST}/", "protocolVersion": "1.0"}, "", "1.0", "jsonrpc", f"{HOST}/"),
        ({"supportedInterfaces": [{"url": HOST, "protocolBinding": "jsonrpc"}]}, "", "1.0", "jsonrpc", HOST),
        ({"url": f"{HOST}/"}, "", "0.3", "jsonrpc", f"{HOST}/"),
        (listed((HOST, "GRPC", "1.0"), (f"{HOST}/r", "HTTP+JSON", "1.0.0")), "", "1.0", "rest", f"{HOST}/r"),
        (
            {
                "url": HOST,
                "preferredTransport": "GRPC",
                "additionalInterfaces": [{"url": f"{HOST}/v1", "transport": "HTTP+JSON"}],
            },
            "",
            "0.3",
            "rest",
            f"{HOST}/v1",
        ),
    ],
)
def test_from_card(card: dict[str, Any], asked: str, version: str, binding: str, url: str) -> None:
    assert from_card(card, asked) == {"version": version, "binding": binding, "url": url}


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"url": 3},
        {"url": "file:///etc/passwd"},
        {"url": HOST, "preferredTransport": "GRPC"},
        {"supportedInterfaces": [3, {"url": HOST}], "additionalInterfaces": {"url": HOST}},
    ],
)
def test_a_card_without_an_interface_that_we_speak(card: dict[str, Any]) -> None:
    assert from_card(card) == {}
