"""The command line. Each command is a file here, named like it, with a click command called `command` inside.

A file is imported when its command is run (or helped with), so that no command loads what it doesn't need; files whose
name begins with an underscore are not commands.
"""

from __future__ import annotations

import importlib
import pkgutil

import click


class _OneFileEach(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        names = (module.name for module in pkgutil.iter_modules(__path__))
        return sorted(name.replace("_", "-") for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"adapter.cli.{cmd_name.replace('-', '_')}")
        found = module.command
        assert isinstance(found, click.Command)
        return found


@click.group(cls=_OneFileEach)
def main() -> None:
    """The prison visits adapter."""
