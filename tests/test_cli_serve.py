"""`streamgauge serve`: what is refused before anything starts, and what `panel serve` is told."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import commands
from dashboard.cli.one_backend import name_of, of_url
from dashboard.cli.port import PortTaken, free_port
from dashboard.cli.serve import _serving, panel_arguments, take_url
from dashboard.config import ConfigError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STREAMGAUGE_CONFIG", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "url", "rest"),
    [
        ([], None, []),
        (["http://h/x"], "http://h/x", []),
        (["h:9000/x"], "h:9000/x", []),
        (["http://h/x", "--num-threads", "2"], "http://h/x", ["--num-threads", "2"]),
        (["--num-threads", "2"], None, ["--num-threads", "2"]),
        (["--num-threads", "2", "http://h/x"], "http://h/x", ["--num-threads", "2"]),
        (["--oauth-redirect-uri", "http://me/x"], None, ["--oauth-redirect-uri", "http://me/x"]),
        (["--dev=1", "--prefix", "p"], None, ["--dev=1", "--prefix", "p"]),
    ],
)
def test_the_address_is_told_from_the_words_for_panel(words: list[str], url: str | None, rest: list[str]) -> None:
    assert take_url(words) == (url, rest)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://127.0.0.1:8004/x", "127.0.0.1-8004"),
        ("https://Api.Example.org/v1", "api.example.org"),
        ("http://[::1]:80/", "1-80"),
        ("http://_under_/", "under"),
        ("http://ünï/", "n"),
        (f"http://{'a' * 90}/", "a" * 64),
        ("http://---/", "backend"),
    ],
)
def test_a_backend_is_named_after_its_address(url: str, name: str) -> None:
    assert name_of(url) == name
    assert of_url(url).backends[0].url == url


def test_an_address_without_a_scheme_is_http() -> None:
    assert of_url("127.0.0.1:9000/ask").backends[0].url == "http://127.0.0.1:9000/ask"
    with pytest.raises(ConfigError, match="URL: expected an http"):
        of_url("file:///etc/passwd")


def serve(*arguments: str) -> tuple[int, str]:
    unknown = "--no-such-option"  # if nothing refuses before, Panel does, and no server is left running in a test
    result = CliRunner().invoke(commands, ["serve", *arguments, unknown], catch_exceptions=False)
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "none.yaml"], "none.yaml: expected a file that can be read, got: No such file or directory\n"),
        (["--config", "bad.yaml"], "bad.yaml: backends[0].urll: expected one of name, url, dialect, "),
        (["--config", "odd.yaml"], "odd.yaml: backends[0].dialect: expected one of auto, "),
        (["ftp://h/x"], "URL: expected an http:// or https:// address, got 'ftp://h/x'\n"),
        (["nosuch"], "URL: expected an address such as http://host:port/path, got 'nosuch'; leave it out to "),
        (["http://h/x", "--dialect", "odd"], "--dialect: expected one of auto, "),
        (["http://h/x", "--dialect", "custom"], "--dialect custom: expected a backend of config.yaml"),
        (["--dialect", "openai-chat"], "--dialect: expected an address beside it, got none"),
        (
            ["--num-procs", "2"],
            "--num-procs: expected 1, got 2; numbers are kept per process, so to scale, run several",
        ),
        (["--num-procs=0"], "--num-procs: expected 1, got 0; "),
        (["--num-p", "3"], "--num-procs: expected 1, got 3; "),
        (["--address", "no.such.host.invalid"], "--address: expected an address of this machine, got 'no.such.host"),
        (["--port", "70000"], "Invalid value for '--port'"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(arguments: list[str], said: str, here: Path) -> None:
    (here / "bad.yaml").write_text("backends: [{name: a, urll: 'http://h'}]\n")
    (here / "odd.yaml").write_text("backends: [{name: a, url: 'http://h', dialect: odd}]\n")
    code, stderr = serve("--port", "0", *arguments)
    assert code == 2
    assert said in stderr
    assert "Traceback" not in stderr


@pytest.mark.usefixtures("here")
def test_a_port_in_use_is_one_sentence_that_names_the_flag() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, stderr = serve("--port", str(port))
    assert code == 2
    assert stderr.startswith(f"--port: expected a free port at 127.0.0.1, got {port}: ")
    assert stderr.count("\n") == 1


@pytest.mark.system
@pytest.mark.parametrize(
    ("options", "said"),
    [(["--no-such-option"], "unrecognized arguments: --no-such-option"), ([], "metrics.port: expected a free")],
)
def test_what_fails_later_fails_before_an_address_is_told(options: list[str], said: str, here: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = "backends: [{name: a, url: 'http://h', verify: false}]\nmetrics: {port: %d}\n"
        (here / "config.yaml").write_text(config % taken.getsockname()[1])
        command = [sys.executable, "-m", "dashboard", "serve", "--port", "0", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_free_port_is_given_back_and_zero_takes_one() -> None:
    port = free_port("127.0.0.1", 0, "--port")
    assert port > 0
    assert free_port("127.0.0.1", port, "--port") == port
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortTaken, match=f"--stub-port: .* got {port}"):
        free_port("127.0.0.1", port, "--stub-port")


@pytest.mark.parametrize(
    ("address", "origins"),
    [
        ("127.0.0.1", ["localhost:5", "127.0.0.1:5"]),
        ("0.0.0.0", ["localhost:5", "127.0.0.1:5"]),
        ("10.1.2.3", ["localhost:5", "127.0.0.1:5", "10.1.2.3:5"]),
        ("::1", ["localhost:5", "127.0.0.1:5"]),
    ],
)
def test_browsers_may_come_by_this_machines_names_only(address: str, origins: list[str]) -> None:
    words = panel_arguments(address, 5, [])
    assert [words[i + 1] for i, word in enumerate(words) if word == "--allow-websocket-origin"] == origins


def test_panel_serves_this_package_wherever_it_is_installed_with_the_endpoints_and_extra_words() -> None:
    words = panel_arguments("127.0.0.1", 5, ["--log-level", "debug", "--cookie-secret", "x"])
    assert (Path(words[1]) / "main.py").is_file()
    assert Path(words[1]).is_absolute()
    assert words[words.index("--plugins") + 1] == "dashboard.endpoints"
    assert words.count("--log-level") == 1
    assert words[-4:] == ["--log-level", "debug", "--cookie-secret", "x"]


def test_what_is_loaded_when_it_serves_is_looked_through_no_more() -> None:
    """Else each page that ends would hold up all others for as long as that takes."""
    said: list[str] = []
    try:
        _serving(lambda: said.append("here"))
        assert (gc.get_freeze_count() > 10_000, said) == (True, ["here"])
        _serving(None)
    finally:
        gc.unfreeze()
    assert said == ["here"]
