"""`visits-adapter show`: one visit's step, history, references and messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from adapter.booking.codec import load_request
from adapter.booking.overview import Story, story, telling
from adapter.cli._config import config_option, read_settings
from adapter.cli._store import with_store
from adapter.clock import instant
from adapter.log import setup
from booking_rules.lifecycle import PUBLIC_STATE


@click.command("show")
@config_option
@click.argument("visit")
@click.option("--personal", is_flag=True, help="Also show names, contact details and who acted.")
def command(configs: tuple[Path, ...], visit: str, personal: bool) -> None:
    """Show what is stored of VISIT, given by its UUID or by the eight characters that people know.

    No personal data without --personal.
    """
    settings = read_settings(configs)
    setup(settings.log)
    found = with_store(settings, lambda store: story(store, visit))
    if found is None:
        raise click.ClickException("no such visit")
    for line in (*_lines(found, personal), *(_personal(found) if personal else ())):
        click.echo(line)


def _lines(found: Story, personal: bool) -> Iterator[str]:
    visit = found.visit
    yield f"visit    {visit.id}  ({visit.human_id})"
    yield f"prison   {visit.prison_key} ({visit.nomis_prison})"
    yield f"state    {PUBLIC_STATE[visit.step]}, step {visit.step}, version {visit.version}"
    yield f"arrived  {_at(visit.arrived_at)}   answer by {visit.confirm_by}"
    for number, slot in enumerate(visit.choices, start=1):
        yield f"choice   {number}  {slot}{'  granted' if slot == visit.slot_granted else ''}"
    if visit.leased():
        yield f"held     until {_at(visit.lease_until)}, claims without progress {visit.claims}"
    elif visit.due_at is not None:
        yield f"due      {_at(visit.due_at)}, claims without progress {visit.claims}"
    if visit.staff_why:
        yield f"staff    {visit.staff_why}"
    if visit.drift:
        yield f"drift    {visit.drift}"
    yield "history"
    for event in found.events:
        who = event.who if personal else event.who.partition(":")[0]
        facts = "  ".join(f"{name}={value}" for name, value in telling(event.detail).items())
        moved = f"{event.from_step or '-'} → {event.to_step}"
        yield f"  {_at(event.at)}  {event.event:12} {moved}  by {who}  {facts}".rstrip()
    yield "references" if found.attempts else "references  none"
    for item in found.attempts:
        state = f"{item.state}, perhaps booked" if item.doubted and item.state == "open" else item.state
        yield f"  {item.reference}  {state}  posts {item.posts}  last {item.last_answer or '-'}  {item.slot}"
    yield "messages" if found.messages else "messages  none"
    for row in found.messages:
        tried = f"{row.state}  tries {row.tries}  {(row.last_error or '').replace(' ', '_')}".rstrip()
        yield f"  {_at(row.created_at)}  {row.kind:18} {row.channel:7} {tried}"


def _personal(found: Story) -> Iterator[str]:
    request = load_request(found.visit.request)
    yield "personal"
    prisoner = request.prisoner
    yield f"  prisoner  {prisoner.first_name} {prisoner.last_name}  {prisoner.date_of_birth}  {prisoner.number}"
    for person in request.visitors:
        yield f"  visitor   {person.first_name} {person.last_name}  {person.date_of_birth}"
    yield f"  contact   {request.email}  {request.phone}"


def _at(stored: int | None) -> str:
    return "-" if stored is None else f"{instant(stored):%Y-%m-%d %H:%M:%SZ}"
