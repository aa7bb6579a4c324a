"""The `[nomis]` section. Seconds throughout; secrets only from files or the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthSettings(_Section):
    scheme: Literal["none", "es256", "oauth2"] = "none"
    client_token: SecretStr | None = None
    client_token_file: Path | None = None
    private_key: SecretStr | None = None
    private_key_file: Path | None = None
    auth_url: str = ""
    client_id: str = ""
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None


class SoapSettings(_Section):
    url: str = ""
    version: Literal["1.1", "1.2"] = "1.1"
    username: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None


class BreakerSettings(_Section):
    failures: int = Field(default=5, ge=1)
    open_seconds: float = Field(default=5.0, gt=0)


class NomisSettings(_Section):
    transport: Literal["rest", "soap"] = "rest"
    base_url: str = ""
    find_by_ref: bool | Literal["auto"] = "auto"
    restrictions: bool = True
    connect_timeout: float = Field(default=1.0, gt=0)
    read_timeout: float = Field(default=5.0, gt=0)
    book_timeout: float = Field(default=20.0, gt=0)
    post_lifetime: float = Field(default=60.0, ge=0)
    read_lag: float = Field(default=30.0, ge=0)
    max_in_flight: int = Field(default=32, ge=1)
    offender_cache_seconds: float = Field(default=300.0, ge=0)
    slots_cache_seconds: float = Field(default=5.0, ge=0)
    auth: AuthSettings = AuthSettings()
    soap: SoapSettings = SoapSettings()
    breaker: BreakerSettings = BreakerSettings()

    @property
    def settle_after(self) -> float:
        """Seconds after the end of a POST from which an absence is evidence (reliability, "Waiting")."""
        return self.post_lifetime + self.read_lag
