"""`visits-adapter fake-nomis`: the fake prison system on its own."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("fake-nomis")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps it all (else memory).")
@click.option("--seed", default=1, show_default=True, help="Number that the generated people are drawn from.")
def command(host: str, port: int, state: Path | None, seed: int) -> None:
    """Run a fake prison system: the whole contract, made-up people, faults on request."""
    from adapter.demo import fake_nomis

    fake_nomis.run(host, port, state, seed, lambda url: click.echo(f"ready: {url}"))
