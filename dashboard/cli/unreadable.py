"""When nothing could be read: the first frames as they came, and a proposal for config.yaml to paste."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml

from dashboard.cli.curl import Pasted
from dashboard.cli.printable import one_line
from dashboard.cli.question_field import with_question
from dashboard.health.unread import Seen


def unread(seen: Seen, asked: Pasted) -> Iterator[str]:
    """What to tell a person: the first frames, and what to paste."""
    yield ""
    yield "Nothing of it could be read. It began with:"
    yield from (f"  {one_line(frame)}" for frame in seen.frames)
    block = proposal(seen, asked)
    if block is None:
        yield "No text can be made out in it; say where it is with `dialect: custom` in config.yaml."
    else:
        yield "The text may stand where this says; paste it into config.yaml, then `streamgauge check ours`:"
        yield ""
        yield from block.rstrip().splitlines()


def proposal(seen: Seen, asked: Pasted) -> str | None:
    """A `backends:` entry that would read these frames; None when no text can be made out."""
    path = seen.text_path
    if path is None:
        return None
    custom: dict[str, Any] = {}
    template = with_question(asked, "{question}")
    if template is not None and template.body is not None:
        custom["json"] = _json(template.body)
    elif template is not None:
        custom["query"] = dict(parse_qsl(urlsplit(template.url).query))
    custom["text"] = path
    if seen.last == "[DONE]":
        custom["finish"] = "[DONE]"
    entry: dict[str, Any] = {"name": "ours", "url": asked.url.partition("?")[0], "dialect": "custom"}
    if asked.method == "GET":
        entry["method"] = "GET"
    block = {"backends": [{**entry, "custom": {key: value for key, value in custom.items() if value is not None}}]}
    return yaml.safe_dump(block, sort_keys=False, width=10_000, allow_unicode=False)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
