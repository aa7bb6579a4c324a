"""The `[store]` section: the database, and how long things are kept and held."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from adapter.config.section import Seconds, Section

DRIVERS = ("sqlite+aiosqlite", "postgresql+asyncpg")


class StoreSettings(Section):
    """Where visits are remembered. The password of a database is a secret of its own, never part of `url` in a file."""

    url: str = Field(default="sqlite+aiosqlite:///var/adapter.db", repr=False)
    password: SecretStr | None = None
    password_file: Path | None = None
    retention_days: int = Field(default=180, ge=1)
    lease: Seconds = 40.0
    pool_size: int = Field(default=10, ge=1)
    pool_timeout: Seconds = 1.0
    statement_timeout: Seconds = 1.5
    busy_timeout: Seconds = 1.5

    @field_validator("url")
    @classmethod
    def _names_a_driver_we_know(cls, url: str) -> str:
        try:
            driver = make_url(url).drivername
        except ArgumentError:
            driver = ""
        if driver not in DRIVERS:
            raise ValueError(f"must begin with {' or '.join(f'{name}://' for name in DRIVERS)}")
        return url

    @property
    def on_postgresql(self) -> bool:
        """Whether several machines may share this store."""
        return self.url.startswith("postgresql")

    def engine_url(self) -> URL:
        """The address to connect to, password included; prints with `***` in its place.

        Reads `password_file`; raises OSError when it can't be read.
        """
        url = make_url(self.url)
        if self.password_file is not None:
            return url.set(password=self.password_file.read_text().strip())
        if self.password is not None:
            return url.set(password=self.password.get_secret_value())
        return url
