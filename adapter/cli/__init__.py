"""The command line. Each command is a file here, named like it, with a click command called `command` inside.

A file is imported when its command is run (or helped with), so that no command loads what it doesn't need; the list of
commands is made from the files' docstrings. Files whose name begins with an underscore are not commands.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _first_line(name)) for name in self.list_commands(ctx)])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what it did not expect becomes one message without values, which might be personal."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            raise click.ClickException(f"{where}{error.strerror or type(error).__name__}") from None
        except Exception as error:
            from adapter.log.errors import classes, places

            passed = " < ".join(reversed(places(error)))
            raise click.ClickException(f"a fault of ours: {', '.join(classes(error))} at {passed}") from None


def _first_line(name: str) -> str:
    """What the docstring of the command's file says after "`visits-adapter NAME`: "."""
    source = Path(__file__).parent / f"{name.replace('-', '_')}.py"
    first = (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").partition("\n")[0]
    return first.partition(": ")[2]


@click.group(cls=_OneFileEach, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="prison-visits-adapter", prog_name="visits-adapter")
def main() -> None:
    """The prison visits adapter."""
