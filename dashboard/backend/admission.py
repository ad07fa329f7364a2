"""Whether a question may be asked now, and the sentence for a person when it may not."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.backend.transport import check_connection
from dashboard.config import Backend, Limits
from dashboard.wire.auto import check_dialect
from dashboard.wire.dialect import Question


def why_not(question: Question, limits: Limits, *, live: int, mine: int, draining: bool) -> str:
    """Why `question` is not asked while `live` turns are running, `mine` of them for the same page; "" when it may be."""
    if draining:
        return "The server is shutting down; ask again in a moment."
    if not question.text.strip():
        return "The question is empty; type something first."
    if len(question.text) > limits.question_chars:
        return (
            f"The question has {len(question.text):,} characters; at most {limits.question_chars:,} are allowed. "
            "Shorten it and send it again."
        )
    if mine >= limits.turns_session:
        return (
            f"{limits.turns_session} answers are streaming on this page already, which is the limit of one page; "
            "stop one or wait for it to end, or raise limits.turns_session in config.yaml."
        )
    if live >= limits.turns_live:
        return (
            f"{limits.turns_live} answers are streaming already, which is this server's limit; "
            "wait for one to end, or raise limits.turns_live in config.yaml."
        )
    return ""


def check_backends(backends: Sequence[Backend]) -> None:
    """What no type of a configuration can say: dialects exist, files of TLS can be used. Errors: ConfigError."""
    for index, backend in enumerate(backends):
        check_dialect(backend, f"backends[{index}].dialect")
        check_connection(backend, f"backends[{index}]")
