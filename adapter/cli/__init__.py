"""The command line. Imports the demo inside its command only."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """The prison visits adapter."""
