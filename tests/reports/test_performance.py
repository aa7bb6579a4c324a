"""What is published: the same numbers in three forms, nothing small, nothing loaded, nobody in it."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.booking.figures import Performance, WeekOfPrison
from adapter.clock import LONDON
from adapter.reports.plots import bars, even, of_times
from adapter.reports.publish import ALL, SMALL, hide_small, publish
from tests.support.old_visits import MARKS, an_old_visit, store_rows
from tests.support.site import TODAY, running_site

WEEK = date(2026, 11, 2)


class Loads(HTMLParser):
    """What a page loads and whether it runs anything."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named = dict(attrs)
        if tag != "a":
            self.loaded.extend(value for name in ("src", "href") if (value := named.get(name)))
        assert not any(name.startswith("on") or name == "style" for name in named)


async def test_the_page_and_its_numbers_are_public_and_hold_nobody(database: str) -> None:
    async with running_site(database, worker=False) as site:
        arrived = datetime.combine(TODAY - timedelta(days=14), wall_time(9), LONDON)
        prisons = ["LEI"] * 20 + ["CFI"] * 3
        rows = [
            an_old_visit(number, arrived, prison_key=prison, offender_id=number)
            for number, prison in enumerate(prisons)
        ]
        await store_rows(site.service.desk.store, rows)
        await site.service.figures.count_all()
        answers = {}
        for path in ("/performance", "/performance.json", "/performance.csv", "/performance.css"):
            async with site.http.get(site.url + path) as reply:
                assert reply.status == 200
                assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
                answers[path] = await reply.text()
        assert [mark for mark in MARKS for text in answers.values() if mark in text] == []
        page = Loads()
        page.feed(answers["/performance"])
        assert page.loaded == ["/performance.css"]
        assert page.tags >= {"svg", "table", "caption", "main"}
        assert "script" not in page.tags
        lines = list(csv.DictReader(io.StringIO(answers["/performance.csv"])))
        requests = {line["prison"]: line["value"] for line in lines if line["figure"] == "requests"}
        assert requests == {ALL: "23", "Cardiff": "hidden", "Leeds": "hidden"}
        in_time = [line["value"] for line in lines if line["prison"] == ALL and line["item"] == "real_time"]
        assert in_time == ["23"]
        assert '"requests": 23' in answers["/performance.json"]


async def test_before_anything_is_counted_there_is_a_page_too(sqlite_database: str) -> None:
    async with running_site(sqlite_database, worker=False) as site, site.http.get(f"{site.url}/performance") as reply:
        assert reply.status == 200
        assert "Nothing has been counted yet" in await reply.text()


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 30), max_size=8))
def test_no_small_number_is_shown_and_none_follows_from_the_sum(numbers: dict[str, int]) -> None:
    shown = hide_small(numbers)
    assert all(number is None or number == 0 or number >= SMALL for number in shown.values())
    assert all(number in (None, numbers[name]) for name, number in shown.items())
    hidden = [name for name, number in shown.items() if number is None]
    if len(hidden) == 1:  # then there is nothing else to hide it behind
        assert all(not number for name, number in numbers.items() if name not in hidden)


def test_what_one_prison_hides_cannot_be_subtracted_from_the_sum() -> None:
    def week(prison: str, staff: int) -> WeekOfPrison:
        answered = {"real_time": 40, "staff": staff}
        return WeekOfPrison(WEEK, prison, {"requested": {"web": 40 + staff}, "answered": answered})

    prisons = (week("AAA", 3), week("BBB", 20), week("CCC", 30))
    report = publish(Performance(WEEK, TODAY, (week("", 53),), prisons, {}))
    assert [one.ways["staff"] for one in report.by_prison] == [None, None, 30]
    assert report.together[0].ways["staff"] == 53


@given(st.lists(st.lists(st.integers(0, 12), min_size=4, max_size=4), min_size=1, max_size=4))
@example([[3, 6, 20, 0], [5, 30, 10, 0], [30, 7, 10, 0]])
@example([[3, 0, 20, 7], [10, 8, 6, 0]])
@example([[5, 10, 3, 0], [30, 0, 0, 0]])
def test_no_small_number_can_be_worked_out_by_subtraction(numbers: list[list[int]]) -> None:
    """Along the ways of one prison or of all, along the prisons of one way, and on with what that tells."""
    ways = ("real_time", "later", "staff", "withdrawn")

    def week(prison: str, answered: list[int]) -> WeekOfPrison:
        counts = {"requested": {"web": sum(answered)}, "answered": dict(zip(ways, answered, strict=True))}
        return WeekOfPrison(WEEK, prison, counts)

    together = week("", [sum(column) for column in zip(*numbers, strict=True)])
    prisons = tuple(week(str(number), answered) for number, answered in enumerate(numbers))
    report = publish(Performance(WEEK, TODAY, (together,), prisons, {}))
    known = {(one.prison, way): one.ways[way] for one in (*report.by_prison, *report.together) for way in ways}
    known |= {(one.prison, ""): one.requests for one in (*report.by_prison, *report.together)}
    names = [one.prison for one in report.by_prison]
    lines = [([(name, way) for way in ways], (name, "")) for name in (*names, ALL)]
    lines += [([(name, way) for name in names], (ALL, way)) for way in (*ways, "")]
    for _ in range(20):
        for parts, total in lines:
            gaps = [cell for cell in (*parts, total) if known[cell] is None]
            if len(gaps) == 1:
                rest = sum(known[cell] or 0 for cell in parts)
                known[gaps[0]] = rest if gaps[0] == total else (known[total] or 0) - rest
    assert {cell: number for cell, number in known.items() if number is not None and 0 < number < SMALL} == {}


def test_a_scale_ends_close_above_the_highest_value() -> None:
    for highest in (4.0, 7.0, 99.0, 101.0, 423.0, 12345.0):
        top = even([("", highest)]).highest
        assert highest <= top <= 2 * highest
    assert [mark for mark, _ in even([("", 423.0)]).marks] == [0, 0.25, 0.5, 0.75, 1]


def test_an_outage_does_not_make_the_ordinary_invisible() -> None:
    scale = of_times()
    quick, slow = scale.height(0.6), scale.height(30_000.0)
    assert 0.1 < quick < slow < 1
    assert [words for _, words in scale.marks][:2] == ["0.1 s", "1 s"]
    assert scale.height(0.0) == 0
    assert scale.height(1e9) == 1


@pytest.mark.parametrize("highest", [0.0, 0.4, 1.0, 7.0, 9.0, 88.0, 12345.0])
def test_a_plot_is_an_image_with_a_name_and_fits_its_frame(highest: float) -> None:
    plot = ElementTree.fromstring(bars('Of "a" & <b>', [("1", highest), ("2", None), ("3", highest / 2)]))
    assert (plot.get("role"), plot.get("aria-label")) == ("img", 'Of "a" & <b>')
    drawn = [element for element in plot if element.tag.endswith("rect")]
    assert len(drawn) == 2
    for bar in drawn:
        assert 0 <= float(bar.get("y", "")) <= float(bar.get("y", "")) + float(bar.get("height", "")) <= 260
    assert not re.search(r"style|script|href", ElementTree.tostring(plot, encoding="unicode"))
