"""The wire protocols that are spoken, one file each; DIALECTS is the whole list."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.wire.dialect import Dialect
from dashboard.wire.dialects.a2a import A2A
from dashboard.wire.dialects.ag_ui import AgUi
from dashboard.wire.dialects.anthropic import Anthropic
from dashboard.wire.dialects.custom import Custom
from dashboard.wire.dialects.openai_chat import OpenAIChat
from dashboard.wire.dialects.orchestrator import Orchestrator
from dashboard.wire.dialects.vercel_ui import VercelUi

DIALECTS: Mapping[str, type[Dialect]] = {
    "orchestrator": Orchestrator,
    "openai-chat": OpenAIChat,
    "a2a": A2A,
    "anthropic": Anthropic,
    "ag-ui": AgUi,
    "vercel-ui": VercelUi,
    "custom": Custom,
}
