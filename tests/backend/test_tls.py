"""TLS on real sockets: whom we believe, who we say we are; files that cannot be used are told before any question."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import socket
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dashboard.backend import ask
from dashboard.config import Backend, Config, ConfigError, Custom, Retry, Timeouts
from dashboard.health.report import Report
from dashboard.runtime import Runtime
from dashboard.telemetry.recording import encoded
from dashboard.turn.events import TurnEvent
from dashboard.wire.dialect import Question
from dashboard.wire.recorded import parse_recording
from dashboard.wire.redact import redactor_for
from tests.backend.raw import HEAD, Peer, RawServer, Script
from tests.turn.script import DONE, say

pytestmark = pytest.mark.system

GOOD = ("completed", "", "hello")
NO_TLS = ("unreachable", "tls", "")


class Authority:
    """A certificate authority nobody knows, and what it issued, as files."""

    def __init__(self, folder: Path) -> None:
        self.ca = trustme.CA()
        self._folder = folder
        self.ca_file = self.file("ca.pem", self.ca.cert_pem.bytes())
        client = self.ca.issue_cert("someone@example.org", common_name="someone")
        self.client_cert = self.file("client.pem", b"".join(blob.bytes() for blob in client.cert_chain_pems))
        self.client_key = self.file("client.key", client.private_key_pem.bytes())
        self.both = self.file("both.pem", Path(self.client_key).read_bytes() + Path(self.client_cert).read_bytes())

    def file(self, name: str, data: bytes) -> str:
        path = self._folder / name
        path.write_bytes(data)
        return str(path)

    def server_context(self, *names: str, wants_client: bool = False, **more: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*(names or ("127.0.0.1",)), **more).configure_cert(context)
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            self.ca.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


async def good(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(HEAD + say("hello") + DONE)


@contextlib.asynccontextmanager
async def serving_tls(context: ssl.SSLContext, script: Script = good) -> AsyncIterator[RawServer]:
    raw = RawServer(script)
    server = await asyncio.start_server(raw._serve, "127.0.0.1", 0, ssl=context)  # its own other half
    raw.port = server.sockets[0].getsockname()[1]
    try:
        yield raw
    finally:
        server.close()
        for peer in raw.peers:
            peer.close()
        await asyncio.sleep(0.05)  # the far end's goodbye


async def asked(url: str, **settings: Any) -> Report:
    backend = Backend("b", url, "orchestrator", retry=Retry(0.02, 0.05, 2), timeouts=Timeouts(5, 5), **settings)
    runtime = Runtime(Config([backend]))
    live = runtime.ask("b", Question("hello"))
    await asyncio.wait_for(live.wait(), 30)
    await runtime.aclose()
    return live.gauge.report()


def told(report: Report) -> tuple[str, str, str]:
    return report.outcome, report.fault, report.text


async def over_tls(context: ssl.SSLContext, host: str = "127.0.0.1", **settings: Any) -> Report:
    async with serving_tls(context) as server:
        return await asked(f"https://{host}:{server.port}/process/stream", **settings)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("goodbye", [True, False])
async def test_an_end_without_the_goodbye_of_tls_is_a_cut(
    authority: Authority, version: ssl.TLSVersion, goodbye: bool
) -> None:
    async def bare(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(HEAD + b"data: hello\n\n")
        if not goodbye:
            peer.leave()

    context = authority.server_context()
    context.maximum_version = version
    async with serving_tls(context, bare) as server:
        url = f"https://127.0.0.1:{server.port}/"
        report = await ask(Backend("b", url, "custom", custom=Custom(text="$data"), ca_file=authority.ca_file), "?")
    assert told(report) == (GOOD if goodbye else ("truncated", "cut", "hello"))
    assert goodbye or "without the close_notify of TLS" in report.detail


async def test_an_unknown_authority_is_not_believed_and_the_reason_is_told(authority: Authority) -> None:
    report = await over_tls(authority.server_context())
    assert told(report) == NO_TLS
    assert "certificate" in report.detail.lower()


async def test_ca_file_says_whom_to_believe(authority: Authority) -> None:
    assert told(await over_tls(authority.server_context(), ca_file=authority.ca_file)) == GOOD


async def test_verify_false_believes_anyone(authority: Authority) -> None:
    assert told(await over_tls(authority.server_context("elsewhere.example"), verify=False)) == GOOD


@pytest.mark.parametrize("ca", [True, False])
async def test_a_certificate_for_another_host_is_not_believed(authority: Authority, ca: bool) -> None:
    report = await over_tls(authority.server_context("elsewhere.example"), ca_file=authority.ca_file if ca else "")
    assert told(report) == NO_TLS
    assert not ca or "127.0.0.1" in report.detail


async def test_a_slow_handshake_is_the_connection_s_time_and_no_other_s(authority: Authority) -> None:
    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    events: list[TurnEvent] = []
    async with serving_tls(authority.server_context()) as behind:

        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.5)
            theirs, mine = await asyncio.open_connection("127.0.0.1", behind.port)
            with contextlib.suppress(OSError):
                await asyncio.gather(pipe(reader, mine), pipe(theirs, writer))

        async with await asyncio.start_server(late, "127.0.0.1", 0) as server:
            url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/process/stream"
            backend = Backend("b", url, "orchestrator", ca_file=authority.ca_file)
            runtime = Runtime(Config([backend]))
            live = runtime.ask("b", Question("hello"), also=events.append)
            await asyncio.wait_for(live.wait(), 30)
            await runtime.aclose()
            await asyncio.sleep(0.05)  # the far ends' goodbyes
    evidence = live.gauge.evidence()
    assert evidence.outcome == "completed"
    assert max(evidence.phases(), key=lambda each: each[1])[0] == "connect"
    (attempt,) = parse_recording(encoded(events, redactor_for(backend)).splitlines())
    assert attempt.dialled_t == pytest.approx(evidence.dialled_s, abs=1e-5)


async def test_an_expired_certificate_is_not_believed(authority: Authority) -> None:
    then = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    context = authority.server_context("127.0.0.1", not_after=then, not_before=then - dt.timedelta(days=9))
    report = await over_tls(context, ca_file=authority.ca_file)
    assert told(report) == NO_TLS
    assert "expired" in report.detail


def _refuse_strangers(listening: socket.socket, context: ssl.SSLContext) -> None:
    """What OpenSSL's servers do: an alert, then a quiet end. (asyncio's own forget the alert.)"""
    with contextlib.suppress(OSError):
        while True:
            sock, _ = listening.accept()
            sock.settimeout(5)
            with sock, contextlib.suppress(OSError):
                try:
                    context.wrap_socket(sock.dup(), server_side=True).recv(1)
                except ssl.SSLError:
                    sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_who_must_introduce_himself_and_does_not(authority: Authority, version: ssl.TLSVersion) -> None:
    """In TLS 1.3 the server says so only after the handshake, when the request is on its way."""
    context = authority.server_context(wants_client=True)
    context.minimum_version = context.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_refuse_strangers, args=(listening, context))
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/process/stream"
        report = await asked(url, ca_file=authority.ca_file)
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    assert told(report) == NO_TLS
    assert report.reconnects == 1, "nothing was carried out, so it may be asked again"


@pytest.mark.parametrize("one_file", [True, False])
async def test_client_certificate_introduces_us(authority: Authority, one_file: bool) -> None:
    files = {"client_cert": authority.client_cert, "client_key": authority.client_key}
    context = authority.server_context(wants_client=True)
    settings = {"client_cert": authority.both} if one_file else files
    assert told(await over_tls(context, ca_file=authority.ca_file, **settings)) == GOOD


async def test_client_certificate_with_anyone_believed(authority: Authority) -> None:
    context = authority.server_context("elsewhere.example", wants_client=True)
    assert told(await over_tls(context, verify=False, client_cert=authority.both)) == GOOD


async def test_a_self_signed_certificate_is_its_own_ca_file(tmp_path: Path) -> None:
    """As the openssl program makes them, which is how people make them."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(cert)]
    names = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    await asyncio.to_thread(subprocess.run, [*new, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    assert told(await over_tls(context)) == NO_TLS
    assert told(await over_tls(context, ca_file=str(cert))) == GOOD


# Files that cannot be used are the operator's mistake, told at start


def refusal(**settings: str) -> str:
    with pytest.raises(ConfigError) as refused:
        Runtime(Config([Backend("a", "https://h/"), Backend("b", "https://h/", **settings)]))  # type: ignore[arg-type]
    return str(refused.value)


def locked(authority: Authority) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    sealed = serialization.BestAvailableEncryption(b"a password")
    return authority.file(
        "locked.pem", key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, sealed)
    )


@pytest.mark.parametrize(
    ("key", "what", "says"),
    [
        ("ca_file", "/no/such/file", "expected a PEM file of certificates, got '/no/such/file': No such file"),
        ("ca_file", "a folder", "Is a directory"),
        ("ca_file", "nonsense", "expected a PEM file of certificates"),
        ("ca_file", "a\0b", "expected a PEM file of certificates"),
        ("client_cert", "/no/such/file", "expected a PEM file with a certificate"),
        ("client_cert", "nonsense", "expected a certificate and its private key"),
        ("client_key", "/no/such/file", "expected a PEM file with a private key"),
        ("client_key", "nonsense", "expected a certificate and its private key"),
        ("client_key", "of another", "expected a certificate and its private key"),
        ("client_key", "locked", "expected a private key without a password"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    authority: Authority, tmp_path: Path, key: str, what: str, says: str
) -> None:
    files = {
        "a folder": str(tmp_path),
        "nonsense": authority.file("nonsense.pem", b"no certificate at all\n"),
        "of another": authority.file("other.key", trustme.CA().issue_cert("x.example").private_key_pem.bytes()),
        "locked": locked(authority),
    }
    settings = {"client_cert": authority.client_cert} if key == "client_key" else {}
    sentence = refusal(**settings, **{key: files.get(what, what)})
    place = "client_cert" if "its private key" in says else key
    assert sentence.startswith(f"backends[1].{place}: "), sentence
    assert says in sentence


def test_the_command_ends_with_2_and_names_file_and_key(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("backends:\n  - {name: b, url: 'https://127.0.0.1:1/', ca_file: /no/such.pem}\n")
    from click.testing import CliRunner

    from dashboard.cli import commands

    for command in (["check", "b", "--config", str(config)], ["serve", "--config", str(config), "--port", "0"]):
        result = CliRunner().invoke(commands, command)
        assert result.exit_code == 2, result.output
        assert f"{config}: backends[0].ca_file: expected a PEM file" in result.output + (result.stderr or "")
