"""`visits-adapter doctor`: whether everything that the service needs is there, and what to do where it isn't."""

from __future__ import annotations

from pathlib import Path

import click

from adapter.cli._config import config_option, read_settings


@click.command("doctor")
@config_option
def command(configs: tuple[Path, ...]) -> None:
    """Try the database, the prison system, the mail server, Notify, the clocks and the staff link keys.

    Changes nothing and sends no message. Ends with 1 if something is wrong.
    """
    import logging

    from adapter.cli._run import run
    from adapter.log import setup
    from adapter.wiring.checkup import Finding, checkup

    settings = read_settings(configs)
    setup(settings.log.model_copy(update={"level": "error"}))
    logging.getLogger().setLevel(logging.CRITICAL)  # what is wrong is said below, once
    findings: list[Finding] = []

    async def main() -> None:
        findings.extend(await checkup(settings))

    run(main())
    for item in findings:
        click.echo(f"{'ok    ' if item.ok else 'failed'}  {item.name:22} {item.says}")
        if not item.ok:
            click.echo(f"        to do: {item.to_do}")
    if not all(item.ok for item in findings):
        raise SystemExit(1)
