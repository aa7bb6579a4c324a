"""Configuration files for tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import pytest

from adapter.config import ConfigError, Settings, load

BASE = '[nomis]\nbase_url = "http://127.0.0.1:8090/nomisapi"\n'


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of one file with this text, and what every configuration needs."""
    return load([write(folder, "base.toml", BASE), write(folder, "given.toml", text)], environ or {})


def refused(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The complaints about one file with this text."""
    with pytest.raises(ConfigError) as error:
        loaded(folder, text, environ)
    assert all(complaint in str(error.value) for complaint in error.value.complaints)
    return error.value.complaints


def a_prison(number: int = 1, key: str = "LEI", more: str = "", timetable: str = 'mon = ["1400-1600"]') -> str:
    """A prison's tables. `more` is laid into the first of them."""
    return f"""
[prisons.{key}]
id = "{UUID(int=number)}"
nomis_id = "LEI"
name = "Leeds {number}"
email_address = "visits.leeds@example.com"
{more}
[prisons.{key}.recurring]
{timetable}
"""
