"""Pages that come and go over a real websocket leave nothing behind; `make soak` does it a thousand times."""

from __future__ import annotations

import pytest

from tests.soak.pages import serving

pytestmark = pytest.mark.system


async def test_pages_that_come_and_go_leave_nothing_behind() -> None:
    async with serving() as pages:
        await pages.come_and_go(2)
        first = await pages.settled()
        assert first.nothing
        await pages.come_and_go(5)
        left = await pages.settled()
    assert left.nothing
    assert left.tasks <= first.tasks
    assert left.files <= first.files + 2
