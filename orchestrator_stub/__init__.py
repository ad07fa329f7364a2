"""A small multi-agent orchestrator that answers over Server-Sent Events, and misbehaves on request."""
