from __future__ import annotations

import shlex

from dashboard.ui.curl import curl
from dashboard.wire.dialect import Ask


def split(command: str) -> list[str]:
    """Its words as a shell sees them; a backslash joins lines."""
    return shlex.split(command.replace(" \\\n", " "))


def test_a_post_with_a_body_survives_the_shell() -> None:
    question = """it's "quoted" $HOME `id` \\ ünï"""
    words = split(curl(Ask("POST", "http://h/p", {"Content-Type": "application/json"}, question.encode())))
    assert words[:4] == ["curl", "-N", "-X", "POST"]
    assert words[4] == "http://h/p"
    assert words[words.index("--data-raw") + 1] == question
    assert "Accept: text/event-stream" in words
    assert "Content-Type: application/json" in words


def test_a_get_needs_no_method() -> None:
    assert split(curl(Ask("GET", "http://h/p?message=a%20b"))) == [
        "curl", "-N", "http://h/p?message=a%20b", "-H", "Accept: text/event-stream",
    ]  # fmt: skip


def test_a_secret_is_named_and_left_to_the_environment() -> None:
    command = curl(Ask("GET", "http://h/p"), ["X-Api-Key"])
    assert command.endswith('-H "X-Api-Key: $X_API_KEY"')
