"""The service's figures for everybody: a page, and the same numbers as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from adapter.booking.figures import Performance
from adapter.clock import Clock
from adapter.reports.plots import Points, Scale, bars, even, of_times
from adapter.reports.publish import ALL, SMALL, Published, Report, publish

WEEKS = 52
"""Weeks before the current one."""
_WEEKS_BY_PRISON = 12
"""Weeks that the page shows of each prison; JSON and CSV have all."""
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_KEPT = 60.0
"""Seconds for which an answer is used again: asking often costs the database nothing."""

Ask = Callable[[int], Awaitable[Performance]]


@dataclass(slots=True)
class Reports:
    """The report, made afresh once a minute at the most. `ask` gives the counts of so many weeks."""

    ask: Ask
    clock: Clock
    _made: Report | None = None
    _until: float = 0.0

    async def current(self) -> Report:
        """Raises `adapter.booking.views.StoreUnavailable`."""
        now = self.clock.monotonic()
        if self._made is None or now >= self._until:
            self._made = publish(await self.ask(WEEKS))
            self._until = now + _KEPT
        return self._made

    async def page(self, _request: web.Request) -> web.Response:
        report = await self.current()
        text = _template().render(
            report=report,
            by_prison=_latest_by_prison(report),
            weeks_by_prison=_WEEKS_BY_PRISON,
            plots=_plots(report),
            small=SMALL,
        )
        return _answer(text, "text/html", {"Content-Security-Policy": POLICY})

    async def as_json(self, _request: web.Request) -> web.Response:
        report = await self.current()
        weeks = [_object(one) for one in (*report.together, *report.by_prison)]
        data = {"since": report.since, "until": report.until, "hidden_below": SMALL, "weeks": weeks}
        return web.json_response(data, headers={"Cache-Control": f"public, max-age={_KEPT:.0f}"})

    async def as_csv(self, _request: web.Request) -> web.Response:
        report, out = await self.current(), io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow(("week", "prison", "figure", "item", "value"))
        for one in (*report.together, *report.by_prison):
            for figure, item, value in one.values():
                writer.writerow((one.week, one.prison, figure, item, "hidden" if value is None else _plain(value)))
        return _answer(out.getvalue(), "text/csv", {"Content-Disposition": 'inline; filename="performance.csv"'})


def mount(root: web.Application, ask: Ask, clock: Clock) -> None:
    """Put the figures under `/performance` of another face's application. They ask for no credential."""
    reports = Reports(ask, clock)
    root.router.add_get("/performance", reports.page)
    root.router.add_get("/performance.json", reports.as_json)
    root.router.add_get("/performance.csv", reports.as_csv)
    root.router.add_get("/performance.css", _style)


async def _style(_request: web.Request) -> web.Response:
    return _answer(files("adapter.reports").joinpath("performance.css").read_text(), "text/css", {})


def _answer(text: str, kind: str, headers: dict[str, str]) -> web.Response:
    kept = {"Cache-Control": f"public, max-age={_KEPT:.0f}", **headers}
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=kept)


def _object(one: Published) -> dict[str, object]:
    figures: dict[str, object] = {}
    for figure, item, value in one.values():
        number = None if value is None else _plain(value)
        if item:
            group = figures.setdefault(figure, {})
            assert isinstance(group, dict)
            group[item] = number
        else:
            figures[figure] = number
    return {"week": one.week, "prison": None if one.prison == ALL else one.prison, **figures}


def _plain(value: float) -> float | int:
    return value if isinstance(value, int) else round(value, 2)


def _latest_by_prison(report: Report) -> list[Published]:
    until = date.fromisoformat(report.until)
    first = (until - timedelta(days=until.weekday(), weeks=_WEEKS_BY_PRISON)).isoformat()
    return sorted((one for one in report.by_prison if one.week >= first), key=lambda one: (one.prison, one.week))


def _plots(report: Report) -> list[tuple[str, Markup]]:
    weeks = [(_day(one.week), one) for one in report.together]
    at_once = [(day, _percent(one.share(one.ways["real_time"]))) for day, one in weeks]
    median = [(day, one.median) for day, one in weeks]
    return [
        _plot("Requests in each week", [(day, one.requests) for day, one in weeks]),
        _plot("Answered in real time, percent of the requests of each week", at_once, even(at_once, 100, "%")),
        _plot("Median time to answer in each week (each line is several times the one below)", median, of_times()),
    ]


def _plot(name: str, points: Points, scale: Scale | None = None) -> tuple[str, Markup]:
    return name, Markup(bars(name, points, scale))  # noqa: S704 - ours; its texts are escaped


def _day(week: str) -> str:
    day = date.fromisoformat(week)
    return f"{day.day} {day:%b}"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _number(value: float | None) -> str:
    return "hidden" if value is None else f"{value:,}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _time(seconds: float | None) -> str:
    """As people say it, rounded up a little."""
    if seconds is None:
        return "–"
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} seconds"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("adapter.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": _number, "share": _share, "time": _time, "words": _words}
    return environment.get_template("performance.html.j2")


def _words(code: str) -> str:
    return code.replace("_", " ")
