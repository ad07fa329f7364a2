"""A new dialect is one file, one entry in DIALECTS and one corpus folder: done here, in a copy, with a toy."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

TOY = '''\
"""A toy: every message is {"toy": "some text"}, the last one {"bye": true}."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dashboard.wire.chat_event import ChatEvent, End, Malformed, Text
from dashboard.wire.dialect import Ask, Endpoint, Question
from dashboard.wire.frame import Message


class Toy:
    name = "toy"
    paths: tuple[str, ...] = ("/toy",)
    media_types: frozenset[str] = frozenset()
    needs_finish = False
    ends_at_eof = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    @classmethod
    def recognises(cls, message: Message) -> bool:
        return message.data.startswith(('{"toy"', '{"bye"'))

    def ask(self, question: Question) -> Ask:
        return Ask("POST", self._endpoint.url, {}, json.dumps({"say": question.text}).encode())

    def resume(self, question: Question, last_event_id: str) -> Ask | None:
        return None

    def read(self, message: Message) -> Sequence[ChatEvent]:
        if not self.recognises(message):
            return [Malformed("no toy")]
        said = json.loads(message.data)
        return [Text(said["toy"])] if said.get("toy") else [End()]
'''
IMPORT = "from dashboard.wire.dialects.toy import Toy\n"
ENTRY = '    "toy": Toy,\n'
BODY = b'data: {"toy": "Four"}\n\n: beat\n\ndata: {"toy": ", I think."}\n\ndata: {"bye": true}\n\n'
EXPECTED = "hello:\n  text: Four, I think.\n  ends: true\n"
CONFIGURED = """
from dashboard.config import parse
from dashboard.runtime import Runtime
import dashboard
Runtime(parse("backends: [{name: t, url: 'http://127.0.0.1:1/toy', dialect: toy}]"))
print(dashboard.__file__)
"""


def copied(to: Path) -> Path:
    """The dashboard and what the corpus test needs; nothing else of the repository."""
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "dashboard", to / "dashboard", ignore=leave)
    shutil.copytree(ROOT / "tests" / "wire", to / "tests" / "wire", ignore=leave)
    shutil.copytree(ROOT / "tests" / "corpus", to / "tests" / "corpus")
    for name in ("tests/__init__.py", "tests/conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, to / name)
    return to


def with_toy(tree: Path) -> Path:
    """The three steps of the documents, and no fourth."""
    dialects = tree / "dashboard" / "wire" / "dialects"
    (dialects / "toy.py").write_text(TOY, "utf-8")
    table = (dialects / "__init__.py").read_text("utf-8")
    before, opening, entries = table.partition("= {\n")
    (dialects / "__init__.py").write_text(
        before.replace("\nDIALECTS", IMPORT + "\nDIALECTS") + opening + ENTRY + entries
    )
    folder = tree / "tests" / "corpus" / "toy"
    folder.mkdir()
    lines = [
        {"meta": {"server": "toy", "status": 200, "headers": {"content-type": "text/event-stream"}}},
        {"t": 0.01, "b64": base64.b64encode(BODY).decode()},
        {"t": 0.02, "b64": "", "end": "complete"},
    ]
    (folder / "hello.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    (folder / "expected.yaml").write_text(EXPECTED, "utf-8")
    return tree


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Python in the copy, which stands before the installed package on the path."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_toy(copied(tmp_path_factory.mktemp("copy")))


def test_corpus_test_takes_the_toy(tree: Path) -> None:
    corpus = "tests/wire/test_dialect_corpus.py"
    told = run(tree, "-m", "pytest", "-v", "-p", "no:cacheprovider", corpus, "-k", "toy")
    assert told.returncode == 0, told.stdout + told.stderr
    passed = {line.split()[0].rpartition("::")[2] for line in told.stdout.splitlines() if " PASSED" in line}
    assert {"test_whole[toy-hello]", "test_byte_by_byte[toy-hello]", "test_cut_at_random[toy-hello]"} <= passed


def test_toy_can_be_configured(tree: Path) -> None:
    told = run(tree, "-c", CONFIGURED)
    assert told.returncode == 0, told.stderr
    assert Path(told.stdout.strip()).is_relative_to(tree)


def test_toy_without_its_recording_is_refused(tmp_path: Path) -> None:
    """The corpus test would not let a dialect in that it has not read."""
    tree = with_toy(copied(tmp_path))
    (tree / "tests" / "corpus" / "toy" / "hello.jsonl").unlink()
    told = run(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/wire/test_dialect_corpus.py", "-k", "toy")
    assert told.returncode != 0
