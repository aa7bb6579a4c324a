"""`visits-adapter worker`: the background work alone, any number of times on one PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.booking.restore import Restored
from adapter.cli._config import config_option, read_prisons, read_settings


@click.command("worker")
@config_option
@click.option("--after-restore", is_flag=True, help="First look up the bookings that a restored database forgot.")
def command(configs: tuple[Path, ...], after_restore: bool) -> None:
    """Do the background work: waiting requests, doubts, cancellations, emails."""
    from adapter.cli._progress import progress
    from adapter.cli._run import run
    from adapter.log import setup
    from adapter.wiring import serve

    settings = read_settings(configs)
    setup(settings.log)

    async def main() -> None:
        with progress("Looking up bookings", show=after_restore) as tell:
            await serve.work(
                settings,
                serve.stopped_by_signals(),
                ready=lambda _: click.echo("ready"),
                reread=lambda: read_prisons(configs),
                restored=serve.AfterRestore(tell, _say) if after_restore else None,
            )

    run(main())


def _say(done: Restored) -> None:
    click.echo(f"restored: {done.looked} open visits, {done.found} bookings taken back, {done.to_staff} to staff")
