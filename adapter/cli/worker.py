"""`visits-adapter worker`: the background work alone, any number of times on one PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli._config import config_option, read_prisons, read_settings


@click.command("worker")
@config_option
def command(configs: tuple[Path, ...]) -> None:
    """Do the background work: waiting requests, doubts, cancellations, emails."""
    from adapter.cli._run import run
    from adapter.log import setup
    from adapter.wiring import serve

    settings = read_settings(configs)
    setup(settings.log)

    async def main() -> None:
        await serve.work(
            settings,
            serve.stopped_by_signals(),
            ready=lambda _: click.echo("ready"),
            reread=lambda: read_prisons(configs),
        )

    run(main())
