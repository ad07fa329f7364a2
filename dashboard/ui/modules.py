"""The scripts of the page's components, each at an address that changes with its content: a browser fetches it once.

In the document itself they would come anew with every page, and Panel's own script would first translate them, on the
page's main thread, from the TypeScript that they are not.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from bokeh.document import Document
from panel.custom import JSComponent
from panel.io.state import state

AT = "modules"
"""Where they are, beside the page."""

_HERE = Path(__file__).parent
_served: dict[str, str] = {}
"""Address below AT → the module; none until a server has a route for them."""
_routed: list[bool] = []


def source(*names: str) -> str:
    """Files of this package, joined: an ES module or a style sheet that is easier to read in parts."""
    return "\n".join((_HERE / name).read_text("utf-8") for name in names)


def route() -> None:
    """The server has a route for the modules: pages built from now on name them instead of holding them."""
    _routed[:] = [True]


def module(path: str) -> str | None:
    """The module at that address below AT, if a page was ever told of it."""
    return _served.get(path)


@lru_cache(maxsize=64)
def packed(path: str) -> bytes:
    """The same, gzipped. Errors: KeyError."""
    return gzip.compress(_served[path].encode(), mtime=0)


@lru_cache(maxsize=64)
def _address(name: str, code: str) -> str:
    path = f"{sha256(code.encode()).hexdigest()[:16]}/{name}.js"
    _served[path] = code
    return f"{AT}/{path}"


class Component(JSComponent):
    """A component of this package: its module is fetched from the page's server where that has a route for it."""

    __abstract = True

    def _get_properties(self, doc: Document | None) -> dict[str, Any]:
        props: dict[str, Any] = super()._get_properties(doc)
        if _routed and doc is not None and doc.session_context is not None:
            address = _address(type(self).__name__.lower(), props["esm"])
            props |= {"esm": f"{state.rel_path or '.'}/{address}", "bundle": "url", "importmap": {}}
        return props
