"""How each of the others reads the back end: the loop that anybody would write."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import httpx


def text(line: str) -> str:
    if not line.startswith("data: {"):
        return ""
    return json.loads(line[6:])["choices"][0]["delta"].get("content") or ""


async def deltas(url: str) -> AsyncIterator[str]:
    async with httpx.AsyncClient(timeout=None) as client, client.stream("POST", url, json={}) as answer:
        async for line in answer.aiter_lines():
            if piece := text(line):
                yield piece


def deltas_in_a_thread(url: str) -> Iterator[str]:
    with httpx.Client(timeout=None) as client, client.stream("POST", url, json={}) as answer:
        for line in answer.iter_lines():
            if piece := text(line):
                yield piece
