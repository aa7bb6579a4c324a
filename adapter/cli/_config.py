"""What commands that read the configuration share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from adapter.config import ConfigError, PrisonBook, Settings, load

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT = Path("config.toml")


def config_option(function: F) -> F:
    """`--config FILE`, which may be given more than once; later files overlay earlier ones."""
    return click.option(
        "--config",
        "configs",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Configuration file; may be repeated, later ones overlay earlier ones. [default: config.toml]",
    )(function)


def read_settings(configs: Sequence[Path]) -> Settings:
    """The settings; else the command ends with 1 and every complaint about them on standard error."""
    try:
        return load(configs or (DEFAULT,), os.environ)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


def read_prisons(configs: Sequence[Path]) -> PrisonBook:
    """The prisons afresh. Raises `ConfigError`."""
    return load(configs or (DEFAULT,), os.environ).prisons
