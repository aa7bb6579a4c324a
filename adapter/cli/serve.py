"""`visits-adapter serve`: the API, and unless told otherwise a worker beside it."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli._config import config_option, read_prisons, read_settings


@click.command("serve")
@config_option
@click.option("--worker/--no-worker", default=True, show_default=True, help="Do the background work here too.")
def command(configs: tuple[Path, ...], worker: bool) -> None:
    """Answer the web booking frontend. Prints `ready: URL` when it does."""
    from adapter.cli._run import run
    from adapter.log import setup
    from adapter.wiring import serve

    settings = read_settings(configs)
    setup(settings.log)

    async def main() -> None:
        await serve.serve(
            settings,
            serve.stopped_by_signals(),
            worker=worker,
            ready=lambda url: click.echo(f"ready: {url}"),
            reread=lambda: read_prisons(configs),
        )

    run(main())
