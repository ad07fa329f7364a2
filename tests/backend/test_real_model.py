"""The turn in README's screenshot: a real language model answered on the page. Its recording gives the same numbers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dashboard.backend.replay import ReplayTransport
from dashboard.config import Backend, Config
from dashboard.runtime import Runtime
from dashboard.telemetry.recording import read_recording
from dashboard.wire.dialect import Question

CORPUS = Path(__file__).parents[1] / "corpus" / "openai-chat"


async def test_the_recording_gives_the_numbers_of_the_screenshot() -> None:
    runtime = Runtime(Config([Backend("smollm2", "http://recorded.invalid/v1/chat/completions", "openai-chat")]))
    transport = ReplayTransport(read_recording(CORPUS / "readme_screenshot.jsonl"))
    live = runtime.ask("smollm2", Question("replayed"), source="replay", transport=transport)
    await asyncio.wait_for(live.wait(), 30)
    await runtime.aclose()
    report = live.gauge.report()
    assert report.diagnosis
    assert report.ttft_s
    assert report.duration_s
    assert report.gap_s.p95
    assert (report.outcome, report.finish_reason, report.chunks) == ("completed", "stop", 152)
    assert (f"{report.ttft_s:.2f}", f"{report.duration_s:.2f}", f"{report.gap_s.p95 * 1000:.0f}") == (
        "1.36",
        "5.72",
        "79",
    )
    assert report.diagnosis.sentence == (
        "Nobody's fault: the answer completed in 5.7 s, the first text after 1.4 s, the longest gap 0.11 s."
    )
    assert report.text.startswith("```python\ndef add_two(a, b):\n    return a + b\n")
