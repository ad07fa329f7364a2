"""What a page of ours leaves out of Panel's usual load, and what it must not."""

from __future__ import annotations

import ast
from pathlib import Path

import bokeh.document.document as bokeh_document
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.document import Document
from bokeh.plotting import figure
from panel_material_ui.base import MaterialComponent

import dashboard.ui.page  # noqa: F401  # all our components
from dashboard.ui import lean, modules
from dashboard.ui.numbers import NumberStrip

UI = Path(lean.__file__).parent


def told(document: Document) -> set[str]:
    """The data models that a browser hears of."""
    content = document.to_json(deferred=False)
    return {each["name"].rstrip("0123456789") for each in content["defs"]}


def test_every_material_part_that_a_view_uses_is_told_to_the_browser() -> None:
    """One that is made later, in a view that is opened later, could not be drawn otherwise."""
    used = {
        node.attr
        for file in UI.glob("*.py")
        if file.name != "lean.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "pmui"
    }
    assert used == {each.__name__ for each in lean.MATERIAL}


def test_a_lean_document_tells_of_what_it_may_show_and_another_of_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bokeh_document, "is_DataModel", bokeh_document.is_DataModel)  # as it is now, when this is over
    for name in ("to_json", "validate"):
        monkeypatch.setattr(Document, name, getattr(Document, name))
    lean.install()
    ours, other = Document(), Document()
    lean.make_lean(ours)
    for document in (ours, other):
        document.add_root(pn.Column(pmui.Select(options=["a"]), pmui.Rating()).get_root(document))
    assert {"Select", "Rating", "ChatPane", "InspectPane", "ComparePane", "FleetPane", "NumberStrip"} <= told(ours)
    assert "DatetimePicker" not in told(ours)
    assert "DatetimePicker" in told(other)


def test_a_lean_document_is_not_looked_through_for_mistakes_and_another_is(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bokeh_document, "is_DataModel", bokeh_document.is_DataModel)
    for name in ("to_json", "validate"):
        monkeypatch.setattr(Document, name, getattr(Document, name))
    lean.install()
    ours, other = Document(), Document()
    lean.make_lean(ours)
    for document, told in ((ours, 0), (other, 1)):
        document.add_root(figure())
        document.validate()
        assert caplog.text.count("MISSING_RENDERERS") == told


def test_a_lean_document_has_of_materials_map_of_modules_what_says_that_it_is_material(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Panel's script wraps a part of which the map names "@mui" in Material's theme; the bundle imports nothing."""
    monkeypatch.setattr(MaterialComponent, "_get_properties", MaterialComponent._get_properties)
    lean.install()
    ours, other = Document(), Document()
    lean.make_lean(ours)
    assert pmui.Select(options=["a"]).get_root(ours).importmap == lean.IMPORTS
    assert all(name.startswith("@mui") for name in lean.IMPORTS["imports"])
    assert len(pmui.Select(options=["a"]).get_root(other).importmap["imports"]) > 5


def test_only_a_lean_page_is_slimmed() -> None:
    page = '<title>x</title><script src="static/js/bokeh-tables.min.js?v=1"></script><script src="a/luxon.min.js"></script>'
    ours, other = Document(), Document()
    lean.make_lean(ours)
    assert lean.slimmed(page, ours) == "<title>x</title>" + lean.NO_TABLES
    assert lean.slimmed(page, other) == page


def test_without_a_route_for_modules_a_component_brings_its_own() -> None:
    """So it does in a notebook, or under a launcher of somebody else's."""
    model = NumberStrip().get_root(Document())
    assert "export function render" in model.esm
    assert model.bundle is None


def test_a_module_has_one_address_for_one_content() -> None:
    first, second = modules._address("x", "export const a = 1"), modules._address("x", "export const a = 2")
    assert first != second
    assert modules.module(first.removeprefix(f"{modules.AT}/")) == "export const a = 1"
    assert modules.module("0/x.js") is None
    assert first == modules._address("x", "export const a = 1")
