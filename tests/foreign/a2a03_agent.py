"""An A2A 0.3 agent on the last a2a-sdk 0.3: JSON-RPC at /. The question says how it behaves."""

import asyncio
import os

from a2a.server.agent_execution import AgentExecutor
from a2a.server.apps import A2AStarletteApplication
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentSkill, Part, TextPart
from a2a.utils import new_agent_text_message, new_task

PORT = int(os.environ.get("PORT", "8908"))
TEXT = "Artifacts of version 0.3 arrive in pieces with ünïcode 漢字 🎉"


class Echo(AgentExecutor):
    async def execute(self, context, queue):
        asked = context.get_user_input()
        if asked == "message":
            await queue.enqueue_event(new_agent_text_message("one plain message"))
            return
        task = context.current_task or new_task(context.message)
        await queue.enqueue_event(task)
        updater = TaskUpdater(queue, task.id, task.context_id)
        await updater.start_work()
        for n, word in enumerate(TEXT.split()):
            await asyncio.sleep(0.4 if asked == "slow" else 0.05)
            if n == 4 and asked == "raise":
                raise RuntimeError("boom")
            await updater.add_artifact(
                [Part(root=TextPart(text=word + " "))], artifact_id="answer", append=n > 0, last_chunk=False
            )
        await updater.complete()

    async def cancel(self, context, queue):
        pass


card = AgentCard(
    name="Echo 0.3",
    description="streams words",
    url=f"http://127.0.0.1:{PORT}/",
    version="1",
    capabilities=AgentCapabilities(streaming=True),
    default_input_modes=["text"],
    default_output_modes=["text"],
    skills=[AgentSkill(id="echo", name="echo", description="streams words", tags=["demo"])],
)
handler = DefaultRequestHandler(agent_executor=Echo(), task_store=InMemoryTaskStore())
app = A2AStarletteApplication(agent_card=card, http_handler=handler).build()
