"""`visits-adapter preview`: what a message looks like, with made-up people."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import click

from notifier import Message, MessageKind, compose
from notifier.content import Language
from notifier.samples import sample

LANGUAGES: tuple[Language, ...] = ("en", "cy")


@click.command("preview", epilog=f"Messages: {', '.join(MessageKind)}.")
@click.argument("message", type=click.Choice([kind.value for kind in MessageKind]), metavar="MESSAGE")
@click.option("--lang", type=click.Choice(LANGUAGES), default="en", help="Language; what staff get is English only.")
@click.option("--html", "form", flag_value="html", help="The HTML form.")
@click.option("--text", "form", flag_value="text", default="text", help="The plain text form (the default).")
@click.option("--calendar", "form", flag_value="calendar", help="The calendar entry, where the message has one.")
@click.option("--open", "show", is_flag=True, help="Open it in the browser or editor instead of printing it.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day to write it on; today if not given.")
def command(message: str, lang: Language, form: str, show: bool, today: datetime | None) -> None:
    """Show what MESSAGE looks like, with made-up people."""
    kind = MessageKind(message)
    written_on: date = today.date() if today else datetime.now(UTC).date()
    composed = compose(kind, sample(kind, lang, written_on))
    content = _in_form(composed, form)
    if not show:
        if form == "text":
            click.echo(f"Subject: {composed.subject}\n")
        click.echo(content, nl=False)
        return
    suffix = {"html": ".html", "text": ".txt", "calendar": ".ics"}[form]
    path = Path(tempfile.mkdtemp(prefix="visits-preview-")) / f"{message}.{composed.language}{suffix}"
    path.write_text(content, encoding="utf-8")
    click.echo(path)
    click.launch(str(path))


def _in_form(message: Message, form: str) -> str:
    if form == "calendar":
        if message.calendar is None:
            raise click.UsageError("this message has no calendar entry")
        return message.calendar.decode()
    return message.html if form == "html" else message.text
