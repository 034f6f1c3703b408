"""Durations as people write them, and as they read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.durations import exact, human, parse_duration
from twin.errors import InvalidParameter


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("15min", 900),
        ("15 min", 900),
        ("15m", 900),
        ("8h", 28800),
        ("2d", 172800),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("3600", 3600),
        ("0", 0),
        ("8H", 28800),
        ("inf", None),
        ("Infinity", None),
        ("1d 2h 3min 4s", 93784),
    ],
)
def test_a_duration_is_read(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "h", "8x", "-8h", "8h-", "1e3", "nan", "1h 2", "٣h", "9" * 40, "1..5h"])
def test_what_is_no_duration_says_what_is(text: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_duration(text)
    assert "8h" in caught.value.fix or "inf" in caught.value.fix


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (math.inf, "never"),
        (0, "0 s"),
        (45, "45 s"),
        (0.5, "0.5 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (24 * 3600 + 16 * 60, "24 h 16 min"),
        (48 * 3600, "2 d"),
        (3 * 86400 + 7200, "3 d 2 h"),
    ],
)
def test_a_time_is_said_in_two_units(seconds: float | None, text: str) -> None:
    assert human(seconds) == text


@given(st.integers(min_value=0, max_value=10**9))
def test_what_is_said_can_be_read_back_and_is_off_by_less_than_the_smallest_unit_said(seconds: int) -> None:
    back = parse_duration(human(seconds))
    assert back is not None
    assert 0 <= seconds - back < (1 if seconds < 3600 else 60 if seconds < 48 * 3600 else 3600)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (61.5, "1 min 2 s"), (86670, "24 h 4 min 30 s"), (172860, "2 d 1 min")],
)
def test_exact_times_lose_nothing(seconds: float, text: str) -> None:
    assert exact(seconds) == text


def test_exact_times_of_nothing() -> None:
    assert (exact(None), exact(float("inf"))) == ("-", "never")
