from __future__ import annotations

import msgspec
import numpy as np
import pytest

from dashboard.config import Thresholds
from dashboard.health.snapshot import Quantiles, Scope, Snapshot, Window
from dashboard.ui.columns import BAR_STEPS, CARDS, COLUMNS, EMPTY, blank, cards, empties, rollover, rows, unwell

NAN = float("nan")


def window(**changed: list[float]) -> Window:
    names = [name for name in COLUMNS if name not in ("rate_all", "gap_area", "step", "bar")]
    columns = {name: np.array([0.0, 0.0, 0.0]) for name in names}
    columns |= {"t": np.array([1000.0, 1250.0, 1500.0])}
    return Window(60.0, 0.25, columns | {name: np.array(values) for name, values in changed.items()})


def snapshot(**changed: object) -> Snapshot:
    quiet = Snapshot(
        revision=1, at=100.0, wall_at=1e9, scope=Scope("demo"), connection="idle", connection_since=0.0, silent_s=0.0,
        uptime_s=0.0, uptime_live=False, events_total=0, heartbeats_total=0, chunks_total=0, bytes_total=0,
        events_per_s=0.0, events_per_s_10s=0.0, turns_total=0, turns_active=0, outcomes={}, last_outcome="",
        last_fault="", reconnects_total=0, faults_total=0, stalls_total=0, anomalies_total=0, last_reconnect_at=NAN,
        ttft_last_s=NAN, ttft=Quantiles(), gap=Quantiles(), windows={"1m": window()},
    )  # fmt: skip
    return msgspec.structs.replace(quiet, **changed)


def test_rows_after_a_moment_are_the_new_ones() -> None:
    taken = rows(window(), 1000.0)
    assert taken["t"].tolist() == [1250.0, 1500.0]
    assert set(taken) == set(COLUMNS)
    assert {len(column) for column in taken.values()} == {2}
    assert rows(window(), 1500.0)["t"].size == 0


def test_lines_keep_their_gaps_and_areas_have_no_height_there() -> None:
    taken = rows(window(rate_text=[NAN, 2.0, 3.0], rate_routing=[NAN, 1.0, 0.0], gap_p50=[NAN, 5.0, NAN]))
    assert np.isnan(taken["rate_all"][0])
    assert taken["rate_all"][1:].tolist() == [3.0, 3.0]
    assert taken["rate_text"].tolist() == [0.0, 2.0, 3.0]
    assert np.isnan(taken["gap_p50"][[0, 2]]).all()
    assert taken["gap_area"].tolist() == [0.0, 5.0, 0.0]
    assert taken["step"].tolist() == [250.0] * 3
    assert taken["bar"].tolist() == [250.0 * BAR_STEPS] * 3


def test_a_window_keeps_as_many_rows_as_it_has_steps() -> None:
    assert rollover(window()) == 240


def test_blank_rows_span_the_window_and_show_nothing() -> None:
    edge = blank(60_000.0, 60_000.0)
    assert edge["t"].tolist() == [0.0, 60_000.0]
    assert set(edge) == set(COLUMNS)
    assert not any(np.nan_to_num(edge[name]).any() for name in COLUMNS if name != "t")


@pytest.mark.parametrize("chart", EMPTY)
def test_a_chart_is_empty_until_its_columns_have_something(chart: str) -> None:
    assert empties(window()) == list(EMPTY)
    filled = empties(window(**{EMPTY[chart][0]: [NAN, 0.0, 1.0]}))
    assert chart not in filled
    assert len(filled) == len(EMPTY) - 1


def test_cards_of_a_quiet_backend_claim_nothing() -> None:
    shown = cards(snapshot())
    assert tuple(shown) == CARDS
    assert shown["ttft"] == ("–", "", "no answer yet")
    assert shown["gap"] == ("–", "", "none in the last 60 s")
    assert shown["uptime"] == ("–", "", "none was open yet")
    assert shown["reconnects"] == ("0", "", "none yet")


@pytest.mark.parametrize(
    ("changed", "card", "told"),
    [
        ({"events_total": 1234, "heartbeats_total": 1}, "events", ("1,234", "", "1 heartbeat")),
        ({"events_per_s": 0.5, "events_per_s_10s": 12.4}, "rate", ("0.5", "/s", "12 /s over 10 s")),
        ({"uptime_s": 4.5, "uptime_live": True}, "uptime", ("4.50", "s", "open now")),
        ({"uptime_s": 4.5, "uptime_live": True, "silent_s": 7.0}, "uptime", ("4.50", "s", "open, silent for 7.00 s")),
        ({"uptime_s": 4.5}, "uptime", ("4.50", "s", "last one, now closed")),
        ({"reconnects_total": 2, "last_reconnect_at": 98.0}, "reconnects", ("2", "", "last one just now")),
        ({"reconnects_total": 2, "last_reconnect_at": -40.0}, "reconnects", ("2", "", "last 2 min 0 s ago")),
        (
            {"ttft_last_s": 0.42, "ttft": Quantiles(3, 0.4, 0.5, 0.5, 0.5)},
            "ttft",
            ("0.42", "s", "p95 0.50 s of 3 turns"),
        ),
        ({"gap": Quantiles(9, 0.048, 0.2, 0.3, 0.3)}, "gap", ("48", "ms", "p95 0.20 s · p99 0.30 s")),
    ],
)
def test_cards_read_as_people_speak(changed: dict[str, object], card: str, told: tuple[str, str, str]) -> None:
    assert cards(snapshot(**changed))[card] == told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"ttft_last_s": 1.9}, {}),
        ({"ttft_last_s": 2.5}, {"ttft": "over its limit of 2.00 s"}),
        ({"gap": Quantiles(9, 0.1, 6.0, 7.0, 7.0)}, {"gap": "p95 6.00 s, limit 5.00 s"}),
        ({"uptime_live": True, "silent_s": 6.0}, {"uptime": "silent for 6.00 s"}),
        ({"uptime_live": False, "silent_s": 6.0}, {}),
        ({"last_reconnect_at": 99.0}, {"reconnects": "last one just now"}),
        ({"last_reconnect_at": 39.0}, {}),
    ],
)
def test_what_is_beyond_its_limit_says_so(changed: dict[str, object], told: dict[str, str]) -> None:
    start = {"reconnects_total": 1} if "last_reconnect_at" in changed else {}
    assert unwell(snapshot(**start, **changed), Thresholds()) == told
