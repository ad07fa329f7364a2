"""An A2A agent card (/.well-known/agent-card.json) → how to ask that agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

PATH = "/.well-known/agent-card.json"

BINDINGS = {"JSONRPC": "jsonrpc", "HTTP+JSON": "rest"}
"""What a card calls a binding, and what the dialect a2a does; gRPC is not spoken."""


def from_card(card: Mapping[str, Any], asked: str = "") -> dict[str, str]:
    """`version`, `binding` and `url` of the interface at `asked`, else of the preferred that we speak; {} without one.

    1.0 cards list `supportedInterfaces`, the preferred first; 0.3 cards have `url`, `preferredTransport` and
    `additionalInterfaces`. The url is the card's word: whoever asks there must not send it another origin's headers.
    """
    spoken = [
        {"version": "0.3" if version.startswith("0") else "1.0", "binding": BINDINGS[binding], "url": url}
        for url, binding, version in (*_listed(card), *_flat(card))
        if isinstance(url, str) and url.startswith(("http://", "https://")) and binding in BINDINGS
    ]
    return next((each for each in spoken if each["url"].rstrip("/") == asked.rstrip("/")), spoken[0] if spoken else {})


def _listed(card: Mapping[str, Any]) -> Iterator[tuple[Any, str, str]]:
    for each in _dicts(card.get("supportedInterfaces")):
        yield each.get("url"), str(each.get("protocolBinding")).upper(), str(each.get("protocolVersion") or "1.0")


def _flat(card: Mapping[str, Any]) -> Iterator[tuple[Any, str, str]]:
    version = str(card.get("protocolVersion") or "0.3")
    yield card.get("url"), str(card.get("preferredTransport") or "JSONRPC").upper(), version
    for each in _dicts(card.get("additionalInterfaces")):
        yield each.get("url"), str(each.get("transport")).upper(), version


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else iter(())
