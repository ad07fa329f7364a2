"""Whom a TLS connection believes, and who we say we are: a backend's verify, ca_file, client_cert and client_key."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from dashboard.config import Backend, ConfigError


def trust(backend: Backend, where: str, usual: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """The context for `backend`; `usual` makes the one that believes who is usually believed.

    Errors: ConfigError, a sentence that begins with `where`, for a file that cannot be used.
    """
    context = _believing(backend.ca_file, f"{where}.ca_file") if backend.ca_file else usual()
    if not backend.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if backend.client_cert:
        _introduce(context, backend, where)
    return context


def attentive(context: ssl.SSLContext) -> ssl.SSLContext:
    """`context`, telling an end without TLS's goodbye (close_notify) from one with it, which Python leaves off."""
    context.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 0)  # OpenSSL before 3 never ignored it
    return context


def said_goodbye(connection: ssl.SSLObject) -> bool:
    """Whether `connection`, under which all has been read, ended with a close_notify (RFC 8446 §6.1).

    It has to be of an `attentive` context.
    """
    try:
        return not connection.read(1)
    except ssl.SSLError:
        return False


def _believing(file: str, where: str) -> ssl.SSLContext:
    expected = "expected a PEM file of certificates"
    _readable(file, where, expected)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_verify_locations(file)
    except ssl.SSLError as error:
        raise ConfigError(f"{where}: {expected}, got {file!r}: {_words(error)}") from None
    return context


def _introduce(context: ssl.SSLContext, backend: Backend, where: str) -> None:
    key = "client_key" if backend.client_key else "client_cert"
    _readable(backend.client_cert, f"{where}.client_cert", "expected a PEM file with a certificate")
    _readable(getattr(backend, key), f"{where}.{key}", "expected a PEM file with a private key")

    def no_password() -> str:
        raise ConfigError(f"{where}.{key}: expected a private key without a password, got one with")

    try:
        context.load_cert_chain(backend.client_cert, backend.client_key or None, no_password)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"{where}.client_cert: expected a certificate and its private key, got {backend.client_cert!r} and "
            f"{getattr(backend, key)!r}: {_words(error)}"
        ) from None


def _readable(file: str, where: str, expected: str) -> None:
    try:
        with Path(file).open("rb"):
            pass
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or error
        raise ConfigError(f"{where}: {expected}, got {file!r}: {words}") from None


def _words(error: Exception) -> str:
    reason = getattr(error, "reason", None) or str(error)
    return str(reason).replace("_", " ").lower()
