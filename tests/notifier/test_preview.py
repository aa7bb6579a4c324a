"""`visits-adapter preview`."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner

from adapter.cli import main
from notifier import Audience, MessageKind, compose
from notifier.content import Language
from notifier.samples import sample

TODAY = date(2026, 11, 23)


def preview(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["preview", *arguments, "--today", str(TODAY)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("kind", MessageKind)
def test_every_message_can_be_looked_at(kind: MessageKind, language: Language) -> None:
    message = compose(kind, sample(kind, language, TODAY))
    assert message.language == (language if kind.audience is Audience.VISITOR else "en")
    assert preview(kind.value, "--lang", language) == f"Subject: {message.subject}\n\n{message.text}"
    assert preview(kind.value, "--lang", language, "--html") == message.html


def test_in_welsh() -> None:
    assert "Dydd Llun 14 Rhagfyr 2026" in preview("visitor_booked", "--lang", "cy", "--text")
    assert '<html lang="cy">' in preview("visitor_booked", "--lang", "cy", "--html")


def test_the_calendar_entry() -> None:
    assert "METHOD:CANCEL" in preview("visitor_cancelled", "--calendar")
    result = CliRunner().invoke(main, ["preview", "staff_request", "--calendar"])
    assert result.exit_code == 2
    assert "no calendar entry" in result.output


def test_a_message_that_there_is_not() -> None:
    result = CliRunner().invoke(main, ["preview", "pigeon"])
    assert result.exit_code == 2
    assert "visitor_booked" in result.output


def test_unknown_commands_are_refused() -> None:
    assert CliRunner().invoke(main, ["no-such-command"]).exit_code == 2


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 12, 31), date(2027, 1, 1)])
@pytest.mark.parametrize("kind", MessageKind)
def test_samples_work_on_any_day(kind: MessageKind, today: date) -> None:
    assert compose(kind, sample(kind, "cy", today)).text
