"""A foreign back end: FastAPI, bare text in its data lines, asked by GET."""

import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/stream")
async def stream(prompt: str) -> StreamingResponse:
    async def words():
        for word in f"Heard {prompt} and that is all".split(" "):
            yield f"data: {word} \n\n"
            await asyncio.sleep(0.05)

    return StreamingResponse(words(), media_type="text/event-stream")
