"""A minute off is put right for people; what goes back to the prison system is as it came."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomis_client.slot_times import slot_between, slot_time

DAY = "2026-12-14T"


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("14:00/15:00", "14:00/15:00"),
        ("13:59/15:00", "14:00/15:00"),
        ("14:00/14:59", "14:00/15:00"),
        ("14:01/15:01", "14:00/15:00"),
        ("14:14/14:44", "14:15/14:45"),
        ("14:16/14:46", "14:15/14:45"),
        ("14:29/15:31", "14:30/15:30"),
        ("13:59/15:01", "14:00/15:00"),
        ("14:05/14:55", "14:05/14:55"),
        # two minutes off is somebody's intention
        ("14:02/14:58", "14:02/14:58"),
        ("14:13/14:47", "14:13/14:47"),
        # never beyond the day, never a slot of no length
        ("22:00/23:59", "22:00/23:59"),
        ("00:01/01:00", "00:00/01:00"),
        ("14:00/14:01", "14:00/14:01"),
        ("13:59/14:01", "13:59/14:01"),
    ],
)
def test_each_end_is_put_right_by_a_minute(raw: str, normal: str) -> None:
    slot = slot_time(DAY + raw)
    assert (slot.raw, slot.normal) == (DAY + raw, DAY + normal)


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "2026-12-14",
        "2026-12-14T14:00",
        "2026-12-14T14:00/2026-12-14T15:00",
        "2026-12-14T14:00:00/15:00",
        "2026-12-14T24:00/25:00",
        "2026-12-14T14:60/15:00",
        "2026-02-30T14:00/15:00",
        "2026-12-14T15:00/14:00",
        "2026-12-14T14:00/14:00",
        "2026-12-14 14:00/15:00",
        "2026-12-14T14:00/15:00 ",
        "2026-12-14T14:00/15:00\n",
        "２０２６-12-14T14:00/15:00",
    ],
)
def test_anything_else_is_no_slot(spelled: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        slot_time(spelled)


minutes = st.integers(0, 24 * 60 - 1)


@given(minutes, minutes)
def test_a_normal_slot_is_within_a_minute_and_putting_right_is_done_once(one: int, other: int) -> None:
    begin, end = sorted((one, other))
    if begin == end:
        return
    raw = f"{DAY}{begin // 60:02}:{begin % 60:02}/{end // 60:02}:{end % 60:02}"
    normal = slot_time(raw).normal
    again = slot_time(normal)
    assert again.raw == again.normal
    for before, after in zip(raw[11:].split("/"), normal[11:].split("/"), strict=True):
        assert abs(_minute(before) - _minute(after)) <= 1


def _minute(spelled: str) -> int:
    hour, minute = spelled.split(":")
    return int(hour) * 60 + int(minute)


def test_two_wall_times_make_a_slot_without_their_seconds() -> None:
    begin, end = datetime(2026, 12, 14, 13, 59, 30), datetime(2026, 12, 14, 15, 0, 0, 500)
    assert slot_between(begin, end).normal == "2026-12-14T14:00/15:00"


def test_two_days_make_none() -> None:
    with pytest.raises(ValueError, match="not a slot"):
        slot_between(datetime(2026, 12, 14, 23, 0), datetime(2026, 12, 15, 1, 0))
