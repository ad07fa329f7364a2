"""A pydantic-ai agent behind AG-UI (POST /agui) and Vercel's UI messages (POST /vercel).

The question says how it behaves: tool, think, fail, idle. With LLM=http://127.0.0.1:8900/v1 a real model answers.
"""

import asyncio
import os

from pydantic_ai import Agent
from pydantic_ai.messages import ModelRequest, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import DeltaThinkingPart, DeltaToolCall, FunctionModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.ui.ag_ui import AGUIAdapter
from pydantic_ai.ui.vercel_ai import VercelAIAdapter
from starlette.applications import Starlette
from starlette.routing import Route

TEXT = "The agent streams **events**:\n\n1. started\n2. text\n\n```python\nprint('héllo 🌍')\n```\nDone."


def parts(messages, kind):
    requests = (message for message in messages if isinstance(message, ModelRequest))
    return [part for request in requests for part in request.parts if isinstance(part, kind)]


async def stream(messages, _info):
    asked = str(parts(messages, UserPromptPart)[-1].content)
    if "tool" in asked and not parts(messages, ToolReturnPart):
        yield {0: DeltaToolCall(name="weather", json_args="", tool_call_id="call_1")}
        for piece in ('{"ci', 'ty": "Pa', 'ris"}'):
            await asyncio.sleep(0.03)
            yield {0: DeltaToolCall(json_args=piece)}
        return
    if "idle" in asked:
        await asyncio.sleep(32)
    if "think" in asked:
        for words in ("Let me ", "think about ", "it."):
            await asyncio.sleep(0.05)
            yield {0: DeltaThinkingPart(content=words)}
    for at in range(0, len(TEXT), 7):
        await asyncio.sleep(0.02)
        if "fail" in asked and at > 30:
            raise RuntimeError("upstream model died")
        yield TEXT[at : at + 7]


if os.environ.get("LLM"):
    provider = OpenAIProvider(base_url=os.environ["LLM"], api_key="none")
    agent = Agent(OpenAIChatModel("smollm2", provider=provider))
else:
    agent = Agent(FunctionModel(stream_function=stream))

    @agent.tool_plain
    async def weather(city: str) -> str:
        await asyncio.sleep(0.2)
        return f"18 °C in {city}"


async def agui(request):
    return await AGUIAdapter.dispatch_request(request, agent=agent, include_usage=True)


async def vercel(request):
    return await VercelAIAdapter.dispatch_request(request, agent=agent, sdk_version=6)


app = Starlette(routes=[Route("/agui", agui, methods=["POST"]), Route("/vercel", vercel, methods=["POST"])])
