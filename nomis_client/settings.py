"""The `[nomis]` section. Seconds throughout; secrets only from files or the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    def secret(self, name: str) -> SecretStr:
        """The secret `name`, given directly (by the environment) or in the file `name`_file, without a last line end.

        Raises ValueError if there is none, it is empty or the file can't be read; the message names the setting only.
        """
        given: SecretStr | None = getattr(self, name)
        file: Path | None = getattr(self, f"{name}_file")
        if given is None and file is not None:
            try:
                given = SecretStr(file.read_text(encoding="utf-8").rstrip("\r\n"))
            except (OSError, UnicodeDecodeError):
                raise ValueError(f"{name}_file: can't be read") from None
        if given is None or not given.get_secret_value():
            raise ValueError(f"{name}: must be set by the environment or {name}_file")
        return given


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
