"""What a request asks. Pure: a body or a query in, a question out, or a refusal that says what, where and what next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

HISTORY_ITEMS = 1_000


class Asked(msgspec.Struct, frozen=True):
    """One question. `scenario` "" takes the server's; `seed` None the scenario's.

    `model`, `usage` and `streamed` are what a chat completion's request can also choose.
    """

    message: str
    scenario: str = ""
    seed: int | None = None
    model: str = "stub"
    usage: bool = False
    streamed: bool = True


class BadRequestError(ValueError):
    """A request that cannot be answered: the message says what, `where` and `next` the rest."""

    def __init__(self, what: str, where: str, next_step: str) -> None:
        super().__init__(what)
        self.where = where
        self.next_step = next_step


_EXAMPLE = '{"message": "What\'s 2+2?"}'


def from_body(body: bytes, query: Mapping[str, str], limit: int, scenarios: Collection[str]) -> Asked:
    """The question in a POST's JSON body; scenario and seed may stand in the query instead. Errors: BadRequestError."""
    fields = json_object(body, _EXAMPLE)
    history = fields.get("history") or []
    if not isinstance(history, list) or len(history) > HISTORY_ITEMS:
        got = f"{len(history)} items" if isinstance(history, list) else kind_of(history)
        raise BadRequestError(f"expected a list of at most {HISTORY_ITEMS}, got {got}", "history", "shorten it")
    return asked_in(fields, query, limit, scenarios)


def json_object(body: bytes, example: str) -> dict[str, Any]:
    """The JSON object that `body` is; `example` is shown to who sends another. Errors: BadRequestError."""
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        got = "no body" if not body else f"{len(body)} bytes that are not JSON"
        raise BadRequestError(f"expected a JSON object, got {got}", "body", f"send {example}") from None
    if not isinstance(fields, dict):
        raise BadRequestError(f"expected a JSON object, got {kind_of(fields)}", "body", f"send {example}")
    return fields


def asked_in(fields: Mapping[str, Any], query: Mapping[str, str], limit: int, scenarios: Collection[str]) -> Asked:
    """The question in `fields`; scenario and seed may stand in `query` instead. Errors: BadRequestError."""
    chosen = {name: query[name] for name in ("scenario", "seed") if name in query and not fields.get(name)}
    return _asked({**fields, **_counted(chosen)}, limit, scenarios)


def from_query(query: Mapping[str, str], limit: int, scenarios: Collection[str]) -> Asked:
    """The question in a GET's query. Errors: BadRequestError."""
    return _asked(_counted(query), limit, scenarios)


def _counted(query: Mapping[str, str]) -> dict[str, Any]:
    """`query` with its seed as a number. Errors: BadRequestError."""
    fields: dict[str, Any] = dict(query)
    if "seed" in fields:
        try:
            fields["seed"] = int(fields["seed"])
        except ValueError:
            raise BadRequestError("expected a whole number", "seed", "leave it out, or send seed=1") from None
    return fields


def _asked(fields: Mapping[str, Any], limit: int, scenarios: Collection[str]) -> Asked:
    message = fields.get("message")
    if not isinstance(message, str) or not message.strip():
        got = "none" if message is None else "an empty one" if isinstance(message, str) else kind_of(message)
        raise BadRequestError(f"expected a text, got {got}", "message", f"send {_EXAMPLE}")
    if len(message) > limit:
        raise BadRequestError(f"expected at most {limit} characters, got {len(message)}", "message", "shorten it")
    scenario = fields.get("scenario") or ""
    if scenario and scenario not in list(scenarios):
        raise BadRequestError(
            f"expected a scenario's name, got {str(scenario)[:64]!r}", "scenario", "see GET /scenarios"
        )
    seed = fields.get("seed")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise BadRequestError(f"expected a whole number, got {kind_of(seed)}", "seed", "leave it out, or send 1")
    return Asked(message.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), scenario, seed)


def kind_of(value: object) -> str:
    return {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(
        type(value), "a number"
    )
