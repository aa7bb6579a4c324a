"""`visits-adapter token`: make tokens for `[api.auth] mode = "token"`."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

import click

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@click.group("token")
def command() -> None:
    """Make tokens for callers of the API."""


@command.command("new")
@click.argument("name")
@click.option(
    "--file",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The tokens file to add it to; without it the line is shown instead.",
)
def new(name: str, path: Path | None) -> None:
    """Make a token for the caller NAME.

    The token is shown once and kept nowhere: the tokens file holds its SHA-256 alone. A second token for the same NAME
    works beside the first until the first one's line is removed.
    """
    if not _NAME.fullmatch(name):
        raise click.BadParameter("use 1 to 64 of A-Z a-z 0-9 . _ -", param_hint="NAME")
    token = secrets.token_urlsafe(32)
    line = f"{name} {hashlib.sha256(token.encode()).hexdigest()}"
    click.echo(f"token: {token}")
    if path is None:
        click.echo(f"line:  {line}")
        return
    _append(path, line)
    click.echo(f"added to {path}; it counts after the next start, or SIGHUP", err=True)


def _append(path: Path, line: str) -> None:
    """Add `line` to the file, which only its owner may read where we make it."""
    before = path.read_bytes() if path.exists() else b""
    gap = "" if before.endswith(b"\n") or not before else "\n"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8") as file:
        file.write(f"{gap}{line}\n")
