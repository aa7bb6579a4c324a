"""Templates to pages."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from functools import cache
from importlib.resources import files

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from adapter.staff import words
from adapter.staff.forms import LONGEST_MESSAGE
from adapter.staff.links import PREFIX
from adapter.staff.sign_in import LONGEST_NAME
from adapter.web.failure import Failure
from booking_rules.reasons import STAFF_CANCELLATION_REASONS
from notifier.dates import date_text, day_text, instant_text, slot_text, spelled_out
from notifier.wording import check_name, result_word, why_words

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
"""Pages load our stylesheet and nothing else."""


@cache
def stylesheet() -> bytes:
    return files("adapter.staff").joinpath("staff.css").read_bytes()


@cache
def stylesheet_path() -> str:
    """Another stylesheet has another path, so that it may be kept for good."""
    return f"/assets/staff-{hashlib.sha256(stylesheet()).hexdigest()[:12]}.css"


def page(template: str, values: dict[str, object], status: int = 200) -> web.Response:
    text = _environment().get_template(template).render(values)
    return web.Response(status=status, text=text, content_type="text/html", charset="utf-8")


def plain(title: str, lines: tuple[str, ...], status: int, link: tuple[str, str] | None = None) -> web.Response:
    """A page that says one thing. `link`: address and words of where to go on."""
    return page("plain.html.j2", {"title": title, "lines": lines, "link": link}, status)


def failure_page(_request: web.BaseRequest, failure: Failure, request_id: str) -> web.Response:
    """The error answer of a face that speaks HTML."""
    title, line = _FAILURES.get(failure.status, _FAILURES[500 if failure.status >= 500 else 400])
    answer = plain(title, (line, f"If you ask for help, give this number: {request_id}"), failure.status)
    answer.headers.update(failure.headers)
    return answer


_FAILURES = {
    400: ("This can’t be understood", "Nothing was done. Open the link in the email again."),
    404: ("Page not found", "Check that the whole link from the email was opened."),
    405: ("This page can’t be used like that", "Nothing was done. Open the link in the email again."),
    413: ("That is too much text", "Nothing was done. Go back and shorten the message."),
    500: ("Something went wrong", "Open the link in the email again to see how it stands."),
    503: (
        "The service is unavailable",
        "Nothing is lost. Try again in a minute; open the link in the email to see how it stands.",
    ),
}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("adapter.staff"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        slot=lambda text: slot_text(text, "en"),
        day=_day,
        born=lambda day: date_text(day, "en"),
        instant=lambda at: instant_text(at, "en"),
        spelled=spelled_out,
        why=lambda codes: [why_words(code) for code in codes.split(",") if code],
        rejection=words.rejection,
        cancellation=words.cancellation,
        result=result_word,
        state=words.state,
        event=words.event,
        who=words.who,
        seen=words.seen,
        dead_letter=words.dead_letter,
    )
    environment.globals.update(
        css=PREFIX + stylesheet_path(),
        check_name=check_name,
        longest_name=LONGEST_NAME,
        longest_message=LONGEST_MESSAGE,
        rejections=words.REJECTIONS,
        cancellations=[(code.value, words.cancellation(code.value)) for code in STAFF_CANCELLATION_REASONS],
        neutral_hint=words.NEUTRAL_HINT,
    )
    return environment


def _day(day: date | datetime) -> str:
    return day_text(day, "en")
