"""What a back end says of itself before it is asked: an A2A agent's card tells its version and binding."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urljoin, urlsplit

import msgspec

from dashboard.config import Backend
from dashboard.wire.agent_card import PATH, from_card
from dashboard.wire.guess import guess_by_path


class _Fetches(Protocol):
    async def fetch(self, url: str) -> bytes | None: ...


def needs_card(backend: Backend) -> bool:
    """An A2A backend, by its dialect or by its path, whose configuration does not say which version it speaks."""
    name = (guess_by_path(backend.url) or "") if backend.dialect == "auto" else backend.dialect
    return name == "a2a" and "version" not in backend.ask.params


async def discovered(backend: Backend, transport: _Fetches) -> Backend | None:
    """`backend` with the version and binding of its agent card; as it was, when it has none that we can read.

    None when nobody is there to say, so that it is not known yet.

    The card lies below the agent's own path, or at the root of its host. Its own address is taken only where the
    configured one names no more than the host, and only within that origin: our headers may hold secrets.
    """
    parts = urlsplit(backend.url)
    below = parts._replace(path=parts.path.rstrip("/") + PATH, query="").geturl()
    body = await transport.fetch(below)
    if body is None:
        return None
    body = body or await transport.fetch(urljoin(backend.url, PATH))
    try:
        card = msgspec.json.decode(body or b"{}", type=dict)
    except msgspec.MsgspecError:
        return backend
    told = from_card(card, backend.url)
    if not told:
        return backend
    url = told.pop("url")
    same = urlsplit(url)[:2] == parts[:2] and not parts.path.strip("/")
    asking = msgspec.structs.replace(backend.ask, params={**told, **backend.ask.params})
    return msgspec.structs.replace(backend, ask=asking, url=url if same else backend.url)
