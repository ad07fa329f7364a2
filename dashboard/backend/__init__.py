"""Shell: the back end, over HTTP. `ask` and `EventSource` are for programs of your own."""

from dashboard.backend.embed import ask
from dashboard.backend.event_source import EventSource, Options

__all__ = ["EventSource", "Options", "ask"]
