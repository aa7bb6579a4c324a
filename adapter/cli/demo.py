"""`visits-adapter demo`: the whole system on this machine, with nothing installed beside it."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli._config import DEFAULT, config_option, read_settings


@click.command("demo")
@config_option
@click.option("--port", default=8080, show_default=True, help="The adapter's; 0 takes a free one, here and below.")
@click.option("--fake-port", default=8090, show_default=True, help="The fake prison system's.")
@click.option("--smtp-port", default=1025, show_default=True, help="The mail sink's.")
@click.option("--mails-port", default=8025, show_default=True, help="Where the mails are shown.")
def command(configs: tuple[Path, ...], port: int, fake_port: int, smtp_port: int, mails_port: int) -> None:
    """Run adapter, fake prison system and mail sink together, and print what to try."""
    from adapter.cli._run import run
    from adapter.demo import site
    from adapter.log import setup
    from adapter.wiring.serve import stopped_by_signals

    setup(read_settings(configs).log.model_copy(update={"level": "warning", "format": "console"}))

    async def main() -> None:
        await site.run(
            configs or (DEFAULT,), site.Ports(port, fake_port, smtp_port, mails_port), stopped_by_signals(), click.echo
        )

    run(main())
