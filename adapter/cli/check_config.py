"""`visits-adapter check-config`: whether the configuration can be used, and what each prison offers by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

import click

from adapter.cli._config import config_option, read_settings
from adapter.clock import SystemClock, london_today
from adapter.config import Settings, bank_holidays
from adapter.config.show import shown_settings
from booking_rules.calendar import bookable_slots, confirm_by, first_bookable, last_bookable
from booking_rules.prisons import Prison


@click.command("check-config")
@config_option
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day to look from; today if not given.")
@click.option("--settings", "with_settings", is_flag=True, help="Print every setting too; secrets as ***.")
def command(configs: tuple[Path, ...], today: datetime | None, with_settings: bool) -> None:
    """Check the configuration and print what each prison offers in its booking window.

    Exits with 1 and every complaint if it can't be used.
    """
    settings = read_settings(configs)
    if with_settings:
        for line in shown_settings(settings):
            click.echo(line)
        click.echo()
    for line in _offers(settings, today.date() if today else london_today(SystemClock())):
        click.echo(line)
    count = len(settings.prisons)
    click.echo(f"The configuration is good: {count} prison{'' if count == 1 else 's'}.")


def _offers(settings: Settings, today: date) -> Iterator[str]:
    holidays = bank_holidays({today.year, today.year + 1})
    for prison in settings.prisons.all():
        yield from _offer(prison, today, holidays)
        yield ""


def _offer(prison: Prison, today: date, holidays: frozenset[date]) -> Iterator[str]:
    code = prison.key if prison.key == prison.nomis_id else f"{prison.key}, {prison.nomis_id} in the prison system"
    heading = f"{prison.name} ({code})"
    if not prison.in_use:
        yield f"{heading}: {'closed' if prison.closed else 'disabled'}"
        return
    slots = bookable_slots(prison, today, holidays)
    count = f"{len(slots)} slot{'' if len(slots) == 1 else 's'}"
    yield f"{heading}: {'real time' if prison.real_time else 'by mailbox'}, {count}"
    yield (
        f"  answered by {_day(confirm_by(prison, today, holidays))}, bookable from"
        f" {_day(first_bookable(prison, today, holidays))} to {_day(last_bookable(prison, today))}"
    )
    for day, of_day in groupby(slots, key=lambda slot: slot.day):
        yield f"  {_day(day)}  {', '.join(f'{slot.begin:%H:%M}-{slot.end:%H:%M}' for slot in of_day)}"


def _day(day: date) -> str:
    return f"{day:%a %d %b %Y}"
