"""Messages to a component in the browser, past Bokeh's serialiser: an answer that streams sends twenty a second.

Bokeh looks at every model of the document for each message, and writes each in three packets. Here a message is written
as text once, and its three parts (PATCH-DOC of Bokeh's protocol) leave in one. Nothing else is different: the browser
gets the same event, in order, over the same websocket.
"""

from __future__ import annotations

import json
import struct
from contextlib import suppress
from typing import Any

import msgspec
from bokeh.server.views.ws import WSHandler
from tornado.iostream import IOStream, StreamClosedError
from tornado.locks import Lock

from dashboard.ui.modules import Component
from dashboard.ui.outgoing import Outgoing


class Posted(Component):
    """A component whose `_send_msg` is cheap. It must ask for everything (`sync`) when it has rendered: until its browser
    has spoken, and so is known to have the model, nothing is sent to it.

    `letter` of dom.js reads what is sent, by either way.
    """

    __abstract = True

    _reached = ""
    """The id of the model with which the browser has rendered this component. A view that is opened again has a
    new one, and a message for it must not be there before it is."""

    def _process_event(self, event: Any) -> None:
        self._reached = event.model.id
        super()._process_event(event)

    def _send_msg(self, data: Any) -> None:
        """Sends `data` (what JSON knows) to the browser; nothing while its websocket is down."""
        lines = self._lines()
        if lines is None:
            super()._send_msg(data)
        elif lines:
            ((model, _parent),) = self._models.values()
            parts = _parts(model.id, data)
            for line in lines:
                line.write(parts)

    def _lines(self) -> list[_Line] | None:
        """The websockets of its one document; None where it has no one such, or one that is not plain."""
        if len(self._models) != 1:
            return None
        ((model, _parent),) = self._models.values()
        context = model.document.session_context if model.document else None
        session = getattr(context, "session", None)
        if session is None:
            return None
        sockets = [each._socket for each in session._subscribed_connections]  # noqa: SLF001  # as Panel finds them
        if not all(isinstance(each, WSHandler) for each in sockets):
            return None
        lines = [each.ws_connection for each in sockets if each.ws_connection is not None]
        if model.id != self._reached:
            return []  # it asks for everything once it has rendered; before that the browser may not know the model
        if any(each._compressor for each in lines):  # noqa: SLF001  # compressed frames are Tornado's to write
            return None
        return [_Line(each.handler.write_lock, each.stream, getattr(each.handler, "out", None)) for each in lines]


class _Line(msgspec.Struct, frozen=True):
    """A browser's websocket: Bokeh's lock around the parts of a message, the stream beneath, who counts what waits."""

    lock: Lock
    stream: IOStream
    outgoing: Outgoing | None

    def write(self, parts: bytes) -> None:
        """Now, or after what Bokeh is in the middle of writing."""
        held: Any = self.lock.acquire()
        if held.done():
            self._write(parts)
        else:
            held.add_done_callback(lambda _held: self._write(parts))

    def _write(self, parts: bytes) -> None:
        with suppress(StreamClosedError):  # the page sees the gap when it is back
            taken = self.stream.write(parts)
            if self.outgoing is not None:
                self.outgoing.wrote(len(parts), taken)
        self.lock.release()


def _frame(text: bytes) -> bytes:
    """A text frame of a websocket, whole and unmasked (RFC 6455, 5.2)."""
    size = len(text)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + text
    if size <= 0xFFFF:
        return struct.pack("!BBH", 0x81, 126, size) + text
    return struct.pack("!BBQ", 0x81, 127, size) + text


_HEAD = _frame(b'{"msgid":"0","msgtype":"PATCH-DOC"}') + _frame(b"{}")
_BEFORE = (
    b'{"events":[{"kind":"MessageSent","msg_type":"bokeh_event","msg_data":{"type":"event","name":"esm_event",'
    b'"values":{"type":"map","entries":[["model",{"id":"%b"}],["data",'
)
_AFTER = b"]]}}}]}"


def _parts(model: str, data: Any) -> bytes:
    """The event with its data as a string of JSON: one in Bokeh's own notation would cost it a walk on either side."""
    try:
        told = msgspec.json.encode(msgspec.json.encode(data).decode())
    except UnicodeEncodeError:  # half of a surrogate pair, which a back end may well send
        told = json.dumps(json.dumps(data)).encode("ascii")
    return _HEAD + _frame(_BEFORE % model.encode("ascii") + told + _AFTER)
