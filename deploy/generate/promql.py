"""Small words of PromQL, so that rules and panels say the same thing in the same way."""

from __future__ import annotations

REPLICAS = "(instance, pod)"
"""Labels that tell replicas apart; what is said of a backend is said of all of them together."""


def window(seconds: float) -> str:
    """300 as 5m, 86,400 as 1d: as Prometheus writes durations, in the largest unit that is whole."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:g}s"


def over_replicas(expression: str, *labels: str) -> str:
    """The sum over replicas, and over these labels."""
    return f"sum without ({', '.join(('instance', 'pod', *labels))}) ({expression})"


def bad_share(objective: str, over: str) -> str:
    """The recorded share of bad turns among those that count."""
    return f'backend:streamgauge_turns_bad:ratio_rate{over}{{objective="{objective}", source="canary"}}'


def counted(objective: str, over: str) -> str:
    """The recorded number of turns that count."""
    return f'backend:streamgauge_turns_counted:increase{over}{{objective="{objective}", source="canary"}}'


def allowed(objective: str) -> str:
    """The recorded share of turns that may be bad."""
    return f'backend:streamgauge_turns_bad:allowed_ratio{{objective="{objective}"}}'
