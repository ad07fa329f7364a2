"""Panel's ChatInterface as its own documentation begins: the whole text so far is yielded for each chunk."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import panel as pn
from deltas import deltas

pn.extension()


async def answer(_contents: str) -> AsyncIterator[str]:
    text = ""
    async for piece in deltas(sys.argv[2]):
        text += piece
        yield text


def page() -> pn.chat.ChatInterface:
    return pn.chat.ChatInterface(callback=answer)


pn.serve(page, port=int(sys.argv[1]), address="127.0.0.1", show=False, threaded=False)
