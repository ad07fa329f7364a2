"""One clock for all pages: who is there is ticked, nobody's context is held, and without a page nothing runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import panel as pn
import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc

from dashboard.config import Backend, Config
from dashboard.runtime import Runtime
from dashboard.ui.ticker import ticker_of


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    made = Runtime(Config([Backend("one", "http://127.0.0.1:9/process/stream", "orchestrator")]))
    yield made
    await made.aclose()


async def until(holds: Callable[[], object]) -> None:
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


def pages() -> int:
    return sum(task.get_name() == "pages" for task in asyncio.all_tasks())


async def test_pages_are_ticked_while_they_are_there(runtime: Runtime) -> None:
    ticker, ticked = ticker_of(runtime), {"a": 0, "b": 0}

    def a() -> None:
        ticked["a"] += 1

    def b() -> None:
        ticked["b"] += 1
        ticker.end(b)

    ticker.begin(a)
    ticker.begin(b)
    await until(lambda: ticked["a"] >= 3)
    assert ticked["b"] == 1
    assert (ticker_of(runtime) is ticker, pages()) == (True, 1)
    ticker.end(a)
    await until(lambda: pages() == 0)
    ticker.begin(b)
    await until(lambda: ticked["b"] == 2)


async def test_the_first_page_is_not_the_document_of_all(runtime: Runtime) -> None:
    ticker, seen = ticker_of(runtime), []

    def look() -> None:
        seen.append(pn.state.curdoc)
        ticker.end(look)

    with set_curdoc(Document()):
        ticker.begin(look)
    await until(lambda: seen)
    assert seen == [None]
