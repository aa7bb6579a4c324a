"""What commands that read the configuration share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from adapter.config import ConfigError, Settings, load

_Command = TypeVar("_Command", bound=Callable[..., Any])

DEFAULT = Path("config.toml")


def config_option(command: _Command) -> _Command:
    """Adds `--config`, which the command gets as `config`, a tuple of paths for `read_settings`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        multiple=True,
        metavar="FILE",
        help="Configuration file; may be given more than once, later ones overlay earlier ones. [default: config.toml]",
    )(command)


def read_settings(config: tuple[Path, ...]) -> Settings:
    """The settings of these files and of the environment. Ends the command with every complaint if there is any."""
    try:
        return load(config or (DEFAULT,), os.environ)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
