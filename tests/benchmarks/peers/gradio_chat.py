"""Gradio's ChatInterface as its own documentation begins."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import gradio as gr
from deltas import deltas


async def answer(_message: str, _history: list[object]) -> AsyncIterator[str]:
    text = ""
    async for piece in deltas(sys.argv[2]):
        text += piece
        yield text


gr.ChatInterface(answer).launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True)
