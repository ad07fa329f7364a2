"""Streams over HTTP: a question starts a run, Last-Event-ID goes on with one."""

from __future__ import annotations

import time
from functools import partial

from orchestrator_stub.chat_question import from_chat
from orchestrator_stub.dialects import encoder_for
from orchestrator_stub.dialects.encoder import Encoder, Wish
from orchestrator_stub.dialects.openai_chat import error as openai_error
from orchestrator_stub.handlers import Handler
from orchestrator_stub.link import TornadoLink
from orchestrator_stub.question import Asked, BadRequestError, from_body, from_query
from orchestrator_stub.run import GoneError, Run
from orchestrator_stub.script import play


class Stream(Handler):
    """A request whose answer is a run's: `run` writes to `link`, once both are there."""

    link: TornadoLink
    run: Run | None = None

    def query(self) -> dict[str, str]:
        return {name: self.get_query_argument(name, "") for name in self.request.query_arguments}

    def busy(self) -> bool:
        """As many streams as may be are open; Retry-After is set."""
        busy = self.stub.runs.numbers()["streams"] >= self.stub.settings.streams
        if busy:
            self.set_header("Retry-After", "1")
        return busy

    async def start(self, asked: Asked) -> None:
        """Answers until the connection has ended."""
        stub = self.stub
        scenario = stub.scenarios[asked.scenario or stub.settings.scenario]
        seed = scenario.seed if asked.seed is None else asked.seed
        made = encoder_for(scenario.dialect, self.request.path, streamed=asked.streamed)
        tokens = len(asked.message.split())
        wish = Wish(asked.model, usage=asked.usage, question_tokens=tokens, created=int(time.time()))

        def speaks(run: str) -> Encoder:
            return made(run, wish)

        self.link = TornadoLink(self)
        self.run = stub.runs.start(lambda run: play(scenario, seed, asked.message, run, stub.roster, speaks), self.link)
        await self.link.ended

    def on_connection_close(self) -> None:
        if self.run is not None:
            self.link.gone()
            self.run.leave(self.link)


class Native(Stream):
    """The orchestrator's own address."""

    allowed = "GET, POST, OPTIONS"

    async def get(self) -> None:
        await self._answer(partial(from_query, self.query()))

    async def post(self) -> None:
        await self._answer(partial(from_body, self.request.body, self.query()))

    async def _answer(self, ask: partial[Asked]) -> None:
        last_event_id = self.request.headers.get("Last-Event-ID", "").strip()
        if last_event_id:
            await self._resume(last_event_id)
            return
        if self.busy():
            self.refuse(503, f"{self.stub.settings.streams} streams are open", "server", "try again in a second")
            return
        try:
            asked = ask(self.stub.settings.message_chars, self.stub.scenarios)
        except BadRequestError as error:
            self.refuse(400, str(error), error.where, error.next_step)
            return
        await self.start(asked)

    async def _resume(self, last_event_id: str) -> None:
        """WHATWG HTML §9.2.3: 204 tells an event source to stop reconnecting."""
        found = self.stub.runs.find(last_event_id)
        if found is None:
            self.clear_header("Content-Type")
            self.set_status(204)
            return
        self.link = TornadoLink(self)
        self.run, place = found
        try:
            await self.run.resume(self.link, place)
            await self.link.ended
        except GoneError:
            return


class Chat(Stream):
    """OpenAI's chat completions; what is wrong is said in OpenAI's own shape."""

    allowed = "POST, OPTIONS"

    async def post(self) -> None:
        if self.busy():
            self._refuse(503, f"{self.stub.settings.streams} streams are open, try again in a second", "server_error")
            return
        query = self.query()
        query.setdefault("scenario", self.request.headers.get("X-Scenario", ""))
        try:
            asked = from_chat(self.request.body, query, self.stub.settings.message_chars, self.stub.scenarios)
        except BadRequestError as error:
            said = f"{error.where}: {error}; {error.next_step}"
            self._refuse(400, said, "invalid_request_error", error.where)
            return
        await self.start(asked)

    def _refuse(self, status: int, message: str, kind: str, param: str | None = None) -> None:
        self.set_status(status)
        self.finish(openai_error(message, kind, param))


class Models(Handler):
    """What may stand in `model`: the stub, or a scenario's name, for clients that can choose nothing else."""

    def get(self) -> None:
        names = [Wish().model, *self.stub.scenarios]
        self.finish({"object": "list", "data": [_model(name) for name in names]})

    head = get


def _model(name: str) -> dict[str, str | int]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "orchestrator_stub"}
