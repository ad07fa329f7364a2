"""A foreign back end: FastAPI, JSON tokens of its own shape. Nobody here wrote Python to read it."""

import asyncio
import json

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.post("/ask")
async def ask(body: dict) -> StreamingResponse:
    async def tokens():
        for word in f"You asked: {body['q']} **Yes.**".split(" "):
            yield f"data: {json.dumps({'delta': {'token': word + ' '}})}\n\n"
            await asyncio.sleep(0.05)
        yield "data: [DONE]\n\n"

    return StreamingResponse(tokens(), media_type="text/event-stream")
