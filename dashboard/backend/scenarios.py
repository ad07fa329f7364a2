"""The list of scenarios that a demo back end offers (GET /scenarios beside its stream)."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urljoin

import msgspec

MOST = 60


class Scenario(msgspec.Struct, frozen=True):
    """What a back end can be asked to act out."""

    name: str
    about: str = ""


class _Fetches(Protocol):
    async def fetch(self, url: str) -> bytes | None: ...


async def fetch_scenarios(transport: _Fetches, stream_url: str) -> list[Scenario]:
    """At most 60, texts cut to fit a menu; [] when the back end has no such list or it cannot be read."""
    body = await transport.fetch(urljoin(stream_url, "/scenarios"))
    try:
        listed = msgspec.json.decode(body or b"[]", type=list[Scenario])
    except msgspec.MsgspecError:
        return []
    return [Scenario(each.name[:64], each.about[:300]) for each in listed[:MOST]]
