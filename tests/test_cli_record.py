"""`record` and `replay` as a user runs them: the file replays to what was told live."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dashboard.cli import commands
from dashboard.cli.mistakes import Mistake
from dashboard.cli.record import kept
from dashboard.telemetry.recording import Recorder, read_recording
from dashboard.wire.recorded import FILE_BYTES, RecordingError, lines_of
from dashboard.wire.redact import Redactor
from tests.health.story import Story
from tests.ports import free_port
from tests.system.processes import stub


def streamgauge(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", *args], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.system
def test_what_is_recorded_replays_to_the_same_report(tmp_path: Path) -> None:
    file = tmp_path / "turn.jsonl"
    with stub("--speed", "8") as url:
        live = streamgauge(
            "record", url, "-m", "What's 6*7?", "-o", str(file), "--json", "--header", "X-Key: canary-key"
        )
    replayed = streamgauge("replay", str(file), "--json")
    assert (live.returncode, replayed.returncode) == (0, 0), live.stderr + replayed.stderr
    told, again = json.loads(live.stdout), json.loads(replayed.stdout)
    assert told["text"] == again["text"] == "The answer is 42."
    assert told["ttft_s"] == pytest.approx(again["ttft_s"], abs=1e-5)
    assert [told[key] for key in ("outcome", "events", "chunks", "bytes")] == [
        again[key] for key in ("outcome", "events", "chunks", "bytes")
    ]
    assert again["backend"] == told["backend"]
    assert "canary-key" not in file.read_text()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "got nothing"), (b"hello\n", "line 1"), (None, "cannot be read")],
)
def test_what_cannot_be_replayed_is_one_sentence(content: bytes | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / "turn.jsonl"
    if content is not None:
        file.write_bytes(content)
    done = streamgauge("replay", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert str(file) in done.stderr
    assert "Traceback" not in done.stderr


META = b'{"meta": {"backend": "b", "dialect": "orchestrator", "status": 200, "headers": {"content-type": "text/event-stream"}}}\n'


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (META, "The recording holds not one byte of an answer"),
        (META + b'{"t": 0.5, "b64": "OiBwaW5nCgo="}\n', "The recording ends before the turn does, after 0.50 s"),
    ],
)
def test_a_recording_without_its_end_blames_nobody(lines: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "turn.jsonl"
    file.write_bytes(lines)
    done = CliRunner().invoke(commands, ["replay", str(file), "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["outcome"]) == (1, "stopped")
    assert told["diagnosis"]["sentence"].startswith(says)


@pytest.mark.skipif(sys.platform == "win32", reason="no /dev/zero")
def test_what_has_no_end_is_no_recording_and_is_let_go_soon() -> None:
    done = CliRunner().invoke(commands, ["replay", "/dev/zero"])
    assert done.exit_code == 2
    assert "line 1: expected a line of at most 16,777,216 bytes, got a longer one" in done.stderr
    many = io.BytesIO(META * (FILE_BYTES // len(META) + 1))
    with pytest.raises(RecordingError, match="expected a recording of at most 134,217,728 bytes, got a larger file"):
        for _line in lines_of(many, "many"):
            pass


@pytest.mark.parametrize("speed", ["nan", "inf", "1e400", "-1"])
def test_a_speed_that_is_none_is_one_sentence(speed: str) -> None:
    done = CliRunner().invoke(commands, ["replay", "any.jsonl", "--speed", speed])
    assert done.exit_code == 2
    assert "Invalid value for '--speed'" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a current folder cannot be removed there")
def test_a_current_folder_that_is_gone_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    line = 'cd "$1" && rmdir "$1" && exec "$0" -m dashboard record http://127.0.0.1:9/ -o turn.jsonl'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, str(gone)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "-o: expected a file in a folder that exists, got turn.jsonl"


def test_a_recording_that_is_there_stays_and_nothing_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "turn.jsonl"
    file.write_text("mine")
    done = CliRunner().invoke(commands, ["record", "http://127.0.0.1:9/", "-o", str(file)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"-o: expected a new file, got {file}, which is there already; name another, or --force" in done.stderr
    assert file.read_text() == "mine"


def refused(tmp_path: Path, *options: str) -> Result:
    (tmp_path / "config.yaml").write_text(
        f"backends: [{{name: b, url: 'http://127.0.0.1:{free_port()}/', retry: {{max_attempts: 1}}, verify: false}}]\n"
    )
    return CliRunner().invoke(commands, ["record", "b", "--config", str(tmp_path / "config.yaml"), *options])


def test_it_is_overwritten_on_request_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    file, link = tmp_path / "turn.jsonl", tmp_path / "link"
    file.write_text("old")
    (tmp_path / "turn.jsonl.part").write_text("another's")
    link.symlink_to(file)
    assert refused(tmp_path, "-o", str(link), "--force").exit_code == 1
    assert read_recording(file)[0].end == "connect"
    assert link.is_symlink()
    assert (tmp_path / "turn.jsonl.part").read_text() == "another's"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["config.yaml", "link", "turn.jsonl", "turn.jsonl.part"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices")
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert refused(tmp_path, "-o", str(pipe)).exit_code == 1
        assert os.read(reader, 10_000).startswith(b'{"meta"')
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_file_that_came_meanwhile_stays_and_the_recording_is_kept_beside_it(tmp_path: Path) -> None:
    recorder = Recorder(Redactor())
    for event in Story().begun().ended(1.0).events:
        recorder.observe(event)
    file = tmp_path / "turn.jsonl"
    file.write_text("mine")
    kept(recorder, file, force=False)
    assert file.read_text() == "mine"
    assert (tmp_path / "turn-2.jsonl").read_bytes() == recorder.encoded()


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "turn.jsonl"
    file.write_text("old")

    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(Mistake, match=r"turn\.jsonl cannot be written: No space left on device"):
        kept(Recorder(Redactor()), file, force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["turn.jsonl"]
    assert file.read_text() == "old"


def test_a_folder_that_does_not_exist_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    done = streamgauge("record", "http://127.0.0.1:9/", "-o", str(tmp_path / "no" / "turn.jsonl"))
    assert done.returncode == 2
    assert "folder that exists" in done.stderr
