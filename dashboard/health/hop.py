"""Which hop stands at an address, as far as headers tell, and what to change in it so that streams flow."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dashboard.health.evidence import Proof
from dashboard.health.wording import clean

PACKED = frozenset({"gzip", "deflate", "br", "zstd"})

DIRECTIVES: tuple[tuple[str, str], ...] = (
    (
        r"nginx|openresty|tengine",
        "Set `proxy_buffering off;` for this location in nginx{header}.",
    ),
    (r"apache", "Set `flushpackets=on` on the ProxyPass line of this path in Apache, and `SetEnv no-gzip 1` for it."),
    (r"caddy", "Set `flush_interval -1` in the reverse_proxy block of Caddy."),
    (r"varnish", "Set `beresp.do_stream = true;` for this path in vcl_backend_response of Varnish."),
    (r"iis|arr/", 'Set `responseBufferLimit="0"` in the proxy section of IIS (ARR).'),
)
"""(what the hop calls itself, what to change)."""

HEADER = ", or let the back end send the header `X-Accel-Buffering: no`"
IGNORED = "; the back end already sends `X-Accel-Buffering: no`, which is ignored there (`proxy_ignore_headers`)"
PACKS = " It also compresses the stream: set `gzip off;` there, or leave text/event-stream out of `gzip_types`."
ANY = "Turn off the buffering of responses for this path in {hop} (in nginx: `proxy_buffering off;`){header}."


def proof(place: str, direct: Mapping[str, str], through: Mapping[str, str]) -> Proof:
    """The hop at `place` (host:port) by the headers of both runs (names in lower case), and its directive."""
    software = _software(direct, through)
    hop = f"{software} at {place}" if software else f"the hop at {place}"
    header = IGNORED if direct.get("x-accel-buffering", "").strip().lower() == "no" else HEADER
    known = next((words for pattern, words in DIRECTIVES if re.search(pattern, software, re.IGNORECASE)), ANY)
    return Proof(hop, known.format(hop=hop, header=header) + (PACKS if _packs(direct, through) else ""))


def _software(direct: Mapping[str, str], through: Mapping[str, str]) -> str:
    """What stands between: an entry of Via that the direct answer has not, or another Server than the direct one's."""
    before = _entries(direct.get("via", ""))
    added = [entry for entry in _entries(through.get("via", "")) if entry not in before]
    server = through.get("server", "") if through.get("server") != direct.get("server") else ""
    last = added[-1] if added else ""
    return clean(server if _known(server) else last or server, 80)


def _known(software: str) -> bool:
    return any(re.search(pattern, software, re.IGNORECASE) for pattern, _ in DIRECTIVES)


def _entries(via: str) -> list[str]:
    return [entry.strip() for entry in via.split(",") if entry.strip()]


def _packs(direct: Mapping[str, str], through: Mapping[str, str]) -> bool:
    encodings = _entries(through.get("content-encoding", "").lower())
    return bool(PACKED.intersection(encodings)) and "content-encoding" not in direct
