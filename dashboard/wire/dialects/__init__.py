"""The wire protocols that are spoken, one file each; DIALECTS is the whole list."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.wire.dialect import Dialect
from dashboard.wire.dialects.custom import Custom
from dashboard.wire.dialects.openai_chat import OpenAIChat
from dashboard.wire.dialects.orchestrator import Orchestrator

DIALECTS: Mapping[str, type[Dialect]] = {
    "orchestrator": Orchestrator,
    "openai-chat": OpenAIChat,
    "custom": Custom,
}
