"""OpenAI's chat completions: streamed in chunks that end with `[DONE]`, or whole in one JSON object.

Shapes as in the API reference (chat.completion.chunk, chat.completion, error); reasoning as `reasoning_content`, which
is how the servers that have it send it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orchestrator_stub.dialects.encoder import Wish
from orchestrator_stub.dialects.orchestrator import line
from orchestrator_stub.dialects.said import AgentStarted, Chunk, Completed, Failed, Said, Thought, ToolCalled

PATH = "/v1/chat/completions"


class OpenAIChat:
    """The stream. Routing and stages have no word in it; a tool's result neither, for there the client runs the tools."""

    path = PATH
    media_type = "text/event-stream"
    resumable = False
    streamed = True

    def __init__(self, run: str, wish: Wish = Wish()) -> None:  # noqa: B008  # frozen
        self._wish = wish
        self._base = {"id": f"chatcmpl-{run}", "object": "chat.completion.chunk", "created": wish.created}
        self._opened = self._said = False
        self._tools = self._tokens = 0

    def encode(self, said: Said) -> Sequence[str]:
        match said:
            case AgentStarted():
                return self._open()
            case Chunk(text):
                self._tokens += 1
                self._said = True
                return [*self._open(), self._chunk({"content": text})]
            case Thought(text):
                self._tokens += 1
                return [*self._open(), self._chunk({"reasoning_content": text})]
            case ToolCalled():
                return [*self._open(), *self._tool(said)]
            case Completed():
                return self._completed(said)
            case Failed(code, message):
                return [line(error(message, "server_error", code=code or None))]
            case _:
                return []

    def _open(self) -> list[str]:
        """The first chunk has the role and no text."""
        if self._opened:
            return []
        self._opened = True
        return [self._chunk({"role": "assistant", "content": ""})]

    def _tool(self, called: ToolCalled) -> list[str]:
        """The name comes first, the arguments in pieces."""
        index, half = self._tools, len(called.arguments) // 2
        self._tools += 1
        function = {"name": called.name, "arguments": ""}
        first = {"index": index, "id": called.call_id, "type": "function", "function": function}
        pieces = [piece for piece in (called.arguments[:half], called.arguments[half:]) if piece]
        rest = [{"index": index, "function": {"arguments": piece}} for piece in pieces]
        return [self._chunk({"tool_calls": [call]}) for call in (first, *rest)]

    def _completed(self, said: Completed) -> list[str]:
        unsaid = [] if self._said or not said.text else [self._chunk({"content": said.text})]
        reason = "tool_calls" if self._tools and not said.text else "stop"
        usage = [self._frame([], self._usage())] if self._wish.usage else []
        return [*self._open(), *unsaid, self._chunk({}, reason), *usage, "[DONE]"]

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> str:
        return self._frame([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}], None)

    def _frame(self, choices: list[dict[str, Any]], usage: dict[str, int] | None) -> str:
        told = {"usage": usage} if self._wish.usage else {}
        return line({**self._base, "model": self._wish.model, "choices": choices, **told})

    def _usage(self) -> dict[str, int]:
        asked, said = self._wish.question_tokens, self._tokens
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


class OpenAIWhole:
    """The answer in one piece, for who did not ask for a stream."""

    path = PATH
    media_type = "application/json"
    resumable = False
    streamed = False

    def __init__(self, run: str, wish: Wish = Wish()) -> None:  # noqa: B008  # frozen
        self._run = run
        self._wish = wish
        self._thoughts: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._tokens = 0

    def encode(self, said: Said) -> Sequence[str]:
        match said:
            case Chunk():
                self._tokens += 1
            case Thought(text):
                self._tokens += 1
                self._thoughts.append(text)
            case ToolCalled(call_id, name, arguments):
                function = {"name": name, "arguments": arguments}
                self._calls.append({"id": call_id, "type": "function", "function": function})
            case Completed(text=text):
                return [line(self._completion(text))]
            case Failed(code, message):
                return [line(error(message, "server_error", code=code or None))]
            case _:
                pass
        return []

    def _completion(self, text: str) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
        if self._thoughts:
            message["reasoning_content"] = "".join(self._thoughts)
        if self._calls:
            message["tool_calls"] = self._calls
        reason = "tool_calls" if self._calls and not text else "stop"
        asked, said = self._wish.question_tokens, self._tokens
        return {
            "id": f"chatcmpl-{self._run}",
            "object": "chat.completion",
            "created": self._wish.created,
            "model": self._wish.model,
            "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
            "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
        }


def error(message: str, kind: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """OpenAI's error object."""
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
