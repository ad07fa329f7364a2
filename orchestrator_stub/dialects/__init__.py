"""The protocols that the stub speaks, one file each; ENCODERS is the whole list."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator_stub.dialects.encoder import Encoder
from orchestrator_stub.dialects.orchestrator import Orchestrator
from orchestrator_stub.dialects.orchestrator_simple import OrchestratorSimple

ENCODERS: Mapping[str, type[Encoder]] = {
    "orchestrator": Orchestrator,
    "orchestrator-simple": OrchestratorSimple,
}
