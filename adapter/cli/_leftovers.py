"""What to tell an operator when removed data may still be in the database's files."""

from __future__ import annotations

from collections.abc import Iterable

import click

from adapter.store.leftovers import LeftOver

_SENTENCES = {
    LeftOver.LOG_READ: "its write-ahead log is being read all the time. Run this again.",
    LeftOver.READERS: "a transaction that began earlier is still open. End it, then run this again.",
    LeftOver.TABLE_BUSY: "a table couldn't be rewritten without holding requests up for too long."
    " `visits-adapter purge --hold-up 600` in a quiet hour, or pg_repack.",
    LeftOver.NOT_OWNER: "our role doesn't own the tables. Let their owner run this command.",
    LeftOver.LOG_NOT_ALLOWED: "our role may not have the write-ahead log used up. docs/operations.md says"
    " what to grant.",
    LeftOver.LOG_KEPT: "old write-ahead log is kept for a standby, a replication slot or an archive.",
    LeftOver.INTERRUPTED: "the database couldn't be reached any more. Run this again.",
}


def tell_left(left: Iterable[LeftOver]) -> None:
    """One line for each reason; nothing where all is gone."""
    for reason in sorted(left):
        click.echo(f"Some of it may still be in the database's files: {_SENTENCES[reason]}")
