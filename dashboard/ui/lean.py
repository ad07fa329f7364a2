"""Nothing is loaded that is not shown: what Panel puts on every page, and this one leaves out.

Only pages of ours are touched; another application of the same server may need all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from functools import wraps
from html import escape
from typing import Any
from weakref import WeakSet

import bokeh.document.document as bokeh_document
import panel_material_ui as pmui
from bokeh.core.has_props import is_DataModel
from bokeh.document import Document
from panel.custom import ReactiveESM
from panel.models.esm import ReactiveESM as ESMModel
from panel_material_ui.base import MaterialComponent

from dashboard.ui.opening import OF_COMPARE, OF_INSPECT, of_chat, of_fleet, opening
from dashboard.ui.theme import MARK

MATERIAL = (pmui.Page, pmui.Alert, pmui.Typography, pmui.Select, pmui.TextInput, pmui.TextAreaInput, pmui.RadioBoxGroup)
"""What the views are built of, whether open yet or not: a browser must know it before it comes."""

UNUSED = re.compile(
    r'<script[^>]*\ssrc="[^"]*/(?:bokeh-gl|tabulator|luxon)(?:\.min)?\.js[^"]*"[^>]*></script>\n?'
    r'|<link[^>]*\shref="[^"]*/(?:tabulator_simple(?:\.min)?\.css|apple-touch-icon\.png)[^"]*"[^>]*>\n?'
)
"""WebGL, a table with its dates and looks, and a picture for a home screen."""

ICON = re.compile(r'(<link rel="icon" href=")[^"]*"')
TABLES = re.compile(r'<script[^>]*\ssrc="[^"]*/bokeh-tables(?:\.min)?\.js[^"]*"[^>]*></script>')
NO_TABLES = (
    '<script>Bokeh.register_plugin({"streamgauge/no-tables": () => {}}, "streamgauge/no-tables", '
    '{"models/widgets/tables": "streamgauge/no-tables"});</script>'
)
"""Bokeh's tables (89 KB packed). Panel's script asks for them as it begins, and uses them when it draws its first table."""

SCRIPT = re.compile(r"<script\b[^>]*>.*?</script>\n?", re.DOTALL)

IMPORTS = {"imports": {"@mui/material/": "https://esm.sh/@mui/material/"}}
"""Of Material's map of modules (2 KB a part), what tells Panel's script that a part is Material's. The bundle imports nothing."""

_lean: WeakSet[Document] = WeakSet()
_known: ContextVar[frozenset[type] | None] = ContextVar("known", default=None)


def make_lean(document: Document) -> None:
    """From now on a page of this document comes with what it may show, and without the rest."""
    _lean.add(document)


def _models(document: Document) -> frozenset[type]:
    """The data models of what the document holds, of what our views are built of, and of our own components."""
    ours = (each for each in _below(ReactiveESM) if each.__module__.split(".", 1)[0] == "dashboard")
    held = {type(model.data) for model in document.models if isinstance(model, ESMModel)}
    return frozenset(held | {each._data_model for each in (*MATERIAL, *ours)})  # noqa: SLF001  # it has no other name


def _below(cls: Any) -> list[Any]:
    return [found for each in cls.__subclasses__() for found in (each, *_below(each))]


def _is_told(model: type) -> bool:
    known = _known.get()
    return is_DataModel(model) and (known is None or model in known)


def _to_json(whole: Any) -> Any:
    @wraps(whole)
    def to_json(self: Document, **how: Any) -> Any:
        token = _known.set(_models(self) if self in _lean else None)
        try:
            return whole(self, **how)
        finally:
            _known.reset(token)

    return to_json


def _get_properties(whole: Any) -> Any:
    @wraps(whole)
    def get_properties(self: Any, doc: Document | None) -> Any:
        props = whole(self, doc)
        if doc in _lean and props.get("bundle"):
            props["importmap"] = IMPORTS
        return props

    return get_properties


def _validate(whole: Any) -> Any:
    @wraps(whole)
    def validate(self: Document) -> None:
        if self not in _lean:
            whole(self)

    return validate


def install() -> None:
    """Bokeh tells a browser of every data model there is (150 of Panel's, half of a document); now of the known ones. Once.

    Nor does it look anew at each page for figures without anything to draw and the like, a tenth of a page's making.
    """
    bokeh_document.is_DataModel = _is_told
    Document.to_json = _to_json(Document.to_json)
    Document.validate = _validate(Document.validate)
    MaterialComponent._get_properties = _get_properties(MaterialComponent._get_properties)  # noqa: SLF001


def slimmed(page: str, document: Document) -> str:
    """The HTML of a lean document without what is unused, and asking at once for the modules that the document names."""
    if document not in _lean:
        return page
    page = TABLES.sub(NO_TABLES, UNUSED.sub("", page), count=1)
    page = ICON.sub(rf'\g<1>{MARK}"', page, count=1)
    named = dict.fromkeys(
        model.esm for model in document.models if isinstance(model, ESMModel) and model.bundle == "url"
    )
    early = "".join(f'<link rel="preload" as="fetch" crossorigin href="{escape(each)}">' for each in named)
    return _opened(page.replace("</title>", f"</title>{early}", 1), document)


def _opened(page: str, document: Document) -> str:
    """With what is known first and the scripts after it, which would hold up everything below."""
    held = {model.class_name: model.data for model in document.models if isinstance(model, ESMModel)}
    head, body, rest = page.partition("<body>")
    if "Nav" not in held or not body:
        return page
    nav, wall = held["Nav"], "FleetPane" in held and held["FleetPane"].wall
    inside = _inside(nav.current, held) if not wall else ""
    scripts = "".join(SCRIPT.findall(head))
    told = opening(document.title, nav.views, nav.current, inside, bar=not wall)
    return f"{SCRIPT.sub('', head)}{body}{told}{scripts}{rest}"


def _inside(view: str, held: Mapping[str, Any]) -> str:
    if view == "chat":
        return of_chat(held["NumberStrip"].cards, held["NumberStrip"].values)
    if view == "fleet":
        return of_fleet(held["FleetPane"].begins)
    return OF_INSPECT if view == "inspect" else OF_COMPARE
