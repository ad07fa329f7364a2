"""The back end: an OpenAI-compatible stream at an even rate; says when it wrote each chunk.

`python source.py CHUNKS PER_S` prints its port, then a line of JSON for each answer: the Unix time of every chunk's write.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from answer import chunk

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"


def event(delta: dict[str, str], reason: str | None = None) -> bytes:
    body = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    return f"data: {json.dumps(body)}\n\n".encode()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    await reader.readexactly(length)
    if not head.startswith(b"POST"):
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()
        return
    writer.write(HEAD + event({"role": "assistant", "content": ""}))
    chunks, per_s = int(sys.argv[1]), float(sys.argv[2])
    sent, start = [], time.monotonic() + 0.2
    for n in range(chunks):
        await asyncio.sleep(max(0.0, start + n / per_s - time.monotonic()))
        sent.append(time.time())
        writer.write(event({"content": chunk(n)}))
        await writer.drain()
    writer.write(event({}, "stop") + b"data: [DONE]\n\n")
    await writer.drain()
    writer.close()
    print(json.dumps(sent), flush=True)


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
