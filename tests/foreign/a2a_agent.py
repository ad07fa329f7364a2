"""An A2A 1.0 agent on a2a-sdk 1.x, with 0.3 beside it: JSON-RPC at /, REST at /rest. The question says how it behaves."""

import asyncio
import os

from a2a.helpers import new_text_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.routes.rest_routes import create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types.a2a_pb2 import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    Part,
    Task,
    TaskState,
    TaskStatus,
)
from starlette.applications import Starlette

PORT = int(os.environ.get("PORT", "8902"))
TEXT = "An agent streams artifacts in pieces ; each piece is appended . Ünïcödé 漢字 🚀 ok"


class Echo(AgentExecutor):
    async def execute(self, context, queue):
        asked = context.get_user_input()
        updater = TaskUpdater(queue, context.task_id, context.context_id)
        if asked == "message":
            await queue.enqueue_event(new_text_message("one message and no task", context_id=context.context_id))
            return
        submitted = TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)
        task = Task(id=context.task_id, context_id=context.context_id, status=submitted, history=[context.message])
        await queue.enqueue_event(task)
        await updater.start_work()
        if asked == "idle":
            await asyncio.sleep(32)
        if asked == "input":
            await updater.requires_input(self.says(context, "Which city?"))
            return
        for n, word in enumerate(TEXT.split()):
            await asyncio.sleep(0.4 if asked == "slow" else 0.03)
            if n == 5 and asked == "fail":
                await updater.failed(self.says(context, "tool exploded"))
                return
            if n == 5 and asked == "raise":
                raise RuntimeError("boom in executor")
            if asked == "status":
                await updater.update_status(TaskState.TASK_STATE_WORKING, self.says(context, word + " "))
            else:
                await updater.add_artifact([Part(text=word + " ")], artifact_id="answer", append=n > 0)
        await updater.complete()

    @staticmethod
    def says(context, text):
        return new_text_message(text, context_id=context.context_id, task_id=context.task_id)

    async def cancel(self, context, queue):
        await TaskUpdater(queue, context.task_id, context.context_id).cancel()


def at(path, binding, version):
    return AgentInterface(url=f"http://127.0.0.1:{PORT}{path}", protocol_binding=binding, protocol_version=version)


card = AgentCard(
    name="Echo",
    description="streams words",
    version="1.0.0",
    supported_interfaces=[at("/", "JSONRPC", "1.0"), at("/", "JSONRPC", "0.3"), at("/rest", "HTTP+JSON", "1.0")],
    capabilities=AgentCapabilities(streaming=True),
    default_input_modes=["text/plain"],
    default_output_modes=["text/plain"],
    skills=[AgentSkill(id="echo", name="echo", description="streams words", tags=["demo"])],
)
handler = DefaultRequestHandler(agent_executor=Echo(), task_store=InMemoryTaskStore(), agent_card=card)
app = Starlette(
    routes=[
        *create_agent_card_routes(card),
        *create_rest_routes(handler, enable_v0_3_compat=True, path_prefix="/rest"),
        *create_jsonrpc_routes(handler, "/", enable_v0_3_compat=True),
    ]
)
