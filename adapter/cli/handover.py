"""`visits-adapter handover`: what people have to deal with, and messages that were given up."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.booking.overview import Retried, handed_over, story
from adapter.booking.overview import retry as send_again
from adapter.cli._config import config_option, read_settings
from adapter.cli._store import with_store
from adapter.clock import LONDON, instant
from adapter.log import setup
from adapter.store.unit_of_work import Store


@click.group("handover")
def command() -> None:
    """See what staff have to answer, and send again what a mail server would not take."""


@command.command("list")
@config_option
def list_(configs: tuple[Path, ...]) -> None:
    """List requests with staff, oldest first, and messages that were given up. No personal data."""
    settings = read_settings(configs)
    setup(settings.log)
    found = with_store(settings, handed_over)
    click.echo(f"with staff: {len(found.requests)}")
    for visit in found.requests:
        late = "  OVERDUE" if visit.confirm_by < f"{instant(visit.now).astimezone(LONDON):%Y-%m-%d}" else ""
        line = f"  {visit.human_id}  {visit.prison_key:6} since {instant(visit.arrived_at):%Y-%m-%d %H:%MZ}"
        click.echo(f"{line}  answer by {visit.confirm_by}  {visit.staff_why or ''}{late}")
    click.echo(f"given up: {len(found.dead_letters)}")
    for row in found.dead_letters:
        click.echo(
            f"  {row.visit_id or 'feedback'}  {row.kind}  {(row.last_error or '').replace(' ', '_')}  tries {row.tries}"
        )


@command.command("retry")
@config_option
@click.argument("visit", required=False)
def retry(configs: tuple[Path, ...], visit: str | None) -> None:
    """Send the given-up messages of VISIT once more, or all of them without VISIT.

    The same bytes under the same message id, so that a mail that did arrive is not read twice. What a later message has
    made untrue is set aside.
    """
    settings = read_settings(configs)
    setup(settings.log)

    async def work(store: Store) -> Retried | None:
        if visit is None:
            return await send_again(store, None)
        found = await story(store, visit)
        return None if found is None else await send_again(store, found.visit.id)

    retried = with_store(settings, work)
    if retried is None:
        raise click.ClickException("no such visit")
    click.echo(f"queued again: {retried.queued}")
    if retried.outdated:
        click.echo(f"no longer true, set aside: {retried.outdated}")
